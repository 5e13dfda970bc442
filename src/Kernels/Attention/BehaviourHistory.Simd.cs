using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Attention;

/// <summary>Gathers keys of some positions for matrix products; keys of later positions can be prefetched.</summary>
public sealed unsafe partial record BehaviourHistory
{
    /// <summary>Copies keys to rows.</summary>
    /// <param name="keys">(n, E).</param>
    /// <param name="t">The first position.</param>
    /// <param name="n">How many.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void GatherRows(float* keys, int t, int n)
    {
        int d = D, e = E;
        for (int field = 0; field < e / d; field++)
        {
            int* rows = FieldRows(field, t);
            float* table = Table.Pointer, to = keys + field * d;
            for (int i = 0; i < n; i++, to += e)
            {
                float* key = table + (long)rows[i] * d;
                for (int j = 0; j < d; j += Lanes.Count)
                    Lanes.Store(Lanes.Load(key + j, d - j), to + j, d - j);
            }
        }
    }

    /// <summary>Copies keys to panels of 32 columns, which restart with every field.</summary>
    /// <param name="keys">(fields · ⌈D / 32⌉, n, 32), with zeros after the last column of a field up to a multiple of 16.</param>
    /// <param name="t">The first position.</param>
    /// <param name="n">How many.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void GatherPanels(float* keys, int t, int n)
    {
        int d = D;
        nint panel = (nint)n * Panel.Width;
        for (int field = 0; field < Bases.Length; field++, keys += Panel.Count(d) * panel)
        {
            int* rows = FieldRows(field, t);
            float* table = Table.Pointer;
            for (int j = 0; j < d; j += Lanes.Count)
            {
                float* to = keys + j / Panel.Width * panel + j % Panel.Width;
                for (int i = 0; i < n; i++, to += Panel.Width)
                    Lanes.Load(table + (long)rows[i] * d + j, d - j).Store(to);
            }
        }
    }

    /// <summary>Prefetches the keys of up to n positions.</summary>
    internal void AnnounceKeys(int t, int n, ref PrefetchSchedule ahead)
    {
        for (int field = 0; field < Bases.Length; field++)
            ahead.AddRows(Table.Pointer, FieldRows(field, t), Math.Min(n, MaxTokens - t), D);
    }

    /// <summary>Prefetches the row gradients of some keys.</summary>
    internal void AnnounceKeyGradients(int t, int n, ref PrefetchSchedule ahead)
    {
        for (int field = 0; field < Bases.Length; field++)
            ahead.Add(KeyGradients(field, t), (long)n * D);
    }

    /// <summary>(…, D) gradients of the keys of a field from position t on.</summary>
    internal float* KeyGradients(int field, int t) => RowGradients.Pointer + ((long)GradientOffset + Bases.Pointer[field] + t) * D;

    private int* FieldRows(int field, int t) => Rows.Pointer + Bases.Pointer[field] + t;
}
