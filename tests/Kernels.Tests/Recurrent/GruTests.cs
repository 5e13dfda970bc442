using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Recurrent;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Recurrent;

/// <summary>Properties that op cases do not check: the bits of a row do not depend on the others, and a step allocates nothing.</summary>
public sealed class GruTests
{
    private const int I = 5, H = 20, Longest = 9;

    // More than two strips, with ties, empty histories and single positions.
    private static readonly int[] lengths = [.. Enumerable.Range(0, 75).Select(b => b * 7 % (Longest + 1))];

    public static TheoryData<string, GruKind, GruReset> Cases
    {
        get
        {
            TheoryData<string, GruKind, GruReset> cases = [];
            foreach (string device in new[] { "cpu simd", "cpu portable" })
                foreach (GruReset reset in new[] { GruReset.After, GruReset.Before })
                    cases.Add(device, reset == GruReset.After ? GruKind.Augru : GruKind.Gru, reset);
            return cases;
        }
    }

    /// <summary>Results do not depend on the lengths and the order of other histories in the batch, as they would with padding.</summary>
    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void A_row_has_the_bits_that_it_has_alone(string deviceName, GruKind kind, GruReset reset)
    {
        Device device = TestDevices.Get(deviceName);
        using Setup together = new(device, kind, reset, lengths, firstRow: 0);
        together.Run();
        float[] states = together.States, gradients = together.InputGradients;
        for (int b = 0, position = 0; b < lengths.Length; position += lengths[b++])
        {
            using Setup alone = new(device, kind, reset, [lengths[b]], firstRow: position);
            alone.Run();
            Assert.Equal(states[(position * H)..((position + lengths[b]) * H)], alone.States[..(lengths[b] * H)]);
            Assert.Equal(gradients[(position * I)..((position + lengths[b]) * I)], alone.InputGradients[..(lengths[b] * I)]);
        }
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        using Device device = Device.Open("cpu", threads: 1);
        foreach (GruReset reset in new[] { GruReset.After, GruReset.Before })
        {
            using Setup s = new(device, GruKind.Augru, reset, lengths, firstRow: 0);
            s.Run();
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 5; i++)
                s.Run();
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        }
    }

    /// <summary>A GRU over histories whose inputs are those of the same positions in every setup.</summary>
    private sealed class Setup : IDisposable
    {
        private readonly Workspace workspace;
        private readonly Gru gru;
        private readonly Tensor x, h;
        private readonly Pass pass;

        public Setup(Device device, GruKind kind, GruReset reset, int[] lengths, int firstRow)
        {
            workspace = new(device);
            int rows = lengths.Length, tokens = lengths.Sum(), places = rows * Longest;
            RowKind positions = RowKind.HistoryPosition(0);
            DeviceArray<int> offsets = workspace.Array<int>("offsets", rows + 1), owners = workspace.Array<int>("owners", places), zero = workspace.Array<int>("zero", 1);
            Tensor none = workspace.Tensor("none", 1, 1), vectors = workspace.Tensor("vectors", rows, 1);
            BehaviourHistory history = new(none, none, vectors, zero, zero, zero, offsets, owners, 0, places, 0);
            x = workspace.Tensor("x", places, I, gradient: true, positions);
            h = workspace.Tensor("h", places, H, gradient: true, positions);
            Tensor a = workspace.Tensor("a", places, 1, gradient: true, positions);
            GruWeights weights = new(Weight("W", I), Weight("U", H), Bias("b_i"), Bias("b_h"));
            gru = new(workspace, history, x, kind == GruKind.Gru ? null : a, weights, h, kind, reset);
            workspace.Allocate();
            foreach (Tensor t in new[] { weights.Input, weights.Hidden, weights.InputBias, weights.HiddenBias })
                t.Write(device, Numbers(t.Name, 0, (int)t.Length));
            x.Write(device, Numbers("x", firstRow * I, tokens * I));
            h.Gradient!.Write(device, Numbers("dh", firstRow * H, tokens * H));
            a.Write(device, Numbers("a", firstRow, tokens));
            offsets.Write(device, [.. lengths.Aggregate(new List<int> { 0 }, (ends, length) => [.. ends, ends[^1] + length])]);
            owners.Write(device, [.. lengths.SelectMany((length, b) => Enumerable.Repeat(b, length))]);
            pass = new(rows, Training: true, [tokens]);

            Tensor Weight(string name, int columns) => workspace.Tensor(name, 3 * H, columns, gradient: true);
            Tensor Bias(string name) => workspace.Tensor(name, 1, 3 * H, gradient: true);
        }

        public float[] States => h.ToArray(workspace.Device);

        public float[] InputGradients => x.Gradient!.ToArray(workspace.Device);

        public void Run()
        {
            gru.Forward(pass);
            gru.Backward(pass);
        }

        public void Dispose() => workspace.Dispose();

        /// <summary>Numbers in [−½, ½) that are a function of name and index.</summary>
        private static float[] Numbers(string name, int first, int count) =>
            [.. Enumerable.Range(first, count).Select(i => (float)(new Random(i * 31 + name.Length * 7 + name[0]).NextDouble() - 0.5))];
    }
}
