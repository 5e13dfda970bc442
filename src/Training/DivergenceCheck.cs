using GpuCtr.Kernels.Devices;
using GpuCtr.Models;

namespace GpuCtr.Training;

/// <summary>Ends training when three consecutive steps were skipped because loss or gradient was not finite.</summary>
/// <remarks>Reading the guard makes the host wait for a GPU. On GPUs it is read every 50 steps, and every step once a step was skipped.</remarks>
internal sealed class DivergenceCheck(TrainableModel model)
{
    private const int InARow = 3, RareSteps = 50;

    private int alertUntil;

    /// <summary>Steps skipped so far.</summary>
    public int Skipped { get; private set; }

    /// <summary>Whether training was ended.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Whether the guard is read after this step.</summary>
    public bool IsDue(int step) => model.Device.Kind == DeviceKind.Cpu || step % RareSteps == 0 || step < alertUntil;

    /// <summary>Reads the guard of the last step.</summary>
    /// <param name="epoch">Its epoch.</param>
    /// <param name="rows">First and last row of its batch, in the order of the epoch.</param>
    /// <exception cref="GpuCtrException">Numeric.</exception>
    public void Check(int epoch, (long First, long Last) rows)
    {
        (_, int skipped, int inARow) = model.ReadGuard();
        if (skipped > Skipped)
        {
            alertUntil = model.Step + RareSteps;
            Telemetry.Skipped(skipped - Skipped);
        }

        Skipped = skipped;
        HasEnded = inARow >= InARow;
        if (HasEnded)
        {
            throw new GpuCtrException(
                ErrorKind.Numeric,
                $"loss or gradient was not finite in {inARow} steps in a row, the last one step {model.Step} (epoch {epoch}, rows {rows.First} to {rows.Last} in its order); weights are as before them: lower --lr, set --clip-norm 10, or look for extreme numbers with --numeric-transform log");
        }
    }
}
