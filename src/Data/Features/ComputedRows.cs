using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace GpuCtr.Data.Features;

/// <summary>Vocabulary rows that are computed from the value instead of looked up. <see cref="Count"/> 0: none; every value of the training rows has its own row.</summary>
/// <param name="Count">Rows between null and OOV.</param>
/// <param name="Identity">The integers 0 … Count − 1 are their own rows, and others have none; false: rows are hash buckets.</param>
internal readonly record struct ComputedRows(int Count, bool Identity)
{
    /// <summary>Seed of the hash; part of the saved state.</summary>
    public const long Seed = 0x6374_7230;

    /// <summary>Whether rows are computed.</summary>
    public bool Any => Count > 0;

    /// <summary>0 … Count − 1, or Count if the value has no row.</summary>
    public int Of(long value) => Identity ? (int)Math.Min((ulong)value, (ulong)Count) : Bucket(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in value)));

    /// <summary>The same for a text, by hash.</summary>
    public int Of(ReadOnlySpan<char> value) => Bucket(MemoryMarshal.AsBytes(value));

    /// <summary>Description of the rows of a column, for messages.</summary>
    public string Describe(string column) => !Any ? "its vocabulary" : $"{(Identity ? "--identity" : "--hash-buckets")} {column}={Count}";

    private int Bucket(ReadOnlySpan<byte> bytes) => (int)(XxHash3.HashToUInt64(bytes, Seed) % (ulong)Count);
}
