using GpuCtr.Data;
using GpuCtr.Engine.Commands;
using GpuCtr.Engine.Screens;
using GpuCtr.Kernels.Ranks;
using GpuCtr.Training;

namespace GpuCtr.Tests;

/// <summary>Trains on several ranks in this process, as threads: with the bits that processes give, and without a launcher.</summary>
public static class RankRunner
{
    /// <summary>Runs <c>train</c>; its output is the JSON line.</summary>
    /// <param name="size">Number of ranks.</param>
    /// <param name="args">The command line.</param>
    /// <param name="stops">Stops it after its first step.</param>
    /// <exception cref="GpuCtrException">Whatever ends the run.</exception>
    public static CommandOutcome Train(int size, string[] args, bool stops = false)
    {
        Arguments arguments = FlagParser.Parse(TrainCommand.Verb, NamedSteps.In(args)[1..]);
        string result = "";
        ThreadCommunicator.Run(size, ranks =>
        {
            RunRequest request = TrainCommand.RequestOf(arguments with { Ranks = ranks });
            SharedRun.Run(request, led =>
            {
                using CancellationTokenSource stop = new();
                using RunLog log = new(new PlainScreen(TextWriter.Null), verbose: false);
                result = JsonText.Line(TrainRun.Start(led, log, stop.Token, stops ? stop.Cancel : null).Metrics);
            });
        });
        return new(0, result, "");
    }
}
