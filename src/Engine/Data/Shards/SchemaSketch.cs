namespace GpuCtr.Engine.Data;

/// <summary>
/// Finds the column for which the Parquet library refuses a whole file, so that the error can name it. Reads the flattened schema
/// tree of a footer (Thrift compact; FileMetaData field 2) that <see cref="ThriftShape"/> found to be whole.
/// </summary>
internal static class SchemaSketch
{
    private sealed record Element(string Name, int Repetition, int Children, int Converted, int Logical);

    private const int Repeated = 2, ConvertedMap = 1, ConvertedList = 3, LogicalMap = 2, LogicalList = 3, LogicalFloat16 = 15;

    /// <summary>Name and type of the first column that is not supported; null if none is known to be the cause.</summary>
    public static (string Column, string Type)? Unsupported(ReadOnlySpan<byte> footer)
    {
        try
        {
            List<Element> elements = Elements(footer);
            for (int at = 1; at < elements.Count;)
            {
                int end = End(elements, at);
                for (int i = at; i < end; i++)
                {
                    if (Trouble(elements, i) is { } type)
                        return (elements[at].Name, type);
                }

                at = end;
            }
        }
        catch (Exception e) when (e is IndexOutOfRangeException or ArgumentException or InvalidDataException)
        {
            // A footer that is not what it seems: the library's own words must do.
        }

        return null;
    }

    private static string? Trouble(List<Element> elements, int i)
    {
        Element e = elements[i];
        bool map = e.Converted == ConvertedMap || e.Logical == LogicalMap, annotated = map || e.Converted == ConvertedList || e.Logical == LogicalList;
        if (e.Logical == LogicalFloat16)
            return "float16";
        if (map && e.Children == 1 && elements[i + 1].Children != 2)
            return "map without values";
        bool inAnnotated = i > 0 && (elements[i - 1] is { Converted: ConvertedMap or ConvertedList } or { Logical: LogicalMap or LogicalList });
        return e.Repetition == Repeated && e.Children > 1 && !annotated && !inAnnotated ? "repeated group" : null;
    }

    private static int End(List<Element> elements, int at)
    {
        int end = at + 1;
        for (int child = 0; child < elements[at].Children; child++)
            end = End(elements, end);
        return end;
    }

    private static List<Element> Elements(ReadOnlySpan<byte> footer)
    {
        var elements = new List<Element>();
        var thrift = new ThriftReader(footer);
        for (int field = 0; thrift.NextField(ref field, out int type);)
        {
            if (field != 2)
            {
                thrift.Skip(type);
                continue;
            }

            int count = thrift.ListHead();
            for (int i = 0; i < count; i++)
                elements.Add(ReadElement(ref thrift));
            break;
        }

        return elements;
    }

    private static Element ReadElement(ref ThriftReader thrift)
    {
        string name = "";
        int repetition = 0, children = 0, converted = -1, logical = -1;
        for (int field = 0; thrift.NextField(ref field, out int type);)
        {
            switch (field)
            {
                case 3: repetition = thrift.Integer(); break;
                case 4: name = thrift.Text(); break;
                case 5: children = thrift.Integer(); break;
                case 6: converted = thrift.Integer(); break;
                case 10:
                    for (int member = 0; thrift.NextField(ref member, out int memberType); logical = member)
                        thrift.Skip(memberType);
                    break;
                default: thrift.Skip(type); break;
            }
        }

        return new Element(name, repetition, children, converted, logical);
    }
}
