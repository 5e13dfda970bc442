using System.Text.Json.Nodes;
using GpuCtr.Data;
using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Reports;

namespace GpuCtr.Training;

/// <summary>Writes the reports of a run: metrics.jsonl, steps.jsonl, TensorBoard's event file, report.html.</summary>
internal sealed class RunRecord : IDisposable
{
    private const string ReportFile = "report.html", StepsFile = "steps.jsonl";

    private readonly RunFolder folder;
    private readonly RunLog runLog;
    private readonly TrainableModel model;
    private readonly List<StepSample> samples = [];
    private readonly StreamWriter steps;
    private readonly EventFile events;
    private readonly double begin;

    /// <summary>Opens the files; a resumed run keeps the lines written before its checkpoint.</summary>
    /// <param name="folder">The run folder.</param>
    /// <param name="runLog">Receives a warning when a report cannot be written.</param>
    /// <param name="model">The model that is trained.</param>
    /// <param name="from">The step of the checkpoint from which the run resumes; null = a new run.</param>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public RunRecord(RunFolder folder, RunLog runLog, TrainableModel model, int? from)
    {
        (this.folder, this.runLog, this.model) = (folder, runLog, model);
        string path = folder.File(StepsFile);
        samples.AddRange(StepSample.Read(path).TakeWhile(s => s.Step <= from));
        begin = samples.LastOrDefault()?.Seconds ?? 0;
        Disk.ReplaceText(path, string.Concat(samples.Select(s => JsonText.Line(s) + "\n")));
        steps = new StreamWriter(path, append: true) { AutoFlush = true };
        events = new EventFile(folder.Path);
    }

    /// <summary>Records a part of an epoch.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public void Add(StepSample sample)
    {
        samples.Add(sample with { Seconds = begin + sample.Seconds });
        steps.WriteLine(JsonText.Line(samples[^1]));
        events.Add(sample.Step, ("train/logloss", sample.Loss), ("train/learning_rate", sample.LearningRate), ("speed/rows_per_second", sample.RowsPerSecond), ("speed/loader_wait", sample.LoaderWait));
    }

    /// <summary>Records an epoch.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public void Add(EpochMetrics epoch)
    {
        MetricsLog.Append(folder, epoch);
        events.Add(epoch.Step, ("train/auxiliary_loss", epoch.TrainAuxiliaryLoss), ("valid/logloss", epoch.ValidLogloss), ("valid/auc", epoch.ValidAuc), ("valid/gauc", epoch.ValidGauc), ("valid/calibration", epoch.ValidCalibration),
            ("valid/hr10", epoch.ValidHr10), ("valid/ndcg", epoch.ValidNdcg), ("valid/mrr", epoch.ValidMrr));
    }

    /// <summary>Rewrites the report. A report that cannot be written is a warning and does not end the run.</summary>
    /// <param name="config">What the run was asked to do.</param>
    /// <param name="history">Its epochs.</param>
    /// <param name="rows">Rows that were evaluated; null before the first evaluation.</param>
    public void Report(JsonObject config, IReadOnlyList<EpochMetrics> history, EvaluatedRows? rows)
    {
        try
        {
            Disk.ReplaceText(folder.File(ReportFile), ReportPage.Of(Path.GetFileName(folder.Path), Facts(config), history, samples, rows));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            runLog.Warn($"{ReportFile} cannot be written ({e.Message})");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        steps.Dispose();
        events.Dispose();
    }

    private IEnumerable<(string, string)> Facts(JsonObject config)
    {
        yield return ("model", FormattableString.Invariant($"{model.Options.Model}, {model.ParameterCount:N0} parameters, step {model.Step:N0}"));
        foreach (string key in new[] { "command_line", "device", "started", "version" })
            yield return (key.Replace('_', ' '), $"{config[key]}");
    }
}
