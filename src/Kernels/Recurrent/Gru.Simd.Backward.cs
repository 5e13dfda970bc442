using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Recurrent;

/// <content>
/// Backward through time of a strip: gates again, dp, then dx and dh by two products with the weights. dp and [x, h] of about 192 positions are collected
/// before a product adds them to the sums of dW and dU of the block, which are combined in the order of the blocks.
/// </content>
public sealed unsafe partial class Gru
{
    private const int LeastBlockRows = 16, ChunkRows = 192;

    // Panels of U (3H, H) and of the blocks n, r, z of W (3H, I).
    private DeviceArray<float> packedHidden = null!, packedInput = null!;
    private PartialSums partials = null!;

    private PassWork SimdBackward(Workspace workspace)
    {
        int units = Units, inputs = Inputs;
        packedHidden = workspace.TrainingArray<float>($"{h.Name} packed weights, by state", 3L * units * Panel.Count(units) * Panel.Width);
        packedInput = workspace.TrainingArray<float>($"{h.Name} packed weights, by input", 3L * units * Panel.Count(inputs) * Panel.Width);
        partials = new PartialSums(workspace, $"d {h.Name} weights", 3 * units * (inputs + units) + 4 * units);
        RowBlocks blocks = RowBlocks.WithSums(device, LeastBlockRows, BackwardBlock);
        return (in Pass pass) =>
        {
            PackTransposed();
            TakeSums(partials.Combine(blocks.Run(pass.Rows)));
        };
    }

    private void PackTransposed()
    {
        int units = Units, inputs = Inputs, depth = 3 * units;
        Panel.PackAll(packedHidden.Pointer, Gemm.Matrix.RowMajor(weights.Hidden.Pointer, units), depth, units);
        for (int panel = 0; panel < Panel.Count(inputs); panel++)
            for (int block = 0; block < 3; block++)
                Panel.Pack(
                    packedInput.Pointer + ((nint)panel * depth + block * units) * Panel.Width, weights.Input.Pointer + (long)(block + 2) % 3 * units * inputs + panel * Panel.Width,
                    inputs, 1, units, Math.Min(Panel.Width, inputs - panel * Panel.Width));
    }

    private void BackwardBlock(int block, int firstRow, int endRow)
    {
        float* sums = partials.Of(block);
        new Span<float>(sums, 3 * Units * (Inputs + Units) + 4 * Units).Clear();
        for (int row = firstRow; row < endRow; row += StripRows)
            BackwardStrip(row, Math.Min(endRow, row + StripRows), sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void BackwardStrip(int firstRow, int endRow, float* sums)
    {
        int units = Units, inputs = Inputs, count = endRow - firstRow, alive = 0, filled = 0;
        Scratch s = new(this);
        int* first = stackalloc int[StripRows];
        for (int i = 0; i < count; i++)
            first[i] = history.Offsets.Pointer[order[firstRow + i]];
        new Span<float>(s.Carry, count * units).Clear();
        for (int t = order.Length(order[firstRow]) - 1; t >= 0; t--)
        {
            while (alive < count && order.Length(order[firstRow + alive]) > t)
                alive++;
            if (filled + alive > ChunkRows)
            {
                AddProducts(s, filled, sums);
                filled = 0;
            }
            float* rows = s.Rows + (nint)filled * RowLength, dp = s.Dp + (nint)filled * 4 * units;
            for (int i = 0; i < alive; i++)
                Fetch(rows + i * RowLength, first[i] + t, t == 0);
            Gates(rows, alive, t == 0, s.Gates, s.Products);
            for (int i = 0; i < alive; i++)
                Differentiate(first[i] + t, rows + i * RowLength + inputs, s.Gates + i * 3 * units, s.Products + i * units, s.Carry + i * units, dp + i * 4 * units);
            if (!resetAfter)
                ThroughReset(s, rows, dp, alive, t == 0);
            if (t > 0)
                Multiply(packedHidden.Pointer, units, dp + units, resetAfter ? 3 * units : 2 * units, s.Carry, alive, add: true);
            if (dx.Target is not null)
            {
                Multiply(packedInput.Pointer, inputs, dp, 3 * units, s.Dx, alive, add: false);
                for (int i = 0; i < alive; i++)
                    for (int j = 0; j < inputs; j += Lanes.Count)
                        dx.Write((long)(first[i] + t) * inputs + j, Lanes.Load(s.Dx + i * inputs + j, inputs - j), inputs - j);
            }
            filled += alive;
        }
        AddProducts(s, filled, sums);
    }

    /// <summary>x and the state before a position; prefetches those of the position before it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Fetch(float* row, int position, bool fromZero)
    {
        int units = Units, inputs = Inputs;
        float* input = x.Pointer + (long)position * inputs, before = h.Pointer + (long)(position - 1) * units;
        Copy(row, input, inputs);
        if (fromZero)
        {
            new Span<float>(row + inputs, 2 * units).Clear();
            return;
        }
        Copy(row + inputs, before, units);
        Announce(input - inputs, inputs);
        Announce(before - units, units);
        Announce(h.Gradient!.Pointer + (long)(position - 1) * units, units);
        if (dx.Target is { } target)
            Announce(target.Pointer + (long)(position - 1) * inputs, inputs);
    }

    /// <summary>dp_n, dp_r, dp_z and dp_n as the hidden side receives it (of which dp_r and the last only with the reset after the product), s g in place of the carried dh, and da.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Differentiate(int position, float* state, float* gates, float* products, float* carry, float* dp)
    {
        int units = Units;
        KeptShare share = KeptShare.Of(kind, a is null ? 0 : a.Pointer[position]), slope = KeptShare.Slope(kind);
        float* dh = h.Gradient!.Pointer + (long)position * units;
        Vector512<float> one = Vector512<float>.One, sum = default;
        for (int j = 0; j < units; j += Lanes.Count)
        {
            int count = units - j;
            Vector512<float> r = Lanes.Load(gates + j, count), z = Lanes.Load(gates + units + j, count), n = Lanes.Load(gates + 2 * units + j, count);
            Vector512<float> g = Lanes.Load(dh + j, count) + Lanes.Load(carry + j, count), s = z * share.Gated + Vector512.Create(share.Fixed);
            Vector512<float> ds = g * (Lanes.Load(state + j, count) - n), dn = g * (one - s) * (one - n * n);
            sum += ds * (z * slope.Gated + Vector512.Create(slope.Fixed));
            Lanes.Store(dn, dp + j, count);
            Lanes.Store(ds * share.Gated * z * (one - z), dp + 2 * units + j, count);
            Lanes.Store(g * s, carry + j, count);
            if (!resetAfter)
                continue;
            Lanes.Store(dn * Lanes.Load(products + j, count) * r * (one - r), dp + units + j, count);
            Lanes.Store(dn * r, dp + 3 * units + j, count);
        }
        if (a is not null)
            da.Write(position, Vector512.CreateScalar(Vector512.Sum(sum)), 1);
    }

    /// <summary>With the reset before the product: d = U_nᵀ dp_n is the gradient of r ∘ h, from which dp_r and a part of dh follow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ThroughReset(in Scratch s, float* rows, float* dp, int count, bool fromZero)
    {
        int units = Units;
        Multiply(packedHidden.Pointer + 2 * (nint)units * Panel.Width, units, dp, units, s.Products, count, add: false);
        for (int i = 0; i < count; i++)
        {
            float* state = rows + i * RowLength + Inputs, gates = s.Gates + i * 3 * units, d = s.Products + i * units, carry = s.Carry + i * units, dr = dp + i * 4 * units + units;
            for (int j = 0; j < units; j += Lanes.Count)
            {
                int lanes = units - j;
                Vector512<float> r = Lanes.Load(gates + j, lanes), g = Lanes.Load(d + j, lanes);
                Lanes.Store(g * Lanes.Load(state + j, lanes) * r * (Vector512<float>.One - r), dr + j, lanes);
                Lanes.Store(Vector512.FusedMultiplyAdd(g, r, Lanes.Load(carry + j, lanes)), carry + j, lanes);
            }
        }
    }

    /// <summary>to (rows, columns) [+]= dp (rows, depth) times panels that are 3H deep, of which the first <paramref name="depth"/> steps count.</summary>
    private void Multiply(float* panels, int columns, float* dp, int depth, float* to, int rows, bool add)
    {
        for (int j = 0; j < columns; j += Panel.Width, panels += 3 * (nint)Units * Panel.Width)
            GemmTile.Rows(rows, dp, 4 * Units, 1, panels, depth, to + j, columns, Math.Min(Panel.Width, columns - j), add ? to + j : null, columns, wide);
    }

    /// <summary>Adds dpᵀ [x, h] of the collected positions to the sums of a block: dW in the order n, r, z, dU in that of r, z, n, biases in that of dp.</summary>
    private void AddProducts(in Scratch s, int count, float* sums)
    {
        int units = Units, inputs = Inputs;
        float* hidden = sums + 3 * units * inputs;
        AddProduct(s, s.Rows, inputs, s.Dp, 3 * units, count, sums);
        AddProduct(s, s.Rows + inputs, units, s.Dp + units, resetAfter ? 3 * units : 2 * units, count, hidden);
        if (!resetAfter)
            AddProduct(s, s.Rows + inputs + units, units, s.Dp, units, count, hidden + 2 * units * units);
        Sums.AddRows(hidden + 3 * units * units, s.Dp, count, 4 * units, 4 * units);
    }

    private void AddProduct(in Scratch s, float* from, int columns, float* dp, int rows, int count, float* sums)
    {
        for (int j = 0; j < columns; j += Panel.Width)
        {
            int width = Math.Min(Panel.Width, columns - j);
            Panel.Pack(s.Packed, from + j, RowLength, 1, count, width);
            GemmTile.Rows(rows, dp, 1, 4 * Units, s.Packed, count, sums + j, columns, width, sums + j, columns, wide);
        }
    }

    private void TakeSums(float* sums)
    {
        int units = Units, inputs = Inputs;
        float* hidden = sums + 3 * units * inputs, bias = hidden + 3 * units * units;
        for (int gate = 0; gate < 3; gate++)
        {
            // r, z, n stand in the order n, r, z.
            int from = (gate + 1) % 3 * units, ofHidden = gate < 2 ? from : resetAfter ? 3 * units : 0;
            new Span<float>(sums + from * inputs, units * inputs).CopyTo(weights.Input.Gradient!.Span((long)gate * units * inputs, units * inputs));
            new Span<float>(bias + from, units).CopyTo(weights.InputBias.Gradient!.Span(gate * units, units));
            new Span<float>(bias + ofHidden, units).CopyTo(weights.HiddenBias.Gradient!.Span(gate * units, units));
        }
        new Span<float>(hidden, 3 * units * units).CopyTo(weights.Hidden.Gradient!.Span());
    }

    /// <summary>The working set of a strip, in the second-level cache.</summary>
    private readonly ref struct Scratch
    {
        public readonly float* Packed, Rows, Dp, Gates, Products, Carry, Dx;

        public Scratch(Gru op)
        {
            int units = op.Units, inputs = op.Inputs;
            Packed = ThreadScratch.Get((nuint)(ChunkRows * (Panel.Width + op.RowLength + 4 * units) + StripRows * (5 * units + inputs)));
            Rows = Packed + ChunkRows * Panel.Width;
            Dp = Rows + ChunkRows * op.RowLength;
            Gates = Dp + ChunkRows * 4 * units;
            Products = Gates + StripRows * 3 * units;
            Carry = Products + StripRows * units;
            Dx = Carry + StripRows * units;
        }
    }
}
