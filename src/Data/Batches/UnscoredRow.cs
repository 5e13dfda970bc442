using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Batches;

/// <summary>Errors for a row whose score is not finite, usually because one of its numbers is too large for the model.</summary>
internal static class UnscoredRow
{
    // Training rows hardly ever have a standardized number this large.
    private const float Unusual = 1000;
    private const int MostNamed = 3;

    /// <summary>Columns whose numbers may be the cause, the largest first.</summary>
    /// <param name="state">The columns.</param>
    /// <param name="numbers">(N) numbers that the model read.</param>
    public static NumericColumn[] Suspects(FittedFeatures state, ReadOnlySpan<float> numbers)
    {
        int[] places = state.NumberPlaces();
        float[] sizes = new float[places.Length];
        for (int n = 0; n < places.Length; n++)
            sizes[n] = Math.Abs(numbers[places[n]]);
        return [.. Enumerable.Range(0, sizes.Length).Where(n => sizes[n] >= Unusual).OrderByDescending(n => sizes[n]).Take(MostNamed).Select(n => state.Numeric[n])];
    }

    /// <summary>The error, with file, row, and the values of these columns.</summary>
    public static GpuCtrException In(ShardSet shards, FittedFeatures state, EncodedBlock block, int row)
    {
        Shard shard = shards.Shards[block.Source.Shard];
        int width = block.Shape.Numbers;
        NumericColumn[] suspects = Suspects(state, block.Numeric.AsSpan(row * width, width));
        const string what = "its score is not a finite number";
        if (suspects.Length == 0)
            return GpuCtrException.At(shard.Place(block.Source, row), ErrorKind.Numeric, $"{what}, and none of its numbers is unusual: use another checkpoint, or train again with a lower --lr");
        using ShardReader reader = shard.Rent();
        ColumnBuffer column = new();
        string Value(NumericColumn numeric)
        {
            reader.Read(block.Source.Group, numeric.Request(), column);
            return $"column '{numeric.Column}' is {NumericTransforms.Text(column.NumberAt(row))}";
        }

        return GpuCtrException.DataError(shard.Place(block.Source, row, suspects.Length == 1 ? suspects[0].Column : null), $"{what}: {string.Join(", ", suspects.Select(Value))}; correct it, allow some such rows with --bad-rows, or train with --numeric-transform {ColumnNames.InShell(suspects[0].Column)}=log");
    }
}
