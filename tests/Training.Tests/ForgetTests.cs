using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Data.Features;
using GpuCtr.Engine;
using GpuCtr.Training.Checkpoints;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests;

/// <summary>Days that start from one another and forget values that did not occur for two of them. Without a learning rate rows stay as they were taken over.</summary>
public sealed class ForgetTests : OwnFolder
{
    private static readonly string[] small = ["--embedding-dim", "2", "--hidden-units", "4", "--batch-size", "8", "--valid-fraction", "0", "--epochs", "1", "--device", "cpu"];

    private string Day(string name, long[] ids, params string[] texts) => new TestShard()
        .Column("label", [.. Enumerable.Range(0, 24).Select(i => i % 3 == 0 ? 1 : 0)])
        .Column("x", [.. Enumerable.Range(0, 24).Select(i => ids[i % ids.Length])])
        .Text("s", [.. Enumerable.Range(0, 24).Select(i => texts[i % texts.Length])])
        .Write(Folder.File($"{name}.parquet"));

    private CommandOutcome Train(string name, string shard, params string[] flags) => Run(["train", shard, "--out", Folder.File(name), .. small, .. flags]).Succeeded();

    private FeatureEncoder Encoder(string run) => Checkpoint.Open(RunFolder.Resolve(Folder.File(run))).LoadEncoder();

    private float[][] Rows(string run, string file, string tensor)
    {
        string path = Path.Combine(RunFolder.Resolve(Folder.File(run)), file);
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

    /// <summary>Days 1 to 3: x is 1 2 3, then 9 3 7, then 3 8; s is a b, then c b, then b.</summary>
    private CommandOutcome ThreeDays(params string[] flags)
    {
        Train("day1", Day("day1", [1, 2, 3], "a", "b"), ["--lr", "0.05", .. flags]);
        Train("day2", Day("day2", [9, 3, 7], "c", "b"), ["--init-from", Folder.File("day1"), "--lr", "0.05", .. flags]);
        return Train("day3", Day("day3", [3, 8], "b"), ["--init-from", Folder.File("day2"), "--lr", "0", "--forget-after", "2", .. flags]);
    }

    [Fact]
    public void Values_that_did_not_occur_for_two_days_are_gone_and_come_back_as_new_ones()
    {
        string told = ThreeDays().Error;
        Assert.Contains("forgotten  values that did not occur in the last 2 runs: 2 of x, 1 of s", told);
        FeatureEncoder second = Encoder("day2"), third = Encoder("day3");
        Assert.Equal([1L, 2, 3, 7, 9], second.Vocabularies[0].Integers);
        Assert.Equal(["a", "b", "c"], second.Vocabularies[1].Texts);
        Assert.Equal([1, 1, 0, 0, 0], second.Vocabularies[0].AbsentRuns);
        Assert.Equal([1, 0, 0], second.Vocabularies[1].AbsentRuns);
        Assert.Equal([3L, 7, 9, 8], third.Vocabularies[0].Integers);
        Assert.Equal(["b", "c"], third.Vocabularies[1].Texts);
        Assert.Equal([0, 1, 1, 0], third.Vocabularies[0].AbsentRuns);
        Assert.Equal([0, 1], third.Vocabularies[1].AbsentRuns);
        Assert.Equal("{\"x\":2,\"s\":1}", JsonNode.Parse(File.ReadAllText(Folder.File("day3/config.json")))!["forgotten"]!.ToJsonString());
        // Day 4 inherits how long values are remembered: 7, 9 and c are forgotten, 1 and a are back.
        string fourth = Train("day4", Day("day4", [1, 3], "a", "b"), "--init-from", Folder.File("day3"), "--lr", "0").Error;
        Assert.Contains("2 of x, 1 of s", fourth);
        Assert.Contains("--forget-after 2", fourth);
        Assert.Equal([3L, 8, 1], Encoder("day4").Vocabularies[0].Integers);
        Assert.Equal(["b", "a"], Encoder("day4").Vocabularies[1].Texts);
        float[] back = Rows("day4", "model.safetensors", "embedding")[4], before = Rows("day1", "model.safetensors", "embedding")[2];
        Assert.NotEqual(before, back);
        Assert.All(back, x => Assert.InRange(Math.Abs(x), 1e-9f, 1e-3f));
    }

    [Theory]
    [InlineData("model.safetensors", "embedding", "adam")]
    [InlineData("model.safetensors", "first_order", "adam")]
    [InlineData("optimizer.safetensors", "embedding m", "adam")]
    [InlineData("optimizer.safetensors", "embedding v", "adam")]
    [InlineData("optimizer.safetensors", "embedding v", "rowwise-adagrad")]
    public void Rows_of_all_other_values_move_up_with_their_bits(string file, string tensor, string optimizer)
    {
        ThreeDays("--optimizer", optimizer);
        float[][] then = Rows("day2", file, tensor), now = Rows("day3", file, tensor);
        // Of x: padding, null, 1 2 3 7 9, unseen, which become padding, null, 3 7 9 8, unseen; of s: padding, null, a b c, unseen, which become padding, null, b c, unseen.
        Assert.Equal((8 + 6, 7 + 5), (then.Length, now.Length));
        (int Then, int Now)[] moved = [(0, 0), (1, 1), (4, 2), (5, 3), (6, 4), (7, 6), (8, 7), (9, 8), (11, 9), (12, 10), (13, 11)];
        // 3 and b occur on day 3: their moments go on.
        foreach ((int from, int to) in moved.Where(m => file[0] == 'm' || m.Then is not (4 or 11)))
            Assert.Equal(then[from], now[to]);
        Assert.DoesNotContain(then[5], x => x == 0);
    }

    [Fact]
    public void Vectors_of_wider_columns_move_in_their_whole_width()
    {
        ThreeDays("--model", "dcn", "--column-dim", "x=4");
        float[][] then = Rows("day2", "model.safetensors", "embedding"), now = Rows("day3", "model.safetensors", "embedding");
        Assert.Equal((8 + 6 + 8, 7 + 5 + 7), (then.Length, now.Length));
        foreach ((int from, int to) in new[] { (4, 2), (5, 3), (6, 4), (7, 6), (11, 9), (14 + 4, 12 + 2), (14 + 5, 12 + 3), (14 + 6, 12 + 4), (14 + 7, 12 + 6) })
            Assert.Equal(then[from], now[to]);
    }

    /// <summary>As many values are new as are forgotten: the table keeps its size, and yet rows move.</summary>
    [Fact]
    public void Tables_of_equal_size_are_not_taken_for_the_same()
    {
        string[] wide = [.. small.Select(flag => flag == "4" ? "11" : flag)];
        Run(["train", Day("day1", [1, 2, 3], "a", "b"), "--out", Folder.File("day1"), "--lr", "0.05", .. wide]).Succeeded();
        Run(["train", Day("day2", [8, 2, 9], "a", "b"), "--out", Folder.File("day2"), "--init-from", Folder.File("day1"), "--lr", "0", "--forget-after", "1", .. wide]).Succeeded();
        float[][] then = Rows("day1", "model.safetensors", "embedding"), now = Rows("day2", "model.safetensors", "embedding");
        Assert.Equal((11, 11), (then.Length, now.Length));
        Assert.Equal(then[3], now[2]);
        Assert.Equal(then[5], now[5]);
        Assert.NotEqual(then[3], now[3]);
        // Dense weights stay, although they have as many rows.
        Assert.Equal(Rows("day1", "model.safetensors", "mlp.0.weight"), Rows("day2", "model.safetensors", "mlp.0.weight"));
    }

    [Fact]
    public void A_forgotten_value_scores_as_one_that_was_never_seen_and_a_run_goes_on()
    {
        ThreeDays();
        using (CtrModel model = CtrModel.Load(Folder.File("day3"), new ScoringOptions { Concurrency = 1 }))
        {
            float Score(long x) => model.Score(model.NewRow().Set("x", x).Set("s", "b"));
            Assert.Equal(Score(777), Score(1));
            Assert.NotEqual(Score(777), Score(7));
        }

        Run("train", "--resume", "--out", Folder.File("day3"), "--epochs", "2").Succeeded();
        Assert.Equal("{\"x\":2,\"s\":1}", JsonNode.Parse(File.ReadAllText(Folder.File("day3/config.json")))!["forgotten"]!.ToJsonString());
    }

    [Fact]
    public void Vocabularies_that_did_not_grow_are_written_as_before_and_count_as_seen()
    {
        Train("day1", Day("day1", [1, 2, 3], "a", "b"));
        string vocabulary = Directory.GetFiles(Path.Combine(RunFolder.Resolve(Folder.File("day1")), "vocab")).Order().First();
        Assert.Equal(["value", "count"], Data.Shards.Shard.Open(vocabulary, 0).Columns.Select(c => c.Name));
        Assert.Empty(Encoder("day1").Vocabularies[0].AbsentRuns);
        Assert.DoesNotContain("forgotten", Train("day2", Day("day2", [9, 3], "b"), "--init-from", Folder.File("day1"), "--forget-after", "2").Error);
        Assert.Equal([1L, 2, 3, 9], Encoder("day2").Vocabularies[0].Integers);
    }

    [Fact]
    public void What_cannot_forget_is_refused()
    {
        string day = Day("day1", [1, 2, 3], "a", "b");
        Run(["train", day, "--out", Folder.File("x"), "--forget-after", "3", .. small]).FailedWith(ExitCode.Usage, "--forget-after needs --init-from");
        Run(["train", day, "--out", Folder.File("x"), "--forget-after", "-1", .. small]).FailedWith(ExitCode.Usage, "--forget-after -1: expected a whole number of at least 0");
        Train("pairs", day, "--model", "poly2", "--poly2-buckets", "64");
        Run(["train", day, "--out", Folder.File("x"), "--init-from", Folder.File("pairs"), "--forget-after", "1", .. small]).FailedWith(ExitCode.Usage, "--forget-after renumbers rows, and the weights of pairs in poly2");
    }
}
