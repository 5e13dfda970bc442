using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace GpuCtr.Data.Shards;

/// <summary>The column that groups rows, as the user does for gAUC and the request for lists: each value becomes a number of 64 bits.</summary>
internal static class GroupKey
{
    /// <summary>How the column is read, if all shards have it; doubles are read as integers.</summary>
    public static ColumnRequest? Request(ShardSet shards, string name) => shards.Column(name) switch
    {
        { IsList: false, Kind: ValueKind.Integer or ValueKind.Unsigned or ValueKind.Text } c => new ColumnRequest(name, c.Kind),
        { IsList: false, Kind: ValueKind.Real } => new ColumnRequest(name, ValueKind.Integer),
        _ => null,
    };

    /// <summary>The key of a row; texts by a hash, rows without a value have one key.</summary>
    public static ulong Of(ColumnBuffer column, int r) => column.IsNull(r) ? 0x9E37_79B9_7F4A_7C15UL
        : column.Kind == ValueKind.Text ? XxHash3.HashToUInt64(MemoryMarshal.AsBytes(column.Texts[r].Span))
        : unchecked((ulong)column.Integers[r]);
}
