using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Embedding;

/// <summary>Which rows of a table are updated in a step.</summary>
public enum EmbeddingUpdate
{
    /// <summary>Only the rows of the batch move (PyTorch's SparseAdam).</summary>
    Lazy,

    /// <summary>Every row moves in every step (plain PyTorch).</summary>
    Dense,

    /// <summary>The result of Dense although only the rows of the batch are touched: a row catches up on missed steps before it is read.</summary>
    Replay,
}

/// <summary>The rows of a table on which L2 acts in a step.</summary>
public enum L2Scope
{
    /// <summary>Those of the batch.</summary>
    Touched,

    /// <summary>All, which needs <see cref="EmbeddingUpdate.Dense"/>.</summary>
    Full,
}

/// <summary>How a table learns.</summary>
/// <param name="Update">Which rows move.</param>
/// <param name="L2">λ, applied once per row and step.</param>
/// <param name="Scope">The rows on which λ acts.</param>
/// <param name="MbaRates">(ΣV, 1) λ_mba / n_r of mini-batch aware regularization; null for none.</param>
/// <param name="Log">The update log of <see cref="EmbeddingUpdate.Replay"/>; null if rows without a gradient do not move.</param>
public readonly record struct TableOptions(EmbeddingUpdate Update, float L2, L2Scope Scope, Tensor? MbaRates = null, UpdateLog? Log = null)
{
    /// <summary>Ranges of rows that do not learn.</summary>
    public IReadOnlyList<Range> Frozen { get; init; } = [];
}

/// <summary>An embedding table (ΣV, D) with the gradients of its rows and its update.</summary>
/// <remarks>
/// On several ranks, each owns a part of the rows with their state, and updates them like a table on one rank, with the gradients that all ranks send.
/// Ops read <see cref="Rows"/>: then a table with the fetched rows that this rank's part of the batch needs.
/// </remarks>
public sealed class EmbeddingTable
{
    private readonly TableGradient gradient;
    private readonly TableGradient? ownRows;
    private readonly FrozenRows[] frozen;
    private readonly ITableUpdate update;
    private readonly DeferredRowUpdate? deferred;
    private readonly Action fetch, giveBack;

    /// <param name="workspace">Reserves everything.</param>
    /// <param name="name">Name in checkpoints.</param>
    /// <param name="rows">ΣV.</param>
    /// <param name="columns">D.</param>
    /// <param name="rowGradients">Number of row gradients: upper bound of the indices in sorted lookups.</param>
    /// <param name="lookups">The batch's lookups by row.</param>
    /// <param name="options">How it learns.</param>
    /// <param name="rule">The optimizer.</param>
    /// <param name="scalars">Step scalars.</param>
    /// <param name="guard">Clip factor and norm.</param>
    /// <param name="exchange">Exchanges rows between ranks; null on one rank.</param>
    public EmbeddingTable(
        Workspace workspace, string name, long rows, int columns, long rowGradients,
        SortedLookups lookups, TableOptions options, UpdateRule rule, DeviceArray<StepScalars> scalars, GradientGuard guard, RowExchange? exchange = null)
    {
        if (options is { Scope: L2Scope.Full, L2: > 0, Update: not EmbeddingUpdate.Dense })
            throw new Devices.KernelException($"table {name}: L2 on the whole table needs the dense update; the gradient of an absent row would not be zero");
        bool compact = options.Update != EmbeddingUpdate.Dense;
        SortedLookups owned = exchange?.Owned ?? lookups;
        Weights = workspace.Tensor(name, exchange?.Shards.OwnRows ?? rows, columns, gradient: !compact);
        RowGradients = workspace.TrainingTensor($"d {name} by lookup", rowGradients, columns);
        (Rows, Tensor gradients, ownRows, fetch, giveBack) = exchange is null ? (Weights, RowGradients, null, Nothing, Nothing) : Exchanged(workspace, exchange, lookups);
        Tensor target = Weights.Gradient ?? workspace.TrainingTensor($"d {name} by row", owned.Capacity, columns);
        gradient = new TableGradient(workspace, Weights, gradients, target, owned, compact, options.Scope == L2Scope.Full ? 0 : options.L2, options.MbaRates);
        frozen = [.. (options.Frozen ?? []).Select(rows => new FrozenRows(workspace.Device, target, owned, compact, exchange?.Shards.Own(rows) ?? rows))];
        float wholeL2 = options.Scope == L2Scope.Full ? options.L2 : 0;
        rule = columns > 1 ? rule : rule.OfOneColumn;
        update = rule.IsRowwise ? new RowwiseAdagrad(workspace, Weights, target, compact ? owned : null, rule, wholeL2, scalars, guard.StepFactor)
            : compact ? new RowUpdate(workspace, Weights, target, owned, rule, scalars, guard.StepFactor)
            : new DenseUpdate(workspace, Weights, rule, wholeL2, Weights.Length, isTable: true, scalars, guard.StepFactor);
        if (options.Log is not null && rule.MovesWithoutGradient)
            deferred = new DeferredRowUpdate(workspace.Device, Weights, State, owned, options.Log, rule);
        guard.Watch(target, Weights, wholeL2, compact ? 0 : Weights.Length, compact ? owned : null, ofRank: true);
    }

    /// <summary>(ΣV, D); on several ranks the rows of this one.</summary>
    public Tensor Weights { get; }

    /// <summary>The table into which the rows of a batch index: the weights; on several ranks (1 + U, D), the padding row followed by the rows of the batch.</summary>
    public Tensor Rows { get; }

    /// <summary>(P, D): gradient of the loss by the result of each lookup, written by the ops that read the table.</summary>
    public Tensor RowGradients { get; }

    /// <summary>The optimizer's state.</summary>
    public OptimizerState State => update.State;

    /// <summary>Fetches the rows of the batch to <see cref="Rows"/>, before they are read.</summary>
    public void Fetch() => fetch();

    /// <summary>Applies the missed steps of the rows of the batch, before they are read.</summary>
    public void ApplyDeferred() => deferred?.RunBatch();

    /// <summary>The same for all rows.</summary>
    public void ApplyDeferredToAll() => deferred?.RunAll();

    /// <summary>Sums the row gradients by row; the sums of frozen rows become 0.</summary>
    public void Reduce()
    {
        ownRows?.Run();
        giveBack();
        gradient.Run();
        foreach (FrozenRows rows in frozen)
            rows.Run();
    }

    /// <summary>Updates the rows.</summary>
    public void Update() => update.Run();

    /// <summary>The rows of the batch, the gradients that all ranks have of this one's rows, and what moves the two.</summary>
    private (Tensor Rows, Tensor Gradients, TableGradient OwnRows, Action Fetch, Action GiveBack) Exchanged(Workspace workspace, RowExchange exchange, SortedLookups lookups)
    {
        string name = Weights.Name;
        int columns = Weights.Columns;
        long most = Math.Min(lookups.Capacity, exchange.Shards.Rows);
        Tensor rows = workspace.Tensor($"{name}, rows of the batch", 1 + most, columns), gathered = workspace.Tensor($"{name}, rows asked for", exchange.Owned.Capacity, columns);
        Tensor sums = workspace.TrainingTensor($"d {name} of the batch", most, columns), gradients = workspace.TrainingTensor($"d {name} of all ranks", exchange.Owned.Capacity, columns);
        return (rows, gradients, new TableGradient(workspace, rows, RowGradients, sums, lookups, compact: true, l2: 0), () => exchange.Fetch(Weights, gathered, rows), () => exchange.Return(sums, gradients));
    }

    private static void Nothing()
    {
    }
}

/// <summary>Updates the rows of a table by their gradient.</summary>
public interface ITableUpdate
{
    /// <summary>The state of the optimizer.</summary>
    OptimizerState State { get; }

    /// <summary>Updates the rows of this batch, or all rows.</summary>
    void Run();
}
