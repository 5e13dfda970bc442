using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;

namespace GpuCtr.Models;

/// <summary>Runs the launches of a step; as one graph if the device supports it and the shape of the batch repeats.</summary>
/// <remarks>
/// A shape is captured when it occurs for the second time in a row: kernels are compiled by then, and shapes that occur once are not captured.
/// Inputs are double-buffered, so there is one graph per buffer. Everything else that differs between steps is read from device memory.
/// </remarks>
internal sealed class StepGraph(Device device) : IDisposable
{
    private readonly Side[] sides = [new(), new()];

    /// <summary>Number of steps launched as a graph.</summary>
    public int LaunchedSteps { get; private set; }

    /// <summary>Why graphs are not available, or no longer used; null while they are used, and on devices without graphs.</summary>
    public string? Refusal { get; private set; } = device.Ranks.Size > 1 ? "ranks exchange data within a step by way of the host" : device.RecorderRefusal;

    /// <summary>Runs a step.</summary>
    /// <param name="pass">Its shape.</param>
    /// <param name="side">Which buffer of the inputs it reads, 0 or 1.</param>
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
        s.Launches!.Launch();
        LaunchedSteps++;
    }

    private bool Record(Side s, in Pass pass, ILaunchRecorder recorder, Action launch)
    {
        // The old graph may still be running.
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
            device.Release(() => s.Launches?.Dispose());
    }

    private sealed class Side
    {
        public readonly Shape Last = new(), Recorded = new();
        public IRecordedLaunches? Launches;
    }

    /// <summary>Copies the shape, because a batch reuses its arrays.</summary>
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
