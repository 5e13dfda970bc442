using System.Diagnostics;
using System.Runtime.ExceptionServices;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models.Features;

namespace GpuCtr.Data.Batches;

/// <summary>
/// Keeps batches ready: threads fill and prepare slots while the consumer trains on an earlier one. Batches come in the
/// order of the reader for any number of threads. Allocates nothing per batch.
/// </summary>
/// <remarks>The consumer calls <see cref="Start"/> for an epoch, <see cref="Next"/> until null, and <see cref="Release"/> for each batch after use.</remarks>
public sealed class BatchLoader : IDisposable
{
    /// <summary>Default number of slots.</summary>
    internal const int DefaultSlots = 3;

    private readonly Lock readerGate = new();
    private readonly object gate = new();
    private readonly Batch[] slots;
    private readonly Queue<Batch> free;
    private readonly Batch?[] ready; // ticket % slots
    private readonly Thread[] threads;
    private readonly bool training;
    private readonly NegativeSampler? negatives;
    private readonly ItemMasks? masks;
    private EpochReader? reader;
    private ExceptionDispatchInfo? failure;
    private long issued, taken, allocated;
    private int working;
    private bool exhausted, closed;

    /// <summary>Allocates the slots and starts the threads.</summary>
    /// <param name="device">The device that reads the batches.</param>
    /// <param name="spec">Their columns.</param>
    /// <param name="batchSize">Rows of a batch.</param>
    /// <param name="slotCount">Number of slots.</param>
    /// <param name="threadCount">Threads that fill and prepare.</param>
    /// <param name="training">False: the batches are used for prediction only, as all batches of an epoch in natural order are.</param>
    /// <param name="negatives">Draws the negatives of histories; null if the batches have none, or read them from columns.</param>
    /// <param name="masks">Draws the masked entries in training; null for models without masks.</param>
    /// <param name="stallLimit">Time without progress after which the loader counts as stalled; 60 s by default.</param>
    public BatchLoader(Device device, FeatureSpec spec, int batchSize, int slotCount = DefaultSlots, int threadCount = 1, bool training = true, NegativeSampler? negatives = null, ItemMasks? masks = null, TimeSpan? stallLimit = null)
    {
        (this.training, this.negatives, this.masks) = (training, negatives, masks);
        StallLimit = stallLimit ?? TimeSpan.FromSeconds(60);
        slots = [.. Enumerable.Range(0, slotCount).Select(_ => new Batch(device, spec, batchSize))];
        free = new Queue<Batch>(slots);
        ready = new Batch?[slotCount];
        threads = [.. Enumerable.Range(0, Math.Clamp(threadCount, 1, slotCount)).Select(i => new Thread(Work) { IsBackground = true, Name = $"loader {i}" })];
        foreach (Thread thread in threads)
            thread.Start();
    }

    /// <summary>Time that the consumer waited for batches since the last <see cref="Start"/>.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>Bytes that the threads of the loader have allocated, up to the last ready batch.</summary>
    internal long AllocatedBytes
    {
        get
        {
            lock (gate)
                return allocated;
        }
    }

    /// <summary>Time without progress after which the loader counts as stalled.</summary>
    internal TimeSpan StallLimit { get; set; }

    /// <summary>Starts to read ahead. The loader disposes the reader when it ends or another one starts.</summary>
    /// <exception cref="InvalidOperationException">A batch of the last epoch was not released.</exception>
    public void Start(EpochReader source)
    {
        Stop();
        lock (gate)
        {
            if (free.Count != slots.Length)
                throw new InvalidOperationException("a batch of the last epoch was not released");
            (reader, failure, exhausted, issued, taken, Waited) = (source, null, false, 0, 0, TimeSpan.Zero);
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>The next batch, ready for the device; null at the end of the epoch.</summary>
    /// <exception cref="GpuCtrException">A failure in the loader; InputOutput if it stalls.</exception>
    public Batch? Next(CancellationToken cancellation = default)
    {
        long begin = Stopwatch.GetTimestamp(), moved = begin, seen = -1;
        using CancellationTokenRegistration wake = cancellation.UnsafeRegister(static g => { lock (g!) Monitor.PulseAll(g); }, gate);
        lock (gate)
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                ObjectDisposedException.ThrowIf(closed, this);
                failure?.Throw();
                int at = (int)(taken % slots.Length);
                if (ready[at] is { } batch)
                {
                    ready[at] = null;
                    taken++;
                    TimeSpan waited = Stopwatch.GetElapsedTime(begin);
                    Waited += waited;
                    Telemetry.Waited(waited);
                    return batch;
                }

                if (reader is null || (exhausted && taken == issued))
                    return null;
                // Decoding a large window takes long; it is not a stall as long as row groups are being decoded.
                if (reader.BlocksLoaded != seen)
                    (seen, moved) = (reader.BlocksLoaded, Stopwatch.GetTimestamp());
                if (Stopwatch.GetElapsedTime(moved) >= StallLimit)
                    throw GpuCtrException.IoError($"the loader has been stuck for {StallLimit.TotalSeconds:0.#} s at: {reader.Stage}; check the disk or network that holds the shards");
                Monitor.Wait(gate, StallLimit / 8);
            }
        }
    }

    /// <summary>Returns a batch for reuse.</summary>
    public void Release(Batch batch)
    {
        lock (gate)
        {
            free.Enqueue(batch);
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Ends the epoch early; ready batches are dropped.</summary>
    public void Stop()
    {
        EpochReader? ended;
        lock (gate)
        {
            ended = reader;
            reader = null;
            ended?.Cancel();
            while (working > 0)
            {
                if (!Monitor.Wait(gate, StallLimit))
                    throw GpuCtrException.IoError($"the loader does not stop; its current stage is: {ended?.Stage}");
            }

            for (int i = 0; i < ready.Length; i++)
            {
                if (ready[i] is { } batch)
                    free.Enqueue(batch);
                ready[i] = null;
            }
        }

        ended?.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            closed = true;
            reader?.Cancel();
            Monitor.PulseAll(gate);
        }

        // A thread that hangs in a dead file system must not keep the process alive: it is a background thread.
        bool joined = true;
        foreach (Thread thread in threads)
            joined &= thread.Join(TimeSpan.FromSeconds(2));
        reader?.Dispose();
        foreach (Batch slot in slots.Where(_ => joined))
            slot.Dispose();
    }

    private void Work()
    {
        while (TakeSlot(out Batch? slot, out EpochReader? source))
        {
            long ticket = -1, firstRow = 0, before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                lock (readerGate)
                {
                    if (!Volatile.Read(ref exhausted) && source.Next(slot))
                        (ticket, firstRow) = (issued++, source.RowsRead - slot.Rows);
                    else
                        Volatile.Write(ref exhausted, true);
                }

                if (ticket >= 0)
                    Prepare(slot, source.Order, firstRow);
            }
            catch (Exception e)
            {
                Fail(e, source);
                ticket = -1;
            }

            Publish(slot, ticket, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    private void Prepare(Batch slot, EpochOrder order, long firstRow)
    {
        bool trains = training && order.Shuffled;
        if (trains)
            negatives?.Draw(slot, order.Epoch, firstRow);
        if (slot.Predictions is not null && trains)
            ItemPredictions.Train(slot, masks, order.Epoch, firstRow);
        else if (slot.Predictions is not null)
            ItemPredictions.Ask(slot);
        slot.Prepare(trains);
    }

    private bool TakeSlot([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Batch? slot, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out EpochReader? source)
    {
        lock (gate)
        {
            while (!closed && (reader is null || exhausted || failure is not null || free.Count == 0))
                Monitor.Wait(gate);
            (slot, source) = closed ? (null, null) : (free.Dequeue(), reader);
            working += closed ? 0 : 1;
            return slot is not null && source is not null;
        }
    }

    private void Publish(Batch slot, long ticket, long bytes)
    {
        lock (gate)
        {
            working--;
            allocated += bytes;
            if (ticket >= 0 && failure is null && reader is not null)
                ready[ticket % slots.Length] = slot;
            else
                free.Enqueue(slot);
            Monitor.PulseAll(gate);
        }
    }

    private void Fail(Exception e, EpochReader source)
    {
        lock (gate)
        {
            // Cancelled because the epoch was stopped; there is no consumer.
            if (reader == source)
                failure ??= ExceptionDispatchInfo.Capture(e);
        }
    }
}
