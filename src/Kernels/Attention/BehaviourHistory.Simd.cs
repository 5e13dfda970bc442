using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Attention;

/// Keys of some positions side by side, for products; those of the positions behind them are brought near meanwhile.
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
            int left = MaxTokens - t - n;
            for (int i = 0; i < n; i++, to += e)
            {
                float* key = table + (long)rows[i] * d, next = table + (long)rows[i < left ? i + n : i] * d;
                for (int j = 0; j < d; j += Lanes.Count)
                {
                    Prefetch.Ahead(next + j);
                    Lanes.Store(Lanes.Load(key + j, d - j), to + j, d - j);
                }
            }
        }
    }

    /// <summary>Copies keys to panels of 32 columns.</summary>
    /// <param name="keys">(E / 32, n, 32); columns behind the last key value are left as they were.</param>
    /// <param name="t">The first position.</param>
    /// <param name="n">How many.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void GatherPanels(float* keys, int t, int n)
    {
        int d = D, e = E;
        for (int field = 0; field < e / d; field++)
        {
            int* rows = FieldRows(field, t);
            float* table = Table.Pointer;
            int left = MaxTokens - t - n;
            for (int j = 0; j < d; j += Lanes.Count)
            {
                int column = field * d + j, count = Math.Min(Lanes.Count, d - j), here = Math.Min(count, Panel.Width - column % Panel.Width);
                float* to = keys + (nint)(column / Panel.Width) * n * Panel.Width + column % Panel.Width;
                for (int i = 0; i < n; i++, to += Panel.Width)
                {
                    float* key = table + (long)rows[i] * d + j;
                    Prefetch.Ahead(table + (long)rows[i < left ? i + n : i] * d + j);
                    Lanes.Store(Lanes.Load(key, count), to, here);
                    // What hangs over the panel's edge begins the same row of the next panel.
                    if (here < count)
                        new Span<float>(key + here, count - here).CopyTo(new Span<float>(to - column % Panel.Width + (nint)n * Panel.Width, count - here));
                }
            }
        }
    }

    /// <summary>Brings near where the gradients of some keys will be written.</summary>
    internal void PrefetchKeyGradients(int t, int n)
    {
        for (int field = 0; field < Bases.Length; field++)
            Prefetch.Row(RowGradients.Pointer + ((long)GradientOffset + Bases.Pointer[field] + t) * D, n * D);
    }

    private int* FieldRows(int field, int t) => Rows.Pointer + Bases.Pointer[field] + t;
}
