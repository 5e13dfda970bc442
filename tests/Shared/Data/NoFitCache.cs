using System.Runtime.CompilerServices;
using GpuCtr.Data.Features;

namespace GpuCtr.Tests;

/// <summary>Tests leave nothing in the home folder, and none finds what another one fitted.</summary>
internal static class NoFitCache
{
    [ModuleInitializer]
    internal static void TurnOff() => Environment.SetEnvironmentVariable(FitCache.Variable, "off");
}
