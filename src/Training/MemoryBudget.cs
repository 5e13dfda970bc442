using System.Globalization;
using GpuCtr.Data.Features;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models.Features;
using GpuCtr.Training.Reports;
using static System.FormattableString;

namespace GpuCtr.Training;

/// <summary>The memory that a process may take (<c>--memory</c>), and the part of it that is left for rows.</summary>
/// <remarks>The division depends only on the flag, the model and the data, not on the machine or the number of threads, because the order of streamed rows follows from it.</remarks>
/// <param name="LimitBytes">The value of the flag; null = not given: rows get a fixed amount, and everything else is unbounded.</param>
/// <param name="FreeRowBytes">That fixed amount.</param>
internal sealed record MemoryBudget(long? LimitBytes, long FreeRowBytes)
{
    /// <summary>Runtime, libraries, compiled code and stacks: the memory of a process outside its heap.</summary>
    /// <remarks>Compiled code grows until a run ends, so what <see cref="HeapLimit"/> measures at its start is too little. With 64 MiB here, one training in many ended 1 % above its limit.</remarks>
    public const long OutsideBytes = 80L << 20;

    /// <summary>The same plus the minimum that the managed heap needs.</summary>
    public const long RuntimeBytes = OutsideBytes + (96L << 20);

    // With so little memory, counting distinct values may fail; small vocabularies always fit.
    private const long LeastFitBytes = 64L << 20;

    /// <summary>Bytes for the pass that fits vocabularies, before there is a model.</summary>
    public long FitBytes => LimitBytes is { } limit ? Math.Max(LeastFitBytes, limit - RuntimeBytes) : long.MaxValue;

    /// <summary>Bounds the heap accordingly.</summary>
    /// <param name="nativeBytes">What is or will be taken outside it.</param>
    public void BoundHeap(long nativeBytes)
    {
        if (LimitBytes is { } limit)
            HeapLimit.Set(limit, nativeBytes);
    }

    /// <summary>Bytes for rows.</summary>
    /// <param name="needed">Everything else that the process will hold.</param>
    /// <param name="least">Smallest amount with which the rows can be read.</param>
    /// <exception cref="GpuCtrException">Usage: too little is left; the message lists what takes how much, and the smallest sufficient limit.</exception>
    public long RowBytes(HeldMemory needed, long least)
    {
        if (LimitBytes is not { } limit)
            return FreeRowBytes;
        long rest = limit - needed.TotalBytes;
        return rest >= least ? rest : throw GpuCtrException.UsageError(
            Invariant($"--memory {limit / 1024}KB is too little: {needed}, and reading these shards takes at least {least / 1e6:N1} MB; the least is --memory {(needed.TotalBytes + least + 1023) / 1024}KB"));
    }
}

/// <summary>Memory of a process besides rows, in bytes.</summary>
/// <param name="Model">Buffers of the model, if they are in host memory.</param>
/// <param name="Batches">Slots of the loader.</param>
/// <param name="Vocabularies">Vocabularies.</param>
/// <param name="Scores">Scores of evaluated rows, and their sorted copies.</param>
internal sealed record HeldMemory(long Model, long Batches, long Vocabularies, long Scores)
{
    /// <summary>Starts of the lists in the shards, for models that rank lists.</summary>
    public long Lists { get; init; }

    /// <summary>Everything, the runtime included.</summary>
    public long TotalBytes => MemoryBudget.RuntimeBytes + Model + Batches + Vocabularies + Scores + Lists;

    /// <summary>The part outside the managed heap.</summary>
    public long NativeBytes => Model + Batches;

    /// <summary>Memory of a model on a device and its loader.</summary>
    /// <param name="device">The device.</param>
    /// <param name="plan">Buffers of the model, of one slice if the process has several.</param>
    /// <param name="encoder">Vocabularies.</param>
    /// <param name="batches">What the model reads.</param>
    /// <param name="batchSize">B.</param>
    /// <param name="slots">Slots of the loader.</param>
    /// <param name="evaluated">Most rows that are evaluated at once.</param>
    public static HeldMemory Of(Device device, IEnumerable<(string Name, long Bytes)> plan, FeatureEncoder encoder, FeatureSpec batches, int batchSize, int slots, long evaluated)
    {
        // Logits and labels, and sorted copies of them; with gAUC also keys, row numbers and a copy ordered by group.
        long scores = evaluated * (4 * 4 + (encoder.Target.HasWeights ? 4 + 4 : 0) + (encoder.GroupKey is null ? 0 : 8 + 8 + 4 + 4 * 2));
        long sample = 2 * Math.Min(evaluated, RowSample.MostRows) * (8 + encoder.Spec.F + 4L * encoder.Spec.Sequences.Count);
        return new HeldMemory(
            device.Kind == DeviceKind.Cpu ? device.Ranks.Threads * plan.Sum(p => p.Bytes) : 0, slots * Batch.BytesOf(batches, batchSize), encoder.Bytes, scores + sample);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"the runtime takes {MemoryBudget.RuntimeBytes / 1e6:N1} MB, the model {Model / 1e6:N1}, batches {Batches / 1e6:N1}, vocabularies {Vocabularies / 1e6:N1}, scores {Scores / 1e6:N1}{(Lists > 0 ? string.Create(CultureInfo.InvariantCulture, $", lists {Lists / 1e6:N1}") : "")}");
}
