using System.Text.Json.Serialization;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

/// <summary>A column with a vector in each row: a list of numbers of a fixed length, or computed from the row by a trained model (<see cref="IRowVectors"/>).</summary>
/// <param name="Column">Its name in the shards.</param>
/// <param name="Transform">The transform of each number.</param>
/// <param name="Means">(width) means of the transformed numbers of the training rows.</param>
/// <param name="Deviations">(width) their standard deviations; 1 for a constant one.</param>
/// <param name="Missing">Whether an indicator of missing vectors follows it.</param>
/// <param name="Computed">Whether a trained model computes it; the shards then have no such column.</param>
internal sealed record VectorColumn(
    string Column, NumericTransform Transform, double[] Means, double[] Deviations, bool Missing,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Computed = false) : FittedColumn(Column)
{
    /// <summary>The column that a trained model computes; its numbers are not transformed.</summary>
    public static VectorColumn Of(IRowVectors model) =>
        new(model.Name, NumericTransform.None, new double[model.Width], [.. Enumerable.Repeat(1.0, model.Width)], Missing: false, Computed: true);

    /// <summary>Numbers that a model reads of it, with the indicator.</summary>
    public int Count() => Means.Length + (Missing ? 1 : 0);

    /// <summary>One of its numbers, as a numeric column would be read.</summary>
    public NumericColumn Number(int i) => new(NumberName(Column, i), Transform, Means[i], Deviations[i], Missing: false);

    /// <summary>Name of one of its numbers.</summary>
    public static string NumberName(string column, int i) => $"{column}[{i}]";

    /// <summary>The encoded numbers of a row.</summary>
    /// <param name="values">(width) the vector; empty: it is missing.</param>
    /// <param name="to">(<see cref="Count"/>).</param>
    public void Encode(ReadOnlySpan<double> values, Span<float> to)
    {
        to.Clear();
        if (values.IsEmpty && Missing)
            to[^1] = 1;
        for (int i = 0; i < values.Length; i++)
            to[i] = NumericColumn.Encode(values[i], Transform, Means[i], Deviations[i]);
    }

    /// <inheritdoc/>
    public override ColumnRequest Request() => RequestOf(Column);

    /// <summary>How a vector column is read.</summary>
    public static ColumnRequest RequestOf(string column) => new(column, ValueKind.Real, IsList: true);

    /// <summary>The reason why the vector of a row is bad; null if it is valid. A null or empty list is a missing vector.</summary>
    /// <param name="read">The column, read by <see cref="Request"/>.</param>
    /// <param name="row">The row.</param>
    /// <param name="width">Numbers of a vector; 0 = not known yet.</param>
    /// <param name="transform">The transform.</param>
    public static string? FaultOf(ColumnBuffer read, int row, int width, NumericTransform transform)
    {
        int first = read.Offsets[row], length = read.Offsets[row + 1] - first;
        if (length > 0 && width > 0 && length != width)
            return $"{length} numbers, vectors of this column have {width}";
        for (int i = first; i < first + length; i++)
        {
            if (read.IsNull(i))
                return $"number {i - first} is null; store a missing vector as null";
            if (!NumericTransforms.CanRead(read.Reals[i], transform))
                return $"number {i - first} is {NumericTransforms.Text(read.Reals[i])}, {(double.IsFinite(read.Reals[i]) ? $"beyond ±{NumericTransforms.Text(float.MaxValue)}, the largest number that a model reads" : "not a finite number; store a missing vector as null")}";
        }

        return null;
    }

    /// <summary>The error for such a row.</summary>
    public static GpuCtrException Bad(Shard shard, RowGroupRef group, string column, int row, string fault) => GpuCtrException.DataError(
        shard.Place(group, row, column), $"{fault}; correct it, leave the column out (--exclude {ColumnNames.InShell(column)}), or allow some such rows with --bad-rows");
}

/// <summary>The statistics of a vector column in a row group, for the fit.</summary>
/// <param name="Width">Numbers of a vector; 0: all are missing.</param>
/// <param name="Row">The first row with a vector.</param>
/// <param name="Moments">(Width) of each number.</param>
/// <param name="Missing">Rows without a vector.</param>
internal sealed record VectorSummary(int Width, int Row, Moments[] Moments, long Missing)
{
    /// <summary>The column, from the row groups in the order of the files.</summary>
    /// <exception cref="GpuCtrException">Data: vectors of different widths, or none at all.</exception>
    public static VectorColumn Column(ShardSet shards, FeatureColumn column, IReadOnlyList<VectorSummary> groups)
    {
        int width = groups.Select(g => g.Width).FirstOrDefault(w => w > 0);
        if (width == 0)
            throw GpuCtrException.DataError($"column '{column.Name}' has no vector in any training row; leave it out with --exclude {ColumnNames.InShell(column.Name)}");
        for (int g = 0; g < groups.Count; g++)
        {
            if (groups[g].Width > 0 && groups[g].Width != width)
                throw VectorColumn.Bad(shards.Shards[shards.RowGroups[g].Shard], shards.RowGroups[g], column.Name, groups[g].Row, $"{groups[g].Width} numbers, vectors of this column have {width}");
        }

        bool scaled = column.Transform != NumericTransform.None;
        Moments[] all = [.. Enumerable.Range(0, width).Select(i => groups.Where(g => g.Width > 0).Aggregate(default(Moments), (sum, g) => sum.Then(g.Moments[i])))];
        return new VectorColumn(column.Name, column.Transform, [.. all.Select(m => scaled ? m.Mean : 0)], [.. all.Select(m => scaled ? m.Deviation : 1)], groups.Sum(g => g.Missing) > 0);
    }
}
