using System.Text.Json;

namespace GpuCtr.Tests;

/// <summary>A golden vector: inputs, parameters and expected values of one case, computed in float64 by an independent implementation.</summary>
public sealed class GoldenFile
{
    private readonly JsonElement root;

    private GoldenFile(JsonElement root) => this.root = root;

    /// <summary>Reads tests/golden/NAME.json, which is copied beside the test assembly.</summary>
    public static GoldenFile Read(string name)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "golden", name + ".json")));
        return new GoldenFile(document.RootElement.Clone());
    }

    public double Config(string name) => root.GetProperty("config").GetProperty(name).GetDouble();

    public double[] Input(string name) => Data("inputs", name);

    public double[] Parameter(string name) => Data("parameters", name);

    public double[] Expected(string name) => Data("expected", name);

    public int[] Shape(string section, string name) => root.GetProperty(section).GetProperty(name).GetProperty("shape").EnumerateArray().Select(e => e.GetInt32()).ToArray();

    public IEnumerable<string> Names(string section) => root.GetProperty(section).EnumerateObject().Select(p => p.Name);

    public bool Has(string section, string name) => root.GetProperty(section).TryGetProperty(name, out _);

    private double[] Data(string section, string name) =>
        root.GetProperty(section).GetProperty(name).GetProperty("data").EnumerateArray().Select(e => e.GetDouble()).ToArray();
}

/// <summary>Conversions of golden numbers.</summary>
public static class GoldenNumbers
{
    /// <summary>As float32; the inputs of a golden file are exactly that.</summary>
    public static float[] ToFloats(this double[] values) => Array.ConvertAll(values, static x => (float)x);
}
