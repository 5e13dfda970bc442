using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Tests.Embedding;

/// <summary>One seeded sequence of row gradients with a learning-rate schedule, to be played to tables that learn in different ways.</summary>
/// <remarks>
/// Some rows occur often, some rarely, some twice a thousand steps apart, some only at the start, some never; gradients reach from below Adam's ε to far above it.
/// </remarks>
internal sealed class RecordedGradients(int steps, OptimizerKind kind)
{
    public const int Rows = 60, Columns = 20;

    private const int MostRows = 32;

    /// <summary>Rows and optimizer state of a table after the last step.</summary>
    public float[][] Play(Device device, EmbeddingUpdate update, params Range[] frozen)
    {
        UpdateRule rule = UpdateRule.Of(kind, momentum: 0.9f);
        using Workspace workspace = new(device);
        Tensor loss = workspace.Tensor("loss", 1, 3);
        GradientGuard guard = new(workspace, loss, clipNorm: 0);
        DeviceArray<StepScalars> scalars = workspace.Array<StepScalars>("scalars", 1);
        SortedLookups positions = new(workspace, MostRows);
        UpdateLog? log = update == EmbeddingUpdate.Replay ? new(workspace, Rows, rule, positions, scalars, guard.StepFactor) : null;
        EmbeddingTable table = new(workspace, "table", Rows, Columns, MostRows, positions, new TableOptions(update, 0, L2Scope.Touched, null, log) { Frozen = frozen }, rule, scalars, guard);
        guard.Seal(workspace);
        workspace.Allocate();
        Random random = new(1);
        table.Weights.Write(device, First(random));
        for (int step = 1; step <= steps; step++)
        {
            int[] rows = [.. Enumerable.Range(0, Rows).Where(row => IsTouched(row, step, random)).Take(MostRows)];
            float[] gradients = [.. rows.SelectMany(row => Enumerable.Range(0, Columns).Select(_ => (random.NextSingle() - 0.5f) * MathF.Pow(10, row % 9 - 9)))];
            Sort(device, positions, rows);
            table.RowGradients.Write(device, gradients);
            scalars.Write(device, [rule.Scalars(step, Rate(step), update == EmbeddingUpdate.Lazy)]);
            table.ApplyDeferred();
            table.Reduce();
            guard.Run();
            table.Update();
            log?.Record();
        }
        table.ApplyDeferredToAll();
        return [table.Weights.ToArray(device), table.State.Mean.ToArray(device), table.State.Square.ToArray(device)];
    }

    /// <summary>The rows before the first step.</summary>
    public static float[] First(Random random) => [.. Enumerable.Range(0, Rows * Columns).Select(_ => random.NextSingle() * 0.1f - 0.05f)];

    private bool IsTouched(int row, int step, Random random) => row switch
    {
        < 10 => random.NextDouble() < 0.5,
        < 30 => random.NextDouble() < 0.03,
        < 45 => step == row || step == row + steps / 2,
        < 55 => step <= 5,
        _ => false,
    };

    /// <summary>The learning rate rises over the first twentieth of the steps, and falls to a tenth twice later.</summary>
    private double Rate(int step) => 1e-3 * Math.Min(1, step * 20.0 / steps) * Math.Pow(0.1, 3 * step / (steps + 1));

    private static void Sort(Device device, SortedLookups positions, int[] rows)
    {
        LookupSorter sorter = new(MostRows);
        for (int i = 0; i < rows.Length; i++)
            sorter.Add(rows[i], i);
        positions.Write(device, sorter, Rows);
    }
}
