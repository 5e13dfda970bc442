using GpuCtr.Kernels;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Recurrent;

namespace GpuCtr.Models.Ranks;

/// <summary>Refuses on several ranks what needs all rows of a batch in one place and is not made for parts of it yet.</summary>
internal static class WholeBatches
{
    /// <summary>Checks what a model reads and predicts, before it is recorded.</summary>
    /// <exception cref="KernelException">It needs whole batches.</exception>
    public static void CheckRows(ModelBuilder g)
    {
        string name = g.Options.Model;
        if (g.Spec.Predicts != Predictions.Clicks)
            throw Refused($"model '{name}' compares with all items, and each rank has a part of them");
        if (g.Spec.HasLists)
            throw Refused($"model '{name}' ranks lists, which a cut through the batch would divide");
    }

    /// <summary>Checks a recorded model.</summary>
    /// <exception cref="KernelException">One of its ops needs whole batches.</exception>
    public static void CheckOps(ModelBuilder g)
    {
        string name = g.Options.Model;
        foreach (IOp op in g.Ops)
        {
            string? why = (op is LossOnly { Op: var inner } ? inner : op) switch
            {
                BatchNorm { Constants.Fixed: false } => "batch normalization",
                Dice or DiceLinear => "Dice",
                NextItemLoss => "an auxiliary loss",
                _ => null,
            };
            if (why is not null)
                throw Refused($"model '{name}' has {why} ({op.Name}), which takes its statistics over a batch");
        }
    }

    private static KernelException Refused(string why) => new($"several ranks: {why}; this is not built for ranks yet: start one, or choose other options");
}
