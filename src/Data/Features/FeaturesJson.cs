using System.Text.Json.Serialization;
using GpuCtr.Models.Features;

namespace GpuCtr.Data.Features;

/// <summary>features.json, and the fields of a model.</summary>
[JsonSerializable(typeof(FittedFeatures))]
[JsonSerializable(typeof(FeatureSpec))]
internal sealed partial class FeaturesJson : JsonSerializerContext
{
    /// <summary>On one line.</summary>
    public static FeaturesJson Line { get; } = new(GeneratedJson.Options());

    /// <summary>As the file has it. It has no read-only properties to leave out, and nothing unknown.</summary>
    public static FeaturesJson File { get; } = new(new(GeneratedJson.Options()) { WriteIndented = true, IgnoreReadOnlyProperties = false, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow });
}
