using GpuCtr.Engine.Commands;
using GpuCtr.Kernels.Ranks;
using GpuCtr.Training;

namespace GpuCtr.Engine;

/// <summary>The executable.</summary>
public static class Program
{
    private static int Main(string[] args)
    {
        HeapLimit.IsOwnProcess = true;
        Launcher.Current?.LeaveTerminal();
        return Run(args, Console.Out, Console.Error);
    }

    /// <summary>Runs one command line.</summary>
    /// <param name="args">Verb and flags.</param>
    /// <param name="stdout">Receives results and nothing else.</param>
    /// <param name="stderr">Receives everything that is meant for a person.</param>
    /// <returns>The exit code, see <see cref="ExitCode"/>; 1 for a bug in this program.</returns>
    public static int Run(string[] args, TextWriter stdout, TextWriter stderr) => CommandLine.Run(args, stdout, stderr);
}
