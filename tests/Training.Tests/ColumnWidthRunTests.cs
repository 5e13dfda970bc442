using System.Text.Json;
using GpuCtr.Data.Features;
using GpuCtr.Engine;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests;

/// <summary>Runs in which a column has wider embeddings than others: --column-dim.</summary>
public sealed class ColumnWidthRunTests : OwnFolder
{
    private const int Width = 4;

    private static readonly string[] small = ["--model", "din", "--embedding-dim", "2", "--column-dim", "item=4", "--hidden-units", "4", "--batch-size", "64", "--device", "cpu", "--fit-cache", "off", "--patience", "0"];

    /// <summary>By their first two numbers, 0 is nearest to 1; by all of them, to 2.</summary>
    private static readonly float[][] vectors = [[1, 0, 0, 1], [1, 0, 0, -1], [0.9f, 0.1f, 0, 1]];

    private readonly string rows;

    public ColumnWidthRunTests()
    {
        int[] i = [.. Enumerable.Range(0, 300)];
        rows = new TestShard().Column("label", [.. i.Select(r => r * 7 % 10 / 6)]).Column("item", [.. i.Select(r => (long)(r % 6))]).Text("site", [.. i.Select(r => $"site {r % 4}")])
            .Lists<long>("hist_item", [.. i.Select(r => Enumerable.Range(0, r % 4).Select(t => (long?)((r + t) % 6)).ToArray())]).Write(Folder.File("rows.parquet"));
    }

    private string Out => Folder.File("run");

    private CommandOutcome Train(params string[] flags) => Run(["train", rows, "--out", Out, "--overwrite", .. small, .. flags]);

    private static string Hash(string run) => JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "result.json"))).RootElement.GetProperty("weights_hash").GetString()!;

    /// <summary>The embedding of every value of a column, all numbers of it.</summary>
    private static Dictionary<string, float[]> Embedding(string run, string column)
    {
        using Device device = Device.Open("cpu");
        Checkpoint checkpoint = Checkpoint.Open(RunFolder.Resolve(run));
        FeatureEncoder encoder = checkpoint.LoadEncoder();
        using TrainableModel model = new(device, encoder.Spec, checkpoint.Manifest.Model, 8);
        checkpoint.LoadWeights(model);
        int v = encoder.Vocabularies.Index().Single(t => t.Item.Name == column).Index, d = model.Options.EmbeddingDim;
        float[] all = model.Embedding!.ToArray(device);
        return Enumerable.Range(0, encoder.Vocabularies[v].Rows).ToDictionary(encoder.Vocabularies[v].Describe, id => model.Spec.FirstRows(v).SelectMany(row => all.AsSpan((row + id) * d, d).ToArray()).ToArray());
    }

    private string Vectors(string name, float[][] of) =>
        new TestShard().Column("item", [.. Enumerable.Range(0, of.Length).Select(id => (long)id)]).Lists<float>("vector", [.. of.Select(v => v.Select(x => (float?)x).ToArray())]).Write(Folder.File(name));

    [Fact]
    public void A_run_goes_on_to_the_bits_of_one_that_never_stopped_and_a_start_from_it_keeps_the_whole_width()
    {
        Train("--lr", "0.01", "--epochs", "3").Succeeded();
        string whole = Hash(Out);
        Train("--lr", "0.01", "--epochs", "1").Succeeded();
        Run("train", "--resume", "--out", Out, "--epochs", "3").Succeeded();
        Assert.Equal(whole, Hash(Out));
        string more = new TestShard().Column("label", 0, 1, 0, 1).Column("item", 3L, 99L, 5L, 98L).Text("site", "site 1", "site 9", "site 1", "site 1").Lists<long>("hist_item", [1], [99], [3, 4], [2]).Write(Folder.File("more.parquet")), next = Folder.File("next");
        CommandOutcome begun = Run("train", more, "--out", next, "--init-from", Out, "--lr", "0", "--epochs", "1", "--valid-fraction", "0", "--device", "cpu").Succeeded();
        Assert.Contains("--column-dim item=4", begun.Error);
        Dictionary<string, float[]> then = Embedding(Out, "item"), now = Embedding(next, "item");
        Assert.Equal(["98", "99"], now.Keys.Except(then.Keys).Order());
        Assert.All(then, value => Assert.Equal(value.Value, now[value.Key]));
        Assert.All(now.Values, v => Assert.Equal(Width, v.Length));
        Assert.Equal(Embedding(Out, "site")["site 1"], Embedding(next, "site")["site 1"]);
        Run("train", more, "--out", Folder.File("other"), "--init-from", Out, "--column-dim", "site=4", "--device", "cpu").FailedWith(ExitCode.Usage, "column_dim is");
    }

    [Fact]
    public void Vectors_from_a_file_are_as_wide_as_their_column_and_all_of_them_makes_values_alike()
    {
        Train("--init-embedding", $"item={Vectors("vectors.parquet", vectors)}", "--freeze", "item", "--epochs", "2", "--lr", "0.05").Succeeded();
        Dictionary<string, float[]> begun = Embedding(Out, "item");
        Assert.All(vectors.Index(), v => Assert.Equal(v.Item, begun[$"{v.Index}"]));
        Assert.Equal(vectors.Average(v => v[3]), begun["5"][3], 1e-6f);
        JsonElement nearest = JsonDocument.Parse(Run("explain", rows, "--model", Out, "--row", "0", "--nearest", "item", "--json").Succeeded().Out).RootElement.GetProperty("nearest")[0];
        Assert.Equal(("0", "2"), (nearest.GetProperty("value").GetString(), nearest.GetProperty("values")[0].GetProperty("value").GetString()));
        Assert.Equal(1.9 / Math.Sqrt(2 * (0.81 + 0.01 + 1)), nearest.GetProperty("values")[0].GetProperty("cosine").GetDouble(), 1e-6);
        Train("--init-embedding", $"item={Vectors("narrow.parquet", [[1, 2]])}").FailedWith(ExitCode.Usage, "its vectors have 2 numbers", "those of the model 4: add --embedding-dim 2, or --column-dim item=2 for models that allow it");
    }

    [Fact]
    public void A_history_is_explained_and_permuted_by_columns()
    {
        Train("--lr", "0.02", "--epochs", "2").Succeeded();
        JsonElement attention = JsonDocument.Parse(Run("explain", rows, "--model", Out, "--row", "7", "--json").Succeeded().Out).RootElement.GetProperty("attention")[0];
        Assert.Equal(("hist_item", 3), (Assert.Single(attention.GetProperty("histories").EnumerateArray()).GetString(), attention.GetProperty("entries").GetArrayLength()));
        string[] told = [.. JsonDocument.Parse(Run("importance", rows, "--model", Out, "--device", "cpu", "--json").Succeeded().Out).RootElement.GetProperty("columns").EnumerateArray().Select(c => c.GetProperty("column").GetString()!)];
        Assert.Equal(["hist_item", "item", "site"], told.Order());
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Run("train", rows, "--out", Out, "--model", "deepfm", "--column-dim", "item=32", "--device", "cpu").FailedWith(ExitCode.Usage, "--column-dim: deepfm multiplies the vectors of fields with each other; leave it out, or take one of");
        Run("train", rows, "--out", Out, "--model", "dcn", "--embedding-dim", "16,item=64,site=32").FailedWith(ExitCode.Usage, "--embedding-dim 16,item=64,site=32: expected a whole number from 1 to 4096; write --embedding-dim 16 --column-dim item=64,site=32");
        Train("--column-dim", "item=5").FailedWith(ExitCode.Usage, "--column-dim item=5: widths are multiples of --embedding-dim, 2");
        Train("--column-dim", "itm=4").FailedWith(ExitCode.Usage, "--column-dim itm: the model has no such categorical column; it has item, site, hist_item");
        Train("--column-dim", "item").FailedWith(ExitCode.Usage, "--column-dim item: expected a column and its width, such as item=64");
        Train("--column-dim", "item=4,hist_item=2").FailedWith(ExitCode.Usage, "--column-dim hist_item=2: item has the same ids");
    }
}
