using GpuCtr.Data;
using GpuCtr.Data.Shards;
using Parquet;
using Parquet.Schema;

namespace GpuCtr.Training.Scoring;

/// <summary>Paths of files with answers to rows.</summary>
internal static class ScoreFile
{
    /// <summary>Refuses a file that exists, unless it may be replaced.</summary>
    /// <exception cref="GpuCtrException">Usage.</exception>
    public static void RefuseExisting(string path, bool overwrite)
    {
        if (File.Exists(path) && !overwrite)
            throw GpuCtrException.UsageError($"--out {path}: already exists; choose another name, or add --overwrite");
    }

    /// <summary>Path of the file until it is complete.</summary>
    public static string Temporary(string path) => path + ".tmp";
}

/// <summary>
/// A Parquet file with one answer per input row, in input order, and copies of some of the columns. It has the row groups of
/// the input, so only one of them is in memory at a time, and appears under its name when it is complete.
/// </summary>
/// <typeparam name="T">The answer to a row.</typeparam>
internal sealed class ScoreFile<T> : IDisposable
{
    private readonly IAnswerColumns<T> columns;
    private readonly string path, temporary;
    private readonly ShardSet shards;
    private readonly KeptColumn[] kept;
    private readonly ColumnBuffer buffer = new();
    private readonly FileStream file;
    private readonly ParquetWriter writer;
    private T[] answers = [], other = [];
    private int group, filled;
    private long written;
    private Task writing = Task.CompletedTask;

    /// <summary>Starts the file.</summary>
    /// <param name="columns">What an answer becomes.</param>
    /// <param name="path">Its final path.</param>
    /// <param name="shards">The input.</param>
    /// <param name="keep">Columns to copy.</param>
    /// <param name="overwrite">Whether an existing file may be replaced.</param>
    /// <exception cref="GpuCtrException">Usage: the file exists, or a column cannot be kept. InputOutput: not writable.</exception>
    public ScoreFile(IAnswerColumns<T> columns, string path, ShardSet shards, IReadOnlyList<string> keep, bool overwrite)
    {
        (this.columns, this.path, this.shards) = (columns, Path.GetFullPath(path), shards);
        ScoreFile.RefuseExisting(path, overwrite);
        kept = [.. keep.Distinct().Select(name => KeptColumn.Of(shards, name, [.. columns.Fields.Select(f => f.Name)]))];
        temporary = ScoreFile.Temporary(this.path);
        try
        {
            file = File.Create(temporary);
            writer = ParquetWriter.CreateAsync(
                new ParquetSchema([.. kept.Select(k => k.Field), .. columns.Fields]), file, new ParquetOptions { CompressionMethod = CompressionMethod.Snappy }).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GpuCtrException.IoError($"--out {path}: not writable ({e.Message}); check the folder and its permissions", e);
        }
        Begin();
    }

    /// <summary>Adds the answer to the next row.</summary>
    public void Add(T answer)
    {
        answers[filled++] = answer;
        if (filled == shards.RowGroups[group].Rows)
            Flush();
    }

    /// <summary>Writes the rest and renames the file to its final path.</summary>
    /// <exception cref="GpuCtrException">InputOutput: the disk is full or fails. Data: a kept column is damaged.</exception>
    public void Complete()
    {
        Checked(() =>
        {
            writing.GetAwaiter().GetResult();
            writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
            Disk.Flush(file);
            file.Dispose();
            File.Move(temporary, path, overwrite: true);
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            writing.Wait();
        }
        catch (AggregateException)
        {
            // The failure itself is reported elsewhere; here the half-written file is removed.
        }

        try
        {
            file.Dispose();
        }
        catch (IOException)
        {
            // A file that the disk had no room for is removed as well.
        }

        File.Delete(temporary);
    }

    /// <summary>Skips empty row groups of the input.</summary>
    private void Begin()
    {
        while (group < shards.RowGroups.Count && shards.RowGroups[group].Rows == 0)
            group++;
        filled = 0;
        int rows = group < shards.RowGroups.Count ? shards.RowGroups[group].Rows : 0;
        if (answers.Length < rows)
            answers = new T[rows];
    }

    /// <summary>Writes a row group in the background while the next one is scored.</summary>
    private void Flush()
    {
        Checked(() => writing.GetAwaiter().GetResult());
        RowGroupRef full = shards.RowGroups[group++];
        T[] values = answers;
        (answers, other) = (other, answers);
        writing = Task.Run(() => WriteGroup(full, values.AsMemory(0, full.Rows)));
        Begin();
    }

    private async Task WriteGroup(RowGroupRef from, ReadOnlyMemory<T> values)
    {
        using ParquetRowGroupWriter rows = writer.CreateRowGroup();
        foreach (KeptColumn column in kept)
        {
            using (ShardReader reader = shards.Shards[from.Shard].Rent())
                reader.Read(from.Group, column.Request, buffer);
            if (buffer.Misfits.Count > 0)
                throw column.Request.Misfit(shards.Shards[from.Shard], from, buffer);
            await column.Write(rows, column.Field, buffer);
        }
        await columns.Write(rows, values);
        rows.CompleteValidate();
        written += from.Rows;
    }

    private void Checked(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Extrapolates the size of the whole file from the part written so far.
            long own = file.CanSeek ? file.Length : 0, needed = Math.Max(written == 0 ? own : (long)((double)own / written * shards.Rows), shards.Rows * sizeof(float));
            throw GpuCtrException.IoError($"--out {path}: cannot be written ({e.Message}); {Disk.Space(needed, Path.GetDirectoryName(path)!, own)}; nothing was left there", e);
        }
    }
}
