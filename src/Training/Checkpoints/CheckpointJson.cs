using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using GpuCtr.Data;
using GpuCtr.Models;

namespace GpuCtr.Training.Checkpoints;

/// <summary>manifest.json and canary.jsonl.</summary>
[JsonSerializable(typeof(CheckpointManifest))]
[JsonSerializable(typeof(CanaryRow))]
internal sealed partial class CheckpointJson : JsonSerializerContext
{
    /// <summary>In the format of the files.</summary>
    public static CheckpointJson Files { get; } = new(GeneratedJson.Options());

    /// <summary>Reads manifest.json. Options that it lacks, because they came after the version that wrote it, have their defaults.</summary>
    /// <exception cref="JsonException">The text is no manifest.</exception>
    /// <exception cref="ArgumentException">A property comes twice.</exception>
    public static CheckpointManifest Manifest(string text)
    {
        JsonNode? manifest = JsonNode.Parse(text);
        // Generated code gives properties that are only set at initialization the default of their type, not that of their declaration.
        if (manifest is JsonObject { } content && content["model"] is JsonObject model)
            Complete(model, JsonSerializer.SerializeToNode(new ModelOptions(), Files.ModelOptions)!.AsObject());
        return manifest.Deserialize(Files.CheckpointManifest) ?? throw new JsonException("it is empty");
    }

    private static void Complete(JsonObject options, JsonObject defaults)
    {
        foreach ((string name, JsonNode? value) in defaults)
        {
            if (!options.ContainsKey(name))
                options[name] = value?.DeepClone();
            else if (value is JsonObject inner && options[name] is JsonObject part)
                Complete(part, inner);
        }
    }
}
