using System.Text.Json;

namespace GpuCtr.Tests;

/// <summary>A golden vector: inputs, parameters and expected values of one case, computed in float64 by an independent implementation (tests/golden/README.md).</summary>
internal sealed class GoldenFile
{
    private readonly JsonElement root;

    private GoldenFile(string name, JsonElement root) => (Name, this.root) = (name, root);

    /// <summary>Where the files are: GPU_CTR_GOLDEN, relative to the repository, or tests/golden.</summary>
    public static string Folder { get; } = Repository.File(Environment.GetEnvironmentVariable("GPU_CTR_GOLDEN") is { Length: > 0 } folder ? folder : Path.Combine("tests", "golden"));

    /// <summary>Name of the file, without .json.</summary>
    public string Name { get; }

    /// <summary>What the file is a case of; the formula and the names of its tensors follow from it.</summary>
    public string Kind => root.GetProperty("kind").GetString()!;

    /// <summary>Names of the files of a kind; where the folder has none, one that says so when it is read, so that its test shows as skipped.</summary>
    public static IReadOnlyList<string> Of(string kind) => Where(f => f.Kind == kind, $"of kind {kind}");

    /// <summary>Names of the files that fulfil a condition; where the folder has none, one that says so when it is read.</summary>
    /// <param name="condition">Which.</param>
    /// <param name="inWords">The condition in words.</param>
    public static IReadOnlyList<string> Where(Func<GoldenFile, bool> condition, string inWords)
    {
        string[] names = [.. Directory.GetFiles(Folder, "*.json").Order(StringComparer.Ordinal).Select(Load).Where(condition).Select(f => f.Name)];
        return names.Length > 0 ? names : [$"no file {inWords}"];
    }

    /// <summary>The file of that name; skips the test if there is none.</summary>
    public static GoldenFile Read(string name)
    {
        string path = Path.Combine(Folder, $"{name}.json");
        Skip.IfNot(File.Exists(path), $"{Folder}: {name}");
        return Load(path);
    }

    /// <summary>A number of the configuration.</summary>
    public double Config(string name) => Setting(name).GetDouble();

    /// <summary>A number of the configuration, or <paramref name="otherwise"/> where the file does not have it.</summary>
    public double Config(string name, double otherwise) => Has("config", name) ? Config(name) : otherwise;

    /// <summary>A size of the configuration.</summary>
    public int Size(string name) => Setting(name).GetInt32();

    /// <summary>A list of sizes of the configuration; empty where the file does not have it.</summary>
    public int[] Sizes(string name) => Has("config", name) ? [.. Setting(name).EnumerateArray().Select(e => e.GetInt32())] : [];

    /// <summary>A word of the configuration, or null where the file does not have it.</summary>
    public string? Word(string name) => Has("config", name) ? Setting(name).GetString() : null;

    /// <summary>Whether the configuration says true.</summary>
    public bool Flag(string name) => Setting(name).GetBoolean();

    public double[] Input(string name) => Data("inputs", name);

    public double[] Parameter(string name) => Data("parameters", name);

    public double[] Expected(string name) => Data("expected", name);

    public int[] Shape(string section, string name) => [.. Tensor(section, name).GetProperty("shape").EnumerateArray().Select(e => e.GetInt32())];

    public IEnumerable<string> Names(string section) => root.GetProperty(section).EnumerateObject().Select(p => p.Name);

    public bool Has(string section, string name) => root.GetProperty(section).TryGetProperty(name, out _);

    public override string ToString() => Name;

    private static GoldenFile Load(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
        return new GoldenFile(Path.GetFileNameWithoutExtension(path), document.RootElement.Clone());
    }

    private double[] Data(string section, string name) => [.. Tensor(section, name).GetProperty("data").EnumerateArray().Select(e => e.GetDouble())];

    private JsonElement Tensor(string section, string name) => Of(section, name);

    private JsonElement Setting(string name) => Of("config", name);

    private JsonElement Of(string section, string name) =>
        root.GetProperty(section).TryGetProperty(name, out JsonElement value) ? value : throw new KeyNotFoundException($"{Folder}/{Name}.json has no {section} '{name}'");
}

/// <summary>Conversions of golden numbers.</summary>
internal static class GoldenNumbers
{
    /// <summary>As float32; the inputs of a golden file are exactly that.</summary>
    public static float[] ToFloats(this double[] values) => Array.ConvertAll(values, static x => (float)x);
}
