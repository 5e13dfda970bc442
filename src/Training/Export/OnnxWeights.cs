using System.Runtime.InteropServices;
using GpuCtr.Data;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Training.Export;

/// <summary>The initializers of a graph: in the file itself, or large ones in a second file beside it (a protocol buffer has at most 2 GB).</summary>
/// <param name="names">The names of the graph.</param>
/// <param name="dataPath">The second file.</param>
/// <param name="externalBytes">A tensor of at least this size goes to the second file.</param>
internal sealed class OnnxWeights(OnnxNames names, string dataPath, long externalBytes) : IDisposable
{
    private const int ChunkLength = 1 << 20, Page = 4096;

    private readonly List<(string Name, Func<ProtoMessage> Write)> named = [];
    private readonly Dictionary<string, string> known = [];
    private FileStream? data;

    /// <summary>Adds a tensor of a model, once however often it is used; returns its name.</summary>
    /// <param name="name">Its usual name.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="device">Where it is.</param>
    public string Add(string name, Tensor tensor, Device device) => Add(name, unique => tensor.Bytes >= externalBytes
        ? WriteExternal(unique, tensor, device)
        : Head(unique, tensor).Bytes(9, MemoryMarshal.AsBytes<float>(tensor.ToArray(device))));

    /// <summary>Adds a tensor with these values, once however often it is used; returns its name.</summary>
    public string Add(string name, long[] shape, OnnxType type, byte[] values) => Add(name, unique => Head(unique, shape, type).Bytes(9, values));

    /// <summary>The needed tensors as TensorProto fields of the graph; large ones are written to the second file.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public ProtoMessage Initializers(IReadOnlySet<string> needed)
    {
        ProtoMessage all = new();
        foreach ((_, Func<ProtoMessage> write) in named.Where(n => needed.Contains(n.Name)))
            all.Message(5, write());
        return all;
    }

    /// <summary>Syncs the second file.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public void Commit()
    {
        if (data is not null)
            Disk.Flush(data);
    }

    /// <inheritdoc/>
    public void Dispose() => data?.Dispose();

    private string Add(string key, Func<string, ProtoMessage> write)
    {
        if (!known.TryGetValue(key, out string? name))
        {
            known.Add(key, name = names.Inner(key));
            named.Add((name, () => write(name)));
        }

        return name;
    }

    /// <summary>Aligns tensors to pages, so that a runtime can map them into memory.</summary>
    private ProtoMessage WriteExternal(string name, Tensor tensor, Device device)
    {
        data ??= File.Create(dataPath);
        data.Position = (data.Position + Page - 1) / Page * Page;
        ProtoMessage message = Head(name, tensor)
            .Message(13, Entry("location", Path.GetFileName(dataPath)))
            .Message(13, Entry("offset", $"{data.Position}"))
            .Message(13, Entry("length", $"{tensor.Bytes}"))
            .Integer(14, 1);
        float[] chunk = new float[ChunkLength];
        for (long at = 0; at < tensor.Length; at += ChunkLength)
        {
            Span<float> values = chunk.AsSpan(0, (int)Math.Min(ChunkLength, tensor.Length - at));
            tensor.Read(device, values, at);
            data.Write(MemoryMarshal.AsBytes(values));
        }
        return message;
    }

    private static ProtoMessage Head(string name, Tensor tensor) => Head(name, [tensor.Rows, tensor.Columns], OnnxType.Float);

    private static ProtoMessage Head(string name, long[] shape, OnnxType type)
    {
        ProtoMessage tensor = new();
        foreach (long dim in shape)
            tensor.Integer(1, dim);
        return tensor.Integer(2, (long)type).Text(8, name);
    }

    private static ProtoMessage Entry(string key, string value) => new ProtoMessage().Text(1, key).Text(2, value);
}
