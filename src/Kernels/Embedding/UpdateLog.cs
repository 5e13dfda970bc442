using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;
using ILGPU;
using ILGPU.Runtime;

namespace GpuCtr.Kernels.Embedding;

/// <summary>
/// The steps since all rows of the tables were up to date, and how many of them each row has seen, from which <see cref="DeferredRowUpdate"/>
/// applies the others. One log serves all tables of a model, because a batch updates the same rows of each.
/// </summary>
/// <remarks>
/// A skipped step (stepFactor[0] = 0) moved nothing, so it is not recorded. Everything is in device memory, so the host never waits for it.
/// </remarks>
public sealed unsafe partial class UpdateLog
{
    /// <summary>Capacity in steps; all rows must be brought up to date before the log is full.</summary>
    public const int Capacity = 4096;

    /// <summary>Numbers per step: factor of the update, ε, learning rate.</summary>
    public const int StepColumns = 3;

    private const int BlockSegments = 4096;

    private readonly Device device;
    private readonly UpdateRule rule;
    private readonly SortedLookups lookups;
    private readonly DeviceArray<StepScalars> scalars;
    private readonly Tensor stepFactor;
    private readonly Variant variant;

    private readonly record struct Variant(Action Record, Action<Tensor> Clear, Action Restored);

    /// <summary>Kernel arguments.</summary>
    public readonly record struct Args(
        ArrayView<float> Steps, ArrayView<float> Count, ArrayView<float> Seen, ArrayView<int> SegmentRow, ArrayView<float> StepFactor, ArrayView<StepScalars> Scalars, ArrayView<int> Segments);

    /// <param name="workspace">Reserves the log.</param>
    /// <param name="rows">ΣV.</param>
    /// <param name="rule">The optimizer.</param>
    /// <param name="lookups">The batch's rows.</param>
    /// <param name="scalars">Step scalars.</param>
    /// <param name="stepFactor">(1, 4): its first number is the step factor (<see cref="GradientGuard.StepFactor"/>).</param>
    public UpdateLog(Workspace workspace, long rows, UpdateRule rule, SortedLookups lookups, DeviceArray<StepScalars> scalars, Tensor stepFactor)
    {
        device = workspace.Device;
        (this.rule, this.lookups, this.scalars, this.stepFactor) = (rule, lookups, scalars, stepFactor);
        Steps = workspace.TrainingTensor("steps on record", Capacity, StepColumns);
        Count = workspace.TrainingTensor("number of steps on record", 1, 1);
        Seen = workspace.TrainingTensor("steps seen by row", rows, 1);
        Rules = new DeferredUpdateRules(rule);
        variant = device.Select(Portable, Simd);
    }

    /// <summary>(Capacity, 3) factor, ε and learning rate of each step.</summary>
    public Tensor Steps { get; }

    /// <summary>(1, 1) number of recorded steps.</summary>
    public Tensor Count { get; }

    /// <summary>(ΣV, 1) number of these steps that each row has seen.</summary>
    public Tensor Seen { get; }

    /// <summary>All three, for checkpoints.</summary>
    public IEnumerable<Tensor> State => [Steps, Count, Seen];

    /// <summary>The closed form of the steps, for the SIMD variant.</summary>
    internal DeferredUpdateRules Rules { get; }

    /// <summary>Records a step; the rows of its batch were up to date before it and have seen it.</summary>
    public void Record() => variant.Record();

    /// <summary>Clears the log, when every row has seen all steps.</summary>
    public void Clear()
    {
        Rules.Clear();
        variant.Clear(Count);
        variant.Clear(Seen);
    }

    /// <summary>Call it after reading the state from a checkpoint.</summary>
    public void Restored()
    {
        Rules.Clear();
        variant.Restored();
    }

    private Variant Simd()
    {
        RowBlocks blocks = new(device, BlockSegments, Note);
        return new(
            () =>
            {
                if (*stepFactor.Pointer != 0)
                    Append(*scalars.Pointer);
                blocks.Run(lookups.Segments);
            },
            static t => t.Span().Clear(),
            () =>
            {
                for (int i = 0; i < (int)*Count.Pointer; i++)
                    Rules.Append(Scalars(i));
            });
    }

    private Variant Portable()
    {
        Kernel<Args> append = new(device, AppendKernel), note = new(device, NoteKernel);
        return new(
            () =>
            {
                Args args = new(Steps.View, Count.View, Seen.View, lookups.SegmentRow.View, stepFactor.View, scalars.View, lookups.Count.View);
                append.Run(1, args);
                note.Run(lookups.Capacity, args);
            },
            t => t.View.MemSetToZero(device.Stream),
            static () => { });
    }

    /// <summary>Arguments of the optimizer's formulas for step <paramref name="i"/>.</summary>
    internal StepScalars Scalars(int i)
    {
        float* step = Steps.Pointer + i * StepColumns;
        return new StepScalars { StepSize = step[0], TableEpsilon = step[1], LearningRate = step[2] };
    }

    private void Append(in StepScalars s)
    {
        int count = (int)*Count.Pointer;
        float* step = Steps.Pointer + count * StepColumns;
        (step[0], step[1], step[2]) = (s.StepSize, s.TableEpsilon, s.LearningRate);
        *Count.Pointer = count + 1;
        Rules.Append(Scalars(count));
    }

    private void Note(int first, int end)
    {
        for (int i = first; i < end; i++)
            Seen.Pointer[lookups.SegmentRow.Pointer[i]] = *Count.Pointer;
    }

    private static void AppendKernel(Args a)
    {
        for (int i = Grid.GlobalLinearIndex; i < 1 && a.StepFactor[0] != 0; i += GridLoop.Stride)
        {
            StepScalars s = a.Scalars[0];
            int step = (int)a.Count[0] * StepColumns;
            a.Steps[step] = s.StepSize;
            a.Steps[step + 1] = s.TableEpsilon;
            a.Steps[step + 2] = s.LearningRate;
            a.Count[0] += 1;
        }
    }

    private static void NoteKernel(Args a)
    {
        for (int i = Grid.GlobalLinearIndex; i < a.Segments[0]; i += GridLoop.Stride)
            a.Seen[a.SegmentRow[i]] = a.Count[0];
    }
}
