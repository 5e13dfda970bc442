using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Dense;

public sealed class DropoutTests
{
    private const int Rows = 1000, Columns = 200;

    public static TheoryData<string> Devices => TestDevices.All;

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void Dropout_keeps_the_requested_share(string deviceName)
    {
        foreach (double rate in new[] { 0.1, 0.5, 0.9 })
        {
            bool[] kept = Keep(deviceName, rate, step: 1, layer: 0, seed: 1);
            double deviation = Math.Sqrt(rate * (1 - rate) / kept.Length);
            Assert.InRange(kept.Average(k => k ? 1 : 0), 1 - rate - 4 * deviation, 1 - rate + 4 * deviation);
            // Neighbours in a row, and those of the row below, are independent: both are kept with the square of the probability.
            foreach (int distance in new[] { 1, 8, 32, Columns })
            {
                double both = Enumerable.Range(0, kept.Length - distance).Average(i => kept[i] && kept[i + distance] ? 1 : 0);
                Assert.InRange(both, (1 - rate) * (1 - rate) - 6 * deviation, (1 - rate) * (1 - rate) + 6 * deviation);
            }
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void Dropout_draws_anew_for_each_step_layer_and_seed(string deviceName)
    {
        bool[] first = Keep(deviceName, 0.5, step: 1, layer: 0, seed: 1);
        Assert.Equal(first, Keep(deviceName, 0.5, step: 1, layer: 0, seed: 1));
        foreach (bool[] other in new[] { Keep(deviceName, 0.5, 2, 0, 1), Keep(deviceName, 0.5, 1, 1, 1), Keep(deviceName, 0.5, 1, 0, 2), Keep(deviceName, 0.5, 1, 0, 1ul << 32) })
            Assert.InRange(first.Zip(other).Average(p => p.First == p.Second ? 1 : 0), 0.49, 0.51);
    }

    private static bool[] Keep(string deviceName, double rate, int step, int layer, ulong seed)
    {
        Device device = TestDevices.Get(deviceName);
        using Workspace workspace = new(device);
        Tensor x = workspace.Tensor("x", Rows, Columns), y = workspace.Tensor("y", Rows, Columns);
        DeviceArray<StepScalars> scalars = workspace.Array<StepScalars>("scalars", 1);
        Dropout op = new(workspace, x, y, scalars, Dropout.Stream.Of(layer, seed, rate));
        workspace.Allocate();
        x.Write(device, Enumerable.Repeat(1f, Rows * Columns).ToArray());
        scalars.Write(device, [new StepScalars { Step = step }]);
        op.Forward(new Pass(Rows, Training: true));
        return y.ToArray(device).Select(v => v != 0).ToArray();
    }
}
