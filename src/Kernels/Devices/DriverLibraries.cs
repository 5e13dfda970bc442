using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using ILGPU;

namespace GpuCtr.Kernels.Devices;

/// <summary>Finds driver libraries whose names on Linux differ from those that ILGPU imports.</summary>
/// <remarks>
/// The loader calls this last, after ILGPU's own resolver or one of the host process, so nothing conflicts:
/// an assembly has one resolver, and ILGPU sets its own on WSL.
/// </remarks>
internal static class DriverLibraries
{
    private static readonly Assembly ilgpu = typeof(Context).Assembly;

    // Debian and Ubuntu ship libOpenCL.so.1 without the link that has no version, and so does NVIDIA's driver libcuda.so.1.
    // WSL keeps the driver of its host in a separate folder.
    private static readonly Dictionary<string, string[]> files = new()
    {
        ["OpenCL"] = ["libOpenCL.so.1"],
        ["cuda"] = ["libcuda.so.1", "/usr/lib/wsl/lib/libcuda.so.1"],
    };

    static DriverLibraries() => AssemblyLoadContext.GetLoadContext(ilgpu)!.ResolvingUnmanagedDll += (assembly, name) => assembly == ilgpu ? Find(name, Load) : 0;

    /// <summary>From now on, ILGPU finds the libraries.</summary>
    public static void Register()
    {
    }

    /// <summary>The library of the NVIDIA driver that ILGPU calls; 0 if this machine has none.</summary>
    public static nint Cuda() => NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda" : "cuda", ilgpu, null, out nint library) ? library : 0;

    /// <summary>The first file of a library that loads; 0 if none does.</summary>
    internal static nint Find(string name, Func<string, nint> load) => files.GetValueOrDefault(name, []).Select(load).FirstOrDefault(found => found != 0);

    private static nint Load(string file) => NativeLibrary.TryLoad(file, out nint library) ? library : 0;
}
