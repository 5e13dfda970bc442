using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

/// <summary>BST against the formulas of its paper in float64, every item of every block computed: logits, loss, and gradients by finite differences of the reference.</summary>
public sealed class BstReference
{
    private const int D = 3, E = 2 * D, B = 7, T = 5, Samples = 12;

    private static readonly int[] sizes = [6, 12, 5];

    private static readonly FeatureSpec spec = new(
        [new("user", sizes[0]), new("item", sizes[1]), new("category", sizes[2])], [new("user", 0), new("item", 1), new("category", 2)], [],
        [new("hist_item", 1, SequenceRole.History, 1, T), new("hist_category", 2, SequenceRole.History, 2, T)]);

    public static TheoryData<string, string> Cases => TestDevices.Times("1 block 1 head", "1 block 2 heads", "2 blocks 3 heads", "3 blocks 6 heads");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Logits_loss_and_gradients_are_those_of_the_formulas(string deviceName, string name)
    {
        Device device = TestDevices.Get(deviceName);
        string[] words = name.Split(' ');
        ModelOptions options = ModelCatalog.Defaults("bst") with
        {
            EmbeddingDim = D,
            EmbeddingInitStd = 0.5,
            HiddenUnits = [7, 4],
            TransformerBlocks = int.Parse(words[0]),
            AttentionHeads = int.Parse(words[2]),
            EmbeddingUpdate = Kernels.Embedding.EmbeddingUpdate.Dense,
            Seed = 2,
        };
        using TrainableModel model = new(device, spec, options, B + 2);
        MoveScales(model);
        Rows rows = new(seed: 4);
        using Batch batch = rows.Fill(device);
        float[] logits = new float[B + 2];
        model.Predict(batch, logits);
        Dictionary<string, double[]> weights = model.Weights.ToDictionary(t => t.Name, t => t.ToArray(device).Select(x => (double)x).ToArray());
        Close.Assert(Logits(rows, weights, options), logits[..B], "logits", absolute: 1e-5, relative: 1e-5);

        batch.Upload(device, model.Recorded.Model.Inputs);
        model.Recorded.ForwardBackward(new Pass(B, Training: true, batch.Tokens));
        Close.Assert([Loss(rows, weights, options)], [(float)model.TakeLoss()], "loss", absolute: 1e-5, relative: 1e-5);
        foreach (Tensor t in model.Weights.Where(t => t.Length > 0))
        {
            float[] gradient = t.Gradient!.ToArray(device);
            Random random = new(gradient.Length);
            int[] picked = [.. Enumerable.Range(0, gradient.Length).OrderByDescending(i => Math.Abs(gradient[i])).Take(4), .. Enumerable.Range(0, Samples).Select(_ => random.Next(gradient.Length))];
            if (t.Name == "embedding")
                picked = [.. picked.Where(i => !spec.Offsets().Contains(i / D))];
            Close.Assert([.. picked.Select(i => Slope(rows, weights, options, t.Name, i))], [.. picked.Select(i => gradient[i])], $"d {t.Name}", absolute: 2e-6, relative: 1e-4);
        }
    }

    /// <summary>New scales are all 1 and new shifts 0, which would hide one taken for another.</summary>
    private static void MoveScales(TrainableModel model)
    {
        foreach (Tensor t in model.Weights.Where(t => t.Name.EndsWith(".gamma", StringComparison.Ordinal) || t.Name.EndsWith(".beta", StringComparison.Ordinal)))
        {
            Random random = new(t.Name.Length);
            t.Write(model.Device, [.. t.ToArray(model.Device).Select(x => x + random.NextSingle() - 0.5f)]);
        }
    }

    private static double Slope(Rows rows, Dictionary<string, double[]> weights, ModelOptions options, string name, int i)
    {
        const double h = 1e-6;
        double middle = weights[name][i];
        double At(double step)
        {
            weights[name][i] = middle + step;
            return Loss(rows, weights, options);
        }
        double slope = (At(h) - At(-h)) / (2 * h);
        weights[name][i] = middle;
        return slope;
    }

    private static double Loss(Rows rows, Dictionary<string, double[]> w, ModelOptions options) =>
        Logits(rows, w, options).Select((z, b) => Math.Log(1 + Math.Exp(-z)) + (1 - rows.Labels[b]) * z).Average();

    private static double[] Logits(Rows rows, Dictionary<string, double[]> w, ModelOptions options) => [.. Enumerable.Range(0, B).Select(b =>
    {
        double[] Vector(int vocabulary, int id) => Row(w["embedding"], spec.Offsets()[vocabulary] + id, D);
        double[] Item(int item, int category, int place) => Sum([.. Vector(1, item), .. Vector(2, category)], Row(w["bst.positions"], place, E));
        int[] history = rows.Histories[b];
        double[][] s = [.. history.Select((item, t) => Item(item, Rows.CategoryOf(item), history.Length - t)), Item(rows.Items[b], Rows.CategoryOf(rows.Items[b]), 0)];
        for (int l = 0; l < options.TransformerBlocks; l++)
            s = Block(s, w, $"bst.{l}", options.AttentionHeads);
        double[] x = [.. Vector(0, rows.Users[b]), .. Vector(1, rows.Items[b]), .. Vector(2, Rows.CategoryOf(rows.Items[b])), .. s[^1]];
        for (int i = 0; i < options.HiddenUnits.Count; i++)
            x = Leaky(Linear(x, w[$"mlp.{i}.weight"], w[$"mlp.{i}.bias"]));
        return Linear(x, w["mlp.out.weight"], w["mlp.out.bias"])[0];
    })];

    private static double[][] Block(double[][] s, Dictionary<string, double[]> w, string name, int heads)
    {
        double[][] Projected(string part) => [.. s.Select(x => Linear(x, w[$"{name}.attention.{part}.weight"], null))];
        double[][] q = Projected("query"), k = Projected("key"), v = Projected("value");
        double[] Norm(double[] x, string part) => [.. Normal(x).Select((value, i) => value * w[$"{name}.{part}.gamma"][i] + w[$"{name}.{part}.beta"][i])];
        return [.. s.Select((x, r) =>
        {
            double[] answer = [.. Enumerable.Range(0, heads).SelectMany(h => Head(q[r], k, v, h * E / heads, E / heads))];
            double[] attended = Norm(Sum(x, Linear(answer, w[$"{name}.attention.out.weight"], null)), "norm1");
            double[] hidden = Leaky(Linear(attended, w[$"{name}.ffn1.weight"], w[$"{name}.ffn1.bias"]));
            return Norm(Sum(attended, Linear(hidden, w[$"{name}.ffn2.weight"], w[$"{name}.ffn2.bias"])), "norm2");
        })];
    }

    private static double[] Head(double[] q, double[][] k, double[][] v, int first, int d)
    {
        double[] powers = [.. k.Select(key => Math.Exp(Enumerable.Range(first, d).Sum(c => q[c] * key[c]) / Math.Sqrt(d)))];
        return [.. Enumerable.Range(first, d).Select(c => powers.Select((p, t) => p / powers.Sum() * v[t][c]).Sum())];
    }

    private static double[] Normal(double[] x)
    {
        double mean = x.Average(), deviation = Math.Sqrt(x.Select(value => (value - mean) * (value - mean)).Average() + 1e-5);
        return [.. x.Select(value => (value - mean) / deviation)];
    }

    private static double[] Leaky(double[] x) => [.. x.Select(value => value > 0 ? value : 0.01 * value)];

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private static double[] Row(double[] matrix, int row, int columns) => matrix[(row * columns)..((row + 1) * columns)];

    private static double[] Linear(double[] x, double[] weight, double[]? bias) =>
        [.. Enumerable.Range(0, weight.Length / x.Length).Select(i => Row(weight, i, x.Length).Zip(x, (a, b) => a * b).Sum() + (bias?[i] ?? 0))];

    /// <summary>Random rows; the first history is empty, the second full.</summary>
    private sealed class Rows
    {
        public Rows(int seed)
        {
            Random random = new(seed);
            (Users, Items) = ([.. Draw(sizes[0])], [.. Draw(sizes[1])]);
            Labels = [.. Enumerable.Range(0, B).Select(_ => random.Next(2))];
            Histories = [.. Enumerable.Range(0, B).Select(b => Enumerable.Range(0, b == 0 ? 0 : b == 1 ? T : random.Next(T + 1)).Select(_ => 1 + random.Next(sizes[1] - 1)).ToArray())];

            IEnumerable<int> Draw(int size) => Enumerable.Range(0, B).Select(_ => 1 + random.Next(size - 1));
        }

        public int[] Users { get; }

        public int[] Items { get; }

        public int[] Labels { get; }

        /// <summary>Oldest first.</summary>
        public int[][] Histories { get; }

        public static int CategoryOf(int item) => 1 + item % (sizes[2] - 1);

        public Batch Fill(Device device)
        {
            Batch batch = new(device, spec, B + 2) { Rows = B };
            for (int b = 0; b < B; b++)
            {
                int[] ids = [Users[b], Items[b], CategoryOf(Items[b])];
                batch.SetIds(b, ids);
                batch.Labels[b] = Labels[b];
                foreach (BatchSequence s in batch.Sequences)
                    s.SetIds(b, [.. Histories[b].Select(item => s.Field.Target == 1 ? item : CategoryOf(item))]);
            }
            batch.Prepare();
            return batch;
        }
    }
}
