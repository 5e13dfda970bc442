using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Interactions;

public sealed partial class PairWeights
{
    /// <summary>Bytes: row, value and weight of every pair.</summary>
    public Work ForwardWork(in Pass pass) => Work.Floats(3.0 * pass.Rows * pairs.Count);

    /// <summary>Bytes: value and gradient of every pair.</summary>
    public Work BackwardWork(in Pass pass) => Work.Floats(2.0 * pass.Rows * pairs.Count);

    /// <summary>The hash of <see cref="FieldPairs"/> in signed 64-bit integers, whose products and sums are modulo 2⁶⁴.</summary>
    public void Export(IOnnxGraph g)
    {
        (string keys, string values) = Fields(g);
        long[] upper = OnnxFormulas.UpperTriangle(pairs.C), first = [.. upper.Select(at => at / pairs.C)], second = [.. upper.Select(at => at % pairs.C)];
        string i = g.Integers($"first of pairs of {pairs.C}", first), j = g.Integers($"second of pairs of {pairs.C}", second);
        string Of(string all, string which) => g.Node("Gather", ("axis", 1), all, which);
        string h = g.Node("Add", g.Node("Mul", Of(keys, i), Constant(g, FieldPairs.Left)), g.Node("Mul", Of(keys, j), Constant(g, FieldPairs.Right)));
        h = g.Node("Mul", g.Node("Add", h, UpperHalf(g, h)), Constant(g, FieldPairs.Mixer));
        h = g.Node("Mul", h, g.Node("Add", g.Node("Mul", UpperHalf(g, h), g.Integer(2)), g.Integer(1)));
        string rows = g.Node("Add", g.Node("Mod", UpperHalf(g, h), g.Integer(pairs.Buckets)), g.Integer(pairs.FirstRow));
        string weights = g.Node("Squeeze", g.Node("Gather", g.Weight(Weights), rows), g.Integers(2));
        g[Output] = g.Sum(g.Node("Mul", weights, g.Node("Mul", Of(values, i), Of(values, j))), 1, keep: true);
    }

    /// <summary>(B, C) keys, and x; 0 for padding.</summary>
    private (string Keys, string Values) Fields(IOnnxGraph g)
    {
        List<string> keys = [], values = [];
        int f = pairs.Fields.Count;
        if (f > 0)
        {
            string id = g.Node("Sub", g.FieldRows!, g.Integers("first rows of fields", [.. pairs.Fields.Select(field => (long)field.First)]));
            string known = g.Node("Where", g.Node("Equal", id, g.Integers("OOV rows of fields", [.. pairs.Fields.Select(field => field.Rows - 1L)])), g.Integer(FieldPairs.Oov), id);
            keys.Add(g.Node("Add", known, g.Integers("keys of fields", [.. Enumerable.Range(0, f).Select(Key)])));
            values.Add(g.Node("Cast", ("to", IOnnxGraph.FloatType), g.Node("Greater", id, g.Integer(0))));
        }
        if (pairs.Numbers > 0)
        {
            keys.Add(g.Node("Expand", g.Integers("keys of numbers", [.. Enumerable.Range(f, pairs.Numbers).Select(Key)]), g.Node("Shape", g[x])));
            values.Add(g[x]);
        }
        return (g.Concat(1, keys), g.Concat(1, values));
    }

    private static long Key(int field) => (long)field << FieldPairs.FieldBits;

    private static string Constant(IOnnxGraph g, ulong value) => g.Integer(unchecked((long)value));

    /// <summary>⌊h / 2³²⌋ of h as an unsigned number; remainders have the sign of the divisor, quotients are rounded to zero.</summary>
    private static string UpperHalf(IOnnxGraph g, string h)
    {
        string half = g.Integer(1L << FieldPairs.FieldBits), quotient = g.Node("Div", g.Node("Sub", h, g.Node("Mod", h, half)), half);
        return g.Node("Mod", quotient, half);
    }
}
