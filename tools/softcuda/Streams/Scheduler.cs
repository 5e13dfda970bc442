using System.Diagnostics;
using GpuCtr.SoftCuda.Driver;

namespace GpuCtr.SoftCuda.Streams;

/// <summary>
/// Executes items as late as the rules allow, and those of different streams in an order that a seed decides: a missing wait shows as a wrong value.
/// </summary>
/// <remarks>Rules: items of a stream in their order; an item that waits for a marker after that marker; the default stream and blocking streams in the order of the calls.</remarks>
internal sealed class Scheduler(Engine engine, int seed)
{
    // A call that adds to a full stream waits, as it does on a real device.
    private const int MostPending = 1024;

    private readonly Random random = new(seed);

    /// <summary>Adds work to a stream, or to its capture.</summary>
    public void Add(CudaStream stream, IWork work, bool inGraph = false)
    {
        if (stream.Capture is { } capture)
        {
            capture.Works.Add(work);
            return;
        }
        Order(stream);
        stream.Clock.Tick(stream.Index);
        Enqueue(stream, new(work, inGraph, stream.Clock.Copy()));
    }

    /// <summary>The point after everything now on the stream.</summary>
    public Marker Mark(CudaStream stream)
    {
        Order(stream);
        Marker made = new(stream, stream.Clock.Copy());
        Enqueue(stream, new(null, false, made.Clock, Mark: made));
        return made;
    }

    /// <summary>Makes later items of a stream wait for a point of another.</summary>
    public void Wait(CudaStream stream, Marker marker)
    {
        Order(stream);
        Follow(stream, marker);
    }

    /// <summary>Executes until a point has been reached; the host knows then what happened before it.</summary>
    public void Reach(Marker marker)
    {
        bool isEager = random.Next(2) == 0;
        while (!marker.HasHappened)
            Execute(isEager ? AnyReady(marker.Stream.Context) : Ready(marker.Stream));
        Context context = marker.Stream.Context;
        context.HostClock.Join(marker.Clock);
        if (context.Streams.All(s => s.Pending.Count == 0))
            context.Accesses.Forget(context.HostClock);
        context.ThrowIfFaulted();
    }

    /// <summary>Executes everything on a stream.</summary>
    public void Drain(CudaStream stream) => Reach(Mark(stream));

    /// <summary>Executes everything of a context.</summary>
    public void Drain(Context context)
    {
        foreach (CudaStream stream in context.Streams)
            Drain(stream);
    }

    /// <summary>Executes one item of a context, if there is one: who asks again and again gets an answer.</summary>
    public void Step(Context context)
    {
        if (context.Streams.Any(s => s.Pending.Count > 0))
            Execute(AnyReady(context));
    }

    /// <summary>What comes next happens after all that the host knows, and the default stream and blocking ones wait for each other.</summary>
    private void Order(CudaStream stream)
    {
        stream.Clock.Join(stream.Context.HostClock);
        if (!stream.IsBlocking)
            return;
        foreach (CudaStream other in stream.Context.Streams)
            if (other != stream && other.IsBlocking && (stream.IsDefault || other.IsDefault))
            {
                Marker end = new(other, other.Clock.Copy());
                Enqueue(other, new(null, false, end.Clock, Mark: end));
                Follow(stream, end);
            }
    }

    private void Follow(CudaStream stream, Marker marker)
    {
        stream.Clock.Join(marker.Clock);
        if (!marker.HasHappened)
            Enqueue(stream, new(null, false, stream.Clock.Copy(), Wait: marker));
    }

    private void Enqueue(CudaStream stream, StreamItem item)
    {
        if (stream.Pending.Count == 0 && item.Mark is { } mark)
        {
            Happen(mark);
            return;
        }
        while (stream.Pending.Count >= MostPending)
            Execute(Ready(stream));
        stream.Pending.Enqueue(item);
    }

    /// <summary>The stream itself, or the one that its next item waits for.</summary>
    private static CudaStream Ready(CudaStream stream)
    {
        while (stream.Pending.Peek().Wait is { HasHappened: false } marker)
            stream = marker.Stream;
        return stream;
    }

    private CudaStream AnyReady(Context context)
    {
        CudaStream[] busy = [.. context.Streams.Where(s => s.Pending.Count > 0)];
        return Ready(busy[random.Next(busy.Length)]);
    }

    private void Execute(CudaStream stream)
    {
        StreamItem item = stream.Pending.Dequeue();
        if (item.Mark is { } mark)
            Happen(mark);
        if (item.Work is { } work)
            engine.Execute(work, item, stream);
        if (stream.Context.Fault != CudaResult.Success)
            Abandon(stream.Context);
    }

    /// <summary>After a fault nothing of the context runs, and nobody waits.</summary>
    private static void Abandon(Context context)
    {
        foreach (StreamItem item in context.Streams.SelectMany(s => s.Pending))
            if (item.Mark is { } mark)
                Happen(mark);
        foreach (CudaStream stream in context.Streams)
            stream.Pending.Clear();
    }

    private static void Happen(Marker marker)
    {
        marker.HasHappened = true;
        marker.Time = Stopwatch.GetTimestamp();
    }
}
