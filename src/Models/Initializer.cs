using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Ranks;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>Initial weights as a pure function of (seed, parameter name, element): equal on every device and number of threads.</summary>
public sealed class Initializer(Device device, ulong seed)
{
    private const int ChunkLength = 1 << 20;

    /// <summary>Fills with N(0, <paramref name="deviation"/>²).</summary>
    public void Normal(Tensor t, double deviation)
    {
        ulong key = seed ^ NameHash(t.Name);
        float[] chunk = new float[Math.Min(ChunkLength, t.Length)];
        for (long start = 0; start < t.Length; start += chunk.Length)
        {
            int count = (int)Math.Min(chunk.Length, t.Length - start);
            long first = start;
            Parallel.For(0, (count + 3) / 4, quad => FillFour(chunk, quad * 4, count, first / 4 + quad, key, deviation));
            t.Write(device, chunk.AsSpan(0, count), start);
        }
    }

    /// <summary>The rows of this rank of a table that would be filled with N(0, <paramref name="deviation"/>²) as a whole.</summary>
    public void Normal(Tensor t, double deviation, RowShards shards)
    {
        ulong key = seed ^ NameHash(t.Name);
        int columns = t.Columns;
        float[] chunk = new float[Math.Max(columns, ChunkLength / Math.Max(1, columns) * columns)];
        for (long start = 0; start < t.Length; start += chunk.Length)
        {
            int count = (int)Math.Min(chunk.Length, t.Length - start);
            long first = start / columns;
            Parallel.For(0, count / columns, i => FillFrom(chunk.AsSpan(i * columns, columns), shards.RowOf(first + i) * columns, key, deviation));
            t.Write(device, chunk.AsSpan(0, count), start);
        }
    }

    /// <summary>Elements from any one on.</summary>
    private static void FillFrom(Span<float> to, long element, ulong key, double deviation)
    {
        float[] four = new float[4];
        for (int i = 0; i < to.Length;)
        {
            int skipped = (int)((element + i) % 4), count = Math.Min(4 - skipped, to.Length - i);
            FillFour(four, 0, 4, (element + i) / 4, key, deviation);
            four.AsSpan(skipped, count).CopyTo(to[i..]);
            i += count;
        }
    }

    /// <summary>Xavier normal for a weight matrix (out, in): variance 2 / (in + out) (Glorot and Bengio 2010).</summary>
    public void XavierNormal(Tensor t) => Normal(t, Math.Sqrt(2.0 / (t.Rows + t.Columns)));

    /// <summary>Fills with one value.</summary>
    public void Constant(Tensor t, float value)
    {
        float[] values = new float[t.Length];
        values.AsSpan().Fill(value);
        t.Write(device, values);
    }

    /// <summary>Four normal numbers from one Philox block by Box and Muller's transform.</summary>
    private static void FillFour(Span<float> to, int at, int count, long counter, ulong key, double deviation)
    {
        Philox.Block r = Philox.Generate((uint)counter, (uint)((ulong)counter >> 32), 0, 0, (uint)key, (uint)(key >> 32));
        (double a, double b) = BoxMuller(r.X, r.Y);
        (double c, double d) = BoxMuller(r.Z, r.W);
        ReadOnlySpan<double> normal = [a, b, c, d];
        for (int i = 0; i < Math.Min(4, count - at); i++)
            to[at + i] = (float)(normal[i] * deviation);
    }

    private static (double, double) BoxMuller(uint u, uint v)
    {
        double radius = Math.Sqrt(-2 * Math.Log(Philox.Unit(u))), angle = 2 * Math.PI * Philox.Unit(v);
        return (radius * Math.Cos(angle), radius * Math.Sin(angle));
    }

    /// <summary>FNV-1a, 64 bit.</summary>
    private static ulong NameHash(string name)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in name)
            hash = (hash ^ c) * 1099511628211;
        return hash;
    }
}
