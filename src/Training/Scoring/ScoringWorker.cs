using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training.Scoring;

/// <summary>The state of one call: a model that shares the weights, and a batch to fill.</summary>
/// <param name="model">The model.</param>
/// <param name="vectors">The model that computes vectors of rows; null if there is none.</param>
internal sealed class ScoringWorker(FrozenModel model, TrainedVectors? vectors) : IDisposable
{
    private readonly Batch batch = new(model.Device, model.Spec, model.BatchSize);
    private readonly float[] logits = new float[model.BatchSize];
    private FeatureRow[]? merged;

    /// <summary>Scores candidates in one context: each is merged with it; values are encoded once and then copied.</summary>
    public void Rank(FeatureRow context, ReadOnlySpan<FeatureRow> candidates, Span<float> probabilities)
    {
        merged ??= NewRows(context.Encoder);
        for (int first = 0; first < candidates.Length; first += merged.Length)
        {
            int count = Math.Min(candidates.Length - first, merged.Length);
            for (int i = 0; i < count; i++)
                merged[i].Merge(context, candidates[first + i]);
            ScoreBatch(merged.AsSpan(0, count), probabilities[first..], first);
        }
    }

    /// <summary>Scores rows, split into batches of the model's size.</summary>
    public void Score(ReadOnlySpan<FeatureRow> rows, Span<float> probabilities)
    {
        for (int first = 0; first < rows.Length; first += batch.Capacity)
            ScoreBatch(rows[first..Math.Min(rows.Length, first + batch.Capacity)], probabilities[first..], first);
    }

    /// <param name="rows">At most the rows of a batch.</param>
    /// <param name="probabilities">Receives one a row.</param>
    /// <param name="first">Index of the first row in the call.</param>
    private void ScoreBatch(ReadOnlySpan<FeatureRow> rows, Span<float> probabilities, int first)
    {
        batch.Rows = 0;
        foreach (FeatureRow row in rows)
            row.CopyTo(batch);
        // They are the last numbers of a row.
        vectors?.Compute(rows, batch.Numeric, model.Spec.N, model.Spec.N - vectors.Width);
        batch.Prepare(training: false);
        model.Predict(batch, logits);
        for (int i = 0; i < rows.Length; i++)
            probabilities[i] = float.IsFinite(logits[i]) ? Probability.Of(logits[i]) : throw Unscored(rows[i], first + i);
    }

    /// <summary>Scores canary rows, which also compiles what the first call would wait for, and looks their values up.</summary>
    /// <returns>What is wrong; null if every row has its score and every value its place.</returns>
    public string? FaultOf(IReadOnlyList<CanaryRow> canaries, FeatureEncoder features)
    {
        // A list cannot be split.
        if (model.Spec.HasLists && canaries.Count > batch.Capacity)
            return null;
        try
        {
            return canaries.Chunk(batch.Capacity).Select(FaultOfBatch).Concat(canaries.Select(row => row.Misplaced(features))).FirstOrDefault(fault => fault is not null);
        }
        catch (Exception e) when (e is ArgumentException or KeyNotFoundException)
        {
            return $"these are not rows of this model ({e.Message.ReplaceLineEndings(" ")})";
        }
    }

    private string? FaultOfBatch(CanaryRow[] canaries)
    {
        batch.Rows = 0;
        foreach (CanaryRow row in canaries)
            row.CopyTo(batch);
        batch.Prepare(training: false);
        model.Predict(batch, logits);
        // A score that is not a number is not near either.
        (int i, CanaryRow wrong) = canaries.Index().FirstOrDefault(c => !(Math.Abs(Probability.Of(logits[c.Index]) - c.Item.Score) <= c.Item.Tolerance));
        return wrong is null ? null : $"the rows do not have the scores that training measured: one has the score {Probability.Of(logits[i])}, and training measured {wrong.Score}";
    }

    private FeatureRow[] NewRows(RowEncoder encoder) => [.. Enumerable.Range(0, batch.Capacity).Select(_ => new FeatureRow(encoder))];

    private static Exception Unscored(FeatureRow row, int index)
    {
        string[] suspects = [.. UnscoredRow.Suspects(row.Encoder.State, row.Numbers).Select(n => $"'{n.Column}'")];
        return suspects.Length > 0
            ? new ArgumentException($"row {index}: its score is not a finite number, since {string.Join(", ", suspects)} {(suspects.Length == 1 ? "is" : "are")} far larger than in training")
            : new GpuCtrException(ErrorKind.Numeric, $"row {index}: its score is not a finite number, and none of its numbers is unusual: use another checkpoint");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        batch.Dispose();
        model.Dispose();
    }
}
