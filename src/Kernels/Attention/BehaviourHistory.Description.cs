using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Attention;

public sealed partial record BehaviourHistory
{
    /// <summary>(B, T, E) the concatenated vectors of the group's columns.</summary>
    internal string ExportKeys(IOnnxGraph g) => Along is not null ? g[Table] : g.Once((this, nameof(ExportKeys)), () =>
        g.Concat(2, [.. g.Read(Bases).Select(start => g.Node("Gather", g.Weight(Table), g.ListRows(start)))]));

    /// <summary>(B, E) the concatenated vectors of the target fields.</summary>
    internal string ExportQuery(IOnnxGraph g) => g.Once((this, nameof(ExportQuery)), () =>
    {
        string fields = g.Node("Gather", ("axis", 1), g.Vectors(Vectors, D), g.Integers([.. g.Read(TargetFields).Select(t => (long)t)]));
        return g.Node("Reshape", fields, g.Integers(0, E));
    });

    /// <summary>(B, T, 1) bool: true at positions that take part.</summary>
    internal string ExportMask(IOnnxGraph g) => g.ListMask(g.Read((Along ?? this).Bases)[0]);

    /// <summary>(B, T, 1) 1 at the last entry that takes part, else 0.</summary>
    internal string ExportLast(IOnnxGraph g) => g.Once((this, nameof(ExportLast)), () =>
    {
        string valid = ExportMask(g), one = g.Node("Cast", ("to", IOnnxGraph.IntegerType), valid);
        // The sum from an entry to the end is 1 at the last valid one, and at padding before it only if that is followed by one.
        string isLast = g.Node("And", valid, g.Node("Equal", g.Node("CumSum", ("reverse", 1), one, g.Integer(1)), g.Integer(1)));
        return g.Node("Cast", ("to", IOnnxGraph.FloatType), isLast);
    });

    /// <summary>(B, 1, 1, T or T + 1) bool: true at items that take part; a target always does.</summary>
    internal string ExportItemMask(IOnnxGraph g) => g.Once((this, nameof(ExportItemMask)), () =>
    {
        if (!HasTarget)
            return g.Node("Unsqueeze", g.Transpose(ExportMask(g), 0, 2, 1), g.Integers(1));
        string valid = g.Node("Cast", ("to", IOnnxGraph.FloatType), ExportMask(g));
        string all = g.Transpose(g.Node("Pad", valid, g.Integers(0, 0, 0, 0, 1, 0), g.Number(1)), 0, 2, 1);
        return g.Node("Unsqueeze", g.Node("Greater", all, g.Number(0)), g.Integers(1));
    });
}
