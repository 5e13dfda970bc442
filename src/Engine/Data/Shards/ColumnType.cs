using Parquet.Meta;
using PhysicalType = Parquet.Meta.Type;

namespace GpuCtr.Engine.Data;

/// <summary>What the values of a leaf become.</summary>
/// <param name="Kind">Which array of a <see cref="ColumnBuffer"/> is filled; Unsupported for a type that cannot be read.</param>
/// <param name="Name">As shown to the user.</param>
internal sealed record ColumnType(ValueKind Kind, string Name)
{
    /// <summary>By physical type and annotation; the logical one goes before the converted one of older writers.</summary>
    public static ColumnType Of(Leaf leaf)
    {
        SchemaElement e = leaf.Element;
        if (DecimalOf(e) is var (precision, scale))
            return e.Type is PhysicalType.INT32 or PhysicalType.INT64 or PhysicalType.BYTE_ARRAY or PhysicalType.FIXED_LEN_BYTE_ARRAY
                ? new ColumnType(scale == 0 ? ValueKind.Integer : ValueKind.Real, $"decimal({precision},{scale})")
                : Unsupported("decimal");
        return e.Type switch
        {
            PhysicalType.BOOLEAN => Integer("bool"),
            PhysicalType.INT32 when e is { LogicalType.DATE: not null } or { ConvertedType: ConvertedType.DATE } => new ColumnType(ValueKind.Time, "date"),
            PhysicalType.INT32 or PhysicalType.INT64 when e is { LogicalType.TIME: not null } or { ConvertedType: ConvertedType.TIME_MILLIS or ConvertedType.TIME_MICROS } => Integer($"time({TimeUnit(e)})"),
            PhysicalType.INT64 when e is { LogicalType.TIMESTAMP: not null } or { ConvertedType: ConvertedType.TIMESTAMP_MILLIS or ConvertedType.TIMESTAMP_MICROS } => Timestamp,
            PhysicalType.INT32 when e.LogicalType?.UNKNOWN is not null => Integer("null"),
            PhysicalType.INT32 => Integer(IntegerName(e, 32)),
            PhysicalType.INT64 when IntegerName(e, 64) is "uint64" => new ColumnType(ValueKind.Unsigned, "uint64"),
            PhysicalType.INT64 => Integer(IntegerName(e, 64)),
            PhysicalType.INT96 => Timestamp,
            PhysicalType.FLOAT => new ColumnType(ValueKind.Real, "float"),
            PhysicalType.DOUBLE => new ColumnType(ValueKind.Real, "double"),
            PhysicalType.BYTE_ARRAY => Text(IsString(e) ? "string" : "binary"),
            PhysicalType.FIXED_LEN_BYTE_ARRAY when e.ConvertedType == ConvertedType.INTERVAL => Unsupported("interval"),
            PhysicalType.FIXED_LEN_BYTE_ARRAY when e.LogicalType?.FLOAT16 is not null => new ColumnType(ValueKind.Real, "float16"),
            PhysicalType.FIXED_LEN_BYTE_ARRAY => Text(e.LogicalType?.UUID is not null ? "uuid" : "binary"),
            _ => Unsupported("nested"),
        };
    }

    private static ColumnType Timestamp { get; } = new(ValueKind.Time, "timestamp");

    private static ColumnType Integer(string name) => new(ValueKind.Integer, name);

    private static ColumnType Text(string name) => new(ValueKind.Text, name);

    private static ColumnType Unsupported(string name) => new(ValueKind.Unsupported, name);

    private static (int Precision, int Scale)? DecimalOf(SchemaElement e) =>
        e.LogicalType?.DECIMAL is { } d ? (d.Precision, d.Scale)
        : e.LogicalType is null && e.ConvertedType == ConvertedType.DECIMAL ? (e.Precision ?? 0, e.Scale ?? 0) : null;

    private static bool IsString(SchemaElement e) => e.LogicalType is { } logical
        ? logical.STRING is not null || logical.ENUM is not null || logical.JSON is not null
        : e.ConvertedType is ConvertedType.UTF8 or ConvertedType.ENUM or ConvertedType.JSON;

    private static string TimeUnit(SchemaElement e) => e.LogicalType?.TIME?.Unit is { } unit
        ? unit.MILLIS is not null ? "ms" : unit.MICROS is not null ? "us" : "ns"
        : e.ConvertedType == ConvertedType.TIME_MILLIS ? "ms" : "us";

    private static string IntegerName(SchemaElement e, int width) => e switch
    {
        { LogicalType.INTEGER: { } i } => $"{(i.IsSigned ? "" : "u")}int{i.BitWidth}",
        { ConvertedType: ConvertedType.INT_8 } => "int8",
        { ConvertedType: ConvertedType.INT_16 } => "int16",
        { ConvertedType: ConvertedType.UINT_8 } => "uint8",
        { ConvertedType: ConvertedType.UINT_16 } => "uint16",
        { ConvertedType: ConvertedType.UINT_32 } => "uint32",
        { ConvertedType: ConvertedType.UINT_64 } => "uint64",
        _ => $"int{width}",
    };
}
