namespace GpuCtr.Datagen;

/// <summary>Generates all files of a request, shards in parallel.</summary>
/// <remarks>Training and test rows are two streams of one seed: the same probabilities, other rows.</remarks>
public static class SynthRun
{
    private const ulong _tableStream = 0, _trainingStream = 1, _testStream = 2;

    /// <summary>Writes the files and returns the description of the simpler rule, with the figures of the training and test rows.</summary>
    /// <exception cref="UsageException">The folder is already filled.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static async Task<(Baseline Baseline, TruthFigures Training, TruthFigures? Test)> ExecuteAsync(SynthRequest request, CancellationToken stop)
    {
        OutputFolder.Prepare(request.Out, OutputFolder.SynthFiles, request.Overwrite);
        var seed = CounterStream.FromSeed(request.Seed);
        var table = request.Shape.Draw(seed.Child(_tableStream));

        var training = new TruthTally(request.Rows);
        var parallel = new ParallelOptions { CancellationToken = stop, MaxDegreeOfParallelism = Environment.ProcessorCount };
        await Parallel.ForEachAsync(ShardPlan.Split(request.Rows, request.Shards, request.Shape.UnitRows), parallel, async (shard, token) =>
            await ShardFile.WriteAsync(
                Path.Combine(request.Out, shard.Name), table, seed.Child(_trainingStream), shard.First, shard.Count, request.Codec, training, token));

        TruthFigures? test = null;
        if (request.TestRows > 0)
        {
            var tally = new TruthTally(request.TestRows);
            await ShardFile.WriteAsync(
                Path.Combine(request.Out, OutputFolder.TestFile), table, seed.Child(_testStream), 0, request.TestRows, request.Codec, tally, stop);
            test = tally.Figures();
        }
        var figures = training.Figures();
        await TruthReport.WriteAsync(request, table, figures, training.IsExact, test, stop);
        return (table.Baseline, figures, test);
    }
}
