using System.IO.Compression;
using System.Text;

namespace GpuCtr.Data.Import;

/// <summary>Reads the rows of a file one by one, in memory that does not grow with the file.</summary>
internal abstract class ImportSource : IDisposable
{
    private readonly FileStream file;

    /// <param name="path">The file.</param>
    /// <param name="encoding">Its encoding without a byte order mark.</param>
    /// <exception cref="GpuCtrException">Usage: no such file. InputOutput: unreadable.</exception>
    protected ImportSource(string path, Encoding encoding) => (file, Text) = OpenText(path, encoding);

    /// <summary>The share of the file that was read.</summary>
    public double Share => file.Length == 0 ? 1 : (double)file.Position / file.Length;

    /// <summary>Its text.</summary>
    protected TextReader Text { get; }

    /// <summary>Names of its columns; for JSON, those seen so far.</summary>
    public abstract IReadOnlyList<string> Names { get; }

    /// <summary>Line of the row in the file, from 1; a row may go over several.</summary>
    public abstract long Line { get; }

    /// <summary>Goes to the next row; false at the end.</summary>
    public abstract bool Next();

    /// <summary>What is wrong with the row, or null.</summary>
    public abstract string? Fault { get; }

    /// <summary>The value in a column.</summary>
    /// <param name="column">Its index among <see cref="Names"/>; nothing if the row has fewer.</param>
    public abstract ImportField this[int column] { get; }

    /// <inheritdoc/>
    public virtual void Dispose() => Text.Dispose();

    /// <summary>The text of a file, unpacked if its name ends in .gz. UTF-8 unless a byte order mark or the encoding says otherwise; invalid bytes are an error, since replacing them would merge different values.</summary>
    /// <exception cref="GpuCtrException">Usage: no such file. InputOutput: unreadable.</exception>
    public static (FileStream File, TextReader Text) OpenText(string path, Encoding encoding)
    {
        try
        {
            FileStream file = File.OpenRead(path);
            Stream bytes = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionMode.Decompress) : file;
            return (file, new StreamReader(bytes, encoding, detectEncodingFromByteOrderMarks: true, bufferSize: 1 << 16));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw GpuCtrException.UsageError($"{path}: no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GpuCtrException.IoError(new DataPlace(path), $"cannot be read ({e.Message})", e);
        }
    }
}
