using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Data.Features;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Training.Checkpoints;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Shape">Dimensions, outermost first.</param>
/// <param name="Begin">First byte, from the start of the values.</param>
/// <param name="End">First byte after it.</param>
/// <param name="Type">Of its numbers: F32, I32 or I64.</param>
internal sealed record SafeTensorsEntry(long[] Shape, long Begin, long End, string Type = SafeTensorsHeader.Real);

/// <summary>The header of a safetensors file. Nothing in a file is trusted before it is checked, and nothing is allocated by its sizes.</summary>
internal sealed record SafeTensorsHeader(IReadOnlyDictionary<string, SafeTensorsEntry> Entries, long DataStart)
{
    /// <summary>The type of weights.</summary>
    public const string Real = "F32";

    private const int LimitBytes = 16 << 20;
    private const int LengthBytes = sizeof(long);

    /// <summary>The header for tensors that are stored one after the other.</summary>
    /// <exception cref="InvalidOperationException">Two tensors have one name.</exception>
    public static SafeTensorsHeader Of(IEnumerable<NamedTensor> tensors)
    {
        Dictionary<string, SafeTensorsEntry> entries = [];
        long at = 0;
        foreach ((string name, long[] shape, Tensor values) in tensors)
        {
            if (!entries.TryAdd(name, new SafeTensorsEntry(shape, at, at + values.Bytes)))
                throw new InvalidOperationException($"two tensors are called '{name}'");
            at += values.Bytes;
        }

        return new SafeTensorsHeader(entries, 0);
    }

    /// <summary>The bytes of the header, padded with blanks so that the values are aligned.</summary>
    /// <param name="metadata">Metadata entries, or null.</param>
    public byte[] ToBytes(JsonObject? metadata = null)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            if (metadata is not null)
            {
                json.WritePropertyName("__metadata__");
                metadata.WriteTo(json);
            }

            foreach ((string name, SafeTensorsEntry entry) in Entries)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", "F32");
                WriteArray(json, "shape", entry.Shape);
                WriteArray(json, "data_offsets", [entry.Begin, entry.End]);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (stream.Length % 8 != 0)
            stream.WriteByte((byte)' ');
        return stream.ToArray();
    }

    /// <summary>Reads and checks the header of a file.</summary>
    /// <exception cref="GpuCtrException">Data: not a safetensors file, or damaged.</exception>
    public static SafeTensorsHeader Read(string path, FileStream file) => Read(file, what => Bad(path, what));

    /// <summary>The same for a file that is not a checkpoint.</summary>
    /// <param name="file">The file, at its beginning.</param>
    /// <param name="bad">The error for what is wrong with it.</param>
    public static SafeTensorsHeader Read(FileStream file, Func<string, GpuCtrException> bad)
    {
        Span<byte> lengthBytes = stackalloc byte[LengthBytes];
        if (file.Length < LengthBytes)
            throw bad($"{file.Length} bytes, expected at least {LengthBytes}");
        file.ReadExactly(lengthBytes);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);
        if (length > LimitBytes || (long)length > file.Length - LengthBytes)
            throw bad($"a header of {length} bytes in a file of {file.Length} bytes (limit {LimitBytes})");
        byte[] bytes = new byte[length];
        file.ReadExactly(bytes);
        long dataStart = LengthBytes + (long)length;
        Dictionary<string, SafeTensorsEntry> entries = Parse(bad, bytes);
        CheckCoverage(bad, entries, file.Length - dataStart);
        return new SafeTensorsHeader(entries, dataStart);
    }

    /// <summary>Whether the file has the rows of this table from before its vocabularies changed.</summary>
    public bool IsGrown(Tensor t, RowMap? rows) => rows?.Tables.Contains(t.Name) == true && Entries[t.Name].Shape[0] == rows.FromRows;

    /// <summary>Checks that the file has these tensors with these shapes (or their shapes before they grew), and no others unless others are allowed.</summary>
    /// <exception cref="GpuCtrException">Data: a tensor is missing, has another shape, or is not expected.</exception>
    public void CheckAgainst(string path, IReadOnlyList<Tensor> tensors, RowMap? rows = null, bool others = false)
    {
        foreach (Tensor t in tensors)
        {
            if (!Entries.TryGetValue(t.Name, out SafeTensorsEntry? entry))
                throw Bad(path, $"tensor '{t.Name}' is missing");
            if (entry.Type != Real)
                throw Bad(path, $"tensor '{t.Name}' is of type {entry.Type}, expected {Real}");
            if (entry.Shape.Length != 2 || (entry.Shape[0] != t.Rows && !IsGrown(t, rows)) || entry.Shape[1] != t.Columns)
                throw Bad(path, $"tensor '{t.Name}' is ({string.Join(", ", entry.Shape)}), expected ({t.Rows}, {t.Columns})");
        }

        if (!others && Entries.Count != tensors.Count)
            throw Bad(path, $"tensor '{Entries.Keys.Except(tensors.Select(t => t.Name)).First()}' is not part of this model");
    }

    private static Dictionary<string, SafeTensorsEntry> Parse(Func<string, GpuCtrException> bad, byte[] bytes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 8 });
            Dictionary<string, SafeTensorsEntry> entries = [];
            foreach (JsonProperty p in document.RootElement.EnumerateObject())
            {
                if (p.Name != "__metadata__" && !entries.TryAdd(p.Name, EntryOf(bad, p)))
                    throw bad($"tensor '{p.Name}' occurs twice");
            }

            return entries;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw bad("its header is not a list of tensors");
        }
    }

    private static SafeTensorsEntry EntryOf(Func<string, GpuCtrException> bad, JsonProperty p)
    {
        string? type = p.Value.GetProperty("dtype").GetString();
        if (SizeOf(type) is not { } bytes)
            throw bad($"tensor '{p.Name}' is of type {type}, expected {Real}");
        long[] shape = [.. p.Value.GetProperty("shape").EnumerateArray().Select(n => n.GetInt64())];
        long[] offsets = [.. p.Value.GetProperty("data_offsets").EnumerateArray().Select(n => n.GetInt64())];
        Int128 size = bytes;
        foreach (long n in shape)
        {
            // Sizes are at most 2^63 and the product is bounded before the next factor, so that it cannot overflow.
            size = n < 0 || size > long.MaxValue ? -1 : size * n;
            if (size < 0)
                throw bad($"tensor '{p.Name}' has an impossible shape ({string.Join(", ", shape)})");
        }

        if (offsets.Length != 2 || offsets[0] < 0 || (Int128)offsets[1] - offsets[0] != size)
            throw bad($"tensor '{p.Name}' of {size} bytes lies at ({string.Join(", ", offsets)})");
        return new SafeTensorsEntry(shape, offsets[0], offsets[1], type!);
    }

    private static int? SizeOf(string? type) => type switch { Real or "I32" => sizeof(int), "I64" => sizeof(long), _ => null };

    private static void CheckCoverage(Func<string, GpuCtrException> bad, Dictionary<string, SafeTensorsEntry> entries, long dataBytes)
    {
        long at = 0;
        foreach ((string name, SafeTensorsEntry entry) in entries.OrderBy(e => e.Value.Begin).ThenBy(e => e.Value.End))
        {
            if (entry.Begin != at)
                throw bad($"tensor '{name}' begins at byte {entry.Begin}, expected {at}: tensors overlap or leave a gap");
            at = entry.End;
        }

        if (at != dataBytes)
            throw bad($"its tensors take {at} bytes and {dataBytes} are there");
    }

    private static void WriteArray(Utf8JsonWriter json, string name, long[] values)
    {
        json.WriteStartArray(name);
        foreach (long value in values)
            json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    private static GpuCtrException Bad(string path, string what) => GpuCtrException.DataError(new DataPlace(path), $"damaged: {what}; use another checkpoint");
}
