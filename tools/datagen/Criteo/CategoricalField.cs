namespace GpuCtr.Datagen;

/// <summary>A column of ids: Zipf(1.05) over ranks 1 … cardinality, each rank under its own scrambled id.</summary>
public sealed class CategoricalField
{
    /// <summary>Exponent of Zipf's law; close to what click logs show.</summary>
    public const double Exponent = 1.05;

    // Tokens of the most frequent ids are cached; those of rare ids are made when needed.
    private const int _keptTokens = 1 << 14;

    private readonly IdScramble _scramble;
    private readonly string?[] _tokens;

    /// <summary>A field of the given cardinality; <paramref name="draws"/> decides its ids.</summary>
    public CategoricalField(string name, int cardinality, CategoryStorage storage, double nullRate, DrawSequence draws)
    {
        (Name, Storage, NullRate) = (name, storage, nullRate);
        Ranks = new ZipfTable(cardinality, Exponent);
        _scramble = new IdScramble(
            storage switch { CategoryStorage.Int32 => 31, CategoryStorage.Int64 => 40, _ => 32 }, draws);
        _tokens = storage == CategoryStorage.HexToken ? new string?[Math.Min(cardinality + 1, _keptTokens)] : [];
    }

    /// <summary>Column name.</summary>
    public string Name { get; }

    /// <summary>Type of the column.</summary>
    public CategoryStorage Storage { get; }

    /// <summary>Share of rows without an id; 0 means that the column is not nullable.</summary>
    public double NullRate { get; }

    /// <summary>The distribution of ranks among the rows that have an id.</summary>
    public ZipfTable Ranks { get; }

    /// <summary>Number of ids, null not counted.</summary>
    public int Cardinality => Ranks.Count;

    /// <summary>The id of a rank (from 1).</summary>
    public long Id(int rank) => _scramble.Id(rank);

    /// <summary>The id of a rank as eight lower-case hexadecimal digits.</summary>
    public string Token(int rank)
    {
        if (rank >= _tokens.Length)
            return Id(rank).ToString("x8");
        // Races between shards are harmless: both strings are equal.
        return _tokens[rank] ??= Id(rank).ToString("x8");
    }

    /// <summary>P(rank) over all rows; rank 0 means null.</summary>
    public double Probability(int rank) => rank == 0 ? NullRate : (1 - NullRate) * Ranks.Probability(rank);
}
