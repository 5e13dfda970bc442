using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Golden;

/// <summary>The factorization machine and the numeric fields of EmbeddingFm against float64 libtorch.</summary>
public sealed class EmbeddingFmGolden
{
    public static TheoryData<string, string> FmCases => TestDevices.Times(GoldenFile.Of("fm"));

    public static TheoryData<string, string> NumericCases => TestDevices.Times(GoldenFile.Of("numeric_embedding"));

    [SkippableTheory]
    [MemberData(nameof(FmCases))]
    public void Factorization_machine_matches(string deviceName, string name)
    {
        Device device = TestDevices.Get(deviceName);
        GoldenFile golden = GoldenFile.Read(name);
        int[] shape = golden.Shape("inputs", "e");
        using Setup s = new(device, shape[0], shape[1], 0, shape[2]);
        s.Fm.Consume();
        s.Workspace.Allocate();
        // Every position reads a separate table row, so that the table has the vectors of the file.
        s.Rows.Write(device, Enumerable.Range(0, shape[0] * shape[1]).ToArray());
        s.Table.Write(device, golden.Input("e").ToFloats());
        s.Fm.Gradient!.Write(device, golden.Input("upstream").ToFloats());
        s.Run(shape[0]);
        Close.Assert(golden.Expected("y"), s.Fm.ToArray(device), "y");
        Close.Assert(golden.Expected("grad.e"), s.Vectors.Gradient!.ToArray(device), "de");
    }

    [SkippableTheory]
    [MemberData(nameof(NumericCases))]
    public void Numeric_fields_match(string deviceName, string name)
    {
        Device device = TestDevices.Get(deviceName);
        GoldenFile golden = GoldenFile.Read(name);
        int[] shape = golden.Shape("inputs", "upstream_e");
        using Setup s = new(device, shape[0], 0, shape[1], shape[2]);
        s.Vectors.Consume();
        s.FirstOrder.Consume();
        s.Workspace.Allocate();
        s.Numeric.Write(device, golden.Input("x").ToFloats());
        s.NumericVectors.Write(device, golden.Parameter("V").ToFloats());
        s.NumericWeights.Write(device, golden.Parameter("w").ToFloats());
        s.Vectors.Gradient!.Write(device, golden.Input("upstream_e").ToFloats());
        s.FirstOrder.Gradient!.Write(device, golden.Input("upstream_first").ToFloats());
        s.Run(shape[0]);
        Close.Assert(golden.Expected("e"), s.Vectors.ToArray(device), "e");
        Close.Assert(golden.Expected("first"), s.FirstOrder.ToArray(device), "first order");
        Close.Assert(golden.Expected("grad.V"), s.NumericVectors.Gradient!.ToArray(device), "dV");
        Close.Assert(golden.Expected("grad.w"), s.NumericWeights.Gradient!.ToArray(device), "du");
    }

    /// <summary>An embedding with B·F table rows, one for each position.</summary>
    private sealed class Setup : IDisposable
    {
        private readonly EmbeddingFm op;

        public Setup(Device device, int b, int f, int n, int d)
        {
            Workspace = new Workspace(device);
            int c = f + n, tableRows = Math.Max(1, b * f);
            Rows = Workspace.Array<int>("rows", b * f);
            (Numeric, Table) = (Workspace.Tensor("x", b, n), Workspace.Tensor("table", tableRows, d));
            Tensor weights = Workspace.Tensor("weights", tableRows, 1), bias = Workspace.Tensor("bias", 1, 1, gradient: true);
            (NumericVectors, NumericWeights) = (Workspace.Tensor("V", n, d, gradient: true), Workspace.Tensor("u", 1, n, gradient: true));
            Vectors = Workspace.Tensor("e", b, c * d, gradient: true);
            (FirstOrder, Fm) = (Workspace.Tensor("first order", b, 1, gradient: true), Workspace.Tensor("fm", b, 1, gradient: true));
            Tensor rowWeights = Workspace.Tensor("row weights", b, c, gradient: true);
            op = new(Workspace, new EmbeddingFmTensors(Rows, Numeric, Table, weights, NumericVectors, NumericWeights, bias, Vectors, rowWeights, FirstOrder, Fm));
        }

        public Workspace Workspace { get; }

        public DeviceArray<int> Rows { get; }

        public Tensor Numeric { get; }

        public Tensor Table { get; }

        public Tensor NumericVectors { get; }

        public Tensor NumericWeights { get; }

        public Tensor Vectors { get; }

        public Tensor FirstOrder { get; }

        public Tensor Fm { get; }

        public void Run(int rows)
        {
            op.Forward(new Pass(rows, Training: true));
            op.Backward(new Pass(rows, Training: true));
        }

        public void Dispose() => Workspace.Dispose();
    }
}
