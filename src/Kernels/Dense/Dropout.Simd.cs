using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Dense;

public sealed unsafe partial class Dropout
{
    private const int BlockWords = 512;

    private long firstElement, length;
    private bool training;

    private OpVariant Simd()
    {
        RowBlocks forward = RowBlocks.OfElements(device, BlockWords, ForwardWords), backward = RowBlocks.OfElements(device, BlockWords, BackwardWords);
        return new((in Pass pass) => forward.Run(WordsOf(pass)), (in Pass pass) => backward.Run(WordsOf(pass)));
    }

    private long WordsOf(in Pass pass)
    {
        (firstElement, length, training) = (First(pass), Length(pass), pass.Training);
        return Words(length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardWords(long first, long end)
    {
        uint step = (uint)scalars.Pointer->Step;
        float scale = training ? stream.Scale : 1;
        for (long word = first; word < end; word++)
        {
            uint bits = training ? stream.WordFrom(firstElement + word * 32, step) : uint.MaxValue;
            keep.Pointer[word] = bits;
            Select(y.Pointer, x.Pointer, word, bits, scale, add: false);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardWords(long first, long end)
    {
        for (long word = first; word < end; word++)
            Select(dx.Target!.Pointer, y.Gradient!.Pointer, word, keep.Pointer[word], training ? stream.Scale : 1, dx.Accumulates);
    }

    /// <summary>to = from ∘ bits · scale for the 32 elements of a word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Select(float* to, float* from, long word, uint bits, float scale, bool add)
    {
        for (int half = 0; half < 32; half += Lanes.Count, bits >>= Lanes.Count)
        {
            long i = word * 32 + half;
            int count = (int)Math.Min(Lanes.Count, length - i);
            if (count <= 0)
                return;
            Vector512<float> value = Kept(bits, Lanes.Load(from + i, count) * scale);
            Lanes.Store(add ? Lanes.Load(to + i, count) + value : value, to + i, count);
        }
    }

    /// <summary>16 values; values whose bit is not set become zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> Kept(uint bits, Vector512<float> values)
    {
        Vector512<uint> lanes = Vector512.Create(1u, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000, 0x4000, 0x8000);
        return Vector512.ConditionalSelect(Vector512.Equals(Vector512.Create(bits) & lanes, lanes).AsSingle(), values, Vector512<float>.Zero);
    }

    public readonly partial record struct Stream
    {
        /// <summary>The bits of 32 elements from any on.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal uint WordFrom(long element, uint step)
        {
            uint bits = Word(element >> 5, step);
            int shift = (int)(element & 31);
            return shift == 0 ? bits : bits >> shift | Word((element >> 5) + 1, step) << 32 - shift;
        }

        /// <summary>The 32 bits of a mask word: eight Philox blocks in parallel, each 32-bit word in a 64-bit lane.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal uint Word(long word, uint step)
        {
            Vector512<ulong> low = Vector512.Create(0xFFFFFFFFul);
            Vector512<ulong> counter = Vector512.Create((ulong)word * 8) + Vector512.Create(0ul, 1, 2, 3, 4, 5, 6, 7);
            Vector512<ulong> c0 = counter & low, c1 = counter >>> 32, c2 = Vector512.Create((ulong)step), c3 = Vector512.Create((ulong)Layer);
            uint key0 = Seed0, key1 = Seed1;
            for (int round = 0; round < Philox.Rounds; round++)
            {
                Vector512<ulong> a = c0 * Philox.MultiplierA, b = c2 * Philox.MultiplierB;
                c0 = (b >>> 32) ^ c1 ^ Vector512.Create((ulong)key0);
                c2 = (a >>> 32) ^ c3 ^ Vector512.Create((ulong)key1);
                c1 = b & low;
                c3 = a & low;
                key0 += Philox.WeylA;
                key1 += Philox.WeylB;
            }
            Vector512<ulong> threshold = Vector512.Create((ulong)Threshold);
            return Bits(c0, threshold) | Bits(c1, threshold) << 8 | Bits(c2, threshold) << 16 | Bits(c3, threshold) << 24;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static uint Bits(Vector512<ulong> r, Vector512<ulong> threshold) =>
            (uint)Vector512.GreaterThanOrEqual(r, threshold).ExtractMostSignificantBits();
    }
}
