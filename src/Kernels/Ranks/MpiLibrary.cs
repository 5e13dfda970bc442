using System.Runtime.InteropServices;
using GpuCtr.Kernels.Devices;

namespace GpuCtr.Kernels.Ranks;

/// <summary>A library of MPI: its functions, and the few handles that differ between families.</summary>
/// <remarks>
/// Handles of Open MPI are addresses of exported objects; those of MPICH are 32-bit numbers. Both are passed as a machine word: calling
/// conventions of all platforms of .NET give an integer argument a whole register or stack slot, of which a callee reads only the bytes it needs.
/// </remarks>
internal sealed unsafe class MpiLibrary
{
    private const int VersionBytes = 8192, ErrorBytes = 512;

    private readonly nint library;

    private MpiLibrary(string file, nint library)
    {
        (File, this.library) = (file, library);
        byte* text = stackalloc byte[VersionBytes];
        int length;
        _ = ((delegate* unmanaged<byte*, int*, int>)this["MPI_Get_library_version"])(text, &length);
        Version = DriverText.Line((Marshal.PtrToStringUTF8((nint)text) ?? "").Split('\n', ',')[0], 80);
        bool open = NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out nint world);
        Family = open ? MpiFamily.OpenMpi : MpiFamily.Mpich;
        (World, Byte, Int, Double, ErrorsReturn) = open
            ? (world, this["ompi_mpi_byte"], this["ompi_mpi_int"], this["ompi_mpi_double"], this["ompi_mpi_errors_return"])
            : (0x44000000, 0x4c00010d, 0x4c000405, 0x4c00080b, 0x54000001);
    }

    /// <summary>Its file, as it was found.</summary>
    public string File { get; }

    /// <summary>What it says of itself.</summary>
    public string Version { get; }

    /// <summary>Its family.</summary>
    public MpiFamily Family { get; }

    /// <summary>MPI_COMM_WORLD.</summary>
    public nint World { get; }

    /// <summary>MPI_ERRORS_RETURN.</summary>
    public nint ErrorsReturn { get; }

    private nint Byte { get; }

    private nint Int { get; }

    private nint Double { get; }

    /// <summary>Address of a function or object.</summary>
    /// <exception cref="CommunicatorException">The library has none of this name.</exception>
    public nint this[string name] => NativeLibrary.TryGetExport(library, name, out nint address) ? address
        : throw new CommunicatorException($"{File} is not an MPI library: it has no {name}; set {Launcher.Variable} to the path of your launcher's libmpi");

    /// <summary>An MPI type of this size. Data is only copied, so only its size matters.</summary>
    public nint TypeOf(int bytes) => bytes switch { 1 => Byte, 4 => Int, _ => Double };

    /// <summary>Loads the library of a launcher.</summary>
    /// <exception cref="CommunicatorException">There is no library, or it belongs to another launcher.</exception>
    public static MpiLibrary Load(Launcher launcher) => Load(launcher, Environment.GetEnvironmentVariable(Launcher.Variable), Open);

    /// <summary>The same with the value of <see cref="Launcher.Variable"/>, and with a function that loads a file and returns 0 if it cannot.</summary>
    internal static MpiLibrary Load(Launcher launcher, string? named, Func<string, nint> open)
    {
        if (launcher.Families.Count == 0)
            throw new CommunicatorException($"{launcher.Name} started {launcher.Size} processes that cannot reach each other: start them with `srun --mpi=pmix` (`srun --mpi=list` shows what your Slurm has), or set {Launcher.Variable}=off to run each process independently");
        string[] files = string.IsNullOrEmpty(named) ? [.. launcher.Families.SelectMany(Files)] : [named];
        // UCX, over which both families may communicate, would take signals that .NET makes exceptions of.
        NativeEnvironment.SetDefault("UCX_ERROR_SIGNALS", "");
        foreach (string file in files)
            if (open(file) is var found and not 0)
                return Of(launcher, new MpiLibrary(file, found));
        throw new CommunicatorException($"no MPI was found for the launcher ({launcher.Name}): {string.Join(", ", files)} {(files.Length == 1 ? "does" : "do")} not load; install {string.Join(" or ", launcher.Families.Select(Package))} on every host, or set {Launcher.Variable} to the path of your launcher's libmpi");
    }

    /// <summary>The library's words for an error.</summary>
    public string Describe(int status)
    {
        byte* text = stackalloc byte[ErrorBytes];
        int length;
        return ((delegate* unmanaged<int, byte*, int*, int>)this["MPI_Error_string"])(status, text, &length) == 0
            ? DriverText.Line(Marshal.PtrToStringUTF8((nint)text) ?? "", ErrorBytes) : $"error {status}";
    }

    private static MpiLibrary Of(Launcher launcher, MpiLibrary found) => launcher.Families.Contains(found.Family) ? found
        : throw new CommunicatorException($"{found.File} is {found.Version}, but this rank was started by {launcher.Name}: use the launcher of that MPI, or set {Launcher.Variable} to the path of this launcher's libmpi");

    private static string[] Files(MpiFamily family) => (family, OperatingSystem.IsWindows(), OperatingSystem.IsMacOS()) switch
    {
        (MpiFamily.OpenMpi, false, false) => ["libmpi.so.40"],
        (MpiFamily.OpenMpi, false, true) => ["libmpi.40.dylib"],
        (MpiFamily.Mpich, true, _) => ["msmpi.dll"],
        // The second name is Debian's.
        (MpiFamily.Mpich, false, false) => ["libmpi.so.12", "libmpich.so.12"],
        (MpiFamily.Mpich, false, true) => ["libmpi.12.dylib"],
        _ => [],
    };

    private static string Package(MpiFamily family) => family switch
    {
        MpiFamily.OpenMpi => "Open MPI (Debian, Ubuntu: libopenmpi3)",
        _ when OperatingSystem.IsWindows() => "MS-MPI",
        _ => "MPICH (Debian, Ubuntu: libmpich12) or Intel MPI",
    };

    private static nint Open(string file) => NativeLibrary.TryLoad(file, out nint library) ? library : 0;
}
