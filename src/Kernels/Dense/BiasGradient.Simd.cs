using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;

namespace GpuCtr.Kernels.Dense;

public sealed unsafe partial class BiasGradient
{
    private Action<int> Simd() => new ColumnBlocks(device, y.Columns, Columns).Run;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Columns(int rows, int column, int count)
    {
        int n = y.Columns;
        float* g = y.Gradient!.Pointer + column, value = masks ? y.Pointer + column : null;
        Vector512<float> total = default;
        for (int r = 0; r < rows; r++, g += n)
        {
            Vector512<float> v = Lanes.Load(g, count);
            if (value != null)
            {
                v = Vector512.ConditionalSelect(Vector512.GreaterThan(Lanes.Load(value, count), Vector512<float>.Zero), v, Vector512<float>.Zero);
                Lanes.Store(v, g, count);
                value += n;
            }
            total += v;
        }
        if (b?.Gradient is { } db)
            Lanes.Store(total, db.Pointer + column, count);
    }
}
