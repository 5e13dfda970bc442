using System.Reflection;
using GpuCtr.Kernels.Devices;
using ILGPU.Frontend;

namespace GpuCtr.Kernels.Tests.Ptx;

/// <summary>Comparisons of floats, in kernels and what they call, whose left side may be a constant when ILGPU builds them.</summary>
/// <remarks>
/// ILGPU 1.5.3 puts the constant on the right and then also exchanges ordered and unordered: <c>0 &lt; x</c> becomes true for NaN, which
/// <c>x &gt; 0</c> is not. Inlining makes constants of arguments and of returned values, so they are followed through calls.
/// </remarks>
internal sealed class ConstantComparisons
{
    private readonly Dictionary<MethodBase, MethodConstants> methods = [];
    private bool changed;

    /// <summary>One line for each such comparison that any of the kernels reaches.</summary>
    public static IReadOnlyList<string> In(IEnumerable<MethodBase> kernels)
    {
        ConstantComparisons all = new();
        foreach (MethodBase kernel in kernels)
            _ = all.Of(kernel);
        do
        {
            all.changed = false;
            foreach (MethodConstants method in all.methods.Values.ToArray())
                method.Follow();
        }
        while (all.changed);
        return [.. all.methods.Values.SelectMany(m => m.Found).Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>The analysis of a method; null if it is an intrinsic, or has no body here.</summary>
    public MethodConstants? Of(MethodBase method)
    {
        if (methods.TryGetValue(method, out MethodConstants? known))
            return known;
        if (method.DeclaringType?.Assembly is not { } assembly || assembly != typeof(Device).Assembly && assembly != typeof(ConstantComparisons).Assembly || method.GetMethodBody() is null)
            return null;
        changed = true;
        return methods[method] = new MethodConstants(this, DisassembledMethod.DisassembleAsync(method).GetAwaiter().GetResult());
    }

    /// <summary>Notes that something is known that was not.</summary>
    public void Learn(ref bool fact, bool value)
    {
        changed |= value && !fact;
        fact |= value;
    }
}
