using System.Text.Json;
using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Engine;
using GpuCtr.Models.Features;
using GpuCtr.Training.Checkpoints;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests.Export;

/// <summary>No column name breaks anything that derives names from it.</summary>
public sealed class NastyNameTests : OwnFolder
{
    [Theory]
    [InlineData("deepfm")]
    [InlineData("din")]
    [InlineData("din", "--variant", "rechub")]
    public void Everything_works_with_equal_scores(string model, params string[] flags)
    {
        NastyNames names = new();
        string shard = names.Write(Folder.File("nasty.parquet")), run = Folder.File("run"), scores = Folder.File("scores.parquet"), onnx = Folder.File("model.onnx");
        CommandOutcome trained = Run(["train", shard, "--model", model, "--out", run, "--epochs", "2", "--embedding-dim", "4", "--hidden-units", "8", "--attention-units", "4", "--batch-size", "64", "--lr", "0.05", "--device", "cpu", .. flags]).Succeeded();
        Assert.Contains("  new·line· ", trained.Error);
        Assert.DoesNotContain(trained.Error, c => char.IsControl(c) && c is not '\n' and not '\r');
        string page = File.ReadAllText(Path.Combine(run, "report.html"));
        Assert.Contains("created:hour_3", page);
        Assert.DoesNotContain("<script>alert", page);
        Assert.True(Directory.GetFiles(run, "*", SearchOption.AllDirectories).All(f => Path.GetFileName(f).Length <= 128));
        Run("inspect", shard, "--json").Succeeded();
        Run(["train", shard, "--model", model, "--init-from", run, "--out", Folder.File("grown"), "--embedding-dim", "4", "--hidden-units", "8", "--attention-units", "4", "--device", "cpu", .. flags]).Succeeded();
        Run("evaluate", "--model", run, shard, "--device", "cpu", "--json").Succeeded();
        JsonElement told = JsonDocument.Parse(Run("explain", "--model", run, "--row", "3", shard, "--json").Succeeded().Out).RootElement;
        string[] fields = [.. told.GetProperty("fields").EnumerateArray().Select(f => f.GetProperty("field").GetString()!)];
        Assert.Equal(fields.Length, fields.Distinct().Count());
        Assert.All(NastyNames.Ids.Concat(NastyNames.Numbers), name => Assert.Contains(name, fields));
        Run("predict", "--model", run, shard, "--out", scores, "--device", "cpu", "--keep", "logit").Succeeded();
        Run("export", "--model", run, "--format", "safetensors", "--out", Folder.File("model.safetensors")).Succeeded();
        JsonElement exported = JsonDocument.Parse(Run("export", "--model", run, "--out", onnx, "--overwrite", "--json").Succeeded().Out).RootElement.GetProperty("renamed");
        Assert.Equal(("score_2", "logit_2"), (exported.GetProperty("outputs").GetProperty("score").GetString(), exported.GetProperty("outputs").GetProperty("logit").GetString()));
        Assert.Equal("unnamed_2", exported.GetProperty("columns").GetProperty("").GetString());

        using CtrModel loaded = CtrModel.Load(run, new ScoringOptions { Concurrency = 1 });
        FeatureRow[] rows = names.Fill(loaded);
        float[] expected = loaded.Score(rows), predicted = [.. ServedModels.Scores(scores).Select(s => s!.Value)];
        Assert.True(expected.Distinct().Count() > 50, "the scores hardly differ: the comparison would prove nothing");
        Assert.All(expected.Zip(predicted), p => Assert.Equal(p.First, p.Second, 1e-6f));
        float[] computed = new OnnxFeed(rows[0].Encoder.Spec, rows, loaded.PadsHistories, new Random(1)).Scores(onnx);
        Assert.All(expected.Zip(computed), p => Assert.Equal(p.First, p.Second, 1e-5f));
    }

    [Fact]
    public void Names_of_columns_stay_and_derived_ones_are_unique()
    {
        ShardSet shards = ShardSet.Resolve([new NastyNames().Write(Folder.File("names.parquet"))]);
        FeatureSpec spec = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions())).Spec;
        string[] names = [.. spec.Categorical.Select(c => c.Name), .. spec.Numeric, .. spec.Sequences.Select(s => s.Name)];
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.Equal(spec.Vocabularies.Count, spec.Vocabularies.Select(v => v.Name).Distinct().Count());
        Assert.All(shards.Columns.Select(c => c.Name).Except(["label", "created"]), column => Assert.Contains(column, names));
        Assert.Equal(
            ["created:hour_3", "created:weekday_2", "x", "x_missing_3", "x_missing", "x_missing_missing_2"],
            [.. spec.Categorical.Select(c => c.Name).Where(n => n.StartsWith("created", StringComparison.Ordinal)).Except(NastyNames.Ids), .. spec.Numeric.Take(4)]);
    }

    [Fact]
    public void Without_a_collision_names_are_as_ever()
    {
        ShardSet shards = ShardSet.Resolve([new TestShard().Column("label", 0, 1).Column("created", DateTime.UnixEpoch, DateTime.UnixEpoch).Nullable<double>("x", 1, null).Write(Folder.File("plain.parquet"))]);
        FeatureSpec spec = FeatureEncoder.Fit(shards, FeaturePlan.Infer(shards, new FeatureOptions())).Spec;
        Assert.Equal(["created:hour", "created:weekday"], spec.Categorical.Select(c => c.Name));
        Assert.Equal(["x", "x_missing"], spec.Numeric);
    }

    [Fact]
    public void A_model_of_an_earlier_version_with_a_name_twice_loads()
    {
        string run = Folder.File("run"), shard = new TestShard().Column("label", 0, 1, 0, 1).Nullable<double>("x", 1, null, 2, 3).Column("x_missing", 1.5, 2, 2.5, 3).Write(Folder.File("old.parquet"));
        Run("train", shard, "--model", "lr", "--out", run, "--device", "cpu", "--valid-fraction", "0").Succeeded();
        string checkpoint = RunFolder.Resolve(run), manifest = Path.Combine(checkpoint, Checkpoint.ManifestFile), text = File.ReadAllText(manifest);
        // As it was written before derived names were unique.
        string old = text.Replace("\"x_missing_2\"", "\"x_missing\"");
        Assert.NotEqual(text, old);
        File.WriteAllText(manifest, old);
        File.WriteAllText(Path.Combine(checkpoint, "manifest.xxh3"), FileDigest.Of(System.Text.Encoding.UTF8.GetBytes(old)).Xxh3 + "\n");
        using CtrModel model = CtrModel.Load(checkpoint);
        Assert.InRange(model.Score(model.NewRow().Set("x_missing", 1.5)), 0, 1);
    }

    [Theory]
    [InlineData("score")]
    [InlineData("Score")]
    public void A_kept_column_is_not_called_as_the_scores(string name)
    {
        string shard = new NastyNames().Write(Folder.File("keep.parquet")), run = Folder.File("run");
        Run("train", shard, "--model", "lr", "--out", run, "--device", "cpu").Succeeded();
        Run("predict", "--model", run, shard, "--out", Folder.File("never.parquet"), "--device", "cpu", "--keep", name).FailedWith(ExitCode.Usage, $"--keep {name}: the score column has this name");
    }
}
