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
        return $"{type}{(method.Length > 0 ? "." : "")}{method}{Arguments([.. kernel.DeclaringType.GetGenericArguments(), .. kernel.GetGenericArguments()])}";
    }

    private static string Arguments(Type[] types) => types.Length == 0 ? "" : $"<{string.Join(", ", types.Select(Of))}>";

    private static string Of(Type type) => (type.IsNested ? $"{type.DeclaringType!.Name}." : "") + type.Name.Split('`')[0] + Arguments(type.GetGenericArguments());
}
