using System.Text;
using System.Text.Json;
using GpuCtr.Data.Shards;
using GpuCtr.Engine;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Export;

namespace GpuCtr.Training.Tests.Export;

/// <summary>For every model and variant, ONNX Runtime computes the same scores from the exported file.</summary>
public sealed class OnnxTests : IClassFixture<OnnxTests.Shards>
{
    private readonly Shards shards;

    public OnnxTests(Shards shards) => this.shards = shards;

    public sealed class Shards : OwnFolder
    {
        public Shards() => Train = new ServedRows(1500, seed: 1).Write(Folder.File("train.parquet"));

        public string Train { get; }
    }

    /// <summary>Every model of rows and every variant as they are, and with options that change what is computed.</summary>
    public static TheoryData<string, string[]> Cases
    {
        get
        {
            TheoryData<string, string[]> cases = new()
            {
                { "ffm", ["--pooling", "max"] },
                { "deepfm", ["--negative-sampling", "0.3"] },
                { "deepfm", ["--batch-norm", "--dropout", "0.3", "--pooling", "max"] },
                { "deepfm", ["--fm-numeric", "off", "--activation", "prelu", "--pooling", "sum"] },
                { "nfm", ["--batch-norm", "--dropout", "0.3"] },
                { "fnn", ["--activation", "gelu"] },
                { "dcn-v2", ["--cross-rank", "4", "--cross-layers", "2"] },
                { "xdeepfm", ["--cin-layers", "7,6,5", "--cin-split"] },
                { "autoint", ["--attention-layers", "2", "--attention-width", "12", "--attention-heads", "3", "--hidden-units", "8,7"] },
                { "finalmlp", ["--first-gate", "user,site", "--second-gate", "tags", "--fusion-heads", "8", "--second-hidden-units", "24", "--gate-units", "9,8"] },
                { "embedding-mlp", ["--pooling", "max"] },
                { "wide-deep", ["--column-dim", "item=18,tags=12"] },
                { "dcn-v2", ["--column-dim", "user=12,site=18"] },
                { "din", ["--column-dim", "item=12"] },
                { "dien", ["--column-dim", "category=12,tags=12"] },
                { "bst", ["--column-dim", "item=12,category=12", "--attention-heads", "2"] },
                { "din", ["--batch-norm", "--attention-units", "12"] },
                { "din", ["--attention-normalization", "none", "--attention-activation", "prelu"] },
                { "din", ["--attention-normalization", "sigmoid", "--activation", "sigmoid"] },
                { "bst", ["--transformer-blocks", "2", "--attention-heads", "3", "--dropout", "0.2", "--batch-norm"] },
            };
            foreach (string model in ModelCatalog.ClickModels.Where(m => !ModelCatalog.RanksLists(m)))
                cases.Add(model, []);
            foreach (string variant in Variants.Names)
                foreach (string model in Variants.ModelsOf(variant))
                    cases.Add(model, ["--variant", variant, .. Variants.Training(variant).LearningRate > 0.1 ? ["--lr", "0.1"] : Array.Empty<string>()]);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_exported_model_scores_like_ours(string model, string[] flags)
    {
        string run = Train(model, flags), path = shards.Folder.File($"{Guid.NewGuid():N}.onnx");
        CommandRunner.Run("export", "--model", run, "--format", "onnx", "--out", path).Succeeded();
        Compare(run, path);
        AssertEverythingIsUsed(File.ReadAllBytes(path));
        PyTorchTests.AssertHasAllWeights(run);
    }

    [Fact]
    public void Large_tables_lie_in_a_file_beside_the_model()
    {
        string run = Train("din", []), path = shards.Folder.File("external.onnx");
        Checkpoint checkpoint = Checkpoint.Open(RunFolder.Resolve(run));
        using (Device device = Device.Open("cpu", threads: 1))
        using (FrozenModel model = checkpoint.LoadFrozen(device, checkpoint.LoadEncoder().Spec, 1))
            OnnxFile.Write(path, model, null, [], externalBytes: 1024);
        Assert.InRange(new FileInfo(path + ".data").Length, 2000, long.MaxValue);
        Compare(run, path);
    }

    [Fact]
    public void An_export_is_complete_and_never_replaces_unasked()
    {
        string run = Train("deepfm", []), path = shards.Folder.File("again.onnx");
        string[] args = ["export", "--model", run, "--out", path];
        CommandRunner.Run(args).Succeeded();
        Assert.True(File.Exists(shards.Folder.File("again.features/features.json")));
        Assert.NotEmpty(Directory.GetFiles(shards.Folder.File("again.features/vocab"), "*.parquet"));
        CommandRunner.Run(args).FailedWith(ExitCode.Usage, "again.onnx", "--overwrite");
        File.WriteAllText(path, "mine");
        CommandRunner.Run([.. args, "--overwrite"]).Succeeded();
        Assert.True(new FileInfo(path).Length > 1000);
        Assert.DoesNotContain(Directory.GetFileSystemEntries(shards.Folder.Path), e => e.EndsWith(".tmp", StringComparison.Ordinal));
        CommandRunner.Run("export", "--model", run, "--out", "/dev/null/x.onnx").FailedWith(ExitCode.InputOutput, "x.onnx");
    }

    [Fact]
    public void Json_says_what_was_written()
    {
        string run = Train("deepfm", []), path = shards.Folder.File("told.onnx");
        JsonElement told = JsonDocument.Parse(CommandRunner.Run("export", "--model", run, "--out", path, "--json").Succeeded().Out).RootElement;
        Assert.Equal(path, told.GetProperty("out").GetString());
        Assert.Equal(new FileInfo(path).Length, told.GetProperty("bytes").GetInt64());
        Assert.True(Directory.Exists(told.GetProperty("features").GetString()));
        Assert.Equal(("onnx", "deepfm", JsonValueKind.Null), (told.GetProperty("format").GetString(), told.GetProperty("model").GetString(), told.GetProperty("data").ValueKind));
    }

    /// <summary>Runtimes warn about weights that no output needs, and require inputs that change nothing.</summary>
    private static void AssertEverythingIsUsed(byte[] file)
    {
        (int Field, ulong, byte[] Bytes)[] graph = [.. ProtoFields.Of(ProtoFields.Of(file).Single(f => f.Field == 7).Bytes)];
        string[] Texts(byte[] message, int field) => [.. ProtoFields.Of(message).Where(f => f.Field == field).Select(f => Encoding.UTF8.GetString(f.Bytes))];
        string[] Names(int field, int name) => [.. graph.Where(f => f.Field == field).Select(f => Texts(f.Bytes, name).Single())];
        HashSet<string> needed = [.. Names(12, 1)];
        foreach ((_, _, byte[] node) in graph.Where(f => f.Field == 1).Reverse())
        {
            // A scan has its last state as another output, and operators in a graph of its own.
            Assert.Contains(Texts(node, 2)[^1], needed);
            needed.UnionWith(Texts(node, 1));
            foreach ((_, _, byte[] attribute) in ProtoFields.Of(node).Where(f => f.Field == 5))
                foreach ((_, _, byte[] body) in ProtoFields.Of(attribute).Where(f => f.Field == 6))
                    needed.UnionWith(ProtoFields.Of(body).Where(f => f.Field == 1).SelectMany(f => Texts(f.Bytes, 1)));
        }
        Assert.All(Names(5, 8), weight => Assert.Contains(weight, needed));
        Assert.All(Names(11, 1), input => Assert.Contains(input, needed));
    }

    private string Train(string model, string[] flags)
    {
        string run = shards.Folder.File(Guid.NewGuid().ToString("N"));
        CommandRunner.Run([
            "train", shards.Train, "--model", model, "--out", run, "--embedding-dim", "6", "--max-history", "9", "--batch-size", "128", "--epochs", "2",
            "--embedding-init-std", "0.2", "--device", "cpu", .. flags.Contains("--lr") ? Array.Empty<string>() : ["--lr", "0.01"], .. flags]).Succeeded();
        return run;
    }

    private static void Compare(string run, string path)
    {
        ServedRows served = new(1000, seed: 7, users: 60);
        using CtrModel trained = CtrModel.Load(run, new ScoringOptions { Concurrency = 1 });
        bool histories = trained.Columns.Any(c => c.Name == "hist_item");
        FeatureRow[] rows = [.. Enumerable.Range(0, served.Count).Select(i => served.Fill(trained.NewRow(), i, histories))];
        float[] expected = new float[rows.Length];
        trained.Score(rows, expected);
        // What is served in place of the file allocates nothing, whatever the model.
        Assert.Equal(0, Allocations.Least(() => trained.Score(rows, expected)));
        Assert.True(expected.Distinct().Count() > 300, "the scores hardly differ: the comparison would prove nothing");
        float[] found = new OnnxFeed(rows[0].Encoder.Spec, rows, trained.PadsHistories, new Random(1)).Scores(path);
        double worst = expected.Zip(found).Max(p => Math.Abs((double)p.First - p.Second));
        Assert.True(worst < 1e-5, $"the largest difference is {worst}");
    }
}
