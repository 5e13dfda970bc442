using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Ranks;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Models.Ranks;

namespace GpuCtr.Models;

/// <content>
/// A model that the devices of several ranks (<see cref="Kernels.Devices.Device.Ranks"/>) share. Each makes it with the same arguments. Rank 0 uses it as a
/// model on one rank: with whole batches and whole tensors. The others follow it (<see cref="RankModels"/>). One model is shared at a time.
/// </content>
public sealed partial class TrainableModel
{
    private readonly RankOrders orders;
    private readonly Dictionary<Tensor, RankTensor> whole = [];
    private RankTensor[] numbered = [];
    private SharedBatch? parts;

    /// <summary>On ranks other than 0: follows the operations of rank 0 on its model until rank 0 creates another model or ends; returns that command.</summary>
    internal (Order What, long A, long B, long C) Follow()
    {
        while (true)
        {
            var order = orders.Next();
            if (order.What is Order.Make or Order.End)
                return order;
            Follow(order.What, order.A, order.B, order.C);
        }
    }

    private void Follow(Order order, long a, long b, long c)
    {
        using RecordedModel.Call call = model.Enter();
        switch (order)
        {
            case Order.Train:
                Train(null, BitConverter.Int64BitsToDouble(a));
                break;
            case Order.Predict:
                PredictParts(null, []);
                break;
            case Order.TakeLoss:
                Take(LossOf((int)a));
                break;
            case Order.SetStep:
                step.Deferred.Apply();
                steps = (int)a;
                break;
            case Order.ApplyDeferred:
                step.Deferred.Apply();
                break;
            case Order.DeferredStateRestored:
                step.Deferred.Restored();
                break;
            case Order.Read:
                numbered[a].FollowRead(Device, b, (int)c);
                break;
            case Order.Write:
                numbered[a].FollowWrite(Device, b, (int)c);
                break;
            default:
                throw new CommunicatorException($"{Device.Ranks.Name}: rank 0 sent a command that this rank does not know ({(int)order})");
        }
    }

    /// <summary>Makes what several ranks need.</summary>
    private void Share()
    {
        if (model.Inputs.Exchange is not { } exchange)
            return;
        parts = new SharedBatch(Device, Spec, BatchSize, exchange.Shards);
        foreach (EmbeddingTable table in model.Tables)
            foreach (Tensor t in new[] { table.Weights, table.State.Mean, table.State.Square })
                Number(t, exchange.Shards);
        if (model.Control.UpdateLog is { } log)
            Number(log.Seen, exchange.Shards);
        foreach (Tensor t in model.Weights.Concat([step.Dense.State.Mean, step.Dense.State.Square]).Concat(step.Deferred.State))
            Number(t, null);
        numbered = [.. whole.Values];
    }

    private void Number(Tensor own, RowShards? shards)
    {
        if (own.Length > 0)
            whole.TryAdd(own, new RankTensor(own, shards, Device.Ranks, orders, whole.Count));
    }

    /// <summary>The tensor of all ranks of which a tensor is a part or a copy.</summary>
    private Tensor Whole(Tensor own) => whole.TryGetValue(own, out RankTensor? all) ? all : own;

    private IEnumerable<Tensor> Whole(IEnumerable<Tensor> own) => own.Select(Whole);

    private void Train(Batch? batch, double learningRate) =>
        step.Run(parts is null ? batch! : parts.Take(batch, training: true), ++steps, learningRate);

    private void PredictParts(Batch? batch, Span<float> logits)
    {
        step.Deferred.Apply();
        if (parts is null)
        {
            model.Predict(batch!, logits, frozen: false);
            return;
        }
        Batch own = parts.Take(batch, training: false);
        Span<float> mine = parts.Logits();
        model.Predict(own, mine, frozen: false);
        parts.GiveBack(mine, logits);
    }
}
