using Parquet;

namespace GpuCtr.Datagen;

/// <summary>One file of imported rows: collects a row group, writes it, and takes its name when it is complete.</summary>
internal sealed class ExampleFile : IAsyncDisposable
{
    private readonly string _path;
    private readonly InteractionLog _log;
    private readonly ImportColumns _columns;   // of this file: fields belong to one schema
    private readonly FileStream _file;
    private readonly List<int> _labels = [], _users = [], _items = [], _offsets = [0], _history = [];
    private ParquetWriter? _writer;

    public ExampleFile(string path, InteractionLog log)
    {
        (_path, _log, _columns) = (path, log, new ImportColumns(log));
        _file = File.Create(path + ".part");
    }

    /// <summary>Rows added.</summary>
    public long Rows { get; private set; }

    /// <summary>Whether a full row group is buffered.</summary>
    public bool IsFull => _labels.Count >= ShardFile.RowsPerGroup;

    /// <summary>Adds a row. history (T) item codes, oldest first</summary>
    public void Add(int label, int user, int item, ReadOnlySpan<int> history)
    {
        _labels.Add(label);
        _users.Add(user);
        _items.Add(item);
        foreach (int earlier in history)
            _history.Add(earlier);
        _offsets.Add(_history.Count);
        Rows++;
    }

    /// <summary>Writes the rows that wait as one row group.</summary>
    public async Task FlushAsync(Codec codec, CancellationToken stop)
    {
        _writer ??= await ParquetWriter.CreateAsync(_columns.Schema, _file, codec.Options(_columns.Schema), cancellationToken: stop);
        if (_labels.Count == 0)
            return;
        using (var group = _writer.CreateRowGroup())
        {
            int[] items = [.. _items], history = [.. _history], offsets = [.. _offsets];
            await group.WriteAsync<int>(_columns.Label, _labels.ToArray(), cancellationToken: stop);
            await _columns.User.WriteAsync(group, [.. _users], offsets, stop);
            await _columns.Item.WriteAsync(group, items, offsets, stop);
            if (_columns.HasCategories)
                await _columns.Category.WriteAsync(group, Array.ConvertAll(items, _log.CategoryOf), offsets, stop);
            await _columns.HistoryItems.WriteAsync(group, history, offsets, stop);
            if (_columns.HasCategories)
                await _columns.HistoryCategories.WriteAsync(group, Array.ConvertAll(history, _log.CategoryOf), offsets, stop);
        }
        _labels.Clear();
        _users.Clear();
        _items.Clear();
        _history.Clear();
        _offsets.RemoveRange(1, _offsets.Count - 1);
    }

    /// <summary>Writes what waits and gives the file its name.</summary>
    public async Task CompleteAsync(Codec codec, CancellationToken stop)
    {
        await FlushAsync(codec, stop);
        await _writer!.DisposeAsync();
        _writer = null;
        await _file.DisposeAsync();
        File.Move(_path + ".part", _path, overwrite: true);
    }

    /// <summary>Removes the file unless it is complete.</summary>
    public async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync();
        File.Delete(_path + ".part");
    }
}
