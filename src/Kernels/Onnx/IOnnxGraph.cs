using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Onnx;

/// <summary>A graph of ONNX operators (opset 17) to which ops add themselves. Values are identified by names; every method that creates a value returns its name.</summary>
/// <remarks>
/// A tensor with one row per example is (B, H), one with one row per history position is (B, T, H), padded anywhere,
/// one over sequences is (B, T + 1, H), with the target last, and one with n rows per example is (B, n, H).
/// </remarks>
public interface IOnnxGraph
{
    /// <summary>The number of float32 among ONNX's element types.</summary>
    const int FloatType = 1;

    /// <summary>The number of int64 among them.</summary>
    const int IntegerType = 7;

    /// <summary>The value of a tensor, set by the op that writes the tensor before it is read by others; a tensor that no op writes is a weight.</summary>
    string this[Tensor tensor] { get; set; }

    /// <summary>(B, F) table rows of the categorical fields; null if there are none.</summary>
    string? FieldRows { get; }

    /// <summary>(B, T) table rows of the list column that starts at <paramref name="start"/> in the rows of all lists.</summary>
    string ListRows(int start);

    /// <summary>(B, T, 1) bool: true at entries of that list column that take part.</summary>
    string ListMask(int start);

    /// <summary>Adds columns to a tensor that several ops fill by concatenation.</summary>
    void Append(Tensor tensor, string columns);

    /// <summary>Adds an operator.</summary>
    /// <param name="op">Its name in ONNX.</param>
    /// <param name="inputs">Its inputs.</param>
    string Node(string op, params string[] inputs);

    /// <summary>Adds an operator with an attribute.</summary>
    /// <param name="op">Its name in ONNX.</param>
    /// <param name="attribute">The attribute.</param>
    /// <param name="inputs">Its inputs.</param>
    string Node(string op, (string Name, long Value) attribute, params string[] inputs);

    /// <summary>Goes along the positions of some sequences, from a first state: all states (B, T, H).</summary>
    /// <param name="state">(B, H) before the first position.</param>
    /// <param name="sequences">Each (B, T, ·).</param>
    /// <param name="step">Adds the operators of a position: from the state and the position's part (B, ·) of every sequence to the next state. Other values and weights of the graph may be read.</param>
    string Scan(string state, string[] sequences, Func<string, string[], string> step);

    /// <summary>The dimensions of <paramref name="x"/> in another order.</summary>
    string Transpose(string x, params long[] order);

    /// <summary>ReduceSum, ReduceMax or ReduceMean of <paramref name="x"/> over an axis, which is removed or keeps length 1.</summary>
    string Reduce(string op, string x, int axis, bool keep);

    /// <summary>A constant list of integers.</summary>
    string Integers(params long[] values);

    /// <summary>A longer list, under a given name.</summary>
    string Integers(string name, long[] values);

    /// <summary>A constant scalar integer.</summary>
    string Integer(long value);

    /// <summary>A constant number.</summary>
    string Number(float value);

    /// <summary>A constant computed from weights.</summary>
    string Floats(string name, long[] shape, float[] values);

    /// <summary>A weight (R, C), stored once however many ops read it.</summary>
    string Weight(Tensor tensor);

    /// <summary>The values of a weight or a constant.</summary>
    T[] Read<T>(DeviceArray<T> array) where T : unmanaged;

    /// <summary>The result of <paramref name="add"/>, which is called only once per key.</summary>
    string Once(object key, Func<string> add);
}
