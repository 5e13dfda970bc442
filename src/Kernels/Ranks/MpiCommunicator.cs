using System.Runtime.InteropServices;

namespace GpuCtr.Kernels.Ranks;

/// <summary>Ranks as processes that a launcher of MPI started, on one host or many.</summary>
public sealed unsafe class MpiCommunicator : Communicator
{
    /// <summary>MPI_THREAD_SERIALIZED: any thread, one at a time.</summary>
    private const int Serialized = 2;

    /// <summary>How long an aborting rank waits for MPI to end it, in ms.</summary>
    private const int AbortTimeMs = 5000;

    private readonly MpiLibrary mpi;
    private readonly delegate* unmanaged<nint, int> barrier;
    private readonly delegate* unmanaged<void*, int, nint, int, nint, int> broadcast;
    private readonly delegate* unmanaged<void*, int, nint, void*, int*, int*, nint, nint, int> gather;
    private readonly delegate* unmanaged<void*, int*, int*, nint, void*, int*, int*, nint, nint, int> exchange;
    private readonly int[] sendStarts;
    private readonly int[] receiveStarts;
    private bool left;

    private MpiCommunicator(MpiLibrary mpi, int rank, int size) : base(rank, size)
    {
        this.mpi = mpi;
        (sendStarts, receiveStarts) = (new int[size], new int[size]);
        barrier = (delegate* unmanaged<nint, int>)mpi["MPI_Barrier"];
        broadcast = (delegate* unmanaged<void*, int, nint, int, nint, int>)mpi["MPI_Bcast"];
        gather = (delegate* unmanaged<void*, int, nint, void*, int*, int*, nint, nint, int>)mpi["MPI_Allgatherv"];
        exchange = (delegate* unmanaged<void*, int*, int*, nint, void*, int*, int*, nint, nint, int>)mpi["MPI_Alltoallv"];
    }

    /// <summary>The library, as it calls itself.</summary>
    public string Version => mpi.Version;

    /// <summary>Loads the launcher's library and joins the other ranks. A process can do so once.</summary>
    /// <exception cref="CommunicatorException">There is no such library, it does not see the ranks that the launcher started, or a rank runs another build of this program.</exception>
    public static MpiCommunicator Join(Launcher launcher)
    {
        MpiLibrary mpi = MpiLibrary.Load(launcher);
        int provided, rank, size;
        Check(mpi, ((delegate* unmanaged<int*, byte***, int, int*, int>)mpi["MPI_Init_thread"])(null, null, Serialized, &provided), "MPI_Init_thread");
        Check(mpi, ((delegate* unmanaged<nint, nint, int>)mpi["MPI_Comm_set_errhandler"])(mpi.World, mpi.ErrorsReturn), "MPI_Comm_set_errhandler");
        Check(mpi, ((delegate* unmanaged<nint, int*, int>)mpi["MPI_Comm_rank"])(mpi.World, &rank), "MPI_Comm_rank");
        Check(mpi, ((delegate* unmanaged<nint, int*, int>)mpi["MPI_Comm_size"])(mpi.World, &size), "MPI_Comm_size");
        MpiCommunicator joined = new(mpi, rank, size);
        try
        {
            if (launcher.Size > 0 && size != launcher.Size)
                throw new CommunicatorException($"{launcher.Name} started {launcher.Size} ranks, but {mpi.File} ({mpi.Version}) sees {size}: it belongs to another launcher; start with that one, or set {Launcher.Variable} to the path of this launcher's libmpi");
            if (provided < Serialized)
                throw new CommunicatorException($"{mpi.File} ({mpi.Version}) was built without threads; install one with MPI_THREAD_SERIALIZED");
            joined.Place = RankPlace.Agree(joined, Environment.MachineName, typeof(MpiCommunicator).Module.ModuleVersionId);
            return joined;
        }
        catch
        {
            joined.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override void Abort(int exitCode)
    {
        // If MPI_Abort does not end the process, it exits here, and its launcher ends the others.
        Thread end = new(() =>
        {
            Thread.Sleep(AbortTimeMs);
            EndProcess(exitCode);
        })
        {
            IsBackground = true,
        };
        end.Start();
        _ = ((delegate* unmanaged<nint, int, int>)mpi["MPI_Abort"])(mpi.World, exitCode);
        EndProcess(exitCode);
    }

    /// <summary>Finalizes MPI, once: returns when all ranks have arrived.</summary>
    public override void Dispose()
    {
        if (left)
            return;
        left = true;
        _ = ((delegate* unmanaged<int>)mpi["MPI_Finalize"])();
    }

    /// <inheritdoc/>
    private protected override void Meet() => Check(barrier(mpi.World));

    /// <inheritdoc/>
    private protected override void Spread(byte* data, int count, int unit, int root) => Check(broadcast(data, count, mpi.TypeOf(unit), root, mpi.World));

    /// <inheritdoc/>
    private protected override void Gather(byte* own, byte* all, ReadOnlySpan<int> counts, int unit)
    {
        Starts(counts, receiveStarts);
        nint type = mpi.TypeOf(unit);
        (byte, byte) nothing;
        Distinguish(ref own, ref all, (byte*)&nothing);
        fixed (int* many = counts, starts = receiveStarts)
            Check(gather(own, counts[Rank], type, all, many, starts, type, mpi.World));
    }

    /// <inheritdoc/>
    private protected override void Exchange(byte* send, ReadOnlySpan<int> sendCounts, byte* receive, ReadOnlySpan<int> receiveCounts, int unit)
    {
        Starts(sendCounts, sendStarts);
        Starts(receiveCounts, receiveStarts);
        nint type = mpi.TypeOf(unit);
        (byte, byte) nothing;
        Distinguish(ref send, ref receive, (byte*)&nothing);
        fixed (int* sent = sendCounts, from = sendStarts, received = receiveCounts, to = receiveStarts)
            Check(exchange(send, sent, from, type, receive, received, to, type, mpi.World));
    }

    /// <summary>Empty spans are at no address, and MPICH refuses to send from and receive to the same one.</summary>
    private static void Distinguish(ref byte* send, ref byte* receive, byte* nothing)
    {
        if (send == null)
            send = nothing;
        if (receive == null)
            receive = nothing + 1;
    }

    private static void Starts(ReadOnlySpan<int> counts, int[] starts)
    {
        for (int r = 0, at = 0; r < counts.Length; at += counts[r++])
            starts[r] = at;
    }

    private void Check(int status) => Check(mpi, status, $"{Current}");

    private static void Check(MpiLibrary mpi, int status, string call)
    {
        if (status != 0)
            throw new CommunicatorException($"{call} failed: {mpi.Describe(status)}; another rank may have failed, or its host is unreachable");
    }

    private static void EndProcess(int exitCode)
    {
        if (OperatingSystem.IsWindows())
            Environment.Exit(exitCode);
        ExitNow(exitCode);
    }

    /// <summary>Ends the process without MPI's handlers at exit, which would wait for other ranks.</summary>
    [DllImport("libc", EntryPoint = "_exit")]
    private static extern void ExitNow(int exitCode);
}
