using Parquet.Meta;

namespace GpuCtr.Data.Parquet;

/// <summary>Reads the elements of a schema from a footer.</summary>
internal static class FooterElement
{
    /// <summary>The element that begins here.</summary>
    /// <exception cref="InvalidDataException">It has no name, or a field has the wrong type.</exception>
    public static SchemaElement Read(ref ThriftReader thrift)
    {
        var element = new SchemaElement { Name = null! };
        for (int field = 0; thrift.NextField(ref field, out int type);)
        {
            switch (field)
            {
                case 1: element.Type = (global::Parquet.Meta.Type)thrift.Integer(field, type); break;
                case 2: element.TypeLength = thrift.Integer(field, type); break;
                case 3: element.RepetitionType = (FieldRepetitionType)thrift.Integer(field, type); break;
                case 4: element.Name = System.Text.Encoding.UTF8.GetString(thrift.Bytes(field, type)); break;
                case 5: element.NumChildren = thrift.Integer(field, type); break;
                case 6: element.ConvertedType = (ConvertedType)thrift.Integer(field, type); break;
                case 7: element.Scale = thrift.Integer(field, type); break;
                case 8: element.Precision = thrift.Integer(field, type); break;
                case 10:
                    ThriftReader.Expect(field, type, ThriftType.Struct);
                    element.LogicalType = Logical(ref thrift);
                    break;
                default: thrift.Skip(type); break;
            }
        }

        return element.Name is null ? throw new InvalidDataException("an element of its schema has no name") : element;
    }

    /// <summary>An unknown annotation is kept as an empty one, so that the column counts as annotated.</summary>
    private static LogicalType Logical(ref ThriftReader thrift)
    {
        var logical = new LogicalType();
        for (int field = 0; thrift.NextField(ref field, out int type);)
        {
            ThriftReader.Expect(field, type, ThriftType.Struct);
            switch (field)
            {
                case 5: logical.DECIMAL = Decimal(ref thrift); continue;
                case 7: logical.TIME = Time(ref thrift); continue;
                case 8: logical.TIMESTAMP = Timestamp(ref thrift); continue;
                case 10: logical.INTEGER = Integer(ref thrift); continue;
                case 1: logical.STRING = new StringType(); break;
                case 2: logical.MAP = new MapType(); break;
                case 3: logical.LIST = new ListType(); break;
                case 4: logical.ENUM = new EnumType(); break;
                case 6: logical.DATE = new DateType(); break;
                case 11: logical.UNKNOWN = new NullType(); break;
                case 12: logical.JSON = new JsonType(); break;
                case 13: logical.BSON = new BsonType(); break;
                case 14: logical.UUID = new UUIDType(); break;
                case 15: logical.FLOAT16 = new Float16Type(); break;
            }

            thrift.Skip(type);
        }

        return logical;
    }

    private static DecimalType Decimal(ref ThriftReader thrift)
    {
        var result = new DecimalType();
        for (int field = 0; thrift.NextField(ref field, out int type);)
        {
            switch (field)
            {
                case 1: result.Scale = thrift.Integer(field, type); break;
                case 2: result.Precision = thrift.Integer(field, type); break;
                default: thrift.Skip(type); break;
            }
        }

        return result;
    }

    private static IntType Integer(ref ThriftReader thrift)
    {
        var result = new IntType();
        for (int field = 0; thrift.NextField(ref field, out int type);)
        {
            switch (field)
            {
                case 1: result.BitWidth = unchecked((sbyte)thrift.Byte(field, type)); break;
                case 2: result.IsSigned = type == ThriftType.Yes; break;
                default: thrift.Skip(type); break;
            }
        }

        return result;
    }

    private static TimeType Time(ref ThriftReader thrift)
    {
        (bool utc, TimeUnit unit) = TimeParts(ref thrift);
        return new TimeType { IsAdjustedToUTC = utc, Unit = unit };
    }

    private static TimestampType Timestamp(ref ThriftReader thrift)
    {
        (bool utc, TimeUnit unit) = TimeParts(ref thrift);
        return new TimestampType { IsAdjustedToUTC = utc, Unit = unit };
    }

    private static (bool IsUtc, TimeUnit Unit) TimeParts(ref ThriftReader thrift)
    {
        (bool utc, var unit) = (false, new TimeUnit());
        for (int field = 0; thrift.NextField(ref field, out int type);)
        {
            if (field == 1)
                utc = type == ThriftType.Yes;
            else if (field == 2 && type == ThriftType.Struct)
                unit = Unit(ref thrift);
            else
                thrift.Skip(type);
        }

        return (utc, unit);
    }

    private static TimeUnit Unit(ref ThriftReader thrift)
    {
        var unit = new TimeUnit();
        for (int field = 0; thrift.NextField(ref field, out int type); thrift.Skip(type))
        {
            switch (field)
            {
                case 1: unit.MILLIS = new MilliSeconds(); break;
                case 2: unit.MICROS = new MicroSeconds(); break;
                case 3: unit.NANOS = new NanoSeconds(); break;
            }
        }

        return unit;
    }
}
