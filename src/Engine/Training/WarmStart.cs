using System.Text.Json.Nodes;
using GpuCtr.Engine.Checkpoints;
using GpuCtr.Engine.Data;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models;

namespace GpuCtr.Engine.Training;

/// <summary>
/// A new run that begins with what another one learned: its values keep their rows, new values get new ones, and the optimizer's
/// state comes along. For training day by day, each day on its own shards.
/// </summary>
internal sealed class WarmStart
{
    // What the other options say decides which tensors there are and what they mean.
    private static readonly string[] free =
    [
        "embedding_init_std", "hidden_init_std", "dropout", "optimizer", "embedding_update", "l2", "embedding_l2", "embedding_l2_full",
        "mba_lambda", "clip_norm", "seed",
    ];

    private readonly Checkpoint from;
    private readonly FeatureEncoder learned;

    private WarmStart(Checkpoint from) => (this.from, learned) = (from, from.LoadEncoder());

    /// <summary>Opens a run (its best checkpoint), a pointer or a checkpoint.</summary>
    /// <param name="path">Where.</param>
    /// <param name="model">What the new run computes.</param>
    /// <exception cref="Failure">Usage: no such run, or a model with other tensors; every difference is named. Data: damaged.</exception>
    public static WarmStart Open(string path, ModelOptions model)
    {
        Checkpoint from = Checkpoint.Open(RunFolder.Resolve(path, "--init-from"));
        JsonObject theirs = JsonNode.Parse(JsonText.Line(from.Manifest.Model))!.AsObject(), ours = JsonNode.Parse(JsonText.Line(model))!.AsObject();
        string[] differences = [.. ours
            .Where(o => !IsFree(o.Key, model) && !JsonNode.DeepEquals(o.Value, theirs[o.Key]))
            .Select(o => $"{o.Key} is {theirs[o.Key]?.ToJsonString() ?? "not set"} there and {o.Value?.ToJsonString()} here")];
        return differences.Length == 0
            ? new WarmStart(from)
            : throw Failure.BadUsage($"--init-from {path}: {string.Join("; ", differences)}; use the options of that run");
    }

    /// Another optimizer leaves its state behind, and what FTRL has learned is its state.
    private static bool IsFree(string option, ModelOptions model) => free.Contains(option) && (option != "optimizer" || model.FirstOrderFtrl is null);

    /// <summary>The encoding of that run with the values that new rows add.</summary>
    /// <exception cref="Failure">Usage: the fields are not the same.</exception>
    public FeatureEncoder Grow(FeatureEncoder fresh) => learned.GrownBy(fresh);

    /// <summary>Takes over weights, optimizer state and step count.</summary>
    /// <exception cref="Failure">Data: damaged.</exception>
    public void Load(TrainableModel model, Journal journal)
    {
        RowMap rows = RowMap.Of(learned.Spec, model.Spec);
        bool sameOptimizer = from.Manifest.Model.Optimizer == model.Options.Optimizer;
        from.LoadGrown(model, rows, sameOptimizer);
        journal.Line($"weights  from {from.Folder}, step {model.Step}: {rows.Kept} table rows kept, {rows.Rows - rows.Kept} new{(sameOptimizer ? "" : "; another optimizer, so its state begins anew")}");
    }
}
