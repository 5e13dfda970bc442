using System.Text;
using Parquet;
using Parquet.Schema;

namespace GpuCtr.Datagen;

/// <summary>Options of a table import.</summary>
internal sealed record TableRequest
{
    /// <summary>The files, in order.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Folder of the shards.</summary>
    public required string Out { get; init; }

    /// <summary>Most rows of a shard.</summary>
    public int RowsPerShard { get; init; } = 4 * ShardFile.RowsPerGroup;

    /// <summary>Threads; each of them holds a shard's lines.</summary>
    public int Threads { get; init; } = Math.Min(8, Environment.ProcessorCount);

    /// <summary>Largest share of lines, in percent, that may be bad.</summary>
    public double BadLinePercent { get; init; } = 1;

    /// <summary>Compression of the shards.</summary>
    public Codec Codec { get; init; } = Codec.Zstd;

    /// <summary>Whether shards that are already in the folder may be replaced.</summary>
    public bool Overwrite { get; init; }
}

/// <summary>Result of an import.</summary>
/// <param name="Rows">Rows written.</param>
/// <param name="Shards">Shards written.</param>
/// <param name="Bad">Lines left out.</param>
internal sealed record TableReport(long Rows, int Shards, BadLines Bad);

/// <summary>Imports a table: threads take chunks of lines, each of which becomes a shard, so the shards do not depend on the threads.</summary>
internal sealed class TableImport(TableRequest request, TableForm form)
{
    /// <summary>Lines that were left out, with their files, numbers and reasons.</summary>
    public const string QuarantineFile = "bad-lines.txt";

    private static readonly string[] _files = ["shard-*.parquet", QuarantineFile];

    private readonly SortedDictionary<int, Outcome> _outcomes = [];

    private sealed record BadLine(string Reason, long Number, string Text);

    private sealed record Outcome(string Path, long Lines, long Rows, List<BadLine> Bad);

    /// <summary>Reads and writes.</summary>
    /// <exception cref="UsageException">The folder is already filled.</exception>
    /// <exception cref="DataException">The files hold no rows, or too many bad lines.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public async Task<TableReport> ExecuteAsync(CancellationToken stop)
    {
        OutputFolder.Prepare(request.Out, _files, request.Overwrite);
        using var chunks = new LineChunks(request.Files, request.RowsPerShard);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            await Task.WhenAll(Enumerable.Range(0, request.Threads).Select(_ => Task.Run(() => WorkAsync(chunks, end), end.Token)));
            return Finish();
        }
        catch
        {
            // A partial table is removed, so that it is not trained on by mistake.
            foreach (string path in _files.SelectMany(pattern => Directory.GetFiles(request.Out, pattern)))
                File.Delete(path);
            throw;
        }
    }

    private async Task WorkAsync(LineChunks chunks, CancellationTokenSource end)
    {
        var parser = form.NewParser();
        try
        {
            while (chunks.Next() is { } chunk)
            {
                var outcome = await WriteAsync(chunk, parser, end.Token);
                lock (_outcomes)
                    _outcomes[chunk.Number] = outcome;
            }
        }
        catch
        {
            await end.CancelAsync();
            throw;
        }
    }

    private async Task<Outcome> WriteAsync(LineChunk chunk, TableParser parser, CancellationToken stop)
    {
        string path = Path.Combine(request.Out, $"shard-{chunk.Number:D5}.parquet"), part = path + ".part";
        var bad = new List<BadLine>();
        long rows = 0, lines = 0;
        var schema = new ParquetSchema(parser.Columns.Select(column => column.Field));
        try
        {
            await using (var file = File.Create(part))
            await using (var writer = await ParquetWriter.CreateAsync(schema, file, request.Codec.Options(schema), cancellationToken: stop))
            {
                for (int i = 0, waiting = 0; i < chunk.Ends.Count || waiting > 0;)
                {
                    for (; i < chunk.Ends.Count && waiting < ShardFile.RowsPerGroup; i++)
                    {
                        var line = chunk.Line(i);
                        if (line.Span.Trim(" \t"u8).IsEmpty)
                            continue;
                        lines++;
                        if (parser.Add(line) is { } reason)
                            bad.Add(new BadLine(reason, chunk.FirstLine + i, Encoding.UTF8.GetString(line.Span)));
                        else
                            waiting++;
                    }
                    (rows, waiting) = (rows + waiting, await FlushAsync(writer, parser, waiting, stop));
                }
            }
            if (rows > 0)
                File.Move(part, path, overwrite: true);
        }
        finally
        {
            File.Delete(part);
        }
        return new Outcome(chunk.Path, lines, rows, bad);
    }

    private static async Task<int> FlushAsync(ParquetWriter writer, TableParser parser, int rows, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        if (rows == 0)
            return 0;
        using var group = writer.CreateRowGroup();
        foreach (var column in parser.Columns)
            await column.WriteAsync(group, stop);
        return 0;
    }

    private TableReport Finish()
    {
        var bad = new BadLines();
        using (var quarantine = new StreamWriter(Path.Combine(request.Out, QuarantineFile)))
        {
            foreach (var outcome in _outcomes.Values)
            {
                for (long good = outcome.Bad.Count; good < outcome.Lines; good++)
                    bad.Add(null, "", 0, "");
                foreach (var line in outcome.Bad)
                {
                    bad.Add(line.Reason, outcome.Path, line.Number, line.Text);
                    quarantine.WriteLine($"{outcome.Path}:{line.Number}: {line.Reason}: {line.Text}");
                }
            }
        }
        if (bad.Count == 0)
            File.Delete(Path.Combine(request.Out, QuarantineFile));
        long rows = _outcomes.Values.Sum(outcome => outcome.Rows);
        string found = string.Join("; ", bad.Describe().Take(2));
        if (rows == 0)
            throw new DataException($"{request.Files[0]}: no line is a row of the table{(found.Length > 0 ? "; " + found : "")}");
        if (bad.Count > bad.Lines * request.BadLinePercent / 100)
            throw new DataException($"{found}; more than --bad-lines {request.BadLinePercent} % allows");
        return new TableReport(rows, _outcomes.Values.Count(outcome => outcome.Rows > 0), bad);
    }
}
