using GpuCtr.Kernels.Devices;

namespace GpuCtr.Models.Ranks;

/// <summary>Refuses on several ranks what needs all rows of a batch in one place and is not made for parts of it yet.</summary>
internal static class WholeBatches
{
    /// <summary>Why several ranks do not train a model with these options yet, and what to do; null if they do.</summary>
    public static string? Refusal(ModelOptions options)
    {
        ModelEntry entry = ModelCatalog.Of(options.Model);
        return entry.PredictsItems ? Text($"model '{entry.Name}' compares with all items, and each rank has a part of them", "start one rank, without --slices")
            : null;
    }

    /// <summary>Checks the options of a model.</summary>
    /// <exception cref="KernelException">It needs whole batches.</exception>
    public static void Check(ModelOptions options)
    {
        if (Refusal(options) is { } why)
            throw new KernelException(why);
    }

    private static string Text(string why, string advice) => $"several ranks or slices: {why}; this is not built for them yet: {advice}";
}
