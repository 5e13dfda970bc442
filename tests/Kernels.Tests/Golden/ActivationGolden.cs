using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Golden;

/// <summary>Dice and PReLU alone against float64 libtorch.</summary>
public sealed class ActivationGolden
{
    public static TheoryData<string, string> PReluCases => TestDevices.Times(GoldenFile.Of("prelu"));

    public static TheoryData<string, string> DiceCases => TestDevices.Times(GoldenFile.Of("dice"));

    [SkippableTheory]
    [MemberData(nameof(DiceCases))]
    public void Dice_matches_output_gradients_and_running_averages(string deviceName, string name)
    {
        Device device = TestDevices.Get(deviceName);
        GoldenFile golden = GoldenFile.Read(name);
        bool training = golden.Flag("training");
        using Setup s = new(device, golden);
        Tensor mean = s.State("running_mean"), variance = s.State("running_var"), guard = s.Workspace.Tensor("guard", 1, 4);
        Dice op = new(s.Workspace, new DiceTensors(s.X, s.Alpha, mean, variance, new DiceConstants((float)golden.Config("eps"), (float)golden.Config("running_momentum", otherwise: 0))), s.Y);
        s.Load(mean, variance);
        guard.Write(device, [1f]);
        s.Check(op, training);
        op.Commit(new Pass((int)s.X.Rows, training), guard);
        Close.Assert(training ? golden.Expected("running_mean_after") : golden.Parameter("running_mean"), mean.ToArray(device), "running mean");
        Close.Assert(training ? golden.Expected("running_var_after_biased") : golden.Parameter("running_var"), variance.ToArray(device), "running variance");
    }

    [SkippableTheory]
    [MemberData(nameof(PReluCases))]
    public void Prelu_matches_output_and_gradients(string deviceName, string name)
    {
        Device device = TestDevices.Get(deviceName);
        using Setup s = new(device, GoldenFile.Read(name));
        Activation op = new(s.Workspace, ActivationKind.PRelu, s.X, s.Alpha, s.Y);
        s.Load();
        s.Check(op, training: true);
    }

    /// <summary>x, α and y of a golden file; what is reserved before <see cref="Load"/> is allocated by it.</summary>
    private sealed class Setup : IDisposable
    {
        private readonly Device device;
        private readonly GoldenFile golden;

        public Setup(Device device, GoldenFile golden)
        {
            (this.device, this.golden) = (device, golden);
            Workspace = new Workspace(device);
            int[] shape = golden.Shape("inputs", "x");
            X = Workspace.Tensor("x", shape[0], shape[1], gradient: true);
            Y = Workspace.Tensor("y", shape[0], shape[1], gradient: true);
            Alpha = Workspace.Tensor("alpha", 1, shape[1], gradient: true);
        }

        public Workspace Workspace { get; }

        public Tensor X { get; }

        public Tensor Y { get; }

        public Tensor Alpha { get; }

        public Tensor State(string name) => Workspace.Tensor(name, 1, X.Columns);

        public void Load(params Tensor[] states)
        {
            Y.Consume();
            Workspace.Allocate();
            X.Write(device, golden.Input("x").ToFloats());
            Y.Gradient!.Write(device, golden.Input("upstream").ToFloats());
            foreach (Tensor t in states.Append(Alpha))
                t.Write(device, golden.Parameter(t.Name).ToFloats());
        }

        public void Check(IOp op, bool training)
        {
            Pass pass = new((int)X.Rows, training);
            op.Forward(pass);
            op.Backward(pass);
            Close.Assert(golden.Expected("y"), Y.ToArray(device), "y");
            Close.Assert(golden.Expected("grad.x"), X.Gradient!.ToArray(device), "dx");
            Close.Assert(golden.Expected("grad.alpha"), Alpha.Gradient!.ToArray(device), "dα");
        }

        public void Dispose() => Workspace.Dispose();
    }
}
