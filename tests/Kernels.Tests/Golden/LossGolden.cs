using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Loss;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Golden;

/// <summary>Binary cross entropy against float64 libtorch.</summary>
public sealed class LossGolden
{
    public static TheoryData<string, string> Cases => TestDevices.Times(GoldenFile.Of("bce_with_logits"));

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Loss_and_gradient_match(string deviceName, string name)
    {
        Device device = TestDevices.Get(deviceName);
        GoldenFile golden = GoldenFile.Read(name);
        float[] z = golden.Input("z").ToFloats();
        using Workspace workspace = new(device);
        Tensor logit = workspace.Tensor("z", z.Length, 1, gradient: true), label = workspace.Tensor("y", z.Length, 1), loss = workspace.Tensor("loss", 1, 3);
        BinaryCrossEntropy op = new(workspace, logit, label, loss);
        workspace.Allocate();
        logit.Write(device, z);
        label.Write(device, golden.Input("y").ToFloats());
        op.Run(new Pass(z.Length, Training: true));
        Close.Assert(golden.Expected("loss"), loss.ToArray(device).AsSpan(0, 1), "loss");
        Close.Assert(golden.Expected("grad.z"), logit.Gradient!.ToArray(device), "dz", absolute: 1e-7);
    }
}
