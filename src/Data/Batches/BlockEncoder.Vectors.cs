using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Batches;

internal sealed partial class BlockEncoder
{
    /// <summary>Writes the numbers of a vector column, which was read, into the rows of a block. A missing or bad vector becomes zeros.</summary>
    /// <returns>Missing vectors, if training had none.</returns>
    private long EncodeVectors(EncodedBlock block, Shard shard, VectorColumn vectors, int place)
    {
        long missing = 0;
        for (int r = 0; r < block.Rows; r++)
        {
            int first = column.Offsets[r], length = column.Offsets[r + 1] - first;
            string? fault = VectorColumn.FaultOf(column, r, vectors.Means.Length, vectors.Transform);
            if (fault is not null && !tolerant)
                throw VectorColumn.Bad(shard, block.Source, vectors.Column, r, fault);
            if (fault is not null)
                block.LeaveOut(new BadRow(r, $"no vector in {vectors.Column}"));
            vectors.Encode(fault is null ? column.Reals.AsSpan(first, length) : [], block.Numeric.AsSpan(r * block.Shape.Numbers + place, vectors.Count()));
            missing += length == 0 ? 1 : 0;
        }

        return vectors.Missing ? 0 : missing;
    }
}
