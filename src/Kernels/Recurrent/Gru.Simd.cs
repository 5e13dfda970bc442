using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Recurrent;

/// <content>
/// On the CPU, a strip of rows of about equal length goes through its positions together: a step is one product of [x, h] (rows that still have a position, I + H) with
/// the weights, which stay in the second-level cache. Nothing but the states leaves the strip; backward computes the gates again, a quarter of all operations,
/// instead of keeping 4H numbers for each position. Which rows share a strip changes no bit of their states.
/// </content>
public sealed unsafe partial class Gru
{
    private const int StripRows = 32;

    private static readonly bool wide = Vector512.IsHardwareAccelerated;

    private RowsByLength order = null!;

    // For each gate, panels of [W, U]ᵀ (I + H, H), and b_i, with b_h added unless it is kept separately.
    private DeviceArray<float> packed = null!, biases = null!;
    private bool isPacked;

    private int Inputs => x.Columns;

    private int Units => h.Columns;

    /// <summary>Distance of two rows of [x, h, r ∘ h]; the last part is unused with the reset after the product.</summary>
    private int RowLength => Inputs + 2 * Units;

    private int PanelLength => (Inputs + Units) * Panel.Width;

    private OpVariant Simd(Workspace workspace)
    {
        order = new RowsByLength(history);
        packed = workspace.Array<float>($"{h.Name} packed weights", 3L * Panel.Count(Units) * PanelLength);
        biases = workspace.Array<float>($"{h.Name} biases", 3L * Units);
        RowBlocks forward = new(device, StripRows, ForwardStrip);
        PassWork backward = SimdBackward(workspace);
        return new(
            (in Pass pass) =>
            {
                if (!(pass.Frozen && isPacked))
                    PackWeights();
                order.Sort(pass.Rows);
                forward.Run(pass.Rows);
            },
            backward);
    }

    private void PackWeights()
    {
        isPacked = true;
        int units = Units, inputs = Inputs;
        for (int gate = 0; gate < 3; gate++)
            for (int panel = 0; panel < Panel.Count(units); panel++)
            {
                int unit = gate * units + panel * Panel.Width, columns = Math.Min(Panel.Width, units - panel * Panel.Width);
                float* to = PackedPanel(gate, panel);
                Panel.Pack(to, weights.Input.Pointer + (long)unit * inputs, 1, inputs, inputs, columns);
                Panel.Pack(to + (nint)inputs * Panel.Width, weights.Hidden.Pointer + (long)unit * units, 1, units, units, columns);
            }
        for (int unit = 0; unit < 3 * units; unit++)
            biases.Pointer[unit] = weights.InputBias.Pointer[unit] + (resetAfter && unit >= 2 * units ? 0 : weights.HiddenBias.Pointer[unit]);
    }

    private float* PackedPanel(int gate, int panel) => packed.Pointer + (nint)(gate * Panel.Count(Units) + panel) * PanelLength;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ForwardStrip(int firstRow, int endRow)
    {
        int units = Units, inputs = Inputs, alive = endRow - firstRow;
        float* rows = ThreadScratch.Get((nuint)(StripRows * (RowLength + 4 * units))), gates = rows + StripRows * RowLength, products = gates + StripRows * 3 * units;
        int* first = stackalloc int[StripRows];
        for (int i = 0; i < alive; i++)
            first[i] = history.Offsets.Pointer[order[firstRow + i]];
        for (int t = 0; ; t++)
        {
            while (alive > 0 && order.Length(order[firstRow + alive - 1]) <= t)
                alive--;
            if (alive == 0)
                return;
            for (int i = 0; i < alive; i++)
            {
                long at = (long)(first[i] + t) * inputs;
                Copy(rows + i * RowLength, x.Pointer + at, inputs);
                Announce(x.Pointer + at + inputs, inputs);
                Announce(h.Pointer + (long)(first[i] + t) * units, units);
            }
            Gates(rows, alive, t == 0, gates, products);
            for (int i = 0; i < alive; i++)
                NextState(rows + i * RowLength + inputs, gates + i * 3 * units, first[i] + t, t == 0);
        }
    }

    /// <summary>h' of a row, in place of h and to the output.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void NextState(float* state, float* gates, int position, bool fromZero)
    {
        int units = Units;
        KeptShare share = KeptShare.Of(kind, a is null ? 0 : a.Pointer[position]);
        Vector512<float> kept = Vector512.Create(share.Fixed), gated = Vector512.Create(share.Gated);
        float* to = h.Pointer + (long)position * units;
        for (int j = 0; j < units; j += Lanes.Count)
        {
            int count = units - j;
            Vector512<float> s = Vector512.FusedMultiplyAdd(gated, Lanes.Load(gates + units + j, count), kept), n = Lanes.Load(gates + 2 * units + j, count);
            Vector512<float> before = fromZero ? default : Lanes.Load(state + j, count), next = Vector512.FusedMultiplyAdd(s, before, (Vector512<float>.One - s) * n);
            Lanes.Store(next, state + j, count);
            Lanes.Store(next, to + j, count);
        }
    }

    /// <summary>r, z and n of some rows at one position.</summary>
    /// <param name="rows">(count, RowLength) x and h; with the reset before the product, r ∘ h is written after them.</param>
    /// <param name="count">How many.</param>
    /// <param name="fromZero">h is 0, whatever stands there.</param>
    /// <param name="gates">(count, 3H) r, z, n.</param>
    /// <param name="products">(count, H) U_n h + b_hn, with the reset after the product.</param>
    private void Gates(float* rows, int count, bool fromZero, float* gates, float* products)
    {
        int units = Units, inputs = Inputs;
        for (int panel = 0; panel < Panel.Count(units); panel++)
        {
            int j = panel * Panel.Width, columns = Math.Min(Panel.Width, units - j);
            for (int gate = 0; gate < 3; gate++)
                GemmTile.Rows(
                    count, rows, RowLength, 1, PackedPanel(gate, panel), gate == 2 || fromZero ? inputs : inputs + units,
                    gates + gate * units + j, 3 * units, columns, biases.Pointer + gate * units + j, 0, wide);
            if (resetAfter)
                GemmTile.Rows(
                    count, rows + inputs, RowLength, 1, PackedPanel(2, panel) + (nint)inputs * Panel.Width, fromZero ? 0 : units,
                    products + j, units, columns, weights.HiddenBias.Pointer + 2 * units + j, 0, wide);
        }
        for (int i = 0; i < count; i++)
            Squashed(gates + i * 3 * units, products + i * units, rows + i * RowLength + inputs, fromZero);
        if (resetAfter)
            return;
        for (int panel = 0; panel < Panel.Count(units) && !fromZero; panel++)
        {
            float* to = gates + 2 * units + panel * Panel.Width;
            GemmTile.Rows(
                count, rows + inputs + units, RowLength, 1, PackedPanel(2, panel) + (nint)inputs * Panel.Width, units,
                to, 3 * units, Math.Min(Panel.Width, units - panel * Panel.Width), to, 3 * units, wide);
        }
        for (int i = 0; i < count; i++)
            for (int j = 0; j < units; j += Lanes.Count)
            {
                float* n = gates + i * 3 * units + 2 * units + j;
                Lanes.Store(Math512.Tanh(Lanes.Load(n, units - j)), n, units - j);
            }
    }

    /// <summary>r and z of a row from their arguments; with the reset after the product also n, else r ∘ h behind h.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Squashed(float* gates, float* products, float* state, bool fromZero)
    {
        int units = Units;
        for (int j = 0; j < units; j += Lanes.Count)
        {
            int count = units - j;
            Vector512<float> r = Math512.Sigmoid(Lanes.Load(gates + j, count));
            Lanes.Store(Math512.Sigmoid(Lanes.Load(gates + units + j, count)), gates + units + j, count);
            if (resetAfter)
                Lanes.Store(Math512.Tanh(Vector512.FusedMultiplyAdd(r, Lanes.Load(products + j, count), Lanes.Load(gates + 2 * units + j, count))), gates + 2 * units + j, count);
            else
                Lanes.Store(fromZero ? default : r * Lanes.Load(state + j, count), state + units + j, count);
            Lanes.Store(r, gates + j, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(float* to, float* from, int length)
    {
        for (int j = 0; j < length; j += Lanes.Count)
            Lanes.Store(Lanes.Load(from + j, length - j), to + j, length - j);
    }

    /// <summary>Prefetches the data that the next step reads or writes of a row: 32 rows are more streams than the hardware prefetcher tracks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Announce(float* row, int length)
    {
        for (int j = 0; j < length; j += Lanes.Count)
            Prefetch.FarAhead(row + j);
    }
}
