using System.Reflection;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Verification;
using GpuCtr.Tests;
using ILGPU;

namespace GpuCtr.Kernels.Tests.Ptx;

/// <summary>Which kernels every op case launches with which variant: noted on devices that neither compile nor run them.</summary>
/// <remarks>Nothing is listed by hand: a kernel that no case launches is found by its signature.</remarks>
internal static class KernelInventory
{
    private static readonly (KernelChoice, Precision)[] variants =
        [(KernelChoice.Portable, Precision.Fp32), (KernelChoice.Tiled, Precision.Fp32), (KernelChoice.Tiled, Precision.Tf32), (KernelChoice.Tiled, Precision.Bf16), (KernelChoice.Library, Precision.Fp32)];

    private static readonly Lazy<Dictionary<(KernelChoice, Precision), Dictionary<OpCase, MethodInfo[]>>> launches = new(() => variants.ToDictionary(v => v, Note));

    private static readonly Lazy<IReadOnlyList<LoadedKernel>> all = new(() =>
        [.. launches.Value.Values.SelectMany(v => v.Values).SelectMany(kernels => kernels).Distinct().Select(LoadedKernel.Of).OrderBy(k => KernelName.Of(k.Method), StringComparer.Ordinal)]);

    /// <summary>Every kernel with every specialization in use, in the order of their names.</summary>
    public static IReadOnlyList<LoadedKernel> All => all.Value;

    /// <summary>The launches of a case, in order; empty if the case does not apply.</summary>
    public static MethodInfo[] Launches(OpCase c, KernelChoice kernels, Precision precision) => launches.Value[(kernels, precision)].GetValueOrDefault(c) ?? [];

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

    private static Dictionary<OpCase, MethodInfo[]> Note((KernelChoice Kernels, Precision Precision) variant)
    {
        using Device device = Device.Open("cpu", variant.Kernels, precision: variant.Precision);
        Dictionary<OpCase, MethodInfo[]> noted = new(ReferenceEqualityComparer.Instance);
        foreach (OpCase c in OpTable.Cases.Where(c => c.AppliesTo(device)))
        {
            device.Noted = [];
            using Trial trial = new(c, device, 0);
            trial.Workspace.Allocate();
            trial.Launch();
            noted.Add(c, [.. device.Noted]);
        }
        return noted;
    }
}
