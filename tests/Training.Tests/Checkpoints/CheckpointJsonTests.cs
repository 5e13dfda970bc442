using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training.Tests.Checkpoints;

/// <summary>Generated code reads what reflection reads.</summary>
public sealed class CheckpointJsonTests(ServedModels models) : IClassFixture<ServedModels>
{
    [Theory]
    [InlineData("deepfm")]
    [InlineData("din")]
    [InlineData("bst")]
    public void Files_of_a_checkpoint_are_read_as_reflection_reads_them(string model)
    {
        string folder = RunFolder.Resolve(models.RunOf(model)), manifest = File.ReadAllText(Path.Combine(folder, Checkpoint.ManifestFile));
        Assert.Equal(JsonText.Line(JsonText.Parse<CheckpointManifest>(manifest)), JsonText.Line(CheckpointJson.Manifest(manifest)));
        Assert.Equal(JsonText.Parse<CheckpointManifest>(manifest).Spec.Sequences, CheckpointJson.Manifest(manifest).Spec.Sequences);
        foreach (string line in File.ReadLines(Path.Combine(folder, CanaryRow.File)))
            Assert.Equal(line, JsonText.Line(GeneratedJson.Parse(line, CheckpointJson.Files.CanaryRow)));
        string features = File.ReadAllText(Path.Combine(folder, FeatureEncoder.StateFile));
        FittedFeatures state = GeneratedJson.Parse(features, FeaturesJson.File.FittedFeatures);
        Assert.Equal(JsonText.Line(JsonText.Parse<FittedFeatures>(features)), JsonText.Line(state));
        Assert.Equal(features.TrimEnd(), JsonSerializer.Serialize(state, FeaturesJson.File.FittedFeatures));
        FeatureEncoder encoder = FeatureEncoder.Load(folder);
        Assert.Equal(JsonText.Line(encoder.Spec), JsonSerializer.Serialize(encoder.Spec, FeaturesJson.Line.FeatureSpec));
    }

    /// <summary>An enumeration without a converter would be a number, and a record whose properties are not kept could not be checked where unused code is left out.</summary>
    [Fact]
    public void Enumerations_and_options_of_a_checkpoint_are_all_listed()
    {
        HashSet<Type> seen = [];
        foreach (Type root in new[] { typeof(CheckpointManifest), typeof(CanaryRow), typeof(FittedFeatures) })
            See(root, seen);
        JsonSerializerOptions options = GeneratedJson.Options();
        Assert.Contains(typeof(Kernels.Optimizers.OptimizerKind), seen);
        Assert.All(seen.Where(t => t.IsEnum), e => Assert.Contains(options.Converters, c => c.CanConvert(e)));
        Type[] kept = [.. typeof(Data.Options.OptionCheck).GetMethod("DeclaredBy", BindingFlags.NonPublic | BindingFlags.Static)!.GetCustomAttributes<DynamicDependencyAttribute>().Select(d => d.Type!)];
        Assert.All(seen.Where(t => Data.Options.Option.DeclaredBy(t).Count > 0), t => Assert.Contains(t, kept));
    }

    private static void See(Type type, HashSet<Type> seen)
    {
        foreach (Type part in type.HasElementType ? [type.GetElementType()!] : type.GetGenericArguments())
            See(part, seen);
        if (!type.FullName!.StartsWith("GpuCtr.", StringComparison.Ordinal) || !seen.Add(type) || type.IsEnum)
            return;
        foreach (PropertyInfo property in type.GetProperties().Where(p => p.GetCustomAttribute<JsonIgnoreAttribute>() is not { Condition: JsonIgnoreCondition.Always }))
            See(property.PropertyType, seen);
    }

    /// <summary>Every option has a value of its own: other numbers, the other one of two, the last word of several.</summary>
    [Fact]
    public void Options_that_are_missing_have_their_defaults_and_all_others_their_values()
    {
        string text = File.ReadAllText(Path.Combine(RunFolder.Resolve(models.RunOf("deepfm")), Checkpoint.ManifestFile));
        JsonNode manifest = JsonNode.Parse(text)!;
        manifest["model"] = new JsonObject { ["model"] = "deepfm" };
        Assert.Equal(JsonText.Line(new ModelOptions()), JsonText.Line(CheckpointJson.Manifest(manifest.ToJsonString()).Model));
        manifest["model"]!["dice"] = new JsonObject();
        Assert.Equal(JsonText.Line(new ModelOptions()), JsonText.Line(CheckpointJson.Manifest(manifest.ToJsonString()).Model));
        foreach (Data.Options.Option option in Data.Options.Option.DeclaredBy(typeof(ModelOptions)))
        {
            ModelOptions other = new();
            option.SetIn(other, option.AnotherValue(option.ValueIn(other)));
            manifest["model"] = JsonNode.Parse(JsonText.Line(other));
            Assert.Equal(JsonText.Line(other), JsonText.Line(CheckpointJson.Manifest(manifest.ToJsonString()).Model));
        }
    }
}
