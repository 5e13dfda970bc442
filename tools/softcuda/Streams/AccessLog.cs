using GpuCtr.SoftCuda.Memory;

namespace GpuCtr.SoftCuda.Streams;

/// <summary>Finds two items on different streams that use the same bytes, one of them writing, without an order between them, whichever ran first.</summary>
/// <remarks>Exact to words of 4 bytes. An item is ordered after all that its clock knows.</remarks>
internal sealed class AccessLog(Findings findings)
{
    private readonly record struct Access(Touch Touch, int Stream, int Number, string Name);

    private readonly Dictionary<Allocation, List<Access>> recent = [];

    /// <summary>Notes what an item used, and compares it with what others used.</summary>
    /// <param name="touch">The bytes.</param>
    /// <param name="stream">The stream of the item, which has counted it in its clock.</param>
    /// <param name="clock">What happened before the item, itself included.</param>
    /// <param name="name">The item, for messages.</param>
    public void Add(Touch touch, int stream, VectorClock clock, string name)
    {
        if (!recent.TryGetValue(touch.Buffer, out List<Access>? there))
            recent.Add(touch.Buffer, there = []);
        foreach (Access other in there)
            if ((touch.Wrote || other.Touch.Wrote) && other.Number > clock[other.Stream] && touch.FirstCommon(other.Touch) is { } at)
                findings.Add(new(Check.Race, name, $"{Verb(touch.Wrote)} {touch.Buffer}, offset {at}, on stream {stream}, and {other.Name} {Verb(other.Touch.Wrote)} it on stream {other.Stream}: no event and no wait orders the two"));
        // Who is ordered after the later item of a stream is ordered after the earlier one.
        there.RemoveAll(other => other.Stream == stream && other.Touch.Wrote == touch.Wrote && touch.Covers(other.Touch));
        there.Add(new(touch, stream, clock[stream], name));
    }

    /// <summary>Forgets what everything that comes later is ordered after.</summary>
    /// <param name="known">What the host knows. Nothing may be waiting on a stream: it might have been enqueued with less knowledge.</param>
    public void Forget(VectorClock known)
    {
        foreach ((Allocation buffer, List<Access> there) in recent)
        {
            there.RemoveAll(access => access.Number <= known[access.Stream]);
            if (there.Count == 0)
                recent.Remove(buffer);
        }
    }

    private static string Verb(bool wrote) => wrote ? "writes" : "reads";
}
