using System.Text.Json;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Ranks;
using GpuCtr.Models.Features;

namespace GpuCtr.Models.Ranks;

/// <summary>Creates the models of rank 0 on the other ranks: rank 0 announces each model, and the others create the same and follow it.</summary>
public static class RankModels
{
    private static readonly JsonSerializerOptions json = new() { IgnoreReadOnlyProperties = true };

    /// <summary>What rank 0 makes. Columns do not save whether rows have weights, which follows from how labels are read.</summary>
    private sealed record Description(FeatureSpec Spec, bool HasWeights, ModelOptions Options, int BatchSize);

    /// <summary>Why several ranks do not train a model with these options yet, and what to do; null if they do.</summary>
    public static string? Refusal(ModelOptions options) => WholeBatches.Refusal(options);

    /// <summary>Runs work with models on rank 0, with the help of all other ranks.</summary>
    /// <param name="ranks">All ranks, each of which calls this; null: only this process.</param>
    /// <param name="open">Opens this rank's device, on ranks other than 0.</param>
    /// <param name="lead">The work of rank 0, on a device of these ranks. If it fails, the others wait until they are ended.</param>
    /// <exception cref="KernelException">A model of rank 0 cannot be made on this rank.</exception>
    public static void Run(Communicator? ranks, Func<Device> open, Action lead)
    {
        if (ranks is { Rank: > 0 })
        {
            using Device device = open();
            Follow(device);
            return;
        }
        lead();
        if (ranks is not null)
            new RankOrders(ranks).Give(Order.End);
    }

    /// <summary>The device of a model that is about to be created; on rank 0, this also announces the model to the others.</summary>
    internal static Device Announced(Device device, FeatureSpec spec, ModelOptions options, int batchSize, IReadOnlyList<long>? rowCounts)
    {
        Communicator ranks = device.Ranks;
        if (ranks is not { Rank: 0, Size: > 1 })
            return device;
        WholeBatches.Check(options);
        byte[] text = JsonSerializer.SerializeToUtf8Bytes(new Description(spec, spec.HasWeights, options, batchSize), json);
        new RankOrders(ranks).Give(Order.Make, text.Length, rowCounts?.Count ?? -1);
        ranks.Broadcast<byte>(text, 0);
        ranks.Broadcast<long>(rowCounts?.ToArray() ?? [], 0);
        return device;
    }

    private static void Follow(Device device)
    {
        var order = new RankOrders(device.Ranks).Next();
        while (order.What == Order.Make)
        {
            using TrainableModel model = Announced(device, (int)order.A, (int)order.B);
            order = model.Follow();
        }
    }

    /// <summary>What <see cref="Announced(Device, FeatureSpec, ModelOptions, int, IReadOnlyList{long}?)"/> tells.</summary>
    private static TrainableModel Announced(Device device, int textBytes, int rowCounts)
    {
        byte[] text = new byte[textBytes];
        long[] counts = new long[Math.Max(0, rowCounts)];
        device.Ranks.Broadcast<byte>(text, 0);
        device.Ranks.Broadcast<long>(counts, 0);
        (FeatureSpec spec, bool hasWeights, ModelOptions options, int batchSize) = JsonSerializer.Deserialize<Description>(text, json)!;
        return new(device, spec with { HasWeights = hasWeights }, options, batchSize, rowCounts < 0 ? null : counts);
    }
}
