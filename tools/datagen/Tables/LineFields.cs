using System.Text;

namespace GpuCtr.Datagen;

/// <summary>The fields of a line of a table, as UTF-8.</summary>
internal sealed class LineFields(string separator)
{
    private readonly byte[] _separator = Encoding.UTF8.GetBytes(separator);
    private readonly FieldSplitter _quoted = new(separator);
    private readonly List<ReadOnlyMemory<byte>> _fields = [];

    /// <summary>Fields of the line.</summary>
    public int Count => _fields.Count;

    /// <summary>A field.</summary>
    public ReadOnlySpan<byte> this[int i] => _fields[i].Span;

    /// <summary>Cuts a line; double quotes protect separators and blanks within a field.</summary>
    public void Split(ReadOnlyMemory<byte> line)
    {
        _fields.Clear();
        if (line.Span.Contains((byte)'"'))
        {
            _fields.AddRange(_quoted.Split(Encoding.UTF8.GetString(line.Span)).Select(field => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(field)));
            return;
        }
        while (line.Span.IndexOf(_separator) is int at and >= 0)
        {
            _fields.Add(line[..at].Trim((byte)' '));
            line = line[(at + _separator.Length)..];
        }
        _fields.Add(line.Trim((byte)' '));
    }
}
