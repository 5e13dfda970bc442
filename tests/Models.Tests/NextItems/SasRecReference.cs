using GpuCtr.Kernels;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests.NextItems;

/// <summary>SASRec by the formulas of its paper in float64, entry by entry, against states, loss and gradients by finite differences on every device.</summary>
public sealed class SasRecReference
{
    private const int B = 7, D = 8, Heads = 2, Blocks = 2;
    private const double H = 1e-5;

    public static TheoryData<string> Devices => TestDevices.All;

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void States_loss_and_gradients_match(string device)
    {
        using TrainableModel model = NextItemData.Model(TestDevices.Get(device), "sasrec", B + 2, dropout: 0);
        using Batch batch = NextItemData.Batch(model, "sasrec", B, seed: 5);
        Dictionary<string, double[]> weights = model.Weights.ToDictionary(w => w.Name, w => Array.ConvertAll(w.ToArray(model.Device), x => (double)x));
        // A step with learning rate 0 puts the batch on the device and moves nothing.
        model.TrainStep(batch, 0);
        model.TakeLoss();
        model.Recorded.ForwardBackward(new Pass(B, Training: true, batch.Tokens));
        double[][] states = States(batch, weights);
        Close.Assert([.. states.SelectMany(h => h)], model.Recorded.Model.Output.ToArray(model.Device)[..(states.Length * D)], "states");
        Close.Assert([Loss(batch, weights)], [(float)model.TakeLoss()], "loss");
        foreach (Tensor parameter in model.Weights)
        {
            float[] gradient = parameter.Gradient!.ToArray(model.Device);
            Random random = new(gradient.Length);
            foreach (int i in Enumerable.Range(0, gradient.Length).OrderByDescending(i => Math.Abs(gradient[i])).Take(4).Concat(Enumerable.Range(0, 4).Select(_ => random.Next(gradient.Length))))
                // Padding is no item, and its row is no input.
                Close.Assert([parameter.Name == "embedding" && i < D ? 0 : Slope(batch, weights, parameter.Name, i)], [gradient[i]], $"d {parameter}[{i}]");
        }
    }

    private static double Slope(Batch batch, Dictionary<string, double[]> weights, string name, int i)
    {
        double middle = weights[name][i];
        double At(double step)
        {
            weights[name][i] = middle + step;
            return Loss(batch, weights);
        }
        double slope = (At(-2 * H) - 8 * At(-H) + 8 * At(H) - At(2 * H)) / (12 * H);
        weights[name][i] = middle;
        return slope;
    }

    /// <summary>Mean of −log softmax_i(⟨F_t, M_i⟩) at the next item.</summary>
    private static double Loss(Batch batch, Dictionary<string, double[]> weights)
    {
        double[][] states = States(batch, weights), items = [.. weights["embedding"].Chunk(D).Skip(1).Take(NextItemData.Items)];
        double sum = 0;
        for (int m = 0; m < states.Length; m++)
        {
            double[] scores = [.. items.Select(item => Dot(states[m], item))];
            sum += Math.Log(scores.Sum(Math.Exp)) - scores[batch.Predictions!.Items[m] - 1];
        }
        return sum / states.Length;
    }

    /// <summary>F of every entry, all of which predict.</summary>
    private static double[][] States(Batch batch, Dictionary<string, double[]> weights)
    {
        List<double[]> states = [];
        BatchSequence s = batch.Sequences[0];
        for (int b = 0; b < batch.Rows; b++)
        {
            double[][] x = [.. Enumerable.Range(0, s.Offsets[b + 1] - s.Offsets[b]).Select(t => Plus(Row(weights["embedding"], s.IdAt(s.Offsets[b] + t)), Row(weights["positions"], t)))];
            for (int l = 0; l < Blocks; l++)
                x = Block(weights, $"block.{l}", x);
            states.AddRange(x.Select(row => Norm(weights, "norm", row)));
        }
        return [.. states];
    }

    private static double[][] Block(Dictionary<string, double[]> weights, string name, double[][] x)
    {
        double[][] n = [.. x.Select(row => Norm(weights, $"{name}.norm1", row))];
        double[][] q = Linear(weights, $"{name}.attention.query", n), k = Linear(weights, $"{name}.attention.key", n), v = Linear(weights, $"{name}.attention.value", n);
        double[][] a = [.. x.Select((row, t) => Plus(row, Attend(q[t], k[..(t + 1)], v)))];
        double[][] hidden = [.. Linear(weights, $"{name}.ffn1", [.. a.Select(row => Norm(weights, $"{name}.norm2", row))]).Select(row => row.Select(z => Math.Max(0, z)).ToArray())];
        return [.. a.Zip(Linear(weights, $"{name}.ffn2", hidden), Plus)];
    }

    /// <summary>Every head over its own columns of the entries up to the one that asks.</summary>
    private static double[] Attend(double[] q, double[][] seen, double[][] v)
    {
        double[] y = new double[D];
        for (int head = 0, d = D / Heads; head < Heads; head++)
        {
            int first = head * d;
            double[] powers = [.. seen.Select(k => Math.Exp(Enumerable.Range(first, d).Sum(c => q[c] * k[c]) / Math.Sqrt(d)))];
            for (int c = first; c < first + d; c++)
                y[c] = powers.Select((p, t) => p / powers.Sum() * v[t][c]).Sum();
        }
        return y;
    }

    private static double[] Norm(Dictionary<string, double[]> weights, string name, double[] x)
    {
        double mean = x.Average(), deviation = Math.Sqrt(x.Average(z => (z - mean) * (z - mean)) + 1e-5);
        return [.. x.Select((z, i) => (z - mean) / deviation * weights[$"{name}.gamma"][i] + weights[$"{name}.beta"][i])];
    }

    private static double[][] Linear(Dictionary<string, double[]> weights, string name, double[][] x)
    {
        double[][] w = [.. weights[$"{name}.weight"].Chunk(D)];
        double[]? bias = weights.GetValueOrDefault($"{name}.bias");
        return [.. x.Select(row => w.Select((r, i) => Dot(r, row) + (bias?[i] ?? 0)).ToArray())];
    }

    private static double[] Row(double[] table, int row) => table[(row * D)..((row + 1) * D)];

    private static double[] Plus(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
