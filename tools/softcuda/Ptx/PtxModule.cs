namespace GpuCtr.SoftCuda.Ptx;

/// <summary>A module of PTX in decoded form.</summary>
public sealed class PtxModule
{
    private readonly Dictionary<string, PtxKernel> byName;

    internal PtxModule(string version, string target, IReadOnlyList<PtxKernel> kernels)
    {
        (Version, Target, Kernels) = (version, target, kernels);
        byName = kernels.ToDictionary(k => k.Name);
    }

    /// <summary>The version of the instruction set, as in <c>7.8</c>.</summary>
    public string Version { get; }

    /// <summary>The architecture, as in <c>sm_80</c>.</summary>
    public string Target { get; }

    /// <summary>Kernels in the order of the text.</summary>
    public IReadOnlyList<PtxKernel> Kernels { get; }

    /// <summary>Reads a module.</summary>
    /// <exception cref="PtxException">The text is no PTX, or has what this machine does not execute.</exception>
    public static PtxModule Parse(string text) => new ModuleParser(text).Parse();

    /// <summary>The kernel of a name; null if there is none.</summary>
    public PtxKernel? Find(string name) => byName.GetValueOrDefault(name);
}
