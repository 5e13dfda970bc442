namespace GpuCtr.Data.Tests.Parquet;

/// <summary>Damage as disks, networks and programs cause it; a function of the seed.</summary>
internal static class Mutant
{
    /// <summary>A damaged copy.</summary>
    public static byte[] Of(byte[] whole, int seed)
    {
        var random = new Random(seed);
        int at = random.Next(whole.Length), length = Math.Min(1 << random.Next(9), whole.Length - at), other = random.Next(whole.Length - length + 1);
        byte[] copy = [.. whole];
        switch (random.Next(8))
        {
            case 0:
                copy[at] ^= (byte)(1 << random.Next(8));
                return copy;
            case 1:
                for (int i = 0; i < 3; i++)
                    copy[random.Next(copy.Length)] = (byte)random.Next(256);
                return copy;
            case 2:
                random.NextBytes(copy.AsSpan(at, length));
                return copy;
            case 3:
                copy.AsSpan(at, length).Clear();
                return copy;
            case 4:
                whole.AsSpan(other, length).CopyTo(copy.AsSpan(at, length)); // a block in the wrong place
                return copy;
            case 5:
                return [.. whole.AsSpan(0, at), .. whole.AsSpan(at + length)];
            case 6:
                return [.. whole.AsSpan(0, at), .. whole.AsSpan(other, length), .. whole.AsSpan(at)];
            default:
                return [.. whole.AsSpan(0, at)];
        }
    }
}
