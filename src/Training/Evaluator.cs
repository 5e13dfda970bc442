using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Training.Reports;

namespace GpuCtr.Training;

/// <summary>Streams rows through a model in the order of the files and measures its predictions.</summary>
/// <param name="model">The model.</param>
/// <param name="loader">Reads the rows.</param>
/// <param name="top">k of NDCG@k and the other list metrics of the groups; 0: they are not measured.</param>
internal sealed class Evaluator(TrainableModel model, BatchLoader loader, int top)
{
    /// <summary>Metrics of a model on some rows: of rankings if it predicts items, else of probabilities.</summary>
    /// <param name="model">The model.</param>
    /// <param name="loader">Reads the rows.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="top">k of NDCG@k and the other list metrics of a click model; 0: they are not measured.</param>
    /// <param name="candidates">Among which items the right one is ranked, in a model that predicts items; null: all.</param>
    /// <param name="progress">Told the number of rows done.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <param name="sample">Also receives every batch of a model of clicks.</param>
    /// <exception cref="GpuCtrException">See <see cref="Run"/>.</exception>
    public static Evaluation Of(
        TrainableModel model, BatchLoader loader, RowSource rows, int top, ItemCandidates? candidates, Action<long> progress, CancellationToken cancellation, RowSample? sample = null) => model.Spec.Items is null
        ? new Evaluator(model, loader, top).Run(rows.Data, rows.Part, progress, cancellation, sample)
        : new ItemEvaluator(model, loader) { Candidates = candidates }.Run(rows.Data, rows.Part, progress, cancellation);

    /// <summary>Metrics over the rows of a part.</summary>
    /// <param name="data">The shards.</param>
    /// <param name="part">Which of their rows.</param>
    /// <param name="progress">Told the number of rows done.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <param name="sample">Also receives every batch.</param>
    /// <exception cref="GpuCtrException">Data or InputOutput; Numeric: a score is not finite though the row's numbers are as usual.</exception>
    public Evaluation Run(Dataset data, RowPart part, Action<long>? progress = null, CancellationToken cancellation = default, RowSample? sample = null)
    {
        long rows = data.CountRows(part);
        if (rows > Array.MaxLength)
            throw GpuCtrException.UsageError($"{data.Shards.Shards[0].Path}: {rows} rows to evaluate, the most at once is {Array.MaxLength}; evaluate fewer shards");
        // Shards without the group column are evaluated without gAUC.
        bool grouped = data.HasGroupKeys;
        float[] logits = new float[rows], labels = new float[rows], weights = new float[data.HasWeights ? rows : 0];
        ulong[] groups = new ulong[grouped ? rows : 0];
        int done = 0;
        loader.Start(data.Read(part, EpochOrder.Natural));
        while (loader.NextPrepared(cancellation) is { } batch)
        {
            Collect(batch, logits.AsSpan(done), labels.AsSpan(done), grouped ? groups.AsSpan(done) : []);
            if (weights.Length > 0)
                batch.Weights[..batch.Rows].CopyTo(weights.AsSpan(done));
            sample?.Add(batch, logits.AsSpan(done));
            done += batch.Rows;
            Telemetry.Rows("evaluate", batch.Rows);
            loader.Release(batch);
            progress?.Invoke(done);
        }

        done = LeaveOut(data, part, logits, labels, groups, weights, done);
        // Bad rows are left out, so there may be fewer rows than the shards have.
        return Evaluation.Of(logits.AsSpan(0, done), labels.AsSpan(0, done), groups.AsSpan(0, grouped ? done : 0), weights.AsSpan(0, data.HasWeights ? done : 0), top);
    }

    /// <summary>Removes rows without a finite score, which are bad rows of their file; returns how many are left.</summary>
    private static int LeaveOut(Dataset data, RowPart part, float[] logits, float[] labels, ulong[] groups, float[] weights, int rows)
    {
        if (Array.TrueForAll(logits, float.IsFinite))
            return rows;
        using EpochReader reader = data.Read(part, EpochOrder.Natural);
        int kept = 0;
        foreach ((int r, (RowGroupRef group, int row)) in reader.Locate(rows).Index())
        {
            if (!float.IsFinite(logits[r]))
            {
                data.LeaveOut(data.RowOf(group, row));
                continue;
            }

            (logits[kept], labels[kept]) = (logits[r], labels[r]);
            if (groups.Length > 0)
                groups[kept] = groups[r];
            if (weights.Length > 0)
                weights[kept] = weights[r];
            kept++;
        }

        return kept;
    }

    private void Collect(Batch batch, Span<float> logits, Span<float> labels, Span<ulong> groups)
    {
        model.Predict(batch, logits);
        batch.Labels[..batch.Rows].CopyTo(labels);
        if (!groups.IsEmpty)
            batch.GroupKeys.AsSpan(0, batch.Rows).CopyTo(groups);
    }
}
