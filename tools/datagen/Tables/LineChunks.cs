using System.IO.Compression;

namespace GpuCtr.Datagen;

/// <summary>Some consecutive lines of a file.</summary>
/// <param name="Number">Of the chunk, over all files.</param>
/// <param name="Path">The file.</param>
/// <param name="FirstLine">Number of its first line in the file, from 1.</param>
/// <param name="Bytes">UTF-8 text.</param>
/// <param name="Ends">End of each line in it, including its line break.</param>
internal sealed record LineChunk(int Number, string Path, long FirstLine, byte[] Bytes, IReadOnlyList<int> Ends)
{
    /// <summary>A line without its line break.</summary>
    public ReadOnlyMemory<byte> Line(int i)
    {
        int start = i == 0 ? 0 : Ends[i - 1];
        var line = Bytes.AsMemory(start, Ends[i] - start);
        if (line.Span.EndsWith("\n"u8))
            line = line[..^1];
        return line.Span.EndsWith("\r"u8) ? line[..^1] : line;
    }
}

/// <summary>Cuts files, plain or gzip, into chunks of lines that do not cross files. Safe for several threads.</summary>
internal sealed class LineChunks(IReadOnlyList<string> paths, int linesPerChunk) : IDisposable
{
    private const int _readBytes = 1 << 20, _mostChunkBytes = 1 << 30;

    private readonly Lock _gate = new();
    private byte[] _rest = [];
    private Stream? _file;
    private int _next, _number;
    private long _line;

    /// <summary>The next chunk; null at the end.</summary>
    /// <exception cref="DataException">A file is not text, or a line does not end.</exception>
    public LineChunk? Next()
    {
        lock (_gate)
        {
            while (_file is not null || _next < paths.Count)
            {
                if (_file is null)
                    Open(paths[_next]);
                if (Read() is { } chunk)
                    return chunk;
                _file!.Dispose();
                (_file, _next, _rest) = (null, _next + 1, []);
            }
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    /// <summary>Opens a file, unpacking it if its name ends in .gz.</summary>
    internal static Stream OpenText(string path)
    {
        var file = File.OpenRead(path);
        return path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    private void Open(string path)
    {
        (_file, _line) = (OpenText(path), 1);
    }

    private LineChunk? Read()
    {
        var (bytes, ends) = ReadLines(linesPerChunk);
        if (ends.Count == 0)
            return null;
        if (_line == 1 && bytes.AsSpan().IndexOf((byte)0) >= 0)
            throw new DataException($"{paths[_next]} is not a text file");
        var chunk = new LineChunk(_number++, paths[_next], _line, bytes, ends);
        _line += ends.Count;
        return chunk;
    }

    private (byte[] Bytes, List<int> Ends) ReadLines(int most)
    {
        var bytes = new MemoryStream();
        bytes.Write(_rest);
        var ends = new List<int>();
        int looked = 0;
        byte[] buffer = new byte[_readBytes];
        while (true)
        {
            var text = bytes.GetBuffer().AsSpan(0, (int)bytes.Length);
            while (ends.Count < most && text[looked..].IndexOf((byte)'\n') is int at and >= 0)
                ends.Add(looked += at + 1);
            if (ends.Count == most)
                break;
            if (bytes.Length - (ends.Count == 0 ? 0 : ends[^1]) > _mostChunkBytes / 8)
                throw new DataException($"{paths[_next]}: line {_line + ends.Count} is longer than {_mostChunkBytes / 8 >> 20} MB");
            looked = ends.Count == 0 ? 0 : ends[^1];
            int read = _file!.Read(buffer);
            if (read == 0)
            {
                if (looked < text.Length)
                    ends.Add(text.Length); // the last line has no line break
                break;
            }
            bytes.Write(buffer, 0, read);
            if (bytes.Length > _mostChunkBytes && ends.Count > 0)
                break;
        }
        int used = ends.Count == 0 ? 0 : ends[^1];
        byte[] all = bytes.ToArray();
        _rest = all[used..];
        return (all[..used], ends);
    }
}
