using System.Runtime.CompilerServices;
using GpuCtr.Data.Features;

namespace GpuCtr.Tests;

/// <summary>Tests leave no files in the home folder, and do not share fits.</summary>
internal static class NoFitCache
{
    [ModuleInitializer]
    internal static void TurnOff() => Environment.SetEnvironmentVariable(FitCache.Variable, "off");
}
