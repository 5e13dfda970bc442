using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Bench;

/// <summary>Training steps on batches in memory, in a cycle.</summary>
internal sealed class MemorySteps(TrainableModel model, IReadOnlyList<Batch> batches)
{
    private const double LearningRate = 1e-3;

    private int next;

    /// <summary>Seconds for a number of steps, until the device is done.</summary>
    public double Seconds(int steps)
    {
        model.Device.Synchronize();
        return Turns.Seconds(() =>
        {
            for (int i = 0; i < steps; i++)
                model.TrainStep(batches[next++ % batches.Count], LearningRate);
            model.Device.Synchronize();
        });
    }

    /// <summary>Rows per second over a number of steps on full batches.</summary>
    public double RowsPerSecond(int steps) => (double)steps * model.BatchSize / Seconds(steps);

    /// <summary>Loss of one more step.</summary>
    public double Loss()
    {
        Seconds(1);
        return model.TakeLoss();
    }
}
