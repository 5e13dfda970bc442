using System.Text.Json;

namespace GpuCtr.Training.Tests.Scoring;

public sealed class RankTests(ServedModels models) : IClassFixture<ServedModels>
{
    private const int Candidates = 40;

    private static readonly ScoringOptions small = new() { Concurrency = 1, BatchRows = 16 };

    [Theory]
    [InlineData("deepfm")]
    [InlineData("din")]
    [InlineData("bst")]
    public void Candidates_have_the_scores_of_whole_rows(string model)
    {
        using CtrModel trained = CtrModel.Load(models.RunOf(model), small);
        FeatureRow context = trained.NewRow(), whole = trained.NewRow();
        FeatureRow[] candidates = [.. Enumerable.Range(0, Candidates).Select(i => models.Rows.FillItem(trained.NewRow(), i))];
        float[] scores = new float[Candidates];
        for (int user = 100; user < 110; user++)
        {
            trained.Rank(models.Rows.Fill(context, user, model != "deepfm"), candidates, scores);
            for (int i = 0; i < Candidates; i++)
                Assert.Equal(trained.Score(models.Rows.FillItem(models.Rows.Fill(whole, user, model != "deepfm"), i)), scores[i], 1e-6f);
            Assert.True(scores.Distinct().Count() > Candidates / 4);
        }
    }

    [Fact]
    public void A_candidate_may_set_any_column_also_to_a_missing_value()
    {
        using CtrModel trained = CtrModel.Load(models.Din, small);
        const string context = """{"user": 3, "item": 1000000007, "site": "site1", "age": 30, "tags": ["tag1", "tag2"], "hist_item": [1000000007, 0], "hist_category": [2, 0]}""";
        (string Candidate, string Whole)[] cases =
        [
            ("{}", context),
            ("""{"age": null}""", context.Replace(", \"age\": 30", "", StringComparison.Ordinal)),
            ("""{"site": null, "tags": []}""", context.Replace(", \"site\": \"site1\"", "", StringComparison.Ordinal).Replace("\"tag1\", \"tag2\"", "", StringComparison.Ordinal)),
            ("""{"hist_item": [2000000014], "hist_category": [4], "user": 5}""", context.Replace("\"user\": 3", "\"user\": 5", StringComparison.Ordinal).Replace("[1000000007, 0]", "[2000000014]", StringComparison.Ordinal).Replace("[2, 0]", "[4]", StringComparison.Ordinal)),
        ];
        float[] scores = new float[cases.Length];
        trained.Rank(Row(trained, context), [.. cases.Select(c => Row(trained, c.Candidate))], scores);
        Assert.All(cases.Zip(scores), c => Assert.Equal(trained.Score(Row(trained, c.First.Whole)), c.Second, 1e-6f));
        Assert.Equal(cases.Length, scores.Distinct().Count());
    }

    [Fact]
    public void Nothing_is_allocated_after_warming_up()
    {
        using CtrModel trained = CtrModel.Load(models.Din, small);
        FeatureRow context = models.Rows.Fill(trained.NewRow(), 0);
        FeatureRow[] candidates = [.. Enumerable.Range(0, Candidates).Select(i => models.Rows.FillItem(trained.NewRow(), i))];
        float[] scores = new float[Candidates];
        Assert.Equal(0, Allocations.Least(() => trained.Rank(context, candidates, scores)));
    }

    [Fact]
    public void Rows_of_other_models_and_too_few_places_are_refused()
    {
        using CtrModel trained = CtrModel.Load(models.Din, small), other = CtrModel.Load(models.DeepFm, small);
        FeatureRow own = trained.NewRow(), foreign = other.NewRow();
        Assert.Contains("another model", Assert.Throws<ArgumentException>(() => trained.Rank(foreign, [own], new float[1])).Message);
        Assert.Contains("another model", Assert.Throws<ArgumentException>(() => trained.Rank(own, [own, foreign], new float[2])).Message);
        Assert.Contains("room for 1", Assert.Throws<ArgumentException>(() => trained.Rank(own, [own, own], new float[1])).Message);
        Assert.Throws<ArgumentNullException>(() => trained.Rank(null!, [own], new float[1]));
        trained.Rank(own, [], []);
    }

    [Fact]
    public void Unknown_columns_are_skipped_where_that_is_asked()
    {
        using CtrModel strict = CtrModel.Load(models.Din, small), lenient = CtrModel.Load(models.Din, small with { IgnoreUnknown = true });
        const string known = """{"user": 3, "site": "site1"}""", more = """{"user": 3, "site": "site1", "colour": [[1]], "weather": null}""";
        Assert.Contains("'colour'", Assert.Throws<ArgumentException>(() => Row(strict, more)).Message);
        Assert.Equal(strict.Score(Row(strict, known)), lenient.Score(Row(lenient, more).Set("height", 1.5).Set("seen", DateTime.UnixEpoch).Set("likes", [1L])));
        Assert.Contains("'user'", Assert.Throws<ArgumentException>(() => Row(lenient, """{"user": "x"}""")).Message);
    }

    private static FeatureRow Row(CtrModel model, string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return model.NewRow().SetJson(document.RootElement);
    }
}
