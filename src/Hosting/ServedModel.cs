using System.Collections.Concurrent;
using GpuCtr.Kernels.Devices;

namespace GpuCtr.Hosting;

/// <summary>A model that requests use, and the rows that they fill. Retired, it refuses further requests, and the last one that it has frees it.</summary>
internal sealed class ServedModel
{
    private readonly ConcurrentBag<FeatureRow> idle = [];
    private readonly Lifetime lifetime;

    public ServedModel(CtrModel model, CheckpointIdentity identity)
    {
        (Model, Identity) = (model, identity);
        lifetime = new Lifetime(nameof(ServedModel), model.Dispose);
    }

    public CtrModel Model { get; }

    public CheckpointIdentity Identity { get; }

    public DateTimeOffset Since { get; } = DateTimeOffset.UtcNow;

    /// <summary>Begins a request, during which the model is kept; false if the model is retired.</summary>
    public bool TryEnter(out Lifetime.Lease lease) => lifetime.TryEnter(out lease);

    public void Retire() => lifetime.Close();

    public FeatureRow TakeRow() => idle.TryTake(out FeatureRow? row) ? row.Clear() : Model.NewRow();

    public void ReturnRow(FeatureRow row) => idle.Add(row);
}
