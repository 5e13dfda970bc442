using System.Reflection;

namespace GpuCtr.Tests;

/// <summary>Names of kernels as docs/kernels.md has them.</summary>
public static class KernelName
{
    private const string Suffix = "Kernel";

    /// <summary>MatMul.Forward for MatMul.ForwardKernel, MatMul for MatMul.Kernel; type arguments behind it, with the type they stand in.</summary>
    public static string Of(MethodInfo kernel)
    {
        string type = kernel.DeclaringType!.Name.Split('`')[0], method = kernel.Name.EndsWith(Suffix, StringComparison.Ordinal) ? kernel.Name[..^Suffix.Length] : kernel.Name;
        string[] arguments = [.. kernel.DeclaringType.GetGenericArguments().Concat(kernel.GetGenericArguments()).Select(t => t.IsNested ? $"{t.DeclaringType!.Name}.{t.Name}" : t.Name)];
        return $"{type}{(method.Length > 0 ? "." : "")}{method}{(arguments.Length == 0 ? "" : $"<{string.Join(", ", arguments)}>")}";
    }
}
