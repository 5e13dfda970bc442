using System.Buffers.Binary;
using System.Runtime.InteropServices;
using GpuCtr.Data.Parquet;
using Parquet.Meta;
using PhysicalType = Parquet.Meta.Type;

namespace GpuCtr.Data.Shards;

/// <summary>The type of a leaf: the kind of its decoded values, and how they are decoded.</summary>
/// <param name="Kind">Which array of a <see cref="ColumnBuffer"/> is filled; Unsupported for a type that cannot be read.</param>
/// <param name="Name">As shown to the user.</param>
/// <param name="Read">Reads a column chunk into the buffer; null for a type that cannot be read.</param>
internal sealed record ColumnType(ValueKind Kind, string Name, Action<ColumnPages, ColumnBuffer>? Read)
{
    private const int Int64Digits = 18;

    /// <summary>For a decimal that is read as text, its type as a double; else null.</summary>
    public ColumnType? AsReal { get; private init; }

    /// <summary>The type by physical type and annotation; the logical type takes precedence over the converted type of older writers.</summary>
    public static ColumnType Of(Leaf leaf)
    {
        SchemaElement e = leaf.Element;
        return (e.Type, e.LogicalType, e.ConvertedType) switch
        {
            (PhysicalType.BOOLEAN, _, _) => new ColumnType(ValueKind.Integer, "bool", static (pages, into) => pages.Read(new BooleanValues(into), into.Integers)),
            (PhysicalType.INT96, _, _) => new ColumnType(ValueKind.Time, "timestamp", ReadInt96),
            (PhysicalType.FLOAT, _, _) => Number<float, double>(ValueKind.Real, "float", Widen),
            (PhysicalType.DOUBLE, _, _) => Number<double, double>(ValueKind.Real, "double", static (from, to) => from.CopyTo(to)),
            (_, { DECIMAL: { } d }, _) => Decimal(e, d.Precision, d.Scale),
            (_, null, ConvertedType.DECIMAL) => Decimal(e, e.Precision ?? 0, e.Scale ?? 0),
            (PhysicalType.INT32, { DATE: not null }, _) or (PhysicalType.INT32, null, ConvertedType.DATE) => Number<int, long>(ValueKind.Time, "date", Widen, StoredTimeUnit.Days),
            (PhysicalType.INT32, _, _) => OfInteger(e, 32),
            (PhysicalType.INT64, { TIMESTAMP.Unit: { } unit }, _) => Timestamp(unit.NANOS is not null ? StoredTimeUnit.Nanoseconds : unit.MICROS is not null ? StoredTimeUnit.Microseconds : StoredTimeUnit.Milliseconds),
            (PhysicalType.INT64, null, ConvertedType.TIMESTAMP_MILLIS) => Timestamp(StoredTimeUnit.Milliseconds),
            (PhysicalType.INT64, null, ConvertedType.TIMESTAMP_MICROS) => Timestamp(StoredTimeUnit.Microseconds),
            (PhysicalType.INT64, _, _) => OfInteger(e, 64),
            (PhysicalType.BYTE_ARRAY, _, _) => Text(e, IsString(e) ? "string" : "binary"),
            (PhysicalType.FIXED_LEN_BYTE_ARRAY, { FLOAT16: not null }, _) when e.TypeLength == 2 =>
                Bytes(e, ValueKind.Real, "float16", static into => into.Reals, static _ => static bytes => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes)),
            (PhysicalType.FIXED_LEN_BYTE_ARRAY, { UUID: not null }, _) when e.TypeLength == 16 =>
                Bytes(e, ValueKind.Text, "uuid", static into => into.Texts, static _ => static bytes => new Guid(bytes, bigEndian: true).ToString().AsMemory()),
            (PhysicalType.FIXED_LEN_BYTE_ARRAY, _, ConvertedType.INTERVAL) => Unsupported("interval"),
            (PhysicalType.FIXED_LEN_BYTE_ARRAY, _, _) when e.TypeLength > 0 => Text(e, "binary"),
            _ => Unsupported(e.Type?.ToString().ToLowerInvariant() ?? "nested"),
        };
    }

    private static ColumnType Unsupported(string name) => new(ValueKind.Unsupported, name, null);

    private static ColumnType Timestamp(StoredTimeUnit unit) => Number<long, long>(ValueKind.Time, "timestamp", static (from, to) => from.CopyTo(to), unit);

    private static ColumnType OfInteger(SchemaElement e, int width)
    {
        string name = IntegerName(e) ?? $"int{width}";
        return width == 64 ? Number<long, long>(name == "uint64" ? ValueKind.Unsigned : ValueKind.Integer, name, static (from, to) => from.CopyTo(to))
            : name == "uint32" ? Number<uint, long>(ValueKind.Integer, name, Widen)
            : Number<int, long>(ValueKind.Integer, name, Widen);
    }

    private static ColumnType Text(SchemaElement e, string name) => Bytes(e, ValueKind.Text, name, static into => into.Texts, static into => into.Characters.Text);

    /// <summary>A decimal without decimal places: an integer if the type fits into 64 bits, else text; the kind does not depend on the values.</summary>
    private static ColumnType Decimal(SchemaElement e, int precision, int scale)
    {
        string name = $"decimal({precision},{scale})";
        if (e.Type == PhysicalType.INT32)
            return scale == 0 ? Number<int, long>(ValueKind.Integer, name, Widen) : Number<int, double>(ValueKind.Real, name, (from, to) => Scale(from, to, scale));
        if (e.Type == PhysicalType.INT64)
            return scale == 0 ? Number<long, long>(ValueKind.Integer, name, static (from, to) => from.CopyTo(to)) : Number<long, double>(ValueKind.Real, name, (from, to) => Scale(from, to, scale));
        if (e.Type != PhysicalType.BYTE_ARRAY && (e.Type != PhysicalType.FIXED_LEN_BYTE_ARRAY || e.TypeLength is null or <= 0))
            return Unsupported(name);
        ColumnType real = Bytes(e, ValueKind.Real, name, static into => into.Reals, _ => bytes => Decimals.Real(bytes, scale));
        return scale != 0 ? real
            : precision is > 0 and <= Int64Digits ? Bytes(e, ValueKind.Integer, name, static into => into.Integers, static _ => Decimals.Whole)
            : Bytes(e, ValueKind.Text, name, static into => into.Texts, static _ => static bytes => Decimals.Text(bytes).AsMemory()) with { AsReal = real };
    }

    private static ColumnType Number<TRaw, T>(ValueKind kind, string name, NumberValues<TRaw, T>.Converter convert, StoredTimeUnit unit = default) where TRaw : unmanaged =>
        new(kind, name, (pages, into) =>
        {
            into.Unit = unit;
            pages.Read(new NumberValues<TRaw, T>(into, convert), typeof(T) == typeof(long) ? (T[])(object)into.Integers : (T[])(object)into.Reals);
        });

    private static ColumnType Bytes<T>(
        SchemaElement e, ValueKind kind, string name, Func<ColumnBuffer, T[]> target, Func<ColumnBuffer, BytesValues<T>.Converter> convert)
    {
        int width = e.Type == PhysicalType.FIXED_LEN_BYTE_ARRAY ? e.TypeLength!.Value : 0;
        return new(kind, name, (pages, into) => pages.Read(new BytesValues<T>(into, width, convert(into)), target(into)));
    }

    /// <summary>Reads times in units of 100 ns, or in larger units if some times do not fit.</summary>
    private static void ReadInt96(ColumnPages pages, ColumnBuffer into)
    {
        foreach (StoredTimeUnit unit in (StoredTimeUnit[])[StoredTimeUnit.Ticks, StoredTimeUnit.Microseconds, StoredTimeUnit.Milliseconds])
        {
            bool fit = true;
            into.Unit = unit;
            pages.Read(new NumberValues<Int96, long>(into, (from, to) => fit &= Int96.TryConvert(from, to, unit)), into.Integers);
            if (fit)
                return;
        }
    }

    private static bool IsString(SchemaElement e) => e.LogicalType is { } logical
        ? logical.STRING is not null || logical.ENUM is not null || logical.JSON is not null
        : e.ConvertedType is ConvertedType.UTF8 or ConvertedType.ENUM or ConvertedType.JSON;

    private static string? IntegerName(SchemaElement e) => (e.LogicalType, e.ConvertedType) switch
    {
        ({ UNKNOWN: not null }, _) => "null",
        ({ INTEGER: { } i }, _) => $"{(i.IsSigned ? "" : "u")}int{i.BitWidth}",
        ({ TIME.Unit: { } unit }, _) => unit.NANOS is not null ? "time(ns)" : unit.MICROS is not null ? "time(us)" : "time(ms)",
        (null, ConvertedType.TIME_MILLIS) => "time(ms)",
        (null, ConvertedType.TIME_MICROS) => "time(us)",
        (null, ConvertedType.INT_8) => "int8",
        (null, ConvertedType.INT_16) => "int16",
        (null, ConvertedType.UINT_8) => "uint8",
        (null, ConvertedType.UINT_16) => "uint16",
        (null, ConvertedType.UINT_32) => "uint32",
        (null, ConvertedType.UINT_64) => "uint64",
        _ => null,
    };

    private static void Widen(ReadOnlySpan<int> from, Span<long> to)
    {
        for (int i = 0; i < from.Length; i++)
            to[i] = from[i];
    }

    private static void Widen(ReadOnlySpan<uint> from, Span<long> to)
    {
        for (int i = 0; i < from.Length; i++)
            to[i] = from[i];
    }

    private static void Widen(ReadOnlySpan<float> from, Span<double> to)
    {
        for (int i = 0; i < from.Length; i++)
            to[i] = from[i];
    }

    private static void Scale(ReadOnlySpan<int> from, Span<double> to, int places)
    {
        for (int i = 0; i < from.Length; i++)
            to[i] = Decimals.Real(from[i], places);
    }

    private static void Scale(ReadOnlySpan<long> from, Span<double> to, int places)
    {
        for (int i = 0; i < from.Length; i++)
            to[i] = Decimals.Real(from[i], places);
    }
}

/// <summary>A timestamp of Impala, Hive and older versions of Spark: nanoseconds of the day, and the Julian day.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct Int96
{
    private const int JulianDayOf1970 = 2_440_588;

    private readonly long nanoseconds;
    private readonly int julianDay;

    /// <summary>Converts to time units since 1970; false if a value exceeds 64 bits, which cannot happen with milliseconds.</summary>
    public static bool TryConvert(ReadOnlySpan<Int96> from, Span<long> to, StoredTimeUnit unit)
    {
        long nanosecondsOfStep = (long)StoredTimeUnit.Nanoseconds / (long)unit;
        bool fit = true;
        for (int i = 0; i < from.Length; i++)
        {
            Int128 steps = (Int128)(from[i].julianDay - (long)JulianDayOf1970) * (long)unit + TimeFields.FloorDivide(from[i].nanoseconds, nanosecondsOfStep);
            to[i] = (long)steps;
            fit &= to[i] == steps;
        }

        return fit;
    }
}
