using GpuCtr.Engine.Commands;
using GpuCtr.Engine.Screens;
using GpuCtr.Training;
using GpuCtr.Training.Checkpoints;
using ILGPU.Runtime.OpenCL;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Faults;

public sealed class InterruptedRunTests(FaultRun run) : IClassFixture<FaultRun>
{
    private const int Steps = 40;

    [Fact]
    public void Fault12_Stopping_and_resuming_at_every_step_changes_no_bit()
    {
        // 1,797 training rows in batches of 90 are 20 steps an epoch, so the forty steps include the ends of two epochs.
        string folder = run.Folder.File("stopped"), whole = run.Folder.File("never-stopped");
        string[] options = ["--hidden-units", "4", "--embedding-dim", "2", "--batch-size", "90", "--dropout", "0.2", "--batch-norm", "--lr-plateau", "0.5", "--epochs", "2", "--device", "cpu", "--json"];
        string expected = FaultRun.Results(Run(["train", run.Train, "--out", whole, .. options]).Succeeded())[0];
        List<int> stops = [];
        string? actual = null;
        while (actual is null)
        {
            string[] args = stops.Count == 0 ? [run.Train, "--out", folder, .. options] : ["--resume", "--out", folder];
            actual = TrainOneStep(args, folder, stops);
        }

        Assert.Equal(Enumerable.Range(1, Steps), stops);
        Assert.Equal(expected.Trim('"'), actual);
    }

    [Fact]
    public void Fault29_An_error_of_the_driver_is_exit_6_and_the_last_checkpoint_is_valid()
    {
        string copy = run.Copy();
        int step = 0;
        Exception? e = Record.Exception(() => Train([.. FaultRun.Rest(copy)[1..], "--checkpoint-every", "4"], _ =>
        {
            if (++step == 7)
                throw new CLException(CLError.CL_OUT_OF_RESOURCES);
        }));
        (int code, string message) = CommandLine.ToExitCode(e!);
        Assert.Equal((int)ExitCode.Device, code);
        Assert.Contains("CL_OUT_OF_RESOURCES", message);
        Assert.Contains("--resume", message);
        Assert.Equal(20, Checkpoint.Open(FaultRun.Pointed(copy, "last")).Manifest.Position.Step);
        run.EndsWithTheSameBits(copy);
    }

    /// <summary>Trains until a step is done and then stops as a signal would; the weights' hash if the run came to its end.</summary>
    private static string? TrainOneStep(string[] args, string folder, List<int> stops)
    {
        try
        {
            return Train(args, i => i.Request(ExitCode.Terminated)).WeightsHash;
        }
        catch (GpuCtrException e) when (e.Kind == ErrorKind.Interrupted)
        {
            stops.Add(Checkpoint.Open(FaultRun.Pointed(folder, "last")).Manifest.Position.Step);
            return null;
        }
    }

    private static RunMetrics Train(string[] args, Action<ShutdownSignal> afterStep)
    {
        using ShutdownSignal shutdown = new();
        using RunLog runLog = new(new PlainScreen(TextWriter.Null), verbose: false);
        return TrainRun.Start(TrainCommand.RequestOf(FlagParser.Parse(TrainCommand.Verb, args)), runLog, shutdown.Token, () => afterStep(shutdown)).Metrics;
    }
}
