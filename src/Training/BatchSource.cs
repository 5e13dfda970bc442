using GpuCtr.Data.Batches;
using GpuCtr.Models.Features;

namespace GpuCtr.Training;

/// <summary>Batches for a model. Rows that the model refuses are reported as bad data.</summary>
internal static class BatchSource
{
    /// <summary>The next prepared batch; null at the end.</summary>
    /// <exception cref="GpuCtrException">Data: ids outside their vocabulary, histories of one group that differ in length. Or an error of the loader.</exception>
    public static Batch? NextPrepared(this BatchLoader loader, CancellationToken cancellation)
    {
        try
        {
            return loader.Next(cancellation);
        }
        catch (ArgumentException e)
        {
            throw GpuCtrException.DataError(e.Message, e);
        }
    }
}
