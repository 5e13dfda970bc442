using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Interactions;

/// <summary>
/// The products in register tiles, with z computed when a tile reads it: forward 96 rows of it and about 128 columns, as rows; for dW 128 rows and 32 columns, as a packed panel.
/// dz is made the same way, 96 rows and 32 columns, and goes into dx and dv while it is in the first-level cache.
/// </summary>
/// <remarks>A panel has the columns (i, j) of as many whole maps i as fit into 32, or a part of one if there are more fields than that. Its sums are one task each: the same bits for any number of threads.</remarks>
public sealed unsafe partial class CompressedInteraction
{
    private const int BlockRows = 96, WeightRows = 128, LeastDepth = 128;

    // After the last column of a panel, a whole register may be stored.
    private const int Slack = Lanes.Count;

    /// <summary>Columns first … first + length − 1 of z.</summary>
    private readonly record struct Columns(int First, int Length);

    private OpVariant Simd(Workspace workspace)
    {
        Columns[] panels = Panels();
        // W as the right factor of y = z Wᵀ, and of dz = dy W.
        DeviceArray<float> byMap = workspace.Array<float>($"{w.Name} by map", (long)Panel.Count(maps) * w.Columns * Panel.Width);
        DeviceArray<float> byColumn = workspace.TrainingArray<float>($"{w.Name} by column", (long)panels.Length * maps * Panel.Width);
        bool packed = false;
        RowBlocks forward = new(device, BlockRows, (first, end) => ForwardRows(first, end, byMap.Pointer));
        RowBlocks backward = new(device, BlockRows, (first, end) => BackwardRows(first, end, panels, byColumn.Pointer));
        int rows = 0;
        Action<int> weights = panel => WeightGradient(panels[panel], rows);
        return new(
            (in Pass pass) =>
            {
                if (!(pass.Frozen && packed))
                    Panel.PackAll(byMap.Pointer, Gemm.Matrix.Transposed(w.Pointer, w.Columns), w.Columns, maps);
                packed = true;
                forward.Run(pass.RowsOf(y));
            },
            (in Pass pass) =>
            {
                rows = pass.RowsOf(y);
                device.Team!.Run(panels.Length, weights);
                if (dx.Target is null && dv.Target is null)
                    return;
                for (int p = 0; p < panels.Length; p++)
                    Panel.Pack(byColumn.Pointer + (nint)p * maps * Panel.Width, w.Pointer + panels[p].First, w.Columns, 1, maps, panels[p].Length);
                backward.Run(rows);
            });
    }

    private Columns[] Panels()
    {
        if (fields > Panel.Width)
            return [.. Enumerable.Range(0, mapCount).SelectMany(i => Enumerable.Range(0, Panel.Count(fields)).Select(p => new Columns(i * fields + p * Panel.Width, Math.Min(Panel.Width, fields - p * Panel.Width))))];
        int together = Panel.Width / fields;
        return [.. Enumerable.Range(0, (mapCount + together - 1) / together).Select(p => new Columns(p * together * fields, Math.Min(together, mapCount - p * together) * fields))];
    }

    private static bool Wide => Vector512.IsHardwareAccelerated;

    private void ForwardRows(int first, int end, float* weights)
    {
        int count = end - first, most = Math.Max(1, LeastDepth / fields);
        float* z = ThreadScratch.Get((nuint)(BlockRows * most * fields + Slack)), to = y.Pointer + (long)first * maps;
        for (int i = 0; i < mapCount; i += most)
        {
            Columns chunk = new(i * fields, Math.Min(most, mapCount - i) * fields);
            Build(z, chunk.Length, chunk, first, count);
            for (int h = 0; h < maps; h += Panel.Width)
                GemmTile.Rows(
                    count, z, chunk.Length, 1, weights + ((long)h * w.Columns + (long)chunk.First * Panel.Width), chunk.Length,
                    to + h, maps, Math.Min(Panel.Width, maps - h), i == 0 ? null : to + h, maps, Wide);
        }
    }

    /// <summary>Some columns of z, of some rows.</summary>
    /// <param name="z">(count, stride).</param>
    /// <param name="stride">Distance of two of its rows.</param>
    /// <param name="columns">Whole maps, or a part of one.</param>
    /// <param name="first">The first row.</param>
    /// <param name="count">Rows.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Build(float* z, int stride, Columns columns, int first, int count)
    {
        int i0 = columns.First / fields, j0 = columns.First % fields, width = Math.Min(columns.Length, fields - j0), together = columns.Length / width;
        for (long row = first; row < first + count; row++, z += stride)
        {
            float* maps = x.Pointer + row * mapCount + i0, vectors = v.Pointer + row * fields + j0;
            float* to = z;
            // Values stored after the last column of a map are overwritten by the next map or the next row.
            for (int i = 0; i < together; i++, to += width)
                for (int j = 0; j < width; j += Lanes.Count)
                    (Lanes.Load(vectors + j, width - j) * maps[i]).Store(to + j);
        }
    }

    /// <summary>dW of some columns.</summary>
    private void WeightGradient(Columns columns, int rows)
    {
        float* z = ThreadScratch.Get(WeightRows * Panel.Width + Slack), to = w.Gradient!.Pointer + columns.First;
        new Span<float>(z, WeightRows * Panel.Width).Clear();
        // One round even without rows: dW is then 0.
        for (int first = 0; first == 0 || first < rows; first += WeightRows)
        {
            int count = Math.Min(WeightRows, rows - first);
            Build(z, Panel.Width, columns, first, count);
            GemmTile.Rows(maps, y.Gradient!.Pointer + (long)first * maps, 1, maps, z, count, to, w.Columns, columns.Length, first == 0 ? null : to, w.Columns, Wide);
        }
    }

    private void BackwardRows(int first, int end, Columns[] panels, float* weights)
    {
        int count = end - first;
        float* dz = ThreadScratch.Get((nuint)(BlockRows * (Panel.Width + mapCount + fields) + Slack)), toMaps = dz + BlockRows * Panel.Width + Slack, toFields = toMaps + BlockRows * mapCount;
        new Span<float>(toMaps, BlockRows * (mapCount + fields)).Clear();
        float* dy = y.Gradient!.Pointer + (long)first * maps;
        foreach (Columns columns in panels)
        {
            GemmTile.Rows(count, dy, maps, 1, weights, maps, dz, Panel.Width, columns.Length, null, 0, Wide);
            Spread(dz, columns, first, count, toMaps, toFields);
            weights += (nint)maps * Panel.Width;
        }
        Write(dx, toMaps, (long)first * mapCount, count * mapCount);
        Write(dv, toFields, (long)first * fields, count * fields);
    }

    /// <summary>Adds dz of some columns to dx and dv.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Spread(float* dz, Columns columns, int first, int count, float* toMaps, float* toFields)
    {
        int i0 = columns.First / fields, j0 = columns.First % fields, width = Math.Min(columns.Length, fields - j0), together = columns.Length / width;
        for (long r = 0; r < count; r++, dz += Panel.Width)
        {
            float* maps = x.Pointer + (first + r) * mapCount + i0, vectors = v.Pointer + (first + r) * fields + j0, dMaps = toMaps + r * mapCount + i0, dVectors = toFields + r * fields + j0;
            for (int j = 0; j < width; j += Lanes.Count)
            {
                Vector512<float> values = Lanes.Load(vectors + j, width - j), sum = Lanes.Load(dVectors + j, width - j);
                float* from = dz + j;
                for (int i = 0; i < together; i++, from += width)
                {
                    Vector512<float> d = Lanes.Load(from, width - j);
                    sum = Vector512.FusedMultiplyAdd(d, Vector512.Create(maps[i]), sum);
                    dMaps[i] += Vector512.Sum(d * values);
                }
                Lanes.Store(sum, dVectors + j, width - j);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Write(Tensor.GradientSink sink, float* from, long at, int length)
    {
        for (int i = 0; i < length; i += Lanes.Count)
            sink.Write(at + i, Lanes.Load(from + i, length - i), length - i);
    }
}
