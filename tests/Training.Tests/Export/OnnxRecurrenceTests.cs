using GpuCtr.Kernels;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Recurrent;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Training.Export;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Tensor = GpuCtr.Kernels.Tensors.Tensor;

namespace GpuCtr.Training.Tests.Export;

/// <summary>ONNX Runtime goes along histories as the GRU does, with attention in every form, whether padding stands before or behind them.</summary>
public sealed class OnnxRecurrenceTests : OwnFolder
{
    private const int I = 3, H = 5, Width = 6;

    private static readonly int[] lengths = [4, 0, 1, 3];

    public static TheoryData<GruKind, GruReset> Cases
    {
        get
        {
            TheoryData<GruKind, GruReset> cases = [];
            foreach (GruKind kind in Enum.GetValues<GruKind>())
            {
                cases.Add(kind, GruReset.After);
                cases.Add(kind, GruReset.Before);
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Last_state_is_ours(GruKind kind, GruReset reset)
    {
        Random random = new(1);
        float[] Uniform(long count) => [.. Enumerable.Range(0, (int)count).Select(_ => random.NextSingle() * 2 - 1)];
        using Device device = Device.Open("cpu", threads: 1);
        using Workspace workspace = new(device);
        int rows = lengths.Length, tokens = lengths.Sum();
        RowKind positions = RowKind.HistoryPosition(0);
        DeviceArray<int> offsets = workspace.Array<int>("offsets", rows + 1), owners = workspace.Array<int>("owners", tokens), start = workspace.Array<int>("start", 1);
        Tensor table = workspace.Tensor("no table", 1, 1), vectors = workspace.Tensor("no vectors", rows, 1);
        BehaviourHistory history = new(table, table, vectors, start, start, start, offsets, owners, 0, tokens * rows, 0);
        Tensor x = workspace.Tensor("x", tokens, I, gradient: true, positions), a = workspace.Tensor("a", tokens, 1, gradient: true, positions);
        GruWeights weights = new(workspace.Tensor("W", 3 * H, I, gradient: true), workspace.Tensor("U", 3 * H, H, gradient: true), workspace.Tensor("b_i", 1, 3 * H, gradient: true), workspace.Tensor("b_h", 1, 3 * H, gradient: true));
        Tensor h = workspace.Tensor("h", tokens, H, gradient: true, positions), last = workspace.Tensor("last", rows, H, gradient: true);
        IOp[] ops = [new Gru(workspace, history, x, kind == GruKind.Gru ? null : a, weights, h, kind, reset), new LastState(device, history, h, last)];
        workspace.Allocate();
        foreach (Tensor t in new[] { x, weights.Input, weights.Hidden, weights.InputBias, weights.HiddenBias })
            t.Write(device, Uniform(t.Length));
        a.Write(device, [.. Uniform(a.Length).Select(v => 0.5f + 0.4f * v)]);
        offsets.Write(device, [.. Enumerable.Range(0, rows + 1).Select(b => lengths.Take(b).Sum())]);
        foreach (IOp op in ops)
            op.Forward(new Pass(rows, Training: false, [tokens]));

        string path = Folder.File("gru.onnx");
        OnnxNames names = new();
        using (OnnxWeights stored = new(names, path + ".data", long.MaxValue))
        {
            OnnxGraph g = new(names, stored, device);
            g.AddList(0, "no rows", g.Node("Unsqueeze", g.Input("mask", OnnxType.Bool, "B", "T"), g.Integers(2)));
            (g[x], g[a]) = (g.Input("x", OnnxType.Float, "B", "T", I), g.Input("a", OnnxType.Float, "B", "T", 1));
            foreach (IOp op in ops)
                op.Export(g);
            g.Output(g.Named("last", "Identity", g[last]), OnnxType.Float, "B", H);
            ProtoMessage file = new ProtoMessage().Integer(1, 8).Message(7, g.ToMessage()).Message(8, new ProtoMessage().Text(1, "").Integer(2, 17));
            File.WriteAllBytes(path, file.AsSpan());
        }
        using InferenceSession session = new(path);
        float[] expected = last.ToArray(device);
        for (int shift = 0; shift < 3; shift++)
        {
            float[] actual = Run(session, x.ToArray(device), a.ToArray(device), shift);
            for (int i = 0; i < expected.Length; i++)
                Assert.Equal(expected[i], actual[i], 1e-6f);
        }
        Assert.All(expected[H..(2 * H)], value => Assert.Equal(0, value));
        Assert.Contains(expected, value => Math.Abs(value) > 0.1f);
    }

    /// <summary>The histories, each behind some padding, in which other numbers stand.</summary>
    private static float[] Run(InferenceSession session, float[] x, float[] a, int shift)
    {
        DenseTensor<float> values = new([lengths.Length, Width, I]), attention = new([lengths.Length, Width, 1]);
        DenseTensor<bool> mask = new([lengths.Length, Width]);
        for (int b = 0, position = 0; b < lengths.Length; b++)
            for (int t = 0; t < Width; t++)
            {
                bool valid = mask[b, t] = t >= shift && t < shift + lengths[b];
                attention[b, t, 0] = valid ? a[position] : 0.7f;
                for (int i = 0; i < I; i++)
                    values[b, t, i] = valid ? x[position * I + i] : 3 - t;
                position += valid ? 1 : 0;
            }
        List<NamedOnnxValue> inputs = [NamedOnnxValue.CreateFromTensor("x", values), NamedOnnxValue.CreateFromTensor("a", attention), NamedOnnxValue.CreateFromTensor("mask", mask)];
        inputs.RemoveAll(i => !session.InputMetadata.ContainsKey(i.Name));
        using IDisposableReadOnlyCollection<DisposableNamedOnnxValue> outputs = session.Run(inputs);
        return [.. outputs.Single().AsEnumerable<float>()];
    }
}
