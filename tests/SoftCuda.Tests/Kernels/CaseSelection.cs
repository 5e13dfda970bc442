using System.Reflection;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Verification;

namespace GpuCtr.SoftCuda.Tests.Kernels;

/// <summary>Which cases a variant is run with.</summary>
internal static class CaseSelection
{
    /// <summary>The variable that asks for all.</summary>
    public const string Long = "GPU_CTR_SOFT_CUDA_LONG";

    /// <summary>Whether all are asked for.</summary>
    public static bool IsLong => Environment.GetEnvironmentVariable(Long) is { Length: > 0 };

    // Of each kernel: one small shape is too often 1 × 1. On tensor cores factors that are computed on their way run nowhere else.
    private const int CasesOfKernel = 3, CasesOnTensorCores = 6;

    // Bytes; larger cases are taken only for kernels that no smaller one launches.
    private const long Least = 4 << 10;

    /// <summary>Cases of an op; in the short form, the smallest that launch each kernel a few times.</summary>
    public static IReadOnlyList<OpCase> Of(string op, KernelChoice kernels, Precision precision)
    {
        using Device device = Device.Open("cpu", kernels, precision: precision);
        OpCase[] all = [.. OpTable.Cases.Where(c => c.Op == op && c.AppliesTo(device))];
        if (IsLong)
            return all;
        int wanted = precision.OnTensorCores() && op != "linear" ? CasesOnTensorCores : CasesOfKernel;
        Dictionary<MethodInfo, int> taken = [];
        List<OpCase> picked = [];
        foreach ((OpCase c, _, MethodInfo[] launched) in all.Select(c => Note(c, device)).OrderBy(n => Math.Max(n.Bytes, Least)))
        {
            if (launched.All(k => taken.GetValueOrDefault(k) >= wanted))
                continue;
            picked.Add(c);
            foreach (MethodInfo kernel in launched)
                taken[kernel] = taken.GetValueOrDefault(kernel) + 1;
        }
        return picked;
    }

    /// <summary>The buffers and launches of a case, on a device that neither compiles nor runs kernels.</summary>
    private static (OpCase Case, long Bytes, MethodInfo[] Launched) Note(OpCase c, Device device)
    {
        device.Noted = [];
        using Trial trial = new(c, device, 0);
        trial.Workspace.Allocate();
        trial.Launch();
        return (c, trial.Workspace.TotalBytes, [.. device.Noted.Distinct()]);
    }
}
