using System.Globalization;
using System.Text;
using Parquet;
using Parquet.Schema;

namespace GpuCtr.Engine.Data;

/// <summary>A type of the Parquet library: the kind its values become, and how they become it.</summary>
/// <param name="kind">Which array of a <see cref="ColumnBuffer"/> is filled.</param>
/// <param name="name">As shown to the user.</param>
internal abstract class LibraryType(ValueKind kind, string name)
{
    private static readonly Encoding strictUtf8 = new UTF8Encoding(false, throwOnInvalidBytes: true);

    /// <summary>Which array of a buffer is filled.</summary>
    public ValueKind Kind => kind;

    /// <summary>As shown to the user.</summary>
    public string Name => name;

    /// <summary>The type of a leaf of the schema; null for one that cannot be read.</summary>
    public static LibraryType? Of(DataField leaf) => leaf switch
    {
        DateTimeDataField { DateTimeFormat: DateTimeFormat.Date } when leaf.ClrType == typeof(DateTime) => Whole<DateTime>(ValueKind.Time, "date", SinceEpoch),
        _ when leaf.ClrType == typeof(DateTime) => Whole<DateTime>(ValueKind.Time, "timestamp", SinceEpoch),
        _ when leaf.ClrType == typeof(DateOnly) => Whole<DateOnly>(ValueKind.Time, "date", static x => SinceEpoch(x.ToDateTime(TimeOnly.MinValue))),
        DecimalDataField d when leaf.ClrType == typeof(decimal) => d.Scale == 0
            ? Whole<decimal>(ValueKind.Integer, $"decimal({d.Precision},0)", WholeDecimal)
            : Real<decimal>($"decimal({d.Precision},{d.Scale})", static x => (double)x),
        _ => Plain(leaf.ClrType),
    };

    /// <summary>Reads the values of a column chunk, packed without their nulls, into the scratch memory of a buffer.</summary>
    /// <param name="group">The row group.</param>
    /// <param name="leaf">The column.</param>
    /// <param name="into">Whose scratch memory is used.</param>
    /// <param name="values">Values that the column chunk declares, nulls included.</param>
    /// <param name="definition">(values) definition levels; null for a column that cannot be null.</param>
    /// <param name="repetition">(values) repetition levels; null for a column without lists.</param>
    public abstract void Read(ParquetRowGroupReader group, DataField leaf, ColumnBuffer into, int values, Memory<int>? definition, Memory<int>? repetition);

    /// <summary>Converts the first <paramref name="count"/> packed values that were read.</summary>
    public abstract void Convert(ColumnBuffer into, int count);

    private static LibraryType? Plain(Type type) => type switch
    {
        _ when type == typeof(bool) => Whole<bool>("bool", static x => x ? 1L : 0L),
        _ when type == typeof(sbyte) => Whole<sbyte>("int8", static x => x),
        _ when type == typeof(byte) => Whole<byte>("uint8", static x => x),
        _ when type == typeof(short) => Whole<short>("int16", static x => x),
        _ when type == typeof(ushort) => Whole<ushort>("uint16", static x => x),
        _ when type == typeof(int) => new Type<int>(ValueKind.Integer, "int32", Widen),
        _ when type == typeof(uint) => Whole<uint>("uint32", static x => x),
        _ when type == typeof(long) => new Type<long>(ValueKind.Integer, "int64", static (from, to) => from.CopyTo(to.Integers)),
        _ when type == typeof(ulong) => Whole<ulong>("uint64", static x => unchecked((long)x)),
        _ when type == typeof(float) => Real<float>("float", static x => x),
        _ when type == typeof(double) => new Type<double>(ValueKind.Real, "double", static (from, to) => from.CopyTo(to.Reals)),
        _ when type == typeof(string) || type == typeof(ReadOnlyMemory<char>) =>
            new Type<ReadOnlyMemory<char>>(ValueKind.Text, "string", static (from, to) => from.CopyTo(to.Texts)),
        _ when type == typeof(byte[]) || type == typeof(ReadOnlyMemory<byte>) => Text<ReadOnlyMemory<byte>>("binary", static x => TextOf(x.Span)),
        _ when type == typeof(Guid) => Text<Guid>("uuid", static x => x.ToString()),
        _ => null,
    };

    private static Type<T> Whole<T>(string name, Func<T, long> value) where T : struct => Whole(ValueKind.Integer, name, value);

    private static Type<T> Whole<T>(ValueKind kind, string name, Func<T, long> value) where T : struct =>
        new(kind, name, (from, to) => Each(from, to.Integers, value));

    private static Type<T> Real<T>(string name, Func<T, double> value) where T : struct => new(ValueKind.Real, name, (from, to) => Each(from, to.Reals, value));

    private static Type<T> Text<T>(string name, Func<T, string> value) where T : struct =>
        new(ValueKind.Text, name, (from, to) => Each(from, to.Texts, x => value(x).AsMemory()));

    private static long SinceEpoch(DateTime x) => x.Ticks - DateTime.UnixEpoch.Ticks;

    private static long WholeDecimal(decimal x) => x is >= long.MinValue and <= long.MaxValue
        ? (long)x
        : throw new InvalidDataException($"{x.ToString(CultureInfo.InvariantCulture)} does not fit into 64 bits");

    /// Two byte arrays never become one text: what is not UTF-8 is spelt in hexadecimal.
    private static string TextOf(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return strictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return $"\\x{System.Convert.ToHexStringLower(bytes)}";
        }
    }

    private static void Widen(ReadOnlySpan<int> from, ColumnBuffer to)
    {
        long[] integers = to.Integers;
        for (int i = 0; i < from.Length; i++)
            integers[i] = from[i];
    }

    private static void Each<T, TTo>(ReadOnlySpan<T> from, TTo[] to, Func<T, TTo> value)
    {
        for (int i = 0; i < from.Length; i++)
            to[i] = value(from[i]);
    }

    private delegate void Converter<T>(ReadOnlySpan<T> packed, ColumnBuffer into);

    private sealed class Type<T>(ValueKind kind, string name, Converter<T> convert) : LibraryType(kind, name) where T : struct
    {
        public override void Read(ParquetRowGroupReader group, DataField leaf, ColumnBuffer into, int values, Memory<int>? definition, Memory<int>? repetition)
        {
            T[] packed = into.Scratch<T>(values);
            packed.AsSpan(0, values).Clear();
            if (values > 0)
                group.ReadRawAsync(leaf, packed.AsMemory(0, values), definition, repetition).AsTask().GetAwaiter().GetResult();
        }

        public override void Convert(ColumnBuffer into, int count) => convert(into.Scratch<T>(count).AsSpan(0, count), into);
    }
}
