using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Engine;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Explanations;

namespace GpuCtr.Training.Tests.Explanations;

public sealed class ExplainTests(ExplainTests.Shards shards) : IClassFixture<ExplainTests.Shards>
{
    private const double Tolerance = 1e-4;

    public sealed class Shards : OwnFolder
    {
        private readonly Dictionary<string, string> runs = [];

        public Shards() => Path = Rows.Write(Folder.File("train.parquet"));

        public ServedRows Rows { get; } = new(3000, seed: 1);

        public string Path { get; }

        /// <summary>Trained once for all tests.</summary>
        public string Run(string model, params string[] flags)
        {
            string key = string.Join(' ', [model, .. flags]);
            if (!runs.TryGetValue(key, out string? run))
            {
                runs[key] = run = Folder.File(Guid.NewGuid().ToString("N"));
                CommandRunner.Run([
                    "train", Path, "--model", model, "--out", run, "--embedding-dim", "6", "--max-history", "9", "--batch-size", "128", "--epochs", "3",
                    "--embedding-init-std", "0.2", "--lr", "0.01", "--hidden-units", "16,8", "--device", "cpu", .. flags]).Succeeded();
            }
            return run;
        }
    }

    [Theory]
    [InlineData("lr")]
    [InlineData("fm")]
    [InlineData("fm", "--fm-numeric", "off", "--pooling", "max")]
    [InlineData("fm", "--pooling", "sum")]
    [InlineData("ffm")]
    [InlineData("poly2")]
    [InlineData("ffm", "--pooling", "max")]
    public void Terms_of_a_model_without_a_network_add_up_to_its_logit(string model, params string[] flags)
    {
        string run = shards.Run(model, flags);
        foreach (int row in new[] { 0, 7, 2999 })
        {
            Explanation e = Explain(run, row);
            Assert.Null(e.Network);
            Assert.Equal(e.Logit, e.Bias!.Value + e.Fields.Sum(f => f.FirstOrder!.Value + (f.Fm ?? 0)), Tolerance);
            Assert.Equal(model is "fm" or "ffm" or "poly2", e.Fields.All(f => f.Fm is not null));
            // Without a column its linear term is gone, and with it both halves of its pairs.
            Assert.All(e.Fields, f => Assert.Equal(f.FirstOrder!.Value + 2 * (f.Fm ?? 0), f.Effect, Tolerance));
        }
    }

    public static TheoryData<string, string[]> Cases
    {
        get
        {
            TheoryData<string, string[]> cases = new()
            {
                { "deepfm", ["--variant", "rechub"] },
                { "deepfm", ["--variant", "deepctr"] },
                { "din", ["--variant", "din-official"] },
                { "din", ["--variant", "rechub"] },
                { "dien", ["--variant", "dien-official"] },
                { "bst", ["--transformer-blocks", "2"] },
            };
            foreach (string model in ModelCatalog.ClickModels.Where(m => !ModelCatalog.RanksLists(m)))
                cases.Add(model, []);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Score_is_that_of_predict_and_effects_are_those_of_rows_without_the_column(string model, string[] flags)
    {
        string run = shards.Run(model, flags);
        using CtrModel trained = CtrModel.Load(run);
        FeatureRow row = shards.Rows.Fill(trained.NewRow(), 5, histories: trained.Columns.Any(c => c.Name == "hist_item"));
        Explanation e = Explain(run, 5);
        Assert.Equal(trained.Score(row), e.Score, 1e-5);
        Assert.Equal(e.Score, 1 / (1 + Math.Exp(-e.Logit)), 1e-5);
        Assert.Equal(shards.Rows.Labels[5], e.Label);
        Assert.Equal(["user", "item", "category", "site", "age", "age_missing", "price", "tags"], e.Fields.Select(f => f.Field).Take(8));
        Assert.Contains(e.Fields, f => Math.Abs(f.Effect) > 1e-3);
        // The trained model accepts an empty list as well.
        row.Set("tags", Array.Empty<string>());
        Assert.Equal(Logit(e.Score) - Logit(trained.Score(row)), e.Fields.Single(f => f.Field == "tags").Effect, 1e-3);
    }

    [Fact]
    public void Weights_of_a_softmax_sum_to_one_and_scores_belong_to_their_entries()
    {
        string softmax = shards.Run("din"), scores = shards.Run("din", "--attention-normalization", "none");
        Dictionary<string, double> known = [];
        int repeated = 0;
        for (int row = 0; row < 150; row++)
        {
            AttentionPart weights = Assert.Single(Explain(softmax, row).Attention), attention = Assert.Single(Explain(scores, row).Attention);
            Assert.Equal(["hist_item", "hist_category"], attention.Histories);
            Assert.Equal(attention.Entries.Select(t => t.Values), weights.Entries.Select(t => t.Values));
            Assert.Equal(weights.Entries.Count == 0 ? 0 : 1, weights.Entries.Sum(t => t.Weight), 1e-5);
            // Without softmax, a weight depends only on the entry and the target, whatever the row.
            foreach (AttendedEntry entry in attention.Entries)
            {
                string pair = $"{string.Join(' ', attention.Targets)} | {string.Join(' ', entry.Values)}";
                if (known.TryAdd(pair, entry.Weight))
                    continue;
                Assert.Equal(known[pair], entry.Weight, 1e-5);
                repeated++;
            }
        }
        Assert.True(repeated > 100 && known.Values.Distinct().Count() > 100, $"{repeated} repeated pairs prove little");
    }

    [Fact]
    public void Nearest_values_are_those_of_a_search_over_the_table()
    {
        string run = shards.Run("deepfm");
        Neighbours found = Assert.Single(Explain(run, 3, "--nearest", "site").Nearest);
        Checkpoint checkpoint = Checkpoint.Open(RunFolder.Resolve(run));
        var encoder = checkpoint.LoadEncoder();
        using Device device = Device.Open("cpu", threads: 1);
        using FrozenModel model = checkpoint.LoadFrozen(device, encoder.Spec, 1);
        Tensor table = model.Tables.Single(t => t.Columns == 6);
        int vocabulary = encoder.Spec.Categorical.Single(c => c.Name == "site").Vocabulary, offset = encoder.Spec.Offsets()[vocabulary];
        var values = encoder.Vocabularies[vocabulary];
        float[] all = table.ToArray(device);
        double[] Unit(int id)
        {
            double[] v = [.. all.Skip((offset + id) * 6).Take(6).Select(x => (double)x)];
            double length = Math.Sqrt(v.Sum(x => x * x));
            return [.. v.Select(x => x / length)];
        }
        int[] ids = [.. Enumerable.Range(2, values.OovRow - 2)];
        int own = found.Value == "(null)" ? 1 : ids.Single(i => values.Describe(i) == found.Value);
        (string, double)[] expected = [.. ids.Where(i => i != own).Select(i => (values.Describe(i), Unit(i).Zip(Unit(own), (a, b) => a * b).Sum())).OrderByDescending(p => p.Item2).Take(5)];
        Assert.Equal(expected.Select(p => p.Item1), found.Values.Select(v => v.Value));
        Assert.All(expected.Zip(found.Values), p => Assert.Equal(p.First.Item2, p.Second.Cosine, 1e-5));
    }

    [Fact]
    public void Text_shows_all_of_it_and_wrong_rows_and_columns_are_one_line()
    {
        string run = shards.Run("din");
        string text = CommandRunner.Run("explain", "--model", run, "--row", "1", shards.Path).Succeeded().Out;
        foreach (string part in new[] { "row 1: score ", "column ", "hist_item, hist_category", "attention to hist_item, hist_category for item ", "vectors most like that of item " })
            Assert.Contains(part, text);
        CommandRunner.Run("explain", "--model", run, "--row", "3000", shards.Path).FailedWith(ExitCode.Usage, "--row 3000", "3000 rows");
        CommandRunner.Run("explain", "--model", run, "--row", "-1", shards.Path).FailedWith(ExitCode.Usage, "--row");
        CommandRunner.Run("explain", "--model", run, shards.Path, "--nearest", "sit").FailedWith(ExitCode.Usage, "--nearest sit", "site");
        CommandRunner.Run("explain", shards.Path).FailedWith(ExitCode.Usage, "--model");
    }

    [Fact]
    public void A_row_deep_in_a_shard_is_explained_without_reading_what_comes_before()
    {
        string run = shards.Run("deepfm"), damaged = shards.Folder.File("damaged.parquet");
        byte[] bytes = File.ReadAllBytes(shards.Path);
        // The first row group begins behind the four letters of the format.
        bytes.AsSpan(4, 200).Fill(0xFF);
        File.WriteAllBytes(damaged, bytes);
        string[] Args(int row) => ["explain", "--model", run, "--row", $"{row}", damaged, "--json"];
        CommandRunner.Run(Args(10)).FailedWith(ExitCode.Data, damaged);
        Assert.Equal(JsonText.Line(Explain(run, 2950)), JsonText.Line(JsonText.Parse<Explanation>(CommandRunner.Run(Args(2950)).Succeeded().Out)));
    }

    private Explanation Explain(string run, int row, params string[] flags) =>
        JsonText.Parse<Explanation>(CommandRunner.Run(["explain", "--model", run, "--row", $"{row}", shards.Path, "--json", .. flags]).Succeeded().Out);

    private static double Logit(double p) => Math.Log(p / (1 - p));
}
