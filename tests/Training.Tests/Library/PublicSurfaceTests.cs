using System.Reflection;
using GpuCtr.Hosting;
using GpuCtr.Models;

namespace GpuCtr.Training.Tests.Library;

/// <summary>What GpuCtr and GpuCtr.Hosting expose of other packages is written down there too: no analyzer looks further than one package.</summary>
[Trait("Speed", "Fast")]
public sealed class PublicSurfaceTests
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Assembly, string> packages = new()
    {
        [typeof(Kernels.Devices.DeviceException).Assembly] = "Kernels",
        [typeof(ModelOptions).Assembly] = "Models",
        [typeof(GpuCtrException).Assembly] = "Data",
        [typeof(CtrModel).Assembly] = "Training",
        [typeof(CtrModelHost).Assembly] = "Hosting",
    };

    [Fact]
    public void Every_type_that_a_service_can_see_is_written_down()
    {
        HashSet<Type> seen = [];
        foreach (Type type in new[] { typeof(CtrModel), typeof(CtrModelHost) }.SelectMany(t => t.Assembly.GetExportedTypes()))
            See(type, seen);
        // What calls throw is in no signature.
        See(typeof(GpuCtrException), seen);
        See(typeof(Kernels.Devices.DeviceException), seen);
        Assert.Contains(typeof(Kernels.Devices.Precision), seen);
        HashSet<string> written = [.. packages.Values.SelectMany(p => new[] { "Shipped", "Unshipped" }.SelectMany(k => File.ReadLines(Repository.File("src", p, $"PublicAPI.{k}.txt"))))];
        string[] missing = [.. seen.Select(NameOf).Where(name => !written.Any(line => line == name || line.StartsWith($"{name}<", StringComparison.Ordinal)))];
        Assert.True(missing.Length == 0, string.Join(", ", missing));
    }

    private static string NameOf(Type type) => type.FullName!.Split('`')[0].Replace('+', '.');

    private static void See(Type? type, HashSet<Type> seen)
    {
        while (type is { HasElementType: true })
            type = type.GetElementType();
        if (type is null || type.IsGenericParameter)
            return;
        if (type.IsGenericType)
        {
            foreach (Type argument in type.GetGenericArguments())
                See(argument, seen);
            type = type.GetGenericTypeDefinition();
        }

        if (!packages.ContainsKey(type.Assembly) || !seen.Add(type))
            return;
        foreach (Type other in TypesOf(type))
            See(other, seen);
    }

    private static IEnumerable<Type> TypesOf(Type type) =>
    [
        .. type.BaseType is { } parent ? [parent] : Type.EmptyTypes,
        .. type.GetInterfaces(),
        .. type.GetNestedTypes(),
        .. type.GetMethods(Declared).Where(IsVisible).Select(m => m.ReturnType),
        .. type.GetMethods(Declared).Concat<MethodBase>(type.GetConstructors(Declared)).Where(IsVisible).SelectMany(m => m.GetParameters().Select(p => p.ParameterType)),
        .. type.GetFields(Declared).Where(f => f.IsPublic || f.IsFamily).Select(f => f.FieldType),
    ];

    private static bool IsVisible(MethodBase m) => m.IsPublic || m.IsFamily || m.IsFamilyOrAssembly;
}
