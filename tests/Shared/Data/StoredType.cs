using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using GpuCtr.Data.Features;
using GpuCtr.Data.Parquet;
using GpuCtr.Data.Shards;
using ParquetSharp;
using Int96 = ParquetSharp.Int96;
using PhysicalType = ParquetSharp.PhysicalType;
using TimeUnit = ParquetSharp.TimeUnit;

namespace GpuCtr.Tests;

/// <summary>A Parquet type with values as they are stored, and what they are to be read as.</summary>
/// <param name="Name">Column name.</param>
/// <param name="Physical">How it is stored.</param>
/// <param name="Length">Bytes of a fixed-length byte array.</param>
/// <param name="Logical">Its annotation.</param>
/// <param name="Raw">A value: bool, int, long, Int96, float, double or byte[].</param>
/// <param name="Spell">The value as <see cref="SecondReader"/> spells it.</param>
internal sealed record StoredType(string Name, PhysicalType Physical, int Length, Func<LogicalType> Logical, Func<Random, object> Raw, Func<object, string> Spell)
{
    /// <summary>Every type that Parquet has and Arrow writes.</summary>
    public static StoredType[] All { get; } =
    [
        new("bool", PhysicalType.Boolean, 0, LogicalType.None, r => r.Next(3) == 0, v => (bool)v ? "1" : "0"),
        Int32("int8", () => LogicalType.Int(8, true), r => r.Next(-128, 128)),
        Int32("uint8", () => LogicalType.Int(8, false), r => r.Next(256)),
        Int32("int16", () => LogicalType.Int(16, true), r => r.Next(-32768, 32768)),
        Int32("uint16", () => LogicalType.Int(16, false), r => r.Next(65536)),
        Int32("int32", LogicalType.None, AnyInt),
        new("uint32", PhysicalType.Int32, 0, () => LogicalType.Int(32, false), r => AnyInt(r), v => Text((uint)(int)v)),
        Int32("time_ms", () => LogicalType.Time(true, TimeUnit.Millis), r => r.Next(86_400_000)),
        new("date", PhysicalType.Int32, 0, LogicalType.Date, r => AnyInt(r), v => SecondReader.Time((int)v, StoredTimeUnit.Days)),
        new("decimal9", PhysicalType.Int32, 0, () => LogicalType.Decimal(9, 2), r => r.Next(-999_999_999, 999_999_999), v => Scaled((int)v, 2)),
        Int64("int64", LogicalType.None),
        new("uint64", PhysicalType.Int64, 0, () => LogicalType.Int(64, false), r => AnyLong(r), v => SecondReader.Unsigned((ulong)(long)v)),
        Int64("time_us", () => LogicalType.Time(true, TimeUnit.Micros)),
        Int64("time_ns", () => LogicalType.Time(false, TimeUnit.Nanos)),
        Stamp("timestamp_ms", () => LogicalType.Timestamp(true, TimeUnit.Millis), StoredTimeUnit.Milliseconds),
        Stamp("timestamp_us", () => LogicalType.Timestamp(false, TimeUnit.Micros), StoredTimeUnit.Microseconds),
        Stamp("timestamp_ns", () => LogicalType.Timestamp(true, TimeUnit.Nanos), StoredTimeUnit.Nanoseconds),
        Int64("decimal18_0", () => LogicalType.Decimal(18, 0)),
        new("decimal18", PhysicalType.Int64, 0, () => LogicalType.Decimal(18, 4), r => AnyLong(r), v => Scaled((long)v, 4)),
        new("int96", PhysicalType.Int96, 0, LogicalType.None, r => new Int96(r.Next(), r.Next(20_000), 2_440_588 + r.Next(-20_000_000, 20_000_000)), Int96Text),
        new("float", PhysicalType.Float, 0, LogicalType.None, r => BitConverter.Int32BitsToSingle(AnyInt(r)), v => Text((double)(float)v)),
        new("double", PhysicalType.Double, 0, LogicalType.None, r => BitConverter.Int64BitsToDouble(AnyLong(r)), v => Text((double)v)),
        Bytes("string", LogicalType.String, r => Utf8(r)),
        Bytes("enum", LogicalType.Enum, r => Utf8(r)),
        Bytes("json", LogicalType.Json, r => Utf8(r)),
        Bytes("bson", LogicalType.Bson, AnyBytes),
        Bytes("binary", LogicalType.None, AnyBytes),
        new("decimal30_0", PhysicalType.ByteArray, 0, () => LogicalType.Decimal(30, 0), r => Digits(r, r.Next(1, 13)), v => $"'{Whole(v)}'"),
        new("decimal30", PhysicalType.ByteArray, 0, () => LogicalType.Decimal(30, 7), r => Digits(r, r.Next(1, 13)), v => Scaled(Whole(v), 7)),
        Fixed("fixed", 5, LogicalType.None, v => BytesText((byte[])v)),
        Fixed("uuid", 16, LogicalType.Uuid, v => $"'{new Guid((byte[])v, bigEndian: true)}'"),
        Fixed("float16", 2, LogicalType.Float16, v => Text((double)BinaryPrimitives.ReadHalfLittleEndian((byte[])v))),
        Fixed("fixed_decimal18_0", 8, () => LogicalType.Decimal(18, 0), v => Whole(v).ToString(CultureInfo.InvariantCulture)),
        Fixed("fixed_decimal38_0", 16, () => LogicalType.Decimal(38, 0), v => $"'{Whole(v)}'"),
        Fixed("fixed_decimal38", 16, () => LogicalType.Decimal(38, 10), v => Scaled(Whole(v), 10)),
        Fixed("interval", 12, LogicalType.Interval, v => ""),
    ];

    private static StoredType Int32(string name, Func<LogicalType> logical, Func<Random, int> raw) => new(name, PhysicalType.Int32, 0, logical, r => raw(r), v => Text((int)v));

    private static StoredType Int64(string name, Func<LogicalType> logical) => new(name, PhysicalType.Int64, 0, logical, r => AnyLong(r), v => Text((long)v));

    private static StoredType Stamp(string name, Func<LogicalType> logical, StoredTimeUnit unit) =>
        new(name, PhysicalType.Int64, 0, logical, r => AnyLong(r), v => SecondReader.Time((long)v, unit));

    private static StoredType Bytes(string name, Func<LogicalType> logical, Func<Random, byte[]> raw) => new(name, PhysicalType.ByteArray, 0, logical, raw, v => BytesText((byte[])v));

    private static StoredType Fixed(string name, int length, Func<LogicalType> logical, Func<object, string> text) =>
        new(name, PhysicalType.FixedLenByteArray, length, logical, r => Digits(r, length), text);

    /// <summary>Small ones that repeat, and those at the ends, whose differences do not fit.</summary>
    private static int AnyInt(Random r) => r.Next(4) switch { 0 => r.Next(20) - 10, 1 => int.MaxValue - r.Next(2), 2 => int.MinValue + r.Next(2), _ => r.Next() };

    private static long AnyLong(Random r) => r.Next(4) switch { 0 => r.Next(20) - 10, 1 => long.MaxValue - r.Next(2), 2 => long.MinValue + r.Next(2), _ => r.NextInt64() };

    private static byte[] Digits(Random r, int length)
    {
        byte[] bytes = new byte[length];
        if (r.Next(3) == 0)
            bytes[^1] = (byte)r.Next(9);
        else
            r.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Utf8(Random r) => System.Text.Encoding.UTF8.GetBytes(r.Next(5) == 0 ? "" : $"käse €{new string('x', r.Next(20))}{r.Next(30)} 😀");

    private static byte[] AnyBytes(Random r) => r.Next(2) == 0 ? Utf8(r) : [0xFF, (byte)r.Next(256), 0x80];

    private static BigInteger Whole(object bytes) => new((byte[])bytes, isUnsigned: false, isBigEndian: true);

    private static string Scaled(BigInteger digits, int places) => Text(double.Parse($"{digits}E-{places}", CultureInfo.InvariantCulture));

    private static string BytesText(byte[] bytes)
    {
        try
        {
            return $"'{new System.Text.UTF8Encoding(false, true).GetString(bytes)}'";
        }
        catch (System.Text.DecoderFallbackException)
        {
            return $"'\\x{Convert.ToHexStringLower(bytes)}'";
        }
    }

    private static string Int96Text(object value)
    {
        var x = (Int96)value;
        long nanoseconds = ((long)x.B << 32) | (uint)x.A;
        // Some are too far away for steps of 100 ns, and so none of the row group has more than microseconds.
        return SecondReader.Time((x.C - 2_440_588) * 86_400_000_000L + nanoseconds / 1_000, StoredTimeUnit.Microseconds);
    }

    private static string Text<T>(T value) where T : IFormattable => value.ToString(value is double ? "R" : null, CultureInfo.InvariantCulture);
}
