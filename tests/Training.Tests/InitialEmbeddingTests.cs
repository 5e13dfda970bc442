using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Engine;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests;

/// <summary>Embeddings that begin with vectors from a file. Runs with a learning rate of 0 show what they begin with.</summary>
public sealed class InitialEmbeddingTests : OwnFolder
{
    private const int Width = 3;

    private static readonly string[] small = ["--embedding-dim", "3", "--hidden-units", "4", "--batch-size", "64", "--device", "cpu", "--fit-cache", "off"];

    private static readonly string[] still = [.. small, "--lr", "0", "--epochs", "1"];

    private static float[] VectorOf(long id) => [id, -id / 2f, 0.25f];

    private string Out => Folder.File("run");

    private string Rows(string name, int items, bool history = true)
    {
        int[] i = [.. Enumerable.Range(0, 300)];
        TestShard shard = new TestShard().Column("label", [.. i.Select(r => r * 7 % 10 / 6)]).Column("item", [.. i.Select(r => 1_000_000_007L * (r % items))]).Text("site", [.. i.Select(r => $"site {r % 4}")]);
        return (history ? shard.Lists<long>("hist_item", [.. i.Select(r => Enumerable.Range(0, r % 4).Select(t => (long?)1_000_000_007L * ((r + t) % items)).ToArray())]) : shard).Write(Folder.File(name));
    }

    private string Vectors(string name, params long[] ids) => new TestShard().Column("item", ids).Lists<float>("vector", [.. ids.Select(id => VectorOf(id % 1000).Select(v => (float?)v).ToArray())]).Write(Folder.File(name), groupRows: 2);

    private string SafeTensors(string name, string types, params (byte[] Values, string Shape)[] tensors)
    {
        int at = 0;
        string header = $"{{{string.Join(',', tensors.Select((t, i) => $"\"t{i}\":{{\"dtype\":\"{types.Split(' ')[i]}\",\"shape\":[{t.Shape}],\"data_offsets\":[{at},{at += t.Values.Length}]}}"))}}}";
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        File.WriteAllBytes(Folder.File(name), [.. length, .. Encoding.ASCII.GetBytes(header), .. tensors.SelectMany(t => t.Values)]);
        return Folder.File(name);
    }

    private static byte[] Bytes<T>(IEnumerable<T> values) where T : unmanaged => MemoryMarshal.AsBytes<T>(values.ToArray()).ToArray();

    private CommandOutcome Train(string shard, params string[] flags) => Run(["train", shard, "--out", Out, "--overwrite", .. flags]);

    /// <summary>The vector of every value of a column of a run.</summary>
    private static Dictionary<string, float[]> Embedding(string run, string column)
    {
        using Device device = Device.Open("cpu");
        Checkpoint checkpoint = Checkpoint.Open(RunFolder.Resolve(run));
        FeatureEncoder encoder = checkpoint.LoadEncoder();
        using TrainableModel model = new(device, encoder.Spec, checkpoint.Manifest.Model, 8);
        checkpoint.LoadWeights(model);
        int v = encoder.Vocabularies.Index().Single(t => t.Item.Name == column).Index;
        VocabularyTable values = encoder.Vocabularies[v];
        float[] all = model.Embedding!.ToArray(device);
        return Enumerable.Range(0, values.Rows).ToDictionary(values.Describe, row => all.AsSpan((encoder.Spec.Offsets()[v] + row) * Width, Width).ToArray());
    }

    [Theory]
    [InlineData("deepfm")]
    [InlineData("din")]
    public void Ids_begin_with_their_vectors_and_all_others_as_without_the_file(string model)
    {
        string rows = Rows("rows.parquet", 6);
        string told = Train(rows, ["--model", model, "--init-embedding", $"item={Vectors("vectors.parquet", 0, 1_000_000_007, 3_000_000_021, 77)}", .. still]).Succeeded().Error;
        Assert.Contains("3 of 6 values of item start with vectors from", told, StringComparison.Ordinal);
        Assert.Contains("1 of its ids do not occur in the training rows", told, StringComparison.Ordinal);
        Dictionary<string, float[]> begun = Embedding(Out, "item"), sites = Embedding(Out, "site");
        Train(rows, ["--model", model, .. still]).Succeeded();
        Assert.Equal(Embedding(Out, "site"), sites);
        foreach ((string value, float[] vector) in Embedding(Out, "item"))
            Assert.Equal(value is "0" or "1000000007" or "3000000021" ? VectorOf(long.Parse(value) % 1000) : vector, begun[value]);
    }

    [Fact]
    public void Strings_and_tables_of_safetensors_are_ids_too()
    {
        string rows = new TestShard().Column("label", [.. Enumerable.Range(0, 60).Select(i => i % 2)]).Column("item", [.. Enumerable.Range(0, 60).Select(i => i % 5)]).Text("site", [.. Enumerable.Range(0, 60).Select(i => $"s{i % 3}")]).Write(Folder.File("rows.parquet"));
        string texts = new TestShard().Text("id", "s2", "s0").Column("other", 1, 2).Lists<double>("v", [1, 2, 3], [4, 5, 6]).Write(Folder.File("texts.parquet"));
        string tensors = SafeTensors("table.safetensors", "I64 F32", (Bytes<long>([4, 2]), "2"), (Bytes<float>([1, 2, 3, 4, 5, 6]), "2,3"));
        Train(rows, ["--init-embedding", $"site={texts},item={tensors}", .. still]).Succeeded();
        Assert.Equal([4f, 5, 6], Embedding(Out, "site")["s0"]);
        Assert.Equal([1f, 2, 3], Embedding(Out, "item")["4"]);
        string numbered = SafeTensors("numbered.safetensors", "F32", (Bytes(Enumerable.Range(0, 9).Select(i => (float)i)), "3,3")), narrow = SafeTensors("narrow.safetensors", "F32 I32", (Bytes<float>([7, 8, 9]), "1,3"), (Bytes([3]), "1"));
        Train(rows, ["--init-embedding", $"item={numbered}", .. still]).Succeeded();
        Assert.Equal([6f, 7, 8], Embedding(Out, "item")["2"]);
        Train(rows, ["--init-embedding", $"item={narrow}", .. still]).Succeeded();
        Assert.Equal([7f, 8, 9], Embedding(Out, "item")["3"]);
        Train(rows, ["--init-embedding", $"site={numbered}", .. still]).FailedWith(ExitCode.Usage, "its ids are integers, and those of the training rows are strings");
        Train(rows, ["--init-embedding", $"item={texts}", .. still]).FailedWith(ExitCode.Usage, "column 'id' has string, and the ids of the training rows are integers");
    }

    [Fact]
    public void A_run_goes_on_without_the_file_to_the_bits_of_one_that_never_stopped()
    {
        string rows = Rows("rows.parquet", 6), vectors = Vectors("vectors.parquet", 0, 1_000_000_007);
        string[] flags = ["--model", "din", "--init-embedding", $"item={vectors}", "--lr", "0.01", "--patience", "0", .. small];
        string Hash(string run) => JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "result.json"))).RootElement.GetProperty("weights_hash").GetString()!;
        Run(["train", rows, "--out", Folder.File("whole"), .. flags, "--epochs", "3"]).Succeeded();
        Run(["train", rows, "--out", Out, .. flags, "--epochs", "1"]).Succeeded();
        File.Delete(vectors);
        Run("train", "--resume", "--out", Out, "--epochs", "3").Succeeded();
        Assert.Equal(Hash(Folder.File("whole")), Hash(Out));
    }

    [Fact]
    public void A_run_that_starts_from_another_keeps_what_that_learned_and_begins_new_ids_with_their_vectors()
    {
        string first = Folder.File("first"), vectors = Vectors("vectors.parquet", 0, 6_000_000_042);
        Run(["train", Rows("rows.parquet", 6), "--model", "deepfm", "--out", first, "--lr", "0.01", "--init-embedding", $"item={Vectors("old.parquet", 0, 1_000_000_007)}", "--epochs", "1", .. small]).Succeeded();
        string told = Train(Rows("more.parquet", 8), ["--model", "deepfm", "--init-from", first, "--init-embedding", $"item={vectors}", .. still]).Succeeded().Error;
        Assert.Contains("1 of 8 values of item start with vectors from", told, StringComparison.Ordinal);
        Assert.Contains("1 keep the weights of the other run", told, StringComparison.Ordinal);
        Dictionary<string, float[]> then = Embedding(first, "item"), now = Embedding(Out, "item");
        Assert.NotEqual(VectorOf(0), then["0"]);
        Assert.Equal(then["0"], now["0"]);
        Assert.Equal(VectorOf(42), now["6000000042"]);
    }

    [Theory]
    [InlineData("deepfm", "lazy")]
    [InlineData("din", "dense")]
    [InlineData("din", "replay")]
    public void Frozen_columns_stay_as_they_began_through_resume_and_a_start_from_the_run(string model, string update)
    {
        string rows = Rows("rows.parquet", 6), vectors = Vectors("vectors.parquet", 0, 1_000_000_007, 3_000_000_021), first = Folder.File("first");
        string[] flags = ["--model", model, "--embedding-update", update, "--freeze", "item", "--lr", "0.05", "--patience", "0", .. small];
        Run(["train", rows, "--out", first, "--init-embedding", $"item={vectors}", "--epochs", "1", .. flags]).Succeeded();
        Run("train", "--resume", "--out", first, "--epochs", "2").Succeeded();
        float[] mean = [.. Enumerable.Range(0, Width).Select(j => (VectorOf(0)[j] + VectorOf(7)[j] + VectorOf(21)[j]) / 3)];
        void Stays(string run)
        {
            foreach ((string value, float[] vector) in Embedding(run, "item").Where(v => v.Key != "6000000042"))
                Assert.Equal(value == "(padding)" ? new float[Width] : value is "0" or "1000000007" or "3000000021" ? VectorOf(long.Parse(value) % 1000) : mean, vector);
            Assert.DoesNotContain(Embedding(run, "site").Values.Skip(2).SkipLast(1), v => v.All(x => Math.Abs(x) < 1e-3));
        }

        Stays(first);
        Run(["train", Rows("more.parquet", 7), "--out", Out, "--init-from", first, "--init-embedding", $"item={Vectors("new.parquet", 6_000_000_042)}", "--epochs", "1", .. flags]).Succeeded();
        Stays(Out);
        Assert.Equal(VectorOf(42), Embedding(Out, "item")["6000000042"]);
    }

    [Fact]
    public void What_cannot_be_frozen_is_refused()
    {
        string rows = Rows("rows.parquet", 6), vectors = Vectors("vectors.parquet", 0);
        string[] given = ["--init-embedding", $"item={vectors}", "--model", "deepfm", .. still];
        Train(rows, ["--freeze", "item", "--model", "deepfm", .. still]).FailedWith(ExitCode.Usage, "--freeze item would keep random vectors");
        Train(rows, ["--freeze", "site", .. given]).FailedWith(ExitCode.Usage, "--freeze site would keep random vectors");
        Train(rows, ["--freeze", "item", "--optimizer", "adamw", .. given]).FailedWith(ExitCode.Usage, "--optimizer adamw makes the weights of all rows smaller");
        Train(rows, ["--freeze", "item", "--embedding-update", "dense", "--embedding-l2", "0.1", "--embedding-l2-scope", "full", .. given]).FailedWith(ExitCode.Usage, "--embedding-l2-scope full makes");
        Train(rows, given).Succeeded();
        Run(["train", rows, "--out", Folder.File("next"), "--init-from", Out, "--freeze", "itm", "--model", "deepfm", .. still]).FailedWith(ExitCode.Usage, "freeze is [] there");
    }

    [Fact]
    public void A_model_of_next_items_begins_with_them_too()
    {
        string rows = new TestShard().Lists<long>("items", [.. Enumerable.Range(0, 60).Select(i => new long?[] { i % 5, 1 + i % 3, 2, 4 })]).Write(Folder.File("rows.parquet"));
        string vectors = new TestShard().Column("id", 3L, 4).Lists<float>("vector", [1, 2, 3], [4, 5, 6]).Write(Folder.File("vectors.parquet"));
        Run(["train", rows, "--model", "sasrec", "--out", Out, "--lr", "0", "--attention-heads", "1", "--embedding-dim", "3", "--device", "cpu", "--epochs", "1", "--fit-cache", "off", "--init-embedding", $"items={vectors}"]).Succeeded();
        Assert.Equal([4f, 5, 6], Embedding(Out, "items")["4"]);
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        string rows = Rows("rows.parquet", 6), good = Vectors("vectors.parquet", 0);
        void Refused(ExitCode code, string file, string message, params string[] flags) => Train(rows, ["--init-embedding", file, "--model", "deepfm", .. flags.Concat(still)]).FailedWith(code, message);
        string File(string name, long?[] ids, params float?[][] vectors) => new TestShard().Nullable("item", ids).Lists<float>("vector", vectors).Write(Folder.File(name));
        Refused(ExitCode.Usage, $"item={File("wide.parquet", [0], [1, 2])}", "its vectors have 2 numbers");
        Refused(ExitCode.Data, $"item={File("twice.parquet", [0, 7, 0], [1, 2, 3], [1, 2, 3], [1, 2, 3])}", "row 2: the id 0 has a vector already");
        Refused(ExitCode.Data, $"item={File("null.parquet", [null], [1, 2, 3])}", "row 0: the id is null");
        Refused(ExitCode.Data, $"item={File("nan.parquet", [0], [1, float.NaN, 3])}", "a number of the vector is missing or not finite");
        Refused(ExitCode.Data, $"item={File("hole.parquet", [0], [1, null, 3])}", "a number of the vector is missing or not finite");
        Refused(ExitCode.Usage, $"item={Vectors("others.parquet", 5, 6, 7)}", "none of its 3 ids occurs in the training rows");
        Refused(ExitCode.Usage, $"itm={good}", "did you mean 'item'");
        Refused(ExitCode.Usage, "item", "expected COL=FILE");
        Refused(ExitCode.Usage, $"item={good},item={good}", "names item twice");
        Refused(ExitCode.Usage, $"item={Folder.File("none.parquet")}", "none.parquet");
        Refused(ExitCode.Usage, $"item={Folder.File("none.safetensors")}", "no such file");
        Refused(ExitCode.Usage, $"item={new TestShard().Column("item", 1L).Write(Folder.File("plain.parquet"))}", "no column of lists of numbers");
        Refused(ExitCode.Data, $"item={SafeTensors("half.safetensors", "F16", (new byte[12], "2,3"))}", "tensor 't0' is of type F16");
        Refused(ExitCode.Data, $"item={SafeTensors("two.safetensors", "F32 F32", (new byte[12], "1,3"), (new byte[12], "1,3"))}", "it has t0 F32 (1, 3), t1 F32 (1, 3); write it again");
        foreach (string model in new[] { "lr", "ffm" })
            Run(["train", rows, "--out", Out, "--overwrite", "--init-embedding", $"item={good}", "--model", model, .. still]).FailedWith(ExitCode.Usage, $"{model} does not have one vector per id");
    }
}
