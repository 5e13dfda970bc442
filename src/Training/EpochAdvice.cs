using GpuCtr.Data.Shards;
using static System.FormattableString;

namespace GpuCtr.Training;

/// <summary>Advice from an epoch's metrics that is easy to miss in a table, with the flag to use; each advice is given once per run.</summary>
/// <remarks>Logloss is compared with that of predicting the label rate for every row.</remarks>
/// <param name="runLog">Receives warnings and lines.</param>
/// <param name="settings">Options of the run.</param>
internal sealed class EpochAdvice(RunLog runLog, TrainSettings settings)
{
    /// <summary>Interactions are hardly learned before (docs/guide/quality.md).</summary>
    private const int FewSteps = 100;

    /// <summary>Training logloss at this multiple of its worst sensible value, or of the epoch before, has not drifted, it has jumped.</summary>
    private const double Jump = 1.5;

    private const double Half = 0.5;

    private double? before;

    /// <summary>Checks an epoch of a click model.</summary>
    /// <param name="result">The epoch.</param>
    /// <param name="train">Mean label of the training rows.</param>
    public void Say(EpochResult result, double train)
    {
        if (result.TrainLogLoss is { } loss)
        {
            if (loss > Jump * before)
                SayBlownUp(loss, Invariant($"the {before:F3} of the epoch before"), result.LearningRate);
            else if (result.Step >= FewSteps && loss > Jump * LogLossOf(train))
                SayBlownUp(loss, Invariant($"{LogLossOf(train):F3}, that of predicting the label rate for every row"), result.LearningRate);
            before = loss;
        }

        if (result.Valid is not { } valid || (result.Step < FewSteps && result.Epoch < settings.Epochs))
            return;
        if (valid.Auc is < Half)
            runLog.WarnOnce("AUC", Invariant($"valid: AUC {valid.Auc:F3} is below .5, so the model orders rows worse than chance: {WhyBelow(result.Step)}"));
        if (valid.LogLoss is { } validLoss && LogLossOf(valid.LabelRate) is { } constant && validLoss > constant)
            runLog.WarnOnce("logloss", Invariant($"valid: logloss {validLoss:F3} is above {constant:F3}, that of predicting the label rate ({valid.LabelRate:P1}) for every row: {WhyAbove(result, train)}"));
    }

    /// <summary>After the last epoch: whether the run ended before it could learn, or while it was still improving.</summary>
    /// <param name="monitored">The monitored value.</param>
    /// <param name="epochs">Epochs so far.</param>
    /// <param name="step">Steps so far.</param>
    /// <param name="folder">The run folder.</param>
    public void SayAtTheEnd(MonitoredValue monitored, int epochs, long step, string folder)
    {
        if (epochs < settings.Epochs || (epochs > 1 && monitored.BestEpoch < epochs) || monitored.Best is null)
            return;
        string more = $"gpu-ctr train --resume --out {ColumnNames.InShell(folder)} --epochs {2 * Math.Max(epochs, 5)}";
        if (step < FewSteps)
            runLog.Warn(Invariant($"the run ended after {step:N0} steps, too few to learn interactions: continue with `{more}`, or use smaller batches (--batch-size {SmallerBatch()})"));
        else
            runLog.Line($"still improving after the last epoch: `{more}` continues, and stops when validation no longer improves");
    }

    /// <summary>Logloss of predicting the label rate p for every row; null if a label is missing.</summary>
    public static double? LogLossOf(double p) => p is > 0 and < 1 ? -(p * Math.Log(p) + (1 - p) * Math.Log(1 - p)) : null;

    private void SayBlownUp(double loss, string usual, double rate) => runLog.WarnOnce(
        "blown up", Invariant($"train: logloss {loss:F3} is far above {usual}: the steps are too large; lower --lr (now {rate:G3}) to a tenth, or add --clip-norm 10"));

    private string WhyBelow(long step) => step < FewSteps
        ? Invariant($"it has made {step:N0} steps only; {MoreSteps()}")
        : "is the label of the validation rows inverted, or are they from another source? If not, the columns do not predict it: compare with --model lr";

    private string WhyAbove(EpochResult result, double train) =>
        result.Step < FewSteps ? Invariant($"it has made {result.Step:N0} steps only; {MoreSteps()}")
        : result.TrainLogLoss < LogLossOf(train) ? "the model fits the training rows but not these: the label rate may differ between them, or it overfits; try --dropout 0.2, --min-count 2 or --embedding-l2 1e-4"
        : Invariant($"it has learned nothing yet; lower --lr (now {result.LearningRate:G3}), and compare with --model lr");

    private string MoreSteps() => $"take smaller batches (--batch-size {SmallerBatch()}) or more --epochs";

    private int SmallerBatch() => Math.Max(settings.BatchSize / 4, 32);
}
