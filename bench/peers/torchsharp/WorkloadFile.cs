using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace GpuCtr.Peers;

/// <summary>What `bench export` wrote: first weights, batches and losses of a workload, as a safetensors file.</summary>
internal sealed class WorkloadFile
{
    private readonly string path;
    private readonly JsonElement header;
    private readonly long dataStart;

    public WorkloadFile(string path)
    {
        this.path = path;
        using FileStream file = File.OpenRead(path);
        byte[] length = new byte[8];
        file.ReadExactly(length);
        byte[] json = new byte[BinaryPrimitives.ReadInt64LittleEndian(length)];
        file.ReadExactly(json);
        (header, dataStart) = (JsonSerializer.Deserialize<JsonElement>(json), 8 + json.Length);
    }

    public string Text(string key) => header.GetProperty("__metadata__").GetProperty(key).GetString()!;

    public int Number(string key) => int.Parse(Text(key));

    public bool Has(string name) => header.TryGetProperty(name, out _);

    /// <summary>A tensor; ids become int64, as libtorch wants indices.</summary>
    public Tensor this[string name]
    {
        get
        {
            JsonElement entry = header.GetProperty(name);
            long[] shape = [.. entry.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64())];
            return entry.GetProperty("dtype").GetString() == "I32" ? tensor(Read<int>(entry), shape).to(int64) : tensor(Read<float>(entry), shape);
        }
    }

    private T[] Read<T>(JsonElement entry) where T : unmanaged
    {
        long begin = entry.GetProperty("data_offsets")[0].GetInt64(), end = entry.GetProperty("data_offsets")[1].GetInt64();
        T[] values = new T[(end - begin) / Marshal.SizeOf<T>()];
        using FileStream file = File.OpenRead(path);
        file.Position = dataStart + begin;
        file.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
