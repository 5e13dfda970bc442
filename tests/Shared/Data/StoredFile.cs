using System.Runtime.InteropServices;
using GpuCtr.Data.Parquet;
using GpuCtr.Data.Shards;
using ParquetSharp;
using ParquetSharp.Schema;

namespace GpuCtr.Tests;

/// <summary>Writes a file by Apache Arrow's writer from levels and stored values, so that every form and encoding can be had.</summary>
/// <param name="Encoding">Of the values: dictionary, with a fallback where that grows, or one without a dictionary.</param>
/// <param name="Version">Of the pages.</param>
/// <param name="Codec">Of the pages.</param>
internal sealed record StoredFile(string Encoding, ParquetDataPageVersion Version, Compression Codec)
{
    private const int GroupRows = 60, Groups = 2;

    /// <summary>The encodings that Arrow writes, and the physical types for which it does.</summary>
    public static Dictionary<string, PhysicalType[]> Encodings { get; } = new()
    {
        ["dictionary"] = [PhysicalType.Int32, PhysicalType.Int64, PhysicalType.Int96, PhysicalType.Float, PhysicalType.Double, PhysicalType.ByteArray, PhysicalType.FixedLenByteArray],
        ["fallback"] = [PhysicalType.Int32, PhysicalType.Int64, PhysicalType.Int96, PhysicalType.Float, PhysicalType.Double, PhysicalType.ByteArray, PhysicalType.FixedLenByteArray],
        ["Plain"] = Enum.GetValues<PhysicalType>(),
        ["Rle"] = [PhysicalType.Boolean],
        ["DeltaBinaryPacked"] = [PhysicalType.Int32, PhysicalType.Int64],
        ["DeltaLengthByteArray"] = [PhysicalType.ByteArray],
        ["DeltaByteArray"] = [PhysicalType.ByteArray, PhysicalType.FixedLenByteArray],
        ["ByteStreamSplit"] = [PhysicalType.Int32, PhysicalType.Int64, PhysicalType.Float, PhysicalType.Double, PhysicalType.FixedLenByteArray],
    };

    /// <summary>Writes types in all forms; returns what the rows of each column are.</summary>
    public Dictionary<string, string[]> Write(string path, IEnumerable<StoredType> types, int seed)
    {
        var random = new Random(seed);
        (StoredType Type, StoredForm Form, object?[] Rows)[] columns = [.. from t in types
            where Encodings[Encoding].Contains(t.Physical)
            from f in StoredForm.All
            select (t, f, Enumerable.Range(0, Groups * GroupRows).Select(_ => f.Row(random, t.Raw)).ToArray())];
        using var root = new GroupNode("schema", Repetition.Required, [.. columns.Select(c => c.Form.Node(Name(c.Type, c.Form), (name, repetition) => Leaf(c.Type, name, repetition)))]);
        using WriterProperties properties = Properties();
        using var file = new ParquetFileWriter(path, root, properties);
        for (int g = 0; g < Groups; g++)
        {
            using RowGroupWriter group = file.AppendRowGroup();
            foreach ((StoredType type, StoredForm form, object?[] rows) in columns)
            {
                using ColumnWriter writer = group.NextColumn();
                Write(writer, form.Levels(rows.AsSpan(g * GroupRows, GroupRows).ToArray()));
            }
        }

        file.Close();
        return columns.ToDictionary(c => Name(c.Type, c.Form), c => c.Rows.Select(r => c.Form.Text(r, c.Type.Spell)).ToArray());
    }

    private static string Name(StoredType type, StoredForm form) => $"{type.Name}_{form.Name}";

    private static PrimitiveNode Leaf(StoredType type, string name, Repetition repetition)
    {
        using LogicalType logical = type.Logical();
        return new PrimitiveNode(name, repetition, logical, type.Physical, type.Length);
    }

    private WriterProperties Properties()
    {
        using var builder = new WriterPropertiesBuilder();
        builder.Compression(Codec).DataPageVersion(Version).DataPagesize(300).WriteBatchSize(24).EnablePageChecksum().Version(ParquetVersion.PARQUET_2_6);
        if (Encoding == "dictionary")
            builder.EnableDictionary();
        else if (Encoding == "fallback")
            builder.EnableDictionary().DictionaryPagesizeLimit(200);
        else
            builder.DisableDictionary().Encoding(Enum.Parse<Encoding>(Encoding));
        return builder.Build();
    }

    private static void Write(ColumnWriter writer, (short[] Definition, short[] Repetition, object[] Values) rows)
    {
        switch (writer)
        {
            case ColumnWriter<bool> w: Put(w, rows); break;
            case ColumnWriter<int> w: Put(w, rows); break;
            case ColumnWriter<long> w: Put(w, rows); break;
            case ColumnWriter<ParquetSharp.Int96> w: Put(w, rows); break;
            case ColumnWriter<float> w: Put(w, rows); break;
            case ColumnWriter<double> w: Put(w, rows); break;
            case ColumnWriter<ByteArray> w: PutBytes(w, rows, (at, length) => new ByteArray(at, length)); break;
            case ColumnWriter<FixedLenByteArray> w: PutBytes(w, rows, (at, _) => new FixedLenByteArray(at)); break;
        }
    }

    private static void Put<T>(ColumnWriter<T> writer, (short[] Definition, short[] Repetition, object[] Values) rows) where T : unmanaged =>
        writer.WriteBatch(rows.Definition.Length, rows.Definition, rows.Repetition, [.. rows.Values.Cast<T>()]);

    /// <summary>The writer wants the bytes of all values to stay where they are.</summary>
    private static void PutBytes<T>(ColumnWriter<T> writer, (short[] Definition, short[] Repetition, object[] Values) rows, Func<IntPtr, int, T> value) where T : unmanaged
    {
        byte[] all = [.. rows.Values.SelectMany(v => (byte[])v), 0];
        var pinned = GCHandle.Alloc(all, GCHandleType.Pinned);
        try
        {
            List<T> values = [];
            int at = 0;
            foreach (byte[] bytes in rows.Values.Cast<byte[]>())
            {
                values.Add(value(pinned.AddrOfPinnedObject() + at, bytes.Length));
                at += bytes.Length;
            }

            writer.WriteBatch(rows.Definition.Length, rows.Definition, rows.Repetition, [.. values]);
        }
        finally
        {
            pinned.Free();
        }
    }
}
