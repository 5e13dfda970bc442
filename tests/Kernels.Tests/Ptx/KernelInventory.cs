using System.Reflection;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Verification;
using GpuCtr.Tests;
using ILGPU;

namespace GpuCtr.Kernels.Tests.Ptx;

/// <summary>Every kernel there is, with every specialization in use: whatever the op cases made a device load.</summary>
/// <remarks>Nothing is listed by hand: a kernel that no case loads is found by its signature.</remarks>
internal static class KernelInventory
{
    private static readonly Lazy<ILookup<string, LoadedKernel>> portable = new(() => Load(KernelChoice.Portable)), tiled = new(() => Load(KernelChoice.Tiled));

    private static readonly Lazy<IReadOnlyList<LoadedKernel>> all = new(() =>
        [.. new[] { portable.Value, tiled.Value, Load(KernelChoice.Tiled, Precision.Tf32), Load(KernelChoice.Tiled, Precision.Bf16), Load(KernelChoice.Library) }
            .SelectMany(ops => ops.SelectMany(kernels => kernels)).Distinct().OrderBy(k => KernelName.Of(k.Method), StringComparer.Ordinal)]);

    /// <summary>The kernels in the order of their names.</summary>
    public static IReadOnlyList<LoadedKernel> All => all.Value;

    /// <summary>The ops that load other kernels for GPUs than elsewhere.</summary>
    public static IEnumerable<string> TiledOps => portable.Value.Select(op => op.Key).Where(op => !portable.Value[op].ToHashSet().SetEquals(tiled.Value[op]));

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

    private static ILookup<string, LoadedKernel> Load(KernelChoice kernels, Precision precision = Precision.Fp32) =>
        OpTable.Cases.GroupBy(c => c.Op).SelectMany(op => Load([.. op], kernels, precision).Select(kernel => (op.Key, kernel))).ToLookup(k => k.Key, k => k.kernel);

    private static LoadedKernel[] Load(OpCase[] cases, KernelChoice kernels, Precision precision)
    {
        using Device device = Device.Open("cpu", kernels, precision: precision);
        // Launches are taken down and never run, which would take minutes: a kernel is loaded either way.
        device.Recording = [];
        foreach (OpCase c in cases.Where(c => c.AppliesTo(device)))
        {
            using Trial trial = new(c, device, 0);
            trial.Workspace.Allocate();
            trial.Run();
            device.Recording.Clear();
        }
        return [.. device.LoadedKernels];
    }
}
