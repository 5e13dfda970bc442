using System.Text.Json;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Commands;

/// <summary>The commands on shards that store the same rows with different types.</summary>
public sealed class MixedShardsTests : OwnFolder
{
    private static readonly string[] small = ["--model", "lr", "--batch-size", "64", "--device", "cpu", "--json"];

    [Fact]
    public void Every_command_computes_the_same_of_them()
    {
        long?[] first = Users(1), second = Users(2);
        string a = Write("a", first, s => s.Nullable("user", first)), b = Write("b", second, s => s.Nullable("user", second));
        string reals = Write("c", second, s => s.Nullable<double>("user", [.. second.Select(v => (double?)v)])), narrow = Write("d", second, s => s.Nullable<int>("user", [.. second.Select(v => (int?)v)]));
        string same = Folder.File("same"), mixed = Folder.File("mixed");
        string hash = Json("train", a, b, "--valid", narrow, "--out", same).GetProperty("weights_hash").GetString()!;
        Assert.Equal(hash, Json("train", a, reals, "--valid", narrow, "--out", mixed).GetProperty("weights_hash").GetString());
        double auc = Json("evaluate", "--model", mixed, b).GetProperty("auc").GetDouble();
        Assert.Equal(auc, Json("evaluate", "--model", mixed, reals).GetProperty("auc").GetDouble());
        Assert.Equal(auc, Json("evaluate", "--model", mixed, narrow).GetProperty("auc").GetDouble());

        string scores = Folder.File("scores.parquet");
        Run("predict", "--model", mixed, a, reals, "--out", scores, "--keep", "user", "--device", "cpu").Succeeded();
        Assert.Equal(first.Concat(second).Select(v => v?.ToString() ?? "null"), SecondReader.Rows(scores, "user"));
        Assert.Contains("user", Run("inspect", a, reals).Succeeded().Out);
    }

    [Fact]
    public void Inspect_says_what_cannot_be_one_and_train_refuses_it()
    {
        long?[] users = Users(1);
        string a = Write("a", users, s => s.Nullable("user", users)), b = Write("b", users, s => s.Text("user", [.. users.Select(v => $"u{v}")]));
        CommandOutcome inspected = Run("inspect", a, b).Succeeded();
        Assert.Contains($"problem: column 'user' is not used: int64 in {a}, string in {b}; write the shards with one type, or --exclude user", inspected.Out);
        string[] train = ["train", a, b, "--out", Folder.File("run"), .. small];
        Run(train).FailedWith(ExitCode.Data, $"column 'user' is int64 in {a}, string in {b}", "--exclude user");
        Run([.. train, "--exclude", "user"]).Succeeded();
        Run(["train", a, "--valid", b, "--out", Folder.File("other"), .. small]).FailedWith(ExitCode.Data, b, "column 'user' is string, the run trains with an integer");
    }

    [Fact]
    public void Validation_shards_may_lack_what_the_model_does_not_read()
    {
        long?[] users = Users(1), others = Users(2);
        string train = Write("a", users, s => s.Lists<long>("hist_place", [.. users.Select((_, i) => (long?[]?)[i % 11])]).Nullable("user", users));
        string valid = Write("b", others, s => s.Nullable("user", others));
        Run(["train", train, "--valid", valid, "--out", Folder.File("lr"), .. small]).Succeeded();
        Run(["train", train, "--valid", valid, "--out", Folder.File("din"), "--model", "din", "--device", "cpu"]).FailedWith(ExitCode.Data, valid, "column 'hist_place' is missing; the run trains with it");
    }

    private static JsonElement Json(params string[] args) => JsonDocument.Parse(Run([.. args, .. args[0] == "train" ? small : small[2..]]).Succeeded().Out).RootElement;

    private static long?[] Users(int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, 300).Select(_ => random.Next(9) is > 0 and var user ? (long?)user : null)];
    }

    private string Write(string name, long?[] users, Action<TestShard> user)
    {
        TestShard shard = new TestShard().Column("label", [.. users.Select((v, i) => v % 3 == 1 ^ i % 7 == 0 ? 1 : 0)]).Column("place", [.. users.Select((_, i) => i % 11)]);
        user(shard);
        return shard.Write(Folder.File($"{name}.parquet"), groupRows: 100);
    }
}
