using System.Runtime.CompilerServices;

namespace GpuCtr.SoftCuda.Tests;

/// <summary>The machine of this test process: it is there before anything asks the loader for libcuda.</summary>
internal static class MachineFixture
{
    /// <summary>Run before the first test.</summary>
    [ModuleInitializer]
    public static void Install() => _ = Machine.Install(new(Capability.Of("9.0")));
}
