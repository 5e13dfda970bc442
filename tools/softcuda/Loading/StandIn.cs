using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace GpuCtr.SoftCuda.Loading;

/// <summary>A native library whose functions are methods of this process. Loaded from memory: no file is left behind.</summary>
internal static unsafe partial class StandIn
{
    private const uint CloseOnExec = 1;

    // The loader compares names before contents: a number that is free again would give the first library for the second.
    private static readonly List<SafeFileHandle> files = [];

    // Called by native code for as long as the process lives.
    private static readonly List<Delegate> absences = [];

    /// <summary>Loads a library; from then on the loader finds it by its SONAME.</summary>
    /// <param name="soName">Its name.</param>
    /// <param name="functions">A type whose <see cref="UnmanagedCallersOnlyAttribute"/> methods are the functions, by their entry points.</param>
    /// <param name="absent">Names of functions that exist and do nothing.</param>
    /// <param name="called">Called with the name of an absent function; returns its result.</param>
    public static nint Load(string soName, Type functions, IReadOnlyList<string> absent, Func<string, int> called)
    {
        Dictionary<string, nint> addresses = Exports(functions);
        foreach (string name in absent.Where(name => !addresses.ContainsKey(name)))
            addresses.Add(name, Absence(() => called(name)));
        nint library = Load(soName, ElfLibrary.Bytes(soName, [.. addresses.Keys]));
        nint* table = (nint*)NativeLibrary.GetExport(library, ElfLibrary.Table);
        foreach (nint address in addresses.Values)
            *table++ = address;
        return library;
    }

    private static Dictionary<string, nint> Exports(Type type) => type
        .GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)
        .Select(method => (Method: method, Export: method.GetCustomAttribute<UnmanagedCallersOnlyAttribute>()))
        .Where(found => found.Export is not null)
        .ToDictionary(found => found.Export!.EntryPoint!, found => found.Method.MethodHandle.GetFunctionPointer());

    private static nint Absence(Result function)
    {
        absences.Add(function);
        return Marshal.GetFunctionPointerForDelegate(function);
    }

    private static nint Load(string name, byte[] bytes)
    {
        int number = CreateFileInMemory(name, CloseOnExec);
        if (number < 0)
            throw new PlatformNotSupportedException($"the CUDA machine in software needs Linux 3.17 or newer: memory for {name} was refused ({Marshal.GetLastPInvokeErrorMessage()})");
        SafeFileHandle file = new(number, ownsHandle: true);
        files.Add(file);
        RandomAccess.Write(file, bytes, 0);
        return NativeLibrary.Load($"/proc/self/fd/{number}");
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int CreateFileInMemory(string name, uint flags);

    // Arguments that a caller passes are not looked at: on x86-64 and arm64 the caller removes them.
    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int Result();
}
