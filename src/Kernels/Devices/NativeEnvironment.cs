using System.Runtime.InteropServices;

namespace GpuCtr.Kernels.Devices;

/// <summary>Variables that native libraries read: .NET changes only its own copy of the environment, which native code does not see.</summary>
internal static class NativeEnvironment
{
    /// <summary>Sets a variable that the user has not set. Windows has one environment for all.</summary>
    public static void SetDefault(string name, string value)
    {
        if (OperatingSystem.IsWindows())
        {
            if (Environment.GetEnvironmentVariable(name) is null)
                Environment.SetEnvironmentVariable(name, value);
        }
        else
            _ = Set(name, value, overwrite: 0);
    }

    [DllImport("libc", EntryPoint = "setenv", CharSet = CharSet.Ansi)]
    private static extern int Set(string name, string value, int overwrite);
}
