namespace GpuCtr.Datagen;

/// <summary>Walks the users and writes a positive and a negative row for each of their interactions but the first.</summary>
internal sealed class ExampleWriter : IAsyncDisposable
{
    private readonly ImportRequest _request;
    private readonly InteractionLog _log;
    private readonly ExampleFile[] _shards;
    private readonly ExampleFile _valid, _test;
    private readonly Dictionary<ImportSplit, long> _rows = new() { [ImportSplit.Train] = 0, [ImportSplit.Valid] = 0, [ImportSplit.Test] = 0 };

    public ExampleWriter(ImportRequest request, InteractionLog log)
    {
        (_request, _log) = (request, log);
        int digits = (request.Shards - 1).ToString().Length;
        _shards = [.. Enumerable.Range(0, request.Shards).Select(k => New($"train-{k.ToString().PadLeft(digits, '0')}.parquet"))];
        (_valid, _test) = (New("valid.parquet"), New(OutputFolder.TestFile));
    }

    /// <summary>Rows of each set.</summary>
    public IReadOnlyDictionary<ImportSplit, long> Rows => _rows;

    /// <summary>Users with a single interaction.</summary>
    public long ShortUsers { get; private set; }

    /// <summary>Positives without a negative.</summary>
    public long WithoutNegative { get; private set; }

    public async Task WriteAllAsync(CancellationToken stop)
    {
        var sequences = _log.Sequences();
        var sampler = new NegativeSampler(CounterStream.FromSeed(_request.Seed), _log.Items.Count);
        long positives = 0, total = 0;
        for (int user = 0; user < _log.Users.Count; user++)
            total += LeaveOneOut.TrainPositions(sequences.Of(user).Length);
        for (int user = 0; user < _log.Users.Count; user++)
        {
            int length = sequences.Of(user).Length;
            ShortUsers += length == 1 ? 1 : 0;
            sampler.Start(user, sequences.Of(user));
            for (int position = LeaveOneOut.FirstPosition; position < length; position++)
            {
                var split = LeaveOneOut.SplitOf(position, length);
                var file = split switch
                {
                    ImportSplit.Train => _shards[positives++ * _shards.Length / total],
                    ImportSplit.Valid => _valid,
                    _ => _test,
                };
                AddPair(file, split, user, position, sequences.Of(user), sampler.Draw(position));
                if (file.IsFull)
                    await file.FlushAsync(_request.Codec, stop);
            }
        }
        foreach (var file in All)
            await file.CompleteAsync(_request.Codec, stop);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var file in All)
            await file.DisposeAsync();
    }

    private IEnumerable<ExampleFile> All => [.. _shards, _valid, _test];

    private ExampleFile New(string name) => new(Path.Combine(_request.Out, name), _log);

    private void AddPair(ExampleFile file, ImportSplit split, int user, int position, ReadOnlySpan<int> items, int negative)
    {
        var history = items[Math.Max(0, position - _request.MaxHistory)..position];
        file.Add(1, user, items[position], history);
        if (negative >= 0)
            file.Add(0, user, negative, history);
        else
            WithoutNegative++;
        _rows[split] += negative >= 0 ? 2 : 1;
    }
}
