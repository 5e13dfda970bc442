using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Parquet;

/// <summary>The used part of a Parquet footer. All readers of a shard share it.</summary>
internal sealed class Footer
{
    private readonly long[] rows;
    private readonly StoredChunk[] chunks;
    private readonly Dictionary<string, ColumnLayout> byName = new(StringComparer.Ordinal);
    private readonly int width;

    /// <param name="columns">The columns in file order.</param>
    /// <param name="rows">Rows of each row group.</param>
    /// <param name="chunks">(row groups × leaves of the schema) places of the column chunks.</param>
    /// <param name="indexes">Columns that are not data, see <see cref="PandasIndex"/>.</param>
    /// <exception cref="InvalidDataException">Two columns have the same name.</exception>
    public Footer(ColumnLayout[] columns, long[] rows, StoredChunk[] chunks, IReadOnlySet<string> indexes)
    {
        (Columns, this.rows, this.chunks, Indexes) = (columns, rows, chunks, indexes);
        width = rows.Length == 0 ? 0 : chunks.Length / rows.Length;
        foreach (ColumnLayout column in columns)
        {
            if (!byName.TryAdd(column.Column.Name, column))
                throw new InvalidDataException($"two columns are called '{column.Column.Name}'; rename one");
        }
    }

    /// <summary>The columns in file order.</summary>
    public IReadOnlyList<ColumnLayout> Columns { get; }

    /// <summary>Columns that are not data.</summary>
    public IReadOnlySet<string> Indexes { get; }

    /// <summary>XXH3 of the footer's bytes.</summary>
    public ulong Hash { get; init; }

    /// <summary>Number of row groups.</summary>
    public int Groups => rows.Length;

    /// <summary>Rows of a row group.</summary>
    public int Rows(int group) => (int)rows[group];

    /// <summary>The column chunks of a row group, one per leaf.</summary>
    public ReadOnlySpan<StoredChunk> Chunks(int group) => chunks.AsSpan(group * width, width);

    /// <summary>The column of that name; null if there is none.</summary>
    public ColumnLayout? Layout(string column) => byName.GetValueOrDefault(column);
}
