using GpuCtr.Kernels.Onnx;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Recurrent;

public sealed partial class Gru
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Products(pass, 1);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Products(pass, 2);

    /// <summary>A scan over positions. ONNX has an operator GRU, but without attention, and with padding only at the end; here the state is kept at padding positions, wherever they are.</summary>
    public void Export(IOnnxGraph g)
    {
        string value = g[Input], one = g.Number(1), mask = g.Node("Cast", ("to", IOnnxGraph.FloatType), History.ExportMask(g));
        string rows = g.Node("Shape", ("end", 1), value), zero = g.Node("Expand", g.Number(0), g.Node("Concat", ("axis", 0), rows, g.Integers(Weights.Units)));
        List<string> sequences = [mask, .. Enumerable.Range(0, 3).Select(gate => OfInput(g, value, gate))];
        if (Attention is { } a)
            sequences.Add(g[a]);
        g[Output] = g.Scan(zero, [.. sequences], (h, at) =>
        {
            string r = g.Node("Sigmoid", g.Node("Add", at[1], OfState(g, h, 0))), z = g.Node("Sigmoid", g.Node("Add", at[2], OfState(g, h, 1)));
            string reset = ResetAfter
                ? g.Node("Mul", r, g.Node("Add", OfState(g, h, 2), g.Floats($"{Output.Name} n bias of the state", [Weights.Units], Block(g, Weights.HiddenBias, 2))))
                : OfState(g, g.Node("Mul", r, h), 2);
            string n = g.Node("Tanh", g.Node("Add", at[3], reset));
            // u = 1 − s, the share of the new state.
            string open = g.Node("Sub", one, z), u = Kind switch
            {
                GruKind.Gru => open,
                GruKind.Agru => at[4],
                GruKind.Augru => g.Node("Mul", at[4], open),
                _ => g.Node("Sub", one, g.Node("Mul", g.Node("Sub", one, at[4]), z)),
            };
            return g.Node("Add", h, g.Node("Mul", g.Node("Mul", at[0], u), g.Node("Sub", n, h)));
        });
    }

    /// <summary>(B, T, H) W x + b_i of a gate, including b_h if it is not added separately.</summary>
    private string OfInput(IOnnxGraph g, string value, int gate)
    {
        float[] bias = Block(g, Weights.InputBias, gate), hidden = Block(g, Weights.HiddenBias, gate);
        for (int j = 0; j < bias.Length && !(gate == 2 && ResetAfter); j++)
            bias[j] += hidden[j];
        return g.Node("Add", g.Node("MatMul", value, Transposed(g, Weights.Input, gate)), g.Floats($"{Output.Name} bias {gate}", [bias.Length], bias));
    }

    /// <summary>(B, H) U h of a gate.</summary>
    private string OfState(IOnnxGraph g, string h, int gate) => g.Node("MatMul", h, Transposed(g, Weights.Hidden, gate));

    /// <summary>A third of a tensor.</summary>
    private static float[] Block(IOnnxGraph g, Tensor tensor, int gate)
    {
        int length = checked((int)tensor.Length) / 3;
        return g.Read(tensor)[(gate * length)..((gate + 1) * length)];
    }

    /// <summary>(columns, H) the transposed weights of a gate.</summary>
    private string Transposed(IOnnxGraph g, Tensor weight, int gate)
    {
        int columns = weight.Columns, units = Weights.Units;
        float[] block = Block(g, weight, gate), transposed = new float[block.Length];
        for (int i = 0; i < block.Length; i++)
            transposed[i % columns * units + i / columns] = block[i];
        return g.Floats($"{weight.Name} {gate}", [columns, units], transposed);
    }

    /// <summary>x and h are read or written once in each direction, with their gradients backward.</summary>
    private Work Products(in Pass pass, int count)
    {
        double positions = pass.RowsOf(Output), inputs = Weights.Inputs, units = Weights.Units;
        return Work.Floats(count * positions * (inputs + units), 6 * count * positions * units * (inputs + units));
    }
}
