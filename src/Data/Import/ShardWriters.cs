using Parquet;
using Parquet.Schema;

namespace GpuCtr.Data.Import;

/// <summary>The shards of an import: train-NNNNN.parquet, valid.parquet and test.parquet. They have these names only when all are complete.</summary>
internal sealed class ShardWriters : IDisposable
{
    private const string Unfinished = ".part";

    private static readonly string[] names = ["train-*.parquet", "valid.parquet", "test.parquet"];

    private readonly ImportRequest request;
    private readonly SideWriter[] sides;
    private bool isDone;

    /// <param name="request">Says where.</param>
    /// <param name="columns">New columns.</param>
    /// <exception cref="GpuCtrException">Usage: the folder holds shards. InputOutput: it cannot be written.</exception>
    public ShardWriters(ImportRequest request, Func<ImportColumn[]> columns)
    {
        this.request = request;
        Directory.CreateDirectory(request.Out);
        if (Directory.GetFiles(request.Out, "*.parquet") is [var first, ..] && !request.Overwrite)
            throw GpuCtrException.UsageError($"{request.Out} already holds {Path.GetFileName(first)}; choose another --out, or replace its shards with --overwrite");
        SideWriter Side(string name, int rowsPerShard) => new(number => Path.Combine(request.Out, string.Format(System.Globalization.CultureInfo.InvariantCulture, name, number)) + Unfinished, columns, rowsPerShard);
        sides = [Side("train-{0:D5}.parquet", request.RowsPerShard), Side("valid.parquet", int.MaxValue), Side("test.parquet", int.MaxValue)];
    }

    /// <summary>The shards of a side: 0 training, 1 validation, 2 test.</summary>
    public SideWriter Of(int side) => sides[side];

    /// <summary>Completes all files; returns the rows of each side.</summary>
    public (long Train, long Valid, long Test) Finish()
    {
        foreach (SideWriter side in sides)
            side.Finish();
        if (sides[0].Rows == 0)
            throw GpuCtrException.DataError($"{request.Files[0]}: no rows are left to train on; lower --valid-fraction and --test-fraction");
        foreach (string old in names.SelectMany(n => Directory.GetFiles(request.Out, n)))
            File.Delete(old);
        foreach (string path in sides.SelectMany(s => s.Files))
            File.Move(path, path[..^Unfinished.Length]);
        isDone = true;
        return (sides[0].Rows, sides[1].Rows, sides[2].Rows);
    }

    /// <summary>Removes incomplete files, so that they are not trained on.</summary>
    public void Dispose()
    {
        foreach (SideWriter side in sides)
            side.Dispose();
        foreach (string path in isDone ? [] : sides.SelectMany(s => s.Files).Where(File.Exists))
            File.Delete(path);
    }
}

/// <summary>Rows of one side, written row group by row group.</summary>
/// <param name="path">Path of a shard by its number.</param>
/// <param name="columns">New columns.</param>
/// <param name="rowsPerShard">Most rows of a shard.</param>
internal sealed class SideWriter(Func<int, string> path, Func<ImportColumn[]> columns, int rowsPerShard) : IDisposable
{
    private const int RowsPerGroup = 1 << 16;

    private readonly ImportColumn[] columns = columns();
    private FileStream? file;
    private ParquetWriter? writer;
    private int waiting, inShard;

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Files so far.</summary>
    public List<string> Files { get; } = [];

    /// <summary>Adds a row.</summary>
    /// <param name="source">It.</param>
    /// <param name="from">(columns) index of each column in the source; −1: absent.</param>
    public void Add(ImportSource source, int[] from)
    {
        for (int c = 0; c < columns.Length; c++)
            columns[c].Add(from[c] < 0 ? default : source[from[c]]);
        Rows++;
        if (++waiting == RowsPerGroup || inShard + waiting == rowsPerShard)
            Flush();
    }

    /// <summary>Writes what is left.</summary>
    public void Finish()
    {
        if (waiting > 0)
            Flush();
        Close();
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    private void Flush()
    {
        if (writer is null)
        {
            Files.Add(path(Files.Count));
            file = File.Create(Files[^1]);
            writer = ParquetWriter.CreateAsync(new ParquetSchema(columns.Select(c => c.Field)), file, Options()).GetAwaiter().GetResult();
        }

        using (ParquetRowGroupWriter group = writer.CreateRowGroup())
        {
            foreach (ImportColumn column in columns)
                column.WriteAsync(group).GetAwaiter().GetResult();
            group.CompleteValidate();
        }

        (inShard, waiting) = (inShard + waiting, 0);
        if (inShard == rowsPerShard)
            Close();
    }

    private ParquetOptions Options()
    {
        ParquetOptions options = new() { CompressionMethod = CompressionMethod.Zstd, CompressionLevel = System.IO.Compression.CompressionLevel.Optimal };
        foreach (ImportColumn text in columns.Where(c => c is TextColumn))
            options.ColumnEncodingHints[text.Field.Name] = EncodingHint.Dictionary;
        return options;
    }

    private void Close()
    {
        writer?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        file?.Dispose();
        (writer, file, inShard) = (null, null, 0);
    }
}
