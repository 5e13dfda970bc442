using System.Diagnostics.Metrics;
using System.Text.Json;
using GpuCtr.Data.Shards;

namespace GpuCtr.Training.Tests;

/// <summary>A meter listener hears the whole process, so no other test may train meanwhile.</summary>
[Collection(nameof(Alone))]
public sealed class InstrumentTests(ServedModels models) : IClassFixture<ServedModels>
{
    private const int TrainRows = 3000, ValidRows = 1000, BatchSize = 256, Epochs = 2;

    [Fact]
    public void A_run_can_be_watched_from_outside()
    {
        using Listened heard = new();
        CommandOutcome run = CommandRunner.Run(
            "train", models.Folder.File("train.parquet"), "--valid", models.Shard, "--epochs", $"{Epochs}", "--batch-size", $"{BatchSize}", "--hidden-units", "8",
            "--device", "cpu", "--model", "deepfm", "--out", models.Folder.File("watched"), "--json").Succeeded();
        JsonElement metrics = JsonDocument.Parse(run.Out).RootElement;
        JsonElement last = JsonDocument.Parse(File.ReadLines(models.Folder.File("watched/metrics.jsonl")).Last()).RootElement;
        const int steps = Epochs * ((TrainRows + BatchSize - 1) / BatchSize);
        Assert.Equal(Epochs * TrainRows, heard.Sum("gpu_ctr.rows", "train"));
        Assert.Equal(Epochs * ValidRows, heard.Sum("gpu_ctr.rows", "evaluate"));
        Assert.Equal(steps, heard.Values("gpu_ctr.step_time").Count());
        Assert.All(heard.Values("gpu_ctr.step_time"), s => Assert.InRange(s, 1e-7, 60));
        Assert.InRange(heard.Sum("gpu_ctr.loader_wait"), last.GetProperty("loader_wait_seconds").GetDouble(), metrics.GetProperty("train_seconds").GetDouble());
        Assert.Equal(last.GetProperty("valid_auc").GetDouble(), heard.Values("gpu_ctr.valid_auc").Last());
        Assert.Equal(last.GetProperty("valid_logloss").GetDouble(), heard.Values("gpu_ctr.valid_logloss").Last());
        Assert.All(heard.Values("gpu_ctr.loss"), l => Assert.InRange(l, 0.1, 1.5));
        Assert.Equal(1e-3, heard.Values("gpu_ctr.learning_rate").Last(), 1e-12);
        Assert.Equal(Epochs, heard.Values("gpu_ctr.checkpoint_time").Count());
        Assert.Empty(heard.Values("gpu_ctr.skipped_steps"));
    }

    [Fact]
    public void Scores_are_counted_and_timed_and_listening_allocates_nothing()
    {
        using CtrModel model = CtrModel.Load(models.DeepFm);
        FeatureRow[] rows = [models.Rows.Fill(model.NewRow(), 0, histories: false), models.Rows.Fill(model.NewRow(), 1, histories: false)];
        float[] probabilities = new float[2];
        using Listened heard = new();
        for (int i = 0; i < 100; i++)
            model.Score(rows, probabilities);
        Assert.Equal(200, heard.Sum("gpu_ctr.rows", "score"));
        Assert.Equal(100, heard.Values("gpu_ctr.score_time").Count());
        Assert.All(heard.Values("gpu_ctr.score_time"), s => Assert.InRange(s, 1e-7, 60));
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int i = 0; i < 100; i++)
                model.Score(rows, probabilities);
        }));
    }

    [Fact]
    public void Predicted_rows_are_counted()
    {
        using Listened heard = new();
        CommandRunner.Run("predict", "--model", models.DeepFm, models.Shard, "--out", models.Folder.File("watched.parquet"), "--device", "cpu").Succeeded();
        Assert.Equal(ValidRows, heard.Sum("gpu_ctr.rows", "predict"));
    }

    /// <summary>Everything that the meter said, in order.</summary>
    private sealed class Listened : IDisposable
    {
        private readonly MeterListener listener = new();
        private readonly List<(string Name, string? Phase, double Value)> all = new(4096);

        public Listened()
        {
            listener.InstrumentPublished = (instrument, to) =>
            {
                if (instrument.Meter.Name == Telemetry.MeterName)
                    to.EnableMeasurementEvents(instrument);
            };
            listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
            listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
            listener.Start();
        }

        public IEnumerable<double> Values(string name, string? phase = null)
        {
            lock (all)
                return [.. all.Where(a => a.Name == name && a.Phase == phase).Select(a => a.Value)];
        }

        public double Sum(string name, string? phase = null) => Values(name, phase).Sum();

        public void Dispose() => listener.Dispose();

        private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            lock (all)
                all.Add((instrument.Name, tags.IsEmpty ? null : (string?)tags[0].Value, value));
        }
    }
}
