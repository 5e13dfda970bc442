using GpuCtr.Data.Options;
using GpuCtr.Training.Tuning;

namespace GpuCtr.Training.Tests.Tuning;

[Trait("Speed", "Fast")]
public sealed class SearchSpaceTests : IDisposable
{
    private readonly TempFolder folder = new();

    [Fact]
    public void Values_are_within_the_space_and_every_choice_is_drawn()
    {
        SearchSpace space = Read("""{"lr": {"from": 1e-4, "to": 1e-2, "log": true}, "hidden_units": [[64, 32], "128,64"], "batch-norm": [true, false], "embedding_l2": {"from": 1e-5, "to": 1e-3, "log": true, "or": [0]}, "embedding_dim": {"from": 4, "to": 16}}""");
        IReadOnlyDictionary<string, object?>[] drawn = [.. Enumerable.Range(1, 400).Select(t => space.Draw(seed: 3, trial: 2 * t + 1, [], "deepfm"))];
        double[] rates = [.. drawn.Select(d => (double)d["lr"]!)];
        Assert.All(rates, r => Assert.InRange(r, 1e-4, 1e-2));
        // Each of the two factors of ten is as likely.
        Assert.InRange(rates.Count(r => r < 1e-3), 150, 250);
        Assert.Equal(["128,64", "64,32"], drawn.Select(d => string.Join(',', (IReadOnlyList<int>)d["hidden-units"]!)).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(2, drawn.Select(d => (bool)d["batch-norm"]!).Distinct().Count());
        Assert.InRange(drawn.Count(d => (double)d["embedding-l2"]! == 0), 150, 250);
        Assert.Equal(Enumerable.Range(4, 13), drawn.Select(d => (int)d["embedding-dim"]!).Distinct().Order());
    }

    [Fact]
    public void Draws_are_a_function_of_seed_and_trial()
    {
        SearchSpace space = SearchSpace.Default(histories: false, rows: 1_000_000);
        IReadOnlyDictionary<string, object?> first = space.Draw(1, 5, [], "deepfm");
        Assert.Equal(Texts(first), Texts(space.Draw(1, 5, [], "deepfm")));
        Assert.NotEqual(Texts(first), Texts(space.Draw(1, 7, [], "deepfm")));
        Assert.NotEqual(Texts(first), Texts(space.Draw(2, 5, [], "deepfm")));
        Assert.Empty(space.Draw(1, 0, [], "deepfm"));
    }

    [Fact]
    public void A_child_differs_from_its_parent_in_two_options_at_most()
    {
        SearchSpace space = SearchSpace.Default(histories: true, rows: 1_000_000);
        IReadOnlyDictionary<string, object?> parent = space.Draw(1, 1, [], "din");
        int changed = 0;
        for (int trial = 2; trial < 40; trial += 2)
        {
            string[] differences = [.. Texts(space.Draw(1, trial, [parent], "din")).Except(Texts(parent))];
            Assert.InRange(differences.Length, 0, 2);
            changed += differences.Length;
        }
        Assert.InRange(changed, 10, 38);
    }

    [Fact]
    public void What_a_model_does_not_read_is_not_drawn_for_it()
    {
        SearchSpace space = Read("""{"model": ["deepfm", "dcn-v2"], "cross_layers": [1, 2]}""");
        Assert.All(Enumerable.Range(1, 50).Select(t => space.Draw(1, t, [], "deepfm")), d => Assert.Equal(d["model"] is "dcn-v2", d.ContainsKey("cross-layers")));
    }

    [Fact]
    public void What_a_user_has_decided_is_not_searched_over() => Assert.DoesNotContain(
        SearchSpace.Default(false, 1000).Without(new OptionValues(new Dictionary<string, object?> { ["lr"] = 0.01 })).Dimensions, d => d.Option.Name == "lr");

    [Theory]
    [InlineData("[1]", "expected a JSON object such as")]
    [InlineData("{", "not JSON")]
    [InlineData("""{"learning_rte": [1]}""", "unknown option 'learning_rte'")]
    [InlineData("""{"epochs": [1, 2]}""", "epochs cannot be searched")]
    [InlineData("""{"dropout": []}""", "--space: dropout: there is no value to try")]
    [InlineData("""{"dropout": [0, 2]}""", "--dropout")]
    [InlineData("""{"dropout": {"from": 0.5, "to": 0.1}}""", "from 0.5 to 0.1 is not a range")]
    [InlineData("""{"lr": {"from": 0, "to": 0.1, "log": true}}""", "positive numbers, which log needs")]
    [InlineData("""{"hidden_units": {"from": 1, "to": 2}}""", "expected an array of values")]
    [InlineData("""{"lr": {"from": "a", "to": 0.1}}""", "\"a\" is no number")]
    public void Mistakes_in_a_file_say_where_they_are(string json, string message) =>
        Assert.Contains(message, Assert.Throws<GpuCtrException>(() => Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_not_there_is_named() =>
        Assert.Contains("no such file", Assert.Throws<GpuCtrException>(() => SearchSpace.Read(folder.File("none.json"))).Message, StringComparison.Ordinal);

    public void Dispose() => folder.Dispose();

    private SearchSpace Read(string json)
    {
        string path = folder.File("space.json");
        File.WriteAllText(path, json);
        return SearchSpace.Read(path);
    }

    private static string[] Texts(IReadOnlyDictionary<string, object?> values) =>
        [.. values.Select(v => $"{v.Key} {(v.Value is IReadOnlyList<int> list ? string.Join(',', list) : v.Value)}").Order(StringComparer.Ordinal)];
}
