using System.Reflection;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Verification;
using GpuCtr.Tests;
using ILGPU;

namespace GpuCtr.Kernels.Tests.Ptx;

/// <summary>Every kernel there is, with every specialization in use: whatever the op cases made a device load.</summary>
/// Nothing is listed by hand: a kernel that no case loads is found by its signature.
internal static class KernelInventory
{
    private static readonly Lazy<IReadOnlyList<LoadedKernel>> loaded = new(Load);

    /// <summary>The kernels in the order of their names.</summary>
    public static IReadOnlyList<LoadedKernel> All => loaded.Value;

    /// <summary>Methods of the assembly that can only be kernels: static, of one argument, a structure that holds views.</summary>
    public static IEnumerable<MethodInfo> BySignature() =>
        typeof(Device).Assembly.GetTypes()
            .SelectMany(t => t.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(m => m.ReturnType == typeof(void) && m.GetParameters() is [{ ParameterType: { IsValueType: true } only }] && Views(only).Any());

    /// <summary>How many views of structures of four floats a kernel has, which are loaded in one instruction.</summary>
    public static int FourFloatViews(MethodInfo kernel) =>
        Views(kernel.GetParameters()[0].ParameterType).Count(v => Fields(v.GetGenericArguments()[0]) is { Length: 4 } four && four.All(f => f == typeof(float)));

    private static IEnumerable<Type> Views(Type type) => Fields(type).Where(f => f.IsGenericType && f.GetGenericTypeDefinition() == typeof(ArrayView<>));

    private static Type[] Fields(Type type) => [.. type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Select(f => f.FieldType)];

    private static IReadOnlyList<LoadedKernel> Load() =>
        [.. new[] { (KernelChoice.Portable, Precision.Fp32), (KernelChoice.Tiled, Precision.Fp32), (KernelChoice.Tiled, Precision.Tf32), (KernelChoice.Tiled, Precision.Bf16), (KernelChoice.Library, Precision.Fp32) }.SelectMany(d => Load(d.Item1, d.Item2)).Distinct().OrderBy(k => KernelName.Of(k.Method), StringComparer.Ordinal)];

    private static LoadedKernel[] Load(KernelChoice kernels, Precision precision)
    {
        using Device device = Device.Open("cpu", kernels, precision: precision);
        foreach (OpCase c in OpTable.Cases.Where(c => c.AppliesTo(device)))
        {
            using Trial trial = new(c, device, 0);
            trial.Workspace.Allocate();
            trial.Run();
        }
        return [.. device.LoadedKernels];
    }
}
