namespace GpuCtr.Datagen;

/// <summary>The request of <c>datagen synth</c>.</summary>
public sealed record SynthRequest
{
    /// <summary>Kind of table, and its sizes.</summary>
    public TableShape Shape { get; init; } = new CriteoShape();

    /// <summary>Training rows over all shards.</summary>
    public long Rows { get; init; } = 1_000_000;

    /// <summary>Number of shards.</summary>
    public int Shards { get; init; } = 4;

    /// <summary>Rows of <c>test.parquet</c>; 0 writes none.</summary>
    public long TestRows { get; init; }

    /// <summary>Folder of the shards.</summary>
    public required string Out { get; init; }

    /// <summary>Decides the truth and the rows.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Compression of the shards.</summary>
    public Codec Codec { get; init; } = Codec.Zstd;

    /// <summary>Whether shards that are already in the folder may be replaced.</summary>
    public bool Overwrite { get; init; }

    /// <summary>The command line that makes the same files, apart from the folder.</summary>
    public string Arguments =>
        $"synth --schema {Shape.Name} --rows {Rows} --shards {Shards} --test-rows {TestRows} --seed {Seed} {Shape.Arguments} " +
        $"--codec {Codec.ToString().ToLowerInvariant()}";

    /// <summary>Checks that the options are consistent with each other.</summary>
    /// <exception cref="UsageException">They do not.</exception>
    public void Check()
    {
        if (Out.Length == 0)
            throw new UsageException("--out DIR is required: the folder that the shards go to");
        if (Shards > Rows)
            throw new UsageException($"--shards {Shards} is more than --rows {Rows}: every shard needs a row");
        foreach (var (name, rows) in new[] { ("--rows", Rows), ("--test-rows", TestRows) })
        {
            if (rows % Shape.UnitRows != 0)
                throw new UsageException($"{name} {rows} cuts a list: with --schema {Shape.Name} it is a multiple of {Shape.UnitRows}, such as {rows / Shape.UnitRows * Shape.UnitRows} or {(rows / Shape.UnitRows + 1) * Shape.UnitRows}");
        }
        if (Shards > Rows / Shape.UnitRows)
            throw new UsageException($"--shards {Shards} is more than {Rows} rows fill, {Shape.UnitRows} at least for each");
        Shape.Check();
    }
}
