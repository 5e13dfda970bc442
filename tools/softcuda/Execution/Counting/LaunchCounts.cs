namespace GpuCtr.SoftCuda.Execution.Counting;

/// <summary>What an instruction keeps busy.</summary>
public enum InstructionClass
{
    /// <summary>Loads and stores of global memory.</summary>
    Global,

    /// <summary>Loads and stores of shared memory.</summary>
    Shared,

    /// <summary>Loads and stores of local memory.</summary>
    Local,

    /// <summary>Floating-point numbers.</summary>
    Arithmetic,

    /// <summary>Integers, addresses and comparisons.</summary>
    Integer,

    /// <summary>Tensor cores.</summary>
    Mma,

    /// <summary>Branches and returns.</summary>
    Branch,

    /// <summary>Barriers.</summary>
    Barrier,

    /// <summary>Moves, parameters and predicates, most of which an assembler takes out.</summary>
    Other,
}

/// <summary>How often instructions were executed.</summary>
/// <param name="Instructions">By warps.</param>
/// <param name="Lanes">Lanes that were active in them.</param>
public readonly record struct Executed(long Instructions, long Lanes)
{
    /// <summary>The sum of both.</summary>
    public static Executed operator +(Executed a, Executed b) => new(a.Instructions + b.Instructions, a.Lanes + b.Lanes);
}

/// <summary>Requests of warps to global memory.</summary>
/// <param name="Requests">Loads or stores of a warp.</param>
/// <param name="Bytes">That the lanes asked for.</param>
/// <param name="Sectors">Of 32 bytes, that each request touches.</param>
/// <param name="IdealSectors">Had the bytes of each request been side by side.</param>
public readonly record struct Traffic(long Requests, long Bytes, long Sectors, long IdealSectors)
{
    /// <summary>The sum of both.</summary>
    public static Traffic operator +(Traffic a, Traffic b) => new(a.Requests + b.Requests, a.Bytes + b.Bytes, a.Sectors + b.Sectors, a.IdealSectors + b.IdealSectors);
}

/// <summary>What one or several launches did, exactly.</summary>
public sealed record LaunchCounts
{
    private static readonly int classes = Enum.GetValues<InstructionClass>().Length;

    /// <summary>Launches in the sums.</summary>
    public long Launches { get; init; }

    /// <summary>Blocks.</summary>
    public long Blocks { get; init; }

    /// <summary>Warps.</summary>
    public long Warps { get; init; }

    /// <summary>Barriers of blocks.</summary>
    public long Barriers { get; init; }

    /// <summary>Instructions by <see cref="InstructionClass"/>.</summary>
    public Executed[] ByClass { get; init; } = new Executed[classes];

    /// <summary>Floating-point operations of lanes: an fma counts as two; tensor cores are left out.</summary>
    public long Fp32 { get; init; }

    /// <summary>Reads of global memory.</summary>
    public Traffic Loads { get; init; }

    /// <summary>Writes of global memory.</summary>
    public Traffic Stores { get; init; }

    /// <summary>Requests of warps to shared memory.</summary>
    public long SharedRequests { get; init; }

    /// <summary>Passes over the banks of shared memory.</summary>
    public long SharedPasses { get; init; }

    /// <summary>Passes that would not be there without bank conflicts.</summary>
    public long BankConflicts { get; init; }

    /// <summary>32 × sectors that a launch read at least once; counted with checks only.</summary>
    public long ReadBytes { get; init; }

    /// <summary>32 × sectors that a launch wrote at least once; counted with checks only.</summary>
    public long WrittenBytes { get; init; }

    /// <summary>All instructions.</summary>
    public Executed All => ByClass.Aggregate((a, b) => a + b);

    /// <summary>Reads and writes of global memory.</summary>
    public Traffic Global => Loads + Stores;

    /// <summary>Bytes that move between multiprocessors and the cache: every sector of every request.</summary>
    public long MovedBytes => 32 * Global.Sectors;

    /// <summary>The sum of both.</summary>
    public static LaunchCounts operator +(LaunchCounts a, LaunchCounts b) => new()
    {
        Launches = a.Launches + b.Launches,
        Blocks = a.Blocks + b.Blocks,
        Warps = a.Warps + b.Warps,
        Barriers = a.Barriers + b.Barriers,
        ByClass = [.. a.ByClass.Zip(b.ByClass, (x, y) => x + y)],
        Fp32 = a.Fp32 + b.Fp32,
        Loads = a.Loads + b.Loads,
        Stores = a.Stores + b.Stores,
        SharedRequests = a.SharedRequests + b.SharedRequests,
        SharedPasses = a.SharedPasses + b.SharedPasses,
        BankConflicts = a.BankConflicts + b.BankConflicts,
        ReadBytes = a.ReadBytes + b.ReadBytes,
        WrittenBytes = a.WrittenBytes + b.WrittenBytes,
    };
}
