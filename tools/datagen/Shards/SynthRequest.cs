namespace GpuCtr.Datagen;

/// <summary>What <c>datagen synth</c> was asked for.</summary>
public sealed record SynthRequest
{
    /// <summary>Kind of table: <c>criteo</c>.</summary>
    public string Schema { get; init; } = "criteo";

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

    /// <summary>Numeric columns.</summary>
    public int Numeric { get; init; } = 13;

    /// <summary>Categorical columns.</summary>
    public int Categorical { get; init; } = 26;

    /// <summary>Ids of the largest categorical column.</summary>
    public int MaxCardinality { get; init; } = 1_000_000;

    /// <summary>Compression of the shards.</summary>
    public Codec Codec { get; init; } = Codec.Zstd;

    /// <summary>Whether shards that are already in the folder may be replaced.</summary>
    public bool Overwrite { get; init; }

    /// <summary>The command line that makes the same files, apart from the folder.</summary>
    public string Arguments =>
        $"synth --schema {Schema} --rows {Rows} --shards {Shards} --test-rows {TestRows} --seed {Seed} --numeric {Numeric} " +
        $"--categorical {Categorical} --max-cardinality {MaxCardinality} --codec {Codec.ToString().ToLowerInvariant()}";

    /// <summary>What no single option can tell: that together they make sense.</summary>
    /// <exception cref="UsageException">They do not.</exception>
    public void Check()
    {
        if (Out.Length == 0)
            throw new UsageException("--out DIR is required: the folder that the shards go to");
        if (Shards > Rows)
            throw new UsageException($"--shards {Shards} is more than --rows {Rows}: every shard needs a row");
        if (Numeric + Categorical < 3)
            throw new UsageException($"--numeric {Numeric} and --categorical {Categorical} make fewer than 3 columns: a three-way effect needs three");
    }
}
