using System.Reflection;
using System.Runtime.CompilerServices;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;

namespace GpuCtr.Kernels.Devices;

/// <summary>Compiles kernels with ILGPU, and changes the generated code before a driver reads it: ILGPU has no setter for the text, so its field is written here and nowhere else.</summary>
internal static class KernelText
{
    /// <summary>A kernel as PTX.</summary>
    public static PTXCompiledKernel Compile(PTXBackend backend, MethodInfo kernel) => (PTXCompiledKernel)backend.Compile(Entry(kernel), default);

    /// <summary>A kernel as OpenCL C.</summary>
    public static CLCompiledKernel Compile(CLBackend backend, MethodInfo kernel) => (CLCompiledKernel)backend.Compile(Entry(kernel), default);

    /// <summary>Changes the text of a kernel.</summary>
    public static PTXCompiledKernel With(this PTXCompiledKernel kernel, Func<string, string> change)
    {
        ref string text = ref Field(kernel);
        text = change(text);
        return kernel;
    }

    /// <inheritdoc cref="With(PTXCompiledKernel, Func{string, string})"/>
    public static CLCompiledKernel With(this CLCompiledKernel kernel, Func<string, string> change)
    {
        ref string text = ref Field(kernel);
        text = change(text);
        return kernel;
    }

    private static EntryPointDescription Entry(MethodInfo kernel) => EntryPointDescription.FromExplicitlyGroupedKernel(kernel);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<PTXAssembly>k__BackingField")]
    private static extern ref string Field(PTXCompiledKernel kernel);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<Source>k__BackingField")]
    private static extern ref string Field(CLCompiledKernel kernel);
}
