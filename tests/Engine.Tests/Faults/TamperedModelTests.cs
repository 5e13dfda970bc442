using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using GpuCtr.Data;
using GpuCtr.Data.Shards;
using GpuCtr.Kernels.Devices;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Engine.Tests.Faults;

/// <summary>Models whose files were changed and whose hashes were made to fit: they load and score, or one line says what is wrong.</summary>
public sealed class TamperedModelTests(TamperedModelTests.SmallModels models) : IClassFixture<TamperedModelTests.SmallModels>
{
    private const string Manifest = "manifest.json", Features = "features.json", Weights = "model.safetensors";

    // Of each file: value after value is changed, by one replacement after another. GPU_CTR_MUTANTS=10000 takes so many.
    private static readonly int mutants = int.TryParse(Environment.GetEnvironmentVariable("GPU_CTR_MUTANTS"), out int count) ? count : 150;

    // What replaces a value; null removes it.
    private static readonly string?[] replacements =
        ["-1", "0", "1", "2", "2147483647", "-2147483648", "9223372036854775807", "1e308", "1e999", "0.5", "null", "true", "\"x\"", "\"\"", "\"NaN\"", "[]", "[null]", "{}", "[[[[]]]]", null];

    [Theory]
    [InlineData("din", Manifest)]
    [InlineData("din", Features)]
    [InlineData("bst", Manifest)]
    [InlineData("dcn-v2", Manifest)]
    [InlineData("deepfm", Features)]
    public void Fault07_Any_changed_value_loads_and_scores_or_is_one_line(string model, string file)
    {
        string good = File.ReadAllText(Path.Combine(models.Of(model), file));
        using TempFolder copy = models.Copy(model);
        string[] paths = [.. Paths(JsonNode.Parse(good)!, "")];
        Random random = new(1);
        random.Shuffle(paths);
        for (int i = 0; i < Math.Min(mutants, paths.Length * replacements.Length); i++)
        {
            (string path, string? value) = (paths[i % paths.Length], replacements[(i % paths.Length + i / paths.Length) % replacements.Length]);
            JsonNode root = JsonNode.Parse(good)!;
            Change(root, path, value);
            Rewrite(copy.Path, file, Raw(root));
            Judge(copy.Path, $"{model} {file} {path} := {value ?? "(removed)"}");
        }
    }

    [Theory]
    [InlineData("\"embedding_dim\": 4", "\"embedding_dim\": -1", "embedding_dim -1: expected a whole number from 1 to 4096")]
    [InlineData("\"embedding_dim\": 4", "\"embedding_dim\": 8", "tensor")]
    [InlineData("\"transformer_blocks\": 1", "\"transformer_blocks\": 1000000", "transformer_blocks 1000000: expected a whole number from 1 to 64")]
    [InlineData("\"dropout\": 0", "\"dropout\": 1e999", "dropout")]
    [InlineData("\"activation\": \"dice\"", "\"activation\": 99", "damaged")]
    [InlineData("\"step\": ", "\"step\": -", "negative")]
    public void Fault07_Options_that_cannot_be_are_named(string from, string to, string said)
    {
        using TempFolder copy = models.Copy("din");
        string text = File.ReadAllText(copy.File(Manifest));
        Assert.Contains(from, text);
        Rewrite(copy.Path, Manifest, text.Replace(from, to));
        GpuCtrException e = Assert.Throws<GpuCtrException>(() => CtrModel.Load(copy.Path));
        Assert.Contains(said, e.Message);
        Assert.Contains(copy.Path, e.Message);
    }

    [Fact]
    public void Fault07_A_file_that_is_not_listed_is_not_believed()
    {
        foreach (string file in new[] { Weights, "optimizer.safetensors", Features, "" })
        {
            using TempFolder copy = models.Copy("din");
            JsonNode manifest = JsonNode.Parse(File.ReadAllText(copy.File(Manifest)))!;
            if (file.Length == 0)
                manifest["files"] = new JsonObject();
            else
                manifest["files"]!.AsObject().Remove(file);
            Rewrite(copy.Path, Manifest, manifest.ToJsonString());
            Assert.Contains("it does not list", Assert.Throws<GpuCtrException>(() => CtrModel.Load(copy.Path)).Message);
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Fault07_Weights_that_are_not_finite_are_refused_by_tensor_and_row(float value)
    {
        using TempFolder copy = models.Copy("din");
        byte[] bytes = File.ReadAllBytes(copy.File(Weights));
        BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(bytes.Length - 4), value);
        Rewrite(copy.Path, Weights, bytes);
        Assert.Contains("is not a finite number", Assert.Throws<GpuCtrException>(() => CtrModel.Load(copy.Path)).Message);
        CommandRunner.Run("evaluate", "--model", copy.Path, models.Shard, "--device", "cpu").FailedWith(ExitCode.Data, Weights, "is not a finite number");
    }

    [Theory]
    [InlineData(Manifest, "embedding_dim -1")]
    [InlineData(Weights, "is not a finite number")]
    [InlineData("optimizer.safetensors", "is not a finite number")]
    public void Fault07_Whoever_takes_a_checkpoint_refuses_it(string file, string said)
    {
        using TempFolder run = new();
        CommandRunner.Run([.. models.Training("din", run.File("run")), "--checkpoint-every", "1"]).Succeeded();
        foreach (string folder in Directory.GetDirectories(run.File(Path.Combine("run", "checkpoints"))))
        {
            if (file == Manifest)
                Rewrite(folder, file, File.ReadAllText(Path.Combine(folder, file)).Replace("\"embedding_dim\": 4", "\"embedding_dim\": -1"));
            else
                Rewrite(folder, file, [.. File.ReadAllBytes(Path.Combine(folder, file))[..^4], 0, 0, 192, 127]);
        }

        if (file != "optimizer.safetensors")
            foreach (string verb in new[] { "evaluate", "predict", "explain" })
                CommandRunner.Run([verb, "--model", run.File("run"), models.Shard, .. verb == "predict" ? new[] { "--out", run.File("scores.parquet") } : []]).FailedWith(ExitCode.Data, said);
        CommandRunner.Run([.. models.Training("din", run.File("next")), "--init-from", run.File("run")]).FailedWith(ExitCode.Data, said);
        CommandRunner.Run([.. models.Training("din", run.File("run")), "--epochs", "2", "--resume"]).FailedWith(ExitCode.Data, said);
    }

    private static void Judge(string folder, string what)
    {
        try
        {
            using CtrModel model = CtrModel.Load(folder, new() { Concurrency = 1, BatchRows = 4 });
            float score = model.Score(model.NewRow());
            Assert.True(score is >= 0 and <= 1, $"{what}: scores {score}");
        }
        catch (Exception e) when (e is GpuCtrException or DeviceException)
        {
            Assert.True(!e.Message.Contains('\n') && e.Message.Length > 20, $"{what}: {e.Message}");
        }
        catch (Exception e)
        {
            Assert.Fail($"{what}: {e}");
        }
    }

    private static void Rewrite(string folder, string file, string text) => Rewrite(folder, file, Encoding.UTF8.GetBytes(text));

    /// <summary>Changes a file and the hashes that cover it.</summary>
    private static void Rewrite(string folder, string file, byte[] bytes)
    {
        File.WriteAllBytes(Path.Combine(folder, file), bytes);
        string path = Path.Combine(folder, Manifest);
        if (file != Manifest)
        {
            JsonNode manifest = JsonNode.Parse(File.ReadAllText(path))!;
            FileDigest digest = FileDigest.Of(bytes);
            manifest["files"]![file] = new JsonObject { ["bytes"] = digest.Bytes, ["xxh3"] = digest.Xxh3 };
            File.WriteAllText(path, manifest.ToJsonString());
        }

        File.WriteAllText(Path.Combine(folder, "manifest.xxh3"), FileDigest.Of(File.ReadAllBytes(path)).Xxh3);
    }

    private static IEnumerable<string> Paths(JsonNode node, string at) => node switch
    {
        JsonObject o => o.SelectMany(p => new[] { $"{at}/{p.Key}" }.Concat(p.Value is null ? [] : Paths(p.Value, $"{at}/{p.Key}"))),
        JsonArray a => a.SelectMany((v, i) => new[] { $"{at}/{i}" }.Concat(v is null ? [] : Paths(v, $"{at}/{i}"))),
        _ => [],
    };

    private static void Change(JsonNode root, string path, string? value)
    {
        // A vocabulary's file has a slash in the name.
        string[] parts = path[1..].Replace("vocab/", "vocab\0", StringComparison.Ordinal).Split('/').Select(p => p.Replace('\0', '/')).ToArray();
        JsonNode parent = root;
        foreach (string part in parts[..^1])
            parent = parent is JsonArray list ? list[int.Parse(part)]! : parent[part]!;
        JsonNode? replacement = value is null ? null : value == "null" ? null : JsonValue.Create($"\u0001{value}\u0001");
        if (parent is JsonArray array)
        {
            int i = int.Parse(parts[^1]);
            if (value is null)
                array.Add(array[i]?.DeepClone());
            else
                array[i] = replacement;
        }
        else if (value is null)
            parent.AsObject().Remove(parts[^1]);
        else
            parent[parts[^1]] = replacement;
    }

    /// <summary>As text, because some of the replacements are numbers that no JsonNode can hold.</summary>
    private static string Raw(JsonNode root) => System.Text.RegularExpressions.Regex.Replace(
        root.ToJsonString(), "\"\\\\u0001(.*?)\\\\u0001\"", m => m.Groups[1].Value.Replace("\\u0022", "\"").Replace("\\\"", "\""));

    /// <summary>Small models of some kinds, and their shard.</summary>
    public sealed class SmallModels : OwnFolder
    {
        private static readonly string[] kinds = ["din", "bst", "dcn-v2", "deepfm"];

        public SmallModels()
        {
            const int rows = 120;
            Shard = new TestShard().Column("label", [.. Enumerable.Range(0, rows).Select(i => i % 3 == 0 ? 1 : 0)])
                .Column("item", [.. Enumerable.Range(0, rows).Select(i => (long)(i % 7))]).Text("site", [.. Enumerable.Range(0, rows).Select(i => i % 9 == 0 ? null : $"s{i % 4}")])
                .Nullable("price", [.. Enumerable.Range(0, rows).Select(i => i % 8 == 0 ? (double?)null : i / 7.0)]).Column("clicks", [.. Enumerable.Range(0, rows).Select(i => i * i)])
                .Column("created", [.. Enumerable.Range(0, rows).Select(i => new DateTime(2024, 1, 1).AddHours(i * 5))])
                .Lists("hist_item", [.. Enumerable.Range(0, rows).Select(i => Enumerable.Range(0, i % 4).Select(t => (long?)t).ToArray())]).Write(Folder.File("rows.parquet"));
            foreach (string kind in kinds)
                CommandRunner.Run(Training(kind, Folder.File(kind))).Succeeded();
        }

        public string Shard { get; }

        public string[] Training(string kind, string run) =>
        [
            "train", Shard, "--model", kind, "--out", run, "--device", "cpu", "--embedding-dim", "4", "--hidden-units", "4", "--batch-size", "32", "--valid-fraction", "0",
            "--numeric", "clicks", "--numeric-transform", "clicks=quantile",
        ];

        public string Of(string kind) => Path.Combine(Folder.File(kind), "checkpoints", File.ReadAllText(Path.Combine(Folder.File(kind), "last")).Trim());

        public TempFolder Copy(string kind)
        {
            TempFolder copy = new();
            string from = Of(kind);
            foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
            {
                string to = copy.File(Path.GetRelativePath(from, file));
                Directory.CreateDirectory(Path.GetDirectoryName(to)!);
                File.Copy(file, to);
            }

            return copy;
        }
    }
}
