using GpuCtr.Data.Batches;
using GpuCtr.Models.Features;

namespace GpuCtr.Training;

/// <summary>Batches for a model. What the model itself refuses in the rows is reported as bad data.</summary>
internal static class BatchSource
{
    /// <summary>The next prepared batch; null at the end.</summary>
    /// <exception cref="GpuCtrException">Data: ids outside their vocabulary, histories of one group that differ in length. Or what the loader says.</exception>
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
