using System.Text.Json;
using GpuCtr.Engine;
using GpuCtr.Training.Checkpoints;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests;

public sealed class WarmStartTests : OwnFolder
{
    private static readonly string[] options = ["--embedding-dim", "2", "--hidden-units", "4", "--batch-size", "8", "--valid-fraction", "0", "--device", "cpu", "--json"];

    private readonly string first, grown;

    public WarmStartTests()
    {
        string day1 = Day("day1", [1, 2, 3], ["a", "b"]), day2 = Day("day2", [9, 3, 7], ["c", "b"]);
        (first, grown) = (Folder.File("first"), Folder.File("grown"));
        Run(["train", day1, "--out", first, "--epochs", "3", .. options]).Succeeded();
        // Without a learning rate everything stays as it was taken over.
        Outcome = Run(["train", day2, "--out", grown, "--init-from", first, "--lr", "0", .. options]).Succeeded();
    }

    private CommandOutcome Outcome { get; }

    [Theory]
    [InlineData("model.safetensors", "embedding")]
    [InlineData("optimizer.safetensors", "embedding m")]
    [InlineData("optimizer.safetensors", "embedding v")]
    public void Learned_rows_follow_their_values_and_new_values_get_new_rows(string file, string tensor)
    {
        // Rows: padding, null, values, unseen; of x first, then of s. Day 2 adds 9 and 7 to x and c to s.
        float[][] then = Rows(first, file, tensor), now = Rows(grown, file, tensor);
        Assert.Equal(6 + 5, then.Length);
        Assert.Equal(8 + 6, now.Length);
        int[] kept = [0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 13], fresh = [5, 6, 12];
        // The moments of rows that are in a batch decay even without a learning rate; those of 1, 2 and a, which do not occur on day 2, stay.
        int[] unmoved = file.StartsWith("optimizer", StringComparison.Ordinal) ? [2, 3, 8] : [.. Enumerable.Range(0, kept.Length)];
        foreach (int row in unmoved)
            Assert.Equal(then[row], now[kept[row]]);
        Assert.NotEqual(new float[2], now[2]);
        foreach (int row in fresh)
            Assert.NotEqual(new float[2], now[row]);
        Assert.Contains("11 table rows kept, 3 new", Outcome.Error);
    }

    [Fact]
    public void Weights_of_pairs_stay_in_their_buckets()
    {
        string[] pairs = [.. options, "--model", "poly2", "--poly2-buckets", "64"];
        (string then, string now) = (Folder.File("pairs"), Folder.File("pairs grown"));
        Run(["train", Day("pairs1", [1, 2, 3], ["a", "b"]), "--out", then, "--epochs", "3", .. pairs]).Succeeded();
        Run(["train", Day("pairs2", [9, 3, 7], ["c", "b"]), "--out", now, "--init-from", then, "--lr", "0", .. pairs]).Succeeded();
        float[][] before = Rows(then, "model.safetensors", "first_order"), after = Rows(now, "model.safetensors", "first_order");
        Assert.Equal((6 + 5 + 64, 8 + 6 + 64), (before.Length, after.Length));
        Assert.Equal(before[^64..], after[^64..]);
        Run(["train", Day("pairs3", [9], ["c"]), "--init-from", then, .. options, "--model", "poly2", "--poly2-buckets", "65"]).FailedWith(ExitCode.Usage, "poly2_buckets is 64 there and 65 here");
    }

    [Fact]
    public void Values_of_both_days_are_known_and_steps_count_on()
    {
        Checkpoint then = Checkpoint.Open(RunFolder.Resolve(first)), now = Checkpoint.Open(RunFolder.Resolve(grown));
        Assert.Equal([1L, 2L, 3L, 7L, 9L], now.LoadEncoder().Vocabularies[0].Integers.Order());
        Assert.Equal(then.LoadEncoder().Vocabularies[0].Integers, now.LoadEncoder().Vocabularies[0].Integers.Take(3));
        Assert.True(now.Manifest.Position.Step > then.Manifest.Position.Step);
        Assert.Equal(then.LoadEncoder().State.Numeric[0], now.LoadEncoder().State.Numeric[0]);
    }

    [Fact]
    public void A_start_from_the_same_rows_goes_on_as_if_nothing_had_ended()
    {
        string day = Folder.File("day1.parquet"), two = Folder.File("two"), one = Folder.File("one"), more = Folder.File("more");
        string[] plain = [.. options, "--lr", "0.01", "--dropout", "0.1"];
        Run(["train", day, "--out", one, .. plain]).Succeeded();
        Run(["train", day, "--out", more, "--init-from", one, .. plain]).Succeeded();
        CommandOutcome resumed = Run("train", "--resume", "--out", more).Succeeded();
        Assert.Contains("resuming after step", resumed.Error);
        // Shuffled differently from a second epoch, but close to it, because the optimizer's state and the step count were taken over.
        Run(["train", day, "--out", two, "--epochs", "2", .. plain]).Succeeded();
        float[][] a = Rows(more, "model.safetensors", "embedding"), b = Rows(two, "model.safetensors", "embedding");
        Assert.True(a.Zip(b).All(p => Math.Abs(p.First[0] - p.Second[0]) < 0.05));
    }

    [Fact]
    public void Other_models_and_other_columns_are_refused_by_name()
    {
        string day = Folder.File("day2.parquet"), other = new TestShard().Column("label", 0, 1).Column("x", 1, 2).Column("extra", 1, 2).Write(Folder.File("other.parquet"));
        string refused = Folder.File("refused");
        Run("train", day, "--out", refused, "--init-from", first, "--embedding-dim", "3", "--device", "cpu").FailedWith(ExitCode.Usage, "--init-from", "embedding_dim is 2 there and 3 here");
        Run(["train", other, "--out", refused, "--init-from", first, .. options]).FailedWith(ExitCode.Usage, "--init-from", "numeric field 1: n (standardize) is not here", "extra");
        Run(["train", day, "--out", refused, "--init-from", first, "--hash-buckets", "x=5", .. options]).FailedWith(ExitCode.Usage, "--init-from", "rows of x come from its vocabulary there and from --hash-buckets x=5 here");
        Run(["train", day, "--out", refused, "--init-from", Folder.File("none"), .. options]).FailedWith(ExitCode.Usage, "--init-from", "no such run");
        Assert.False(Directory.Exists(refused));
    }

    [Fact]
    public void What_is_not_said_is_as_in_that_run()
    {
        string day1 = Day("before", [1, 2, 3, 4], ["a", "b"]), day2 = Day("after", [9, 3, 7], ["c", "b"]), then = Folder.File("then"), next = Folder.File("next");
        Run(["train", day1, "--out", then, "--epochs", "2", "--model", "dcn", "--exclude", "s", "--lr", "0.01", "--lr-steps", "2:0.5", "--mba-lambda", "0.5", .. options]).Succeeded();
        CommandOutcome o = RunAsTyped("train", day2, "--out", next, "--init-from", then, "--epochs", "1", "--device", "cpu", "--lr", "0.02").Succeeded();
        Assert.Contains($"options  of {then}: ", o.Error);
        foreach (string inherited in new[] { "--exclude s", "--model dcn", "--embedding-dim 2", "--hidden-units 4", "--mba-lambda 0.5", "--batch-size 8", "--lr-steps 2:0.5" })
            Assert.Contains(inherited, o.Error);
        Assert.DoesNotContain("--lr 0.01", o.Error);
        Assert.DoesNotContain("chosen   --batch-size", o.Error);
        JsonElement told = JsonDocument.Parse(File.ReadAllText(Path.Combine(next, "config.json"))).RootElement.GetProperty("options");
        Assert.Equal(("dcn", 0.02, 1, 0.1), (told.GetProperty("model").GetString(), told.GetProperty("lr").GetDouble(), told.GetProperty("epochs").GetInt32(), told.GetProperty("valid_fraction").GetDouble()));
        // It goes on without that run.
        Directory.Delete(then, recursive: true);
        Run("train", "--resume", "--out", next, "--epochs", "2").Succeeded();
    }

    /// <summary>Runs of earlier versions have other values of options that their model never read.</summary>
    [Fact]
    public void An_option_that_the_model_does_not_read_may_differ()
    {
        string day = Folder.File("day2.parquet");
        string[] start = ["train", day, "--init-from", first, .. options];
        Run([.. start, "--attention-normalization", "none", "--transformer-blocks", "2", "--cross-layers", "1", "--out", Folder.File("same")]).Succeeded();
        string crossed = Folder.File("crossed");
        Run(["train", day, "--model", "dcn", "--out", crossed, .. options]).Succeeded();
        Run(["train", day, "--model", "dcn", "--cross-layers", "1", "--init-from", crossed, "--out", Folder.File("refused"), .. options]).FailedWith(ExitCode.Usage, "cross_layers is 3 there and 1 here");
    }

    [Fact]
    public void An_fnn_begins_with_the_embeddings_of_an_fm()
    {
        string day = Folder.File("day1.parquet"), day2 = Folder.File("day2.parquet"), fm = Folder.File("fm"), fnn = Folder.File("fnn");
        Run(["train", day, "--model", "fm", "--out", fm, "--epochs", "3", .. options]).Succeeded();
        CommandOutcome begun = Run(["train", day2, "--model", "fnn", "--out", fnn, "--init-from", fm, "--lr", "0", .. options]).Succeeded();
        Assert.Contains("embeddings and first order from the fm", begun.Error);
        Assert.Contains("11 table rows kept, 3 new", begun.Error);
        int[] kept = [0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 13];
        foreach (string table in new[] { "embedding", "first_order" })
        {
            float[][] then = Rows(fm, "model.safetensors", table), now = Rows(fnn, "model.safetensors", table);
            Assert.All(Enumerable.Range(0, kept.Length), row => Assert.Equal(then[row], now[kept[row]]));
        }
        Assert.Equal(Rows(fm, "model.safetensors", "numeric.weights"), Rows(fnn, "model.safetensors", "numeric.weights"));
        string refused = Folder.File("refused");
        Run(["train", day, "--model", "fnn", "--embedding-dim", "3", "--out", refused, "--init-from", fm, "--device", "cpu"]).FailedWith(ExitCode.Usage, "--init-from", "embedding_dim is 2 there and 3 here");
        Run(["train", day, "--model", "pnn", "--out", refused, "--init-from", fm, .. options]).FailedWith(ExitCode.Usage, "--init-from", "model");
        Run(["train", day, "--model", "fnn", "--first-order-ftrl", "0.1,0,0", "--out", refused, .. options]).FailedWith(ExitCode.Usage, "--first-order-ftrl");
    }

    private string Day(string name, int[] ids, string[] texts)
    {
        int rows = 24;
        return new TestShard()
            .Column("label", [.. Enumerable.Range(0, rows).Select(i => i % 3 == 0 ? 1 : 0)])
            .Column("x", [.. Enumerable.Range(0, rows).Select(i => ids[i % ids.Length])])
            .Text("s", [.. Enumerable.Range(0, rows).Select(i => texts[i % texts.Length])])
            .Column("n", [.. Enumerable.Range(0, rows).Select(i => (float)(i * ids[0]))])
            .Write(Folder.File($"{name}.parquet"));
    }

    private static float[][] Rows(string run, string file, string tensor)
    {
        string path = Path.Combine(RunFolder.Resolve(Path.Combine(run, "last")), file);
        using FileStream stream = File.OpenRead(path);
        SafeTensorsHeader header = SafeTensorsHeader.Read(path, stream);
        SafeTensorsEntry entry = header.Entries[tensor];
        byte[] bytes = new byte[entry.End - entry.Begin];
        stream.Position = header.DataStart + entry.Begin;
        stream.ReadExactly(bytes);
        float[] values = new float[bytes.Length / 4];
        Buffer.BlockCopy(bytes, 0, values, 0, bytes.Length);
        return [.. values.Chunk((int)entry.Shape[1])];
    }
}
