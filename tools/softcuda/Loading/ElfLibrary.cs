using System.Runtime.InteropServices;
using System.Text;

namespace GpuCtr.SoftCuda.Loading;

/// <summary>Writes a shared library for Linux (System V ABI, "Object Files" and "Dynamic Linking") whose functions jump through a table of addresses.</summary>
internal static class ElfLibrary
{
    /// <summary>The exported table: one address for every function, in their order.</summary>
    public const string Table = "gpu_ctr_soft_cuda_table";

    private const int HeaderBytes = 64, SegmentBytes = 56, Segments = 4, SymbolBytes = 24, StubBytes = 8, DynamicBytes = 7 * 16, Page = 4096;

    // Types of segments, access rights, tags of the dynamic section.
    private const int Load = 1, Dynamic = 2, Stack = 0x6474e551, Execute = 1, Write = 2, Read = 4;
    private const long Hash = 4, Strings = 5, Symbols = 6, StringBytes = 10, SymbolEntry = 11, SoName = 14;

    /// <summary>The bytes of a library for this processor.</summary>
    /// <param name="soName">The name that the loader knows it by once it is loaded.</param>
    /// <param name="functions">Names of its functions.</param>
    public static byte[] Bytes(string soName, IReadOnlyList<string> functions)
    {
        (byte[] strings, int[] names) = StringTable([.. functions, Table, soName]);
        int hash = HeaderBytes + Segments * SegmentBytes;
        int symbols = Align(hash + (3 + functions.Count + 2) * 4, 8);
        int texts = symbols + (functions.Count + 2) * SymbolBytes;
        int stubs = Align(texts + strings.Length, 16);
        int codeEnd = stubs + functions.Count * StubBytes;
        int dynamic = Align(codeEnd, Page), table = dynamic + DynamicBytes, end = table + functions.Count * 8;

        MemoryStream file = new();
        using BinaryWriter to = new(file);
        WriteHeader(to);
        WriteSegment(to, Load, Read | Execute, 0, codeEnd, Page);
        WriteSegment(to, Load, Read | Write, dynamic, end - dynamic, Page);
        WriteSegment(to, Dynamic, Read | Write, dynamic, DynamicBytes, 8);
        WriteSegment(to, Stack, Read | Write, 0, 0, 16);
        WriteHash(to, functions.Count + 2);
        PadTo(to, symbols);
        WriteSymbol(to, 0, 0, 0, 0);
        for (int i = 0; i < functions.Count; i++)
            WriteSymbol(to, names[i], 0x12, stubs + i * StubBytes, StubBytes);
        WriteSymbol(to, names[^2], 0x11, table, functions.Count * 8);
        to.Write(strings);
        PadTo(to, stubs);
        for (int i = 0; i < functions.Count; i++)
            to.Write(Stub(table + i * 8 - (stubs + i * StubBytes)));
        PadTo(to, dynamic);
        foreach (long field in new long[] { SoName, names[^1], Hash, hash, Strings, texts, StringBytes, strings.Length, Symbols, symbols, SymbolEntry, SymbolBytes, 0, 0 })
            to.Write(field);
        PadTo(to, end);
        return file.ToArray();
    }

    /// <summary>A jump to the address that stands at a distance from here.</summary>
    private static byte[] Stub(int distance) => RuntimeInformation.ProcessArchitecture switch
    {
        // jmp [rip + distance of the end of this instruction]; two bytes of padding.
        Architecture.X64 => [0xFF, 0x25, .. BitConverter.GetBytes(distance - 6), 0xCC, 0xCC],
        // ldr x16, distance in words; br x16.
        Architecture.Arm64 => [.. BitConverter.GetBytes(0x58000010 | distance / 4 << 5), .. BitConverter.GetBytes(0xD61F0200)],
        Architecture other => throw new PlatformNotSupportedException($"the CUDA machine in software runs on x86-64 and arm64, not on {other}"),
    };

    private static void WriteHeader(BinaryWriter to)
    {
        bool isArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
        // 64 bits, little-endian, version 1; then a shared object of version 1 for this processor, without entry point and sections.
        to.Write([0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        to.Write((short)3);
        to.Write((short)(isArm ? 183 : 62));
        to.Write(1);
        to.Write(0L);
        to.Write((long)HeaderBytes);
        to.Write(0L);
        to.Write(0);
        foreach (short size in new short[] { HeaderBytes, SegmentBytes, Segments, 64, 0, 0 })
            to.Write(size);
    }

    private static void WriteSegment(BinaryWriter to, int type, int rights, long at, long bytes, long alignment)
    {
        to.Write(type);
        to.Write(rights);
        foreach (long field in new[] { at, at, at, bytes, bytes, alignment })
            to.Write(field);
    }

    /// <summary>One bucket with all symbols: there are too few to hash.</summary>
    private static void WriteHash(BinaryWriter to, int symbols)
    {
        to.Write(1);
        to.Write(symbols);
        to.Write(1);
        for (int i = 0; i < symbols; i++)
            to.Write(i == 0 || i == symbols - 1 ? 0 : i + 1);
    }

    private static void WriteSymbol(BinaryWriter to, int name, byte kind, long at, long bytes)
    {
        to.Write(name);
        to.Write(kind);
        to.Write((byte)0);
        // Any section but none: the symbol is defined.
        to.Write((short)(kind == 0 ? 0 : 1));
        to.Write(at);
        to.Write(bytes);
    }

    private static (byte[] Bytes, int[] Offsets) StringTable(IReadOnlyList<string> texts)
    {
        List<byte> bytes = [0];
        int[] offsets = new int[texts.Count];
        for (int i = 0; i < offsets.Length; i++)
        {
            offsets[i] = bytes.Count;
            bytes.AddRange(Encoding.ASCII.GetBytes(texts[i]));
            bytes.Add(0);
        }
        return ([.. bytes], offsets);
    }

    private static void PadTo(BinaryWriter to, long position) => to.Write(new byte[position - to.BaseStream.Position]);

    private static int Align(int value, int unit) => (value + unit - 1) / unit * unit;
}
