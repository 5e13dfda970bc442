using GpuCtr.Engine.Data;
using GpuCtr.Models.Features;

namespace GpuCtr.Engine.Training;

/// <summary>Batches for a model, with the model's own complaints about the rows told as what they are: bad data.</summary>
internal static class BatchSource
{
    /// <summary>The next prepared batch; null at the end.</summary>
    /// <exception cref="Failure">Data: ids outside their vocabulary, histories of one group that differ in length. Or what the loader says.</exception>
    public static Batch? NextPrepared(this Prefetcher prefetcher, CancellationToken cancellation)
    {
        try
        {
            return prefetcher.Next(cancellation);
        }
        catch (ArgumentException e)
        {
            throw Failure.BadData(e.Message, e);
        }
    }
}
