using System.Security.Cryptography;
using System.Text;
using GpuCtr.Kernels.Devices;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Ptx;

/// <summary>Ptx/assembled.txt: the fingerprints of the kernels that were assembled for docs/kernels.md.</summary>
/// <remarks>The assembler is deterministic, and takes four seconds for a product on tensor cores: kernels whose fingerprint is in the file are not assembled again.</remarks>
internal static class AssembledKernels
{
    private static string Path => Repository.File("tests", "Kernels.Tests", "Ptx", "assembled.txt");

    /// <summary>Of a kernel's row in docs/kernels.md, its PTX, and the assembler's release. Numbers in names depend on earlier compilations, so only their order counts.</summary>
    public static string Fingerprint(string assembler, KernelTable.Row row, string ptx) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', [assembler, $"{row}", OpenClKernels.Renumber(ptx)]))));

    /// <summary>The committed fingerprints.</summary>
    public static HashSet<string> Read() => [.. File.ReadLines(Path)];

    /// <summary>Puts these in the place of the committed ones.</summary>
    public static void Write(IEnumerable<string> fingerprints) => File.WriteAllText(Path, string.Concat(fingerprints.Order(StringComparer.Ordinal).Select(f => $"{f}\n")));
}
