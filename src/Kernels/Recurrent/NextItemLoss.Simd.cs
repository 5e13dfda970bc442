using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Recurrent;

public sealed unsafe partial class NextItemLoss
{
    // α / N of this pass.
    private float factor;

    private OpVariant Simd(Workspace workspace)
    {
        Tensor partials = workspace.TrainingTensor($"{z.Name} loss partials", (history.Vectors.Rows + BlockRows - 1) / BlockRows, 1);
        RowBlocks forward = new(device, BlockRows, (first, end) => partials.Pointer[first / BlockRows] = SumOf(first, end)), backward = new(device, BlockRows, BackwardRows);
        return new(
            (in Pass pass) =>
            {
                float sum = 0, n = CountOf(pass);
                for (int i = 0, end = forward.Run(pass.Rows); i < end; i++)
                    sum += partials.Pointer[i];
                factor = n > 0 ? alpha / n : 0;
                loss.Pointer[0] = n > 0 ? sum / n : 0;
                loss.Pointer[1] += sum;
                loss.Pointer[2] += device.Ranks.Rank == 0 ? n : 0;
            },
            (in Pass pass) => backward.Run(pass.Rows));
    }

    /// <summary>N.</summary>
    private float CountOf(in Pass pass)
    {
        int pairs = 0, longest = 0;
        float weighted = 0;
        for (int b = 0; b < pass.Rows; b++)
        {
            int length = history.Offsets.Pointer[b + 1] - history.Offsets.Pointer[b];
            pairs += Math.Max(0, length - 1);
            weighted += WeightOf(b) * Math.Max(0, length - 1);
            longest = Math.Max(longest, length);
        }
        (float counted, float most) = (weight is null ? pairs : weighted, longest);
        if (device.Ranks.Size > 1)
            (counted, most) = CountAll(counted, most);
        return Divisor(average, pass.WholeRows, counted, most);
    }

    private float WeightOf(int row) => weight is null ? 1 : weight.Pointer[row];

    private float Logit(int row) => z.Columns == 1 ? z.Pointer[row] : z.Pointer[2L * row] - z.Pointer[2L * row + 1];

    private float SumOf(int firstRow, int endRow)
    {
        float sum = 0;
        for (int b = firstRow; b < endRow; b++)
            for (int t = history.Offsets.Pointer[b]; t + 1 < history.Offsets.Pointer[b + 1]; t++)
                sum += WeightOf(b) * (Softplus(-Logit(2 * t)) - floor.OfLoss(Logit(2 * t)) + Softplus(Logit(2 * t + 1)));
        return sum;

        // log(1 + e) by two terms of its series if 1 + e would lose e.
        static float Softplus(float x)
        {
            float e = MathF.Exp(-MathF.Abs(x));
            return (x > 0 ? x : 0) + (e < 1e-4f ? e - 0.5f * e * e : MathF.Log(1 + e));
        }
    }

    private void BackwardRows(int firstRow, int endRow)
    {
        int outputs = z.Columns;
        for (int b = firstRow; b < endRow; b++)
        {
            int first = history.Offsets.Pointer[b], end = history.Offsets.Pointer[b + 1];
            for (int row = 2 * first; row < 2 * end; row++)
            {
                float sign = row % 2 == 0 ? -1 : 1, z = Logit(row), taken = sign < 0 ? floor.OfSlope(z) : 0;
                float d = row / 2 + 1 < end ? WeightOf(b) * (sign * factor / (1 + MathF.Exp(-sign * z)) - sign * factor * taken) : 0;
                Write((long)row * outputs, d);
                if (outputs == 2)
                    Write(2L * row + 1, -d);
            }
        }
    }

    private void Write(long i, float d) => dz.Target!.Pointer[i] = dz.Accumulates ? dz.Target.Pointer[i] + d : d;
}
