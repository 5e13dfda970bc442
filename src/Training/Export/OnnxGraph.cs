using System.Globalization;
using System.Runtime.InteropServices;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Training.Export;

/// <summary>Element types of ONNX tensors, with ONNX's numbers.</summary>
internal enum OnnxType
{
    /// <summary>float32.</summary>
    Float = 1,

    /// <summary>int64.</summary>
    Int64 = 7,

    /// <summary>bool.</summary>
    Bool = 9,
}

/// <summary>A dimension of a graph input: a fixed size, or a name for a variable size.</summary>
internal readonly record struct OnnxDim(long Size, string? Name = null)
{
    /// <summary>A fixed size.</summary>
    public static implicit operator OnnxDim(int size) => new(size);

    /// <summary>A variable size.</summary>
    public static implicit operator OnnxDim(string name) => new(0, name);
}

/// <summary>Builds a graph of ONNX operators node by node. Every node has one output, whose name is returned. Nodes that no output of the graph needs are left out.</summary>
/// <param name="names">Its names; each node gets a free name.</param>
/// <param name="weights">Its initializers.</param>
/// <param name="device">Where the weights are.</param>
/// <param name="prefix">Prefix of the names of inputs and weights.</param>
internal sealed partial class OnnxGraph(OnnxNames names, OnnxWeights weights, Device device, string prefix = "") : IOnnxGraph
{
    private List<(string Output, string[] From, ProtoMessage Message)> nodes = [];
    private List<(string Name, ProtoMessage Message)> inputs = [], outputs = [];
    private int count;

    /// <summary>Its names.</summary>
    public OnnxNames Names => names;

    /// <summary>Prefix of the names of inputs and weights.</summary>
    public string Prefix => prefix;

    /// <summary>The same graph for a second model, with its own tensors.</summary>
    /// <param name="where">Where the weights of that model are.</param>
    /// <param name="name">Prefix of the names of its inputs and weights.</param>
    public OnnxGraph Of(Device where, string name) => new(names, weights, where, name) { nodes = nodes, inputs = inputs, outputs = outputs };

    /// <summary>Declares an input under a name that is already reserved for it.</summary>
    public string Input(string name, OnnxType type, params OnnxDim[] shape)
    {
        inputs.Add((name, Value(name, type, shape)));
        return name;
    }

    /// <summary>Declares an output that a node computes.</summary>
    public void Output(string name, OnnxType type, params OnnxDim[] shape) => outputs.Add((name, Value(name, type, shape)));

    /// <inheritdoc/>
    public string Node(string op, params string[] inputs) => Add(op, inputs);

    /// <inheritdoc/>
    public string Node(string op, (string Name, long Value) attribute, params string[] inputs) => Add(op, inputs, Attribute(attribute.Name, attribute.Value));

    /// <inheritdoc/>
    public string Scan(string state, string[] sequences, Func<string, string[], string> step)
    {
        string[] slices = [.. sequences.Select(_ => names.Inner($"Scan_{count++}"))];
        string before = names.Inner($"Scan_{count++}"), last = names.Inner($"Scan_{count++}"), all = names.Inner($"Scan_{count++}");
        // The operators of a step go to a subgraph, which sees the names of this graph.
        (List<(string Output, string[] From, ProtoMessage Message)> outer, nodes) = (nodes, []);
        string next = step(before, slices), copy = Node("Identity", next);
        (List<(string Output, string[] From, ProtoMessage Message)> inner, nodes) = (nodes, outer);
        ProtoMessage body = new();
        foreach ((_, _, ProtoMessage node) in inner)
            body.Message(1, node);
        body.Text(2, "step");
        foreach (string input in (string[])[before, .. slices])
            body.Message(11, OfUnknownShape(input));
        body.Message(12, OfUnknownShape(next)).Message(12, OfUnknownShape(copy));
        ProtoMessage scan = Operator("Scan", [last, all], [state, .. sequences],
        [
            new ProtoMessage().Text(1, "body").Message(6, body).Integer(20, 5), Attribute("num_scan_inputs", sequences.Length),
            List("scan_input_axes", [.. sequences.Select(_ => 1L)]), List("scan_output_axes", [1]),
        ]);
        nodes.Add((all, [state, .. sequences, .. inner.SelectMany(n => n.From)], scan));
        return all;
    }

    /// <inheritdoc/>
    public string Transpose(string x, params long[] order) => Add("Transpose", [x], List("perm", order));

    /// <inheritdoc/>
    /// <remarks>In opset 17 the axes of ReduceSum are an input, those of the others an attribute.</remarks>
    public string Reduce(string op, string x, int axis, bool keep)
    {
        ProtoMessage keepDims = Attribute("keepdims", keep ? 1 : 0);
        return op == "ReduceSum" ? Add(op, [x, Integers(axis)], keepDims) : Add(op, [x], List("axes", [axis]), keepDims);
    }

    /// <summary>Adds a node whose output is an output of the graph.</summary>
    public string Named(string name, string op, params string[] from) => AddNode(op, names.Output(name), from, []);

    /// <inheritdoc/>
    public string Integers(params long[] values) => Integers($"i{string.Join('_', values)}", values);

    /// <inheritdoc/>
    public string Integers(string name, long[] values) => Constant(name, [values.Length], OnnxType.Int64, MemoryMarshal.AsBytes<long>(values));

    /// <inheritdoc/>
    public string Integer(long value) => Constant($"n{value}", [], OnnxType.Int64, MemoryMarshal.AsBytes<long>([value]));

    /// <inheritdoc/>
    public string Number(float value) => Constant($"f{value.ToString("R", CultureInfo.InvariantCulture)}", [], OnnxType.Float, MemoryMarshal.AsBytes<float>([value]));

    /// <inheritdoc/>
    public string Floats(string name, long[] shape, float[] values) => Constant(name, shape, OnnxType.Float, MemoryMarshal.AsBytes<float>(values));

    /// <summary>GraphProto.</summary>
    public ProtoMessage ToMessage()
    {
        HashSet<string> needed = [.. outputs.Select(o => o.Name)];
        for (int i = nodes.Count - 1; i >= 0; i--)
        {
            if (needed.Contains(nodes[i].Output))
                needed.UnionWith(nodes[i].From);
        }
        ProtoMessage graph = new();
        foreach ((_, _, ProtoMessage node) in nodes.Where(n => needed.Contains(n.Output)))
            graph.Message(1, node);
        graph.Text(2, "gpu-ctr").Append(weights.Initializers(needed));
        foreach ((_, ProtoMessage input) in inputs.Where(i => needed.Contains(i.Name)))
            graph.Message(11, input);
        foreach ((_, ProtoMessage output) in outputs)
            graph.Message(12, output);
        return graph;
    }

    private string Constant(string name, long[] shape, OnnxType type, ReadOnlySpan<byte> values) => weights.Add(prefix + name, shape, type, values.ToArray());

    private string Add(string op, string[] from, params ProtoMessage[] attributes) => AddNode(op, names.Inner($"{op}_{count++}"), from, attributes);

    private string AddNode(string op, string output, string[] from, ProtoMessage[] attributes)
    {
        nodes.Add((output, from, Operator(op, [output], from, attributes)));
        return output;
    }

    /// <summary>NodeProto.</summary>
    private static ProtoMessage Operator(string op, string[] to, string[] from, ProtoMessage[] attributes)
    {
        ProtoMessage node = new();
        foreach (string input in from)
            node.Text(1, input);
        foreach (string output in to)
            node.Text(2, output);
        node.Text(3, to[^1]).Text(4, op);
        foreach (ProtoMessage attribute in attributes)
            node.Message(5, attribute);
        return node;
    }

    private static ProtoMessage Attribute(string name, long value) => new ProtoMessage().Text(1, name).Integer(3, value).Integer(20, 2);

    private static ProtoMessage List(string name, long[] values)
    {
        ProtoMessage attribute = new ProtoMessage().Text(1, name);
        foreach (long value in values)
            attribute.Integer(8, value);
        return attribute.Integer(20, 7);
    }

    /// <summary>ValueInfoProto of a float tensor inside of a step.</summary>
    private static ProtoMessage OfUnknownShape(string name) =>
        new ProtoMessage().Text(1, name).Message(2, new ProtoMessage().Message(1, new ProtoMessage().Integer(1, (long)OnnxType.Float)));

    private static ProtoMessage Value(string name, OnnxType type, OnnxDim[] shape)
    {
        ProtoMessage dims = new();
        foreach (OnnxDim dim in shape)
            dims.Message(1, dim.Name is null ? new ProtoMessage().Integer(1, dim.Size) : new ProtoMessage().Text(2, dim.Name));
        ProtoMessage tensor = new ProtoMessage().Integer(1, (long)type).Message(2, dims);
        return new ProtoMessage().Text(1, name).Message(2, new ProtoMessage().Message(1, tensor));
    }
}
