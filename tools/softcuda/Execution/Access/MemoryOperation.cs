using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.SoftCuda.Memory;
using GpuCtr.SoftCuda.Ptx;

namespace GpuCtr.SoftCuda.Execution.Access;

/// <summary>A load or store: finds the buffers that its lanes use, checks bounds, alignment, races and initialization, and counts.</summary>
/// <param name="space">The state space.</param>
/// <param name="address">Place of the base address.</param>
/// <param name="offset">Added to it, in bytes.</param>
/// <param name="bytes">Of a lane.</param>
/// <param name="at">For findings.</param>
internal abstract unsafe class MemoryOperation(MemorySpace space, int address, int offset, int bytes, PtxInstruction at) : Operation
{
    private Allocation? last;

    /// <summary>Whether it writes.</summary>
    protected abstract bool IsStore { get; }

    public override void Execute(Warp warp)
    {
        ulong* addresses = warp.Addresses, bases = (ulong*)(warp.Registers + address);
        for (int lane = 0; lane < Lanes.Count; lane += 8)
            (Vector512.Load(bases + lane) + Vector512.Create((ulong)(long)offset)).Store(addresses + lane);
        CheckAlignment(warp);
        space.Translate(warp, addresses);
        for (uint rest = warp.Mask.Bits; rest != 0;)
        {
            Allocation buffer = Buffer(warp, rest);
            uint inside = Inside(warp, buffer) & rest;
            bool sideBySide = inside == Lanes.All && AreSideBySide(warp.Offsets);
            rest &= ~inside;
            space.Count(warp, addresses, inside, bytes, IsStore, sideBySide);
            if (warp.Block.Launch.Checks)
                Note(warp, buffer, inside, sideBySide);
            Move(warp, buffer.Data, warp.Offsets, inside, sideBySide);
        }
    }

    /// <summary>Moves the elements of lanes between memory and registers.</summary>
    protected abstract void Move(Warp warp, byte* data, long* offsets, uint lanes, bool sideBySide);

    private bool AreSideBySide(long* offsets)
    {
        Vector512<long> expected = Vector512.Create(offsets[0]) + Vector512.Create(0L, 1, 2, 3, 4, 5, 6, 7) * bytes;
        for (int lane = 0; lane < Lanes.Count; lane += 8, expected += Vector512.Create(8L * bytes))
            if (Vector512.Load(offsets + lane) != expected)
                return false;
        return true;
    }

    private void CheckAlignment(Warp warp)
    {
        for (uint lanes = warp.Mask.Bits; lanes != 0; lanes &= lanes - 1)
        {
            int lane = Lanes.First(lanes);
            if ((warp.Addresses[lane] & (ulong)(bytes - 1)) == 0)
                continue;
            warp.Block.Launch.Report(Check.Alignment, at, warp, lane, $"{Place(space.Find(warp, warp.Addresses[lane]), warp.Addresses[lane])} is no multiple of {bytes}");
            throw new KernelFault(CudaResult.MisalignedAddress);
        }
    }

    private Allocation Buffer(Warp warp, uint lanes)
    {
        int lane = Lanes.First(lanes);
        ulong first = warp.Addresses[lane];
        if (last is { IsFreed: false } && Holds(last, first))
            return last;
        Allocation? found = space.Find(warp, first);
        if (found is not null && Holds(found, first) && !found.IsFreed)
            return last = found;
        bool stale = found is { IsFreed: true } && first - found.Address < (ulong)found.Bytes;
        warp.Block.Launch.Report(stale ? Check.Stale : Check.Bounds, at, warp, lane, $"{(IsStore ? "writes" : "reads")} {bytes} bytes at {Place(found, first)}");
        throw new KernelFault(CudaResult.IllegalAddress);
    }

    private bool Holds(Allocation buffer, ulong first) => buffer.Bytes >= bytes && first - buffer.Address <= (ulong)(buffer.Bytes - bytes);

    // Also writes the offsets of all lanes.
    private uint Inside(Warp warp, Allocation buffer)
    {
        ulong inside = 0;
        for (int lane = 0; lane < Lanes.Count; lane += 8)
        {
            Vector512<ulong> from = Vector512.Load(warp.Addresses + lane) - Vector512.Create(buffer.Address);
            from.Store((ulong*)warp.Offsets + lane);
            inside |= Vector512.LessThanOrEqual(from, Vector512.Create((ulong)(buffer.Bytes - bytes))).ExtractMostSignificantBits() << lane;
        }
        return (uint)inside;
    }

    private void Note(Warp warp, Allocation buffer, uint lanes, bool sideBySide)
    {
        LaunchState launch = warp.Block.Launch;
        Clock? time = space.Time(launch);
        BufferNotes? notes = time is null ? null : launch.NotesOf(buffer);
        if (sideBySide)
            NoteBytes(warp, buffer, notes, 0, Lanes.Count * bytes);
        for (; lanes != 0; lanes &= lanes - 1)
        {
            int lane = Lanes.First(lanes);
            if (!sideBySide)
                NoteBytes(warp, buffer, notes, lane, bytes);
            if (notes?.Shadow.Note(warp.Offsets[lane], bytes, IsStore, time.GetValueOrDefault(), warp.FirstThread + lane) is { } other)
                launch.Report(Check.Race, at, warp, lane, $"{(IsStore ? "writes" : "reads")} {buffer}, offset {warp.Offsets[lane]}, {other}, without a barrier between");
        }
    }

    // What does not depend on the thread: whether they are written, and that the launch uses them.
    private void NoteBytes(Warp warp, Allocation buffer, BufferNotes? notes, int lane, int count)
    {
        long from = warp.Offsets[lane];
        (IsStore ? notes?.Writes : notes?.Reads)?.Add(from, count);
        if (IsStore)
            buffer.MarkWritten(from, count);
        else if (!buffer.IsWritten(from, count))
        {
            while (buffer.IsWritten(warp.Offsets[lane], bytes))
                lane++;
            warp.Block.Launch.Report(Check.Uninitialized, at, warp, lane, $"reads {bytes} bytes of {buffer}, offset {Seen(buffer, warp.Offsets[lane])}, which nobody wrote");
        }
    }

    private string Place(Allocation? buffer, ulong where) =>
        buffer is null || where < buffer.Address ? $"address {where:x}, where no buffer is" : $"{buffer}, offset {Seen(buffer, (long)(where - buffer.Address))}";

    // Local memory is noted for all lanes, one behind the other.
    private long Seen(Allocation buffer, long from) => space is not LocalSpace ? from : from % (buffer.Bytes / Lanes.Count);
}

/// <summary>ld: memory of a type into registers, extended with the sign of the type.</summary>
/// <param name="to">Places of the registers, one a vector element.</param>
internal sealed unsafe class Load<TMemory, TRegister>(MemorySpace space, int address, int offset, int[] to, PtxInstruction at)
    : MemoryOperation(space, address, offset, to.Length * sizeof(TMemory), at)
    where TMemory : unmanaged, IBinaryInteger<TMemory>
    where TRegister : unmanaged, IBinaryInteger<TRegister>
{
    protected override bool IsStore => false;

    protected override void Move(Warp warp, byte* data, long* offsets, uint lanes, bool sideBySide)
    {
        byte* r = warp.Registers;
        if (sideBySide && to.Length == 1 && sizeof(TMemory) == sizeof(TRegister))
        {
            Unsafe.CopyBlock(r + to[0], data + offsets[0], (uint)(Lanes.Count * sizeof(TMemory)));
            return;
        }
        for (int element = 0; element < to.Length; element++, data += sizeof(TMemory))
        {
            TRegister* register = (TRegister*)(r + to[element]);
            for (int lane = 0; lane < Lanes.Count; lane++)
                if ((lanes >> lane & 1) != 0)
                    register[lane] = TRegister.CreateTruncating(*(TMemory*)(data + offsets[lane]));
        }
    }
}

/// <summary>st: registers into memory of a type, cut to it.</summary>
/// <param name="from">Places of the values, one a vector element.</param>
internal sealed unsafe class Store<TMemory, TRegister>(MemorySpace space, int address, int offset, int[] from, PtxInstruction at)
    : MemoryOperation(space, address, offset, from.Length * sizeof(TMemory), at)
    where TMemory : unmanaged, IBinaryInteger<TMemory>
    where TRegister : unmanaged, IBinaryInteger<TRegister>
{
    protected override bool IsStore => true;

    protected override void Move(Warp warp, byte* data, long* offsets, uint lanes, bool sideBySide)
    {
        byte* r = warp.Registers;
        if (sideBySide && from.Length == 1 && sizeof(TMemory) == sizeof(TRegister))
        {
            Unsafe.CopyBlock(data + offsets[0], r + from[0], (uint)(Lanes.Count * sizeof(TMemory)));
            return;
        }
        for (int element = 0; element < from.Length; element++, data += sizeof(TMemory))
        {
            TRegister* register = (TRegister*)(r + from[element]);
            for (int lane = 0; lane < Lanes.Count; lane++)
                if ((lanes >> lane & 1) != 0)
                    *(TMemory*)(data + offsets[lane]) = TMemory.CreateTruncating(register[lane]);
        }
    }
}

/// <summary>ld.param: the same for all lanes.</summary>
internal sealed unsafe class LoadParameter<TMemory, TRegister>(int offset, int to) : Operation
    where TMemory : unmanaged, IBinaryInteger<TMemory>
    where TRegister : unmanaged, IBinaryInteger<TRegister>
{
    public override void Execute(Warp warp)
    {
        TRegister value;
        fixed (byte* parameters = warp.Block.Launch.Parameters)
            value = TRegister.CreateTruncating(*(TMemory*)(parameters + offset));
        byte* active = warp.Mask.Spread(sizeof(TRegister)), register = warp.Registers + to;
        for (int i = 0; i < Lanes.Count * sizeof(TRegister); i += 64)
            Lanes.Store(register + i, active + i, Vector512.Create(value));
    }
}
