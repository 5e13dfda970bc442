using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Data.Options;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training;

/// <summary>
/// A new run that starts with the weights of another run: known values keep their rows, new values get new rows, and the optimizer's
/// state carries over. For training day by day, each day on its own shards.
/// </summary>
internal sealed class WarmStart
{
    private readonly string path;
    private readonly Checkpoint from;
    private readonly FeatureEncoder learned;
    private readonly int forgetAfter;
    private FeatureEncoder grown;

    private WarmStart(string path, Checkpoint from, FeatureEncoder learned, int forgetAfter) => (this.path, this.from, this.learned, grown, this.forgetAfter) = (path, from, learned, learned, forgetAfter);

    /// <summary>Opens a run (its best checkpoint), a pointer or a checkpoint.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="model">Options of the new run's model.</param>
    /// <param name="forgetAfter">Values that were absent from this number of last runs, including the new one, lose their rows; 0: keep all.</param>
    /// <exception cref="GpuCtrException">Usage: no such run, or a model with other tensors; every difference is named. Data: damaged.</exception>
    public static WarmStart Open(string path, ModelOptions model, int forgetAfter)
    {
        if (forgetAfter > 0 && ModelCatalog.Of(model.Model).CrossesFields)
            throw GpuCtrException.UsageError($"--forget-after renumbers rows, and the weights of pairs in {model.Model} are hashed by row number; leave it out");
        (Checkpoint from, FeatureEncoder learned) = Checkpoint.Load(path, c => (c, c.LoadEncoder()), "--init-from");
        string[] differences = [.. Option.DeclaredBy(typeof(ModelOptions))
            .Where(o => !MayDiffer(o, from.Manifest.Model, model))
            .Select(o => (Name: JsonNamingPolicy.SnakeCaseLower.ConvertName(o.Property), Theirs: JsonText.Line(o.ValueIn(from.Manifest.Model)), Ours: JsonText.Line(o.ValueIn(model))))
            .Where(o => o.Theirs != o.Ours).Select(o => $"{o.Name} is {o.Theirs} there and {o.Ours} here")];
        return differences.Length == 0
            ? new WarmStart(path, from, learned, forgetAfter)
            : throw GpuCtrException.UsageError($"--init-from {path}: {string.Join("; ", differences)}; use the options of that run");
    }

    /// <summary>Whether an FNN starts with the embeddings and weights of a factorization machine (Zhang, Du and Wang, ECIR 2016).</summary>
    private static bool IsSupport(ModelOptions theirs, ModelOptions ours) => (theirs.Model, ours.Model) == ("fm", "fnn");

    /// <summary>Whether an option may differ from the other run: if the model does not read it, or for the optimizer, whose state is then dropped. FTRL may not change, because its weights are a function of its state.</summary>
    private static bool MayDiffer(Option option, ModelOptions theirs, ModelOptions ours) => !option.IsReadBy(ours.Model) || option.Declaration.OnWarmStart switch
    {
        OnWarmStart.Free => option.Property != nameof(ModelOptions.Optimizer) || ours.FirstOrderFtrl is null,
        OnWarmStart.AboveEmbeddings => IsSupport(theirs, ours),
        _ => false,
    };

    /// <summary>Whether SGD has a momentum state; the value of the momentum does not matter.</summary>
    private static bool HasStateOf(ModelOptions theirs, ModelOptions ours) => theirs.Optimizer == ours.Optimizer && theirs.Momentum > 0 == ours.Momentum > 0;

    /// <summary>The encoding of that run, extended by the values of the new rows.</summary>
    /// <exception cref="GpuCtrException">Usage: the fields are not the same.</exception>
    public FeatureEncoder Grow(FeatureEncoder fresh)
    {
        grown = learned.GrownBy(fresh, forgetAfter);
        JsonObject counts = [];
        foreach ((VocabularyTable then, VocabularyTable now) in learned.Vocabularies.Zip(grown.Vocabularies))
            if (Enumerable.Range(VocabularyTable.FirstValueRow, then.OovRow - VocabularyTable.FirstValueRow).Count(row => then.RowIn(now, row) == now.OovRow) is > 0 and int count)
                counts[then.Name] = count;
        Forgotten = counts.Count == 0 ? null : counts;
        return grown;
    }

    /// <summary>How many values of each vocabulary the grown encoding has forgotten; null if none.</summary>
    public JsonObject? Forgotten { get; private set; }

    /// <summary>Which rows of its tables a model of the grown encoding has from that run.</summary>
    public RowMap RowsIn(TrainableModel model) => RowMap.Of(learned, grown, model);

    /// <summary>Takes over weights, optimizer state and step count; if a running training has removed this checkpoint, of its newer one.</summary>
    /// <exception cref="GpuCtrException">Data: damaged. Usage: another run has taken the place of that one.</exception>
    public void Load(TrainableModel model, RowMap rows, RunLog runLog)
    {
        if (Directory.Exists(from.Folder))
            Load(from, model, rows, runLog);
        else
            Checkpoint.Load(path, newer => Load(IsSameRun(newer) ? newer : throw GpuCtrException.UsageError($"--init-from {path}: another run has replaced it; start this run again"), model, rows, runLog), "--init-from");
    }

    private bool IsSameRun(Checkpoint newer) => JsonText.Line(newer.Manifest.Spec) == JsonText.Line(from.Manifest.Spec) && JsonText.Line(newer.Manifest.Model) == JsonText.Line(from.Manifest.Model);

    private bool Load(Checkpoint from, TrainableModel model, RowMap rows, RunLog runLog)
    {
        if ((rows.Rows > rows.Kept || rows.Forgotten > 0) && model.Spec.Items is not null && model.Weights.Any(w => w.Name == ModelBuilder.ItemBias))
            throw GpuCtrException.UsageError($"--init-from {path}: a {model.Options.Model} has a bias for each item, and {rows.Rows - rows.Kept} items are new here{(rows.Forgotten > 0 ? $" and {rows.Forgotten} forgotten" : "")}; train it from scratch, or use a model without, such as sasrec");
        if (Forgotten is { } forgotten)
            runLog.Line($"forgotten  values that did not occur in the last {(forgetAfter == 1 ? "run" : $"{forgetAfter} runs")}: {string.Join(", ", forgotten.Select(f => $"{f.Value} of {Screens.Printable.Of(f.Key)}"))}");
        string kept = $"{rows.Kept} table rows kept, {rows.Rows - rows.Kept} new{(rows.Forgotten > 0 ? $", {rows.Forgotten} forgotten" : "")}";
        if (IsSupport(from.Manifest.Model, model.Options))
        {
            from.LoadShared(model, rows);
            runLog.Line($"weights  embeddings and first order from the {from.Manifest.Model.Model} in {from.Folder}: {kept}; the layers above them are initialized anew");
            return true;
        }
        bool sameOptimizer = HasStateOf(from.Manifest.Model, model.Options);
        from.LoadGrown(model, rows, sameOptimizer);
        runLog.Line($"weights  from {from.Folder}, step {model.Step}: {kept}{(sameOptimizer ? "" : "; another optimizer, so its state starts anew")}");
        return true;
    }
}
