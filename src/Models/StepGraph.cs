using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;

namespace GpuCtr.Models;

/// <summary>Runs the launches of a step; where the device can record them and the shape of the batch holds, as one recording.</summary>
/// <remarks>
/// A shape is recorded when it comes for the second time in a row, so that kernels are compiled by then and no shape that comes once is recorded.
/// Inputs exist twice, and so do recordings: one for each side. Whatever else differs from step to step lies on the device.
/// </remarks>
internal sealed class StepGraph(Device device) : IDisposable
{
    private readonly Side[] sides = [new(), new()];

    /// <summary>Steps that were replayed.</summary>
    public int Replayed { get; private set; }

    /// <summary>Why this device has no recorder, or why it is not used any more; null while it is, and where none was to be expected.</summary>
    public string? Refusal { get; private set; } = device.RecorderRefusal;

    /// <summary>Runs a step.</summary>
    /// <param name="pass">Its shape.</param>
    /// <param name="side">Which of the inputs it reads, 0 or 1.</param>
    /// <param name="launch">Launches it.</param>
    public void Run(in Pass pass, int side, Action launch)
    {
        if (device.Recorder is not { } recorder || Refusal is not null)
        {
            launch();
            return;
        }
        Side s = sides[side];
        bool repeats = s.Last.Is(pass);
        s.Last.Take(pass);
        if (s.Launches is null || !s.Recorded.Is(pass))
        {
            if (!repeats || !Record(s, pass, recorder, launch))
            {
                launch();
                return;
            }
        }
        s.Launches!.Replay();
        Replayed++;
    }

    private bool Record(Side s, in Pass pass, ILaunchRecorder recorder, Action launch)
    {
        // A recording may still be running.
        if (s.Launches is not null)
            device.Wait();
        s.Launches?.Dispose();
        s.Launches = null;
        try
        {
            s.Launches = recorder.Record(launch);
            s.Recorded.Take(pass);
            return true;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Refusal = e.Message;
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Side s in sides)
            s.Launches?.Dispose();
    }

    private sealed class Side
    {
        public readonly Shape Last = new(), Recorded = new();
        public IRecordedLaunches? Launches;
    }

    /// <summary>A batch's own arrays are filled again.</summary>
    private sealed class Shape
    {
        private int rows = -1;
        private int[] tokens = [];

        public bool Is(in Pass pass) => rows == pass.Rows && tokens.AsSpan().SequenceEqual(pass.Tokens);

        public void Take(in Pass pass)
        {
            rows = pass.Rows;
            if (tokens.Length != (pass.Tokens?.Length ?? 0))
                tokens = new int[pass.Tokens?.Length ?? 0];
            pass.Tokens?.CopyTo(tokens, 0);
        }
    }
}
