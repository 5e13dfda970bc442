using System.Runtime.InteropServices;
using GpuCtr.Engine.Checkpoints;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Engine.Export;

/// <summary>The initializers of a graph: in the file itself, or large ones in a second file beside it (a protocol buffer ends at 2 GB).</summary>
/// <param name="device">Where the weights are.</param>
/// <param name="dataPath">The second file.</param>
/// <param name="externalBytes">From this size on a tensor goes there.</param>
internal sealed class OnnxWeights(Device device, string dataPath, long externalBytes) : IDisposable
{
    private const int ChunkLength = 1 << 20, Page = 4096;

    private readonly HashSet<string> written = [];
    private FileStream? data;

    /// <summary>TensorProtos, as fields of the graph.</summary>
    public ProtoMessage Initializers { get; } = new();

    /// <summary>A tensor of the model, once however often it is used; returns its name.</summary>
    public string Add(Tensor tensor)
    {
        if (!written.Add(tensor.Name))
            return tensor.Name;
        long[] shape = [tensor.Rows, tensor.Columns];
        if (tensor.Bytes >= externalBytes)
            AddExternal(tensor, shape);
        else
            Add(tensor.Name, shape, OnnxType.Float, MemoryMarshal.AsBytes<float>(tensor.ToArray(device)));
        return tensor.Name;
    }

    /// <summary>A tensor with these values.</summary>
    public void Add(string name, long[] shape, OnnxType type, ReadOnlySpan<byte> values) =>
        Initializers.Message(5, Head(name, shape, type).Bytes(9, values));

    /// <summary>Waits until the disk has the second file.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public void Commit()
    {
        if (data is not null)
            Disk.Flush(data);
    }

    /// <inheritdoc/>
    public void Dispose() => data?.Dispose();

    /// Tensors begin on a page, so that a runtime can map them.
    private void AddExternal(Tensor tensor, long[] shape)
    {
        data ??= File.Create(dataPath);
        data.Position = (data.Position + Page - 1) / Page * Page;
        Initializers.Message(5, Head(tensor.Name, shape, OnnxType.Float)
            .Message(13, Entry("location", Path.GetFileName(dataPath)))
            .Message(13, Entry("offset", $"{data.Position}"))
            .Message(13, Entry("length", $"{tensor.Bytes}"))
            .Integer(14, 1));
        float[] chunk = new float[ChunkLength];
        for (long at = 0; at < tensor.Length; at += ChunkLength)
        {
            Span<float> values = chunk.AsSpan(0, (int)Math.Min(ChunkLength, tensor.Length - at));
            tensor.Read(device, values, at);
            data.Write(MemoryMarshal.AsBytes(values));
        }
    }

    private static ProtoMessage Head(string name, long[] shape, OnnxType type)
    {
        ProtoMessage tensor = new();
        foreach (long dim in shape)
            tensor.Integer(1, dim);
        return tensor.Integer(2, (long)type).Text(8, name);
    }

    private static ProtoMessage Entry(string key, string value) => new ProtoMessage().Text(1, key).Text(2, value);
}
