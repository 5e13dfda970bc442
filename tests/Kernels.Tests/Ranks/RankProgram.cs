using System.Diagnostics;
using System.Runtime.InteropServices;
using GpuCtr.Kernels.Ranks;

namespace GpuCtr.Kernels.Tests.Ranks;

/// <summary>What <see cref="MpiTests"/> has launchers start: this assembly as a program. A rank that should hang others waits with them for ever.</summary>
internal static class RankProgram
{
    /// <summary>Exit code of a rank that fails.</summary>
    public const int Failure = 3;

    private static int Main(string[] args)
    {
        Launcher launcher = Launcher.Current ?? throw new InvalidOperationException("no launcher");
        launcher.LeaveTerminal();
        // As in training, where SIGTERM asks for a checkpoint after the step: a rank that waits for a lost one does not get there.
        using PosixSignalRegistration deaf = PosixSignalRegistration.Create(PosixSignal.SIGTERM, static signal => signal.Cancel = true);
        return RankRun.Run(launcher, ranks => Run(ranks, args[0]), e => (e is CommunicatorException ? 7 : e is InvalidDataException ? Failure : 1, e.Message), Console.Error, args[0] == "late" ? TimeSpan.FromSeconds(1) : null);
    }

    private static int Run(Communicator ranks, string what)
    {
        switch (what)
        {
            case "collectives":
                CollectiveCases.Run(ranks);
                Assert.Equal((ranks.Rank, ranks.Size), (ranks.Place.LocalRank, ranks.Place.LocalSize));
                Exceptions();
                CollectiveCases.Run(ranks);
                Console.Out.WriteLine($"{ranks.Name}: {((MpiCommunicator)ranks).Version}");
                break;
            case "counts":
                // Two elements for a rank that expects one.
                int[] to = [.. Enumerable.Repeat(2, ranks.Size)], from = [.. Enumerable.Repeat(1, ranks.Size)];
                ranks.AllToAllV<int>(new int[2 * ranks.Size], to, new int[ranks.Size], from);
                break;
            case "fail" when ranks.Rank == 1:
                throw new InvalidDataException("a bad row");
            case "killed" when ranks.Rank == 1:
                Process.GetCurrentProcess().Kill();
                break;
            case "late" when ranks.Rank == 1:
                Thread.Sleep(Timeout.Infinite);
                break;
            case "gone" when ranks.Rank == 1:
                Environment.Exit(Failure);
                break;
        }
        ranks.Barrier();
        return 0;
    }

    /// <summary>MPI leaves .NET its signals, of which it makes exceptions.</summary>
    private static void Exceptions()
    {
        Assert.Throws<NullReferenceException>(() => Length(null!));
        Assert.Throws<DivideByZeroException>(() => Divide(1, 0));
    }

    private static int Length(string text) => text.Length;

    private static int Divide(int a, int b) => a / b;
}
