using System.Globalization;
using GpuCtr.Models;

namespace GpuCtr.Training;

/// <summary>An amount of memory: 4GB, 512MB or a plain number of bytes, with units of 1024.</summary>
/// <param name="Bytes">Bytes.</param>
public readonly record struct ByteSize(long Bytes) : IOptionText<ByteSize>
{
    private static readonly (string Name, long Bytes)[] units = [("TB", 1L << 40), ("GB", 1L << 30), ("MB", 1L << 20), ("KB", 1L << 10), ("", 1)];

    /// <summary>So many bytes.</summary>
    public static implicit operator ByteSize(long bytes) => new(bytes);

    /// <summary>Reads it.</summary>
    /// <exception cref="FormatException">It is something else, or nothing.</exception>
    public static ByteSize Parse(string text)
    {
        string upper = text.ToUpperInvariant();
        (string unit, long bytes) = units.First(u => upper.EndsWith(u.Name, StringComparison.Ordinal));
        return double.TryParse(upper[..^unit.Length].Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count) && count * bytes is >= 1 and < long.MaxValue / 2
            ? new ByteSize((long)(count * bytes))
            : throw new FormatException("expected a size such as 4GB or 512MB");
    }

    /// <summary>In the largest unit of which it is a whole number.</summary>
    public override string ToString()
    {
        long size = Bytes;
        (string unit, long bytes) = units.First(u => size % u.Bytes == 0);
        return $"{size / bytes}{unit}";
    }
}
