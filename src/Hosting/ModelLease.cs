using GpuCtr.Kernels.Devices;

namespace GpuCtr.Hosting;

/// <summary>The model of one request. Dispose it when the request has its scores: a newer model may have taken over, and this one ends with its last lease.</summary>
/// <remarks>For one thread at a time.</remarks>
public sealed class ModelLease : IDisposable
{
    private readonly ServedModel served;
    private readonly Lifetime.Lease lease;
    private readonly List<FeatureRow> rows = [];
    private bool ended;

    internal ModelLease(ServedModel served, Lifetime.Lease lease) => (this.served, this.lease) = (served, lease);

    /// <summary>The model.</summary>
    public CtrModel Model => served.Model;

    /// <summary>An empty row of the model, which belongs to the request until the lease ends.</summary>
    public FeatureRow NewRow()
    {
        ObjectDisposedException.ThrowIf(ended, this);
        FeatureRow row = served.TakeRow();
        rows.Add(row);
        return row;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (ended)
            return;
        ended = true;
        foreach (FeatureRow row in rows)
            served.ReturnRow(row);
        lease.Dispose();
    }
}
