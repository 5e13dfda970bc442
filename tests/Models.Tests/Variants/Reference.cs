namespace GpuCtr.Models.Tests.Variants;

/// <summary>What the float64 references share: parameters by name, and layers that everybody writes alike. Each variant spells out the rest itself.</summary>
internal abstract class Reference
{
    protected const int D = 3;

    /// <summary>Every weight and running statistic of the model, by name.</summary>
    public Dictionary<string, double[]> Weights { get; } = [];

    /// <summary>Running statistics after a step of training.</summary>
    public Dictionary<string, double[]> Running { get; } = [];

    /// <summary>Weight of the auxiliary loss.</summary>
    protected virtual double Alpha => 0;

    /// <summary>ε, added to probabilities before their logarithm.</summary>
    protected virtual double Epsilon => 0;

    protected bool Training { get; private set; }

    public double[] Logits(VariantRow[] rows, bool training)
    {
        Training = training;
        return Forward(rows);
    }

    public virtual double Loss(VariantRow[] rows) => -Logits(rows, training: true).Zip(rows, (z, r) => r.Label * LogOf(Sigmoid(z)) + (1 - r.Label) * LogOf(Sigmoid(-z))).Average();

    /// <summary>What training minimizes: the loss, and the auxiliary loss of models that have one.</summary>
    public double Objective(VariantRow[] rows) => Loss(rows) + Alpha * (AuxiliaryLoss(rows) ?? 0);

    /// <summary>The auxiliary loss without its weight; null for a model without one.</summary>
    public virtual double? AuxiliaryLoss(VariantRow[] rows) => null;

    protected abstract double[] Forward(VariantRow[] rows);

    protected double LogOf(double probability) => Math.Log(probability + Epsilon);

    /// <summary>Row of a table; padding is zero.</summary>
    protected double[] Look(string table, string vocabulary, int id, int columns) =>
        id == 0 ? new double[columns] : Weights[table][((VariantData.Offset(vocabulary) + id) * columns)..][..columns];

    protected double[] Vector(string vocabulary, int id) => Look("embedding", vocabulary, id, D);

    protected double[] MeanOfTags(VariantRow r, string table, int columns)
    {
        double[][] vectors = [.. r.Tags.Select(id => Look(table, "tags", id, columns))];
        return [.. Enumerable.Range(0, columns).Select(d => vectors.Length == 0 ? 0 : vectors.Average(v => v[d]))];
    }

    protected double[][] IdVectors(VariantRow r) => [Vector("user", r.User), Vector("item", r.Item), Vector("category", r.Category)];

    protected double[][] NumericVectors(VariantRow r) => [Scaled(r.Age, Weights["numeric.vectors"][..D]), Scaled(r.Price, Weights["numeric.vectors"][D..])];

    /// <summary>The vectors of all fields, numeric ones x_n V_n.</summary>
    protected double[][] FieldVectors(VariantRow r) => [.. IdVectors(r), .. NumericVectors(r), MeanOfTags(r, "embedding", D)];

    /// <summary>The history of a row, oldest first: the vectors of item and category side by side.</summary>
    protected double[][] Keys(VariantRow r) => [.. r.Items.Zip(r.Categories, (item, category) => Join(Vector("item", item), Vector("category", category)))];

    /// <summary>The same of the target.</summary>
    protected double[] Target(VariantRow r) => Join(Vector("item", r.Item), Vector("category", r.Category));

    protected double FirstOrder(VariantRow r) => Weights["bias"][0]
        + Look("first_order", "user", r.User, 1)[0] + Look("first_order", "item", r.Item, 1)[0] + Look("first_order", "category", r.Category, 1)[0]
        + MeanOfTags(r, "first_order", 1)[0] + Weights["numeric.weights"][0] * r.Age + Weights["numeric.weights"][1] * r.Price;

    protected static double Pairs(double[][] vectors)
    {
        double sum = 0;
        for (int i = 0; i < vectors.Length; i++)
            for (int j = i + 1; j < vectors.Length; j++)
                sum += vectors[i].Zip(vectors[j], (a, b) => a * b).Sum();
        return sum;
    }

    /// <summary>x Wᵀ + b; no b where the model has none.</summary>
    protected double[][] Linear(string name, double[][] x)
    {
        double[] w = Weights[$"{name}.weight"];
        double[]? b = Weights.GetValueOrDefault($"{name}.bias");
        int inputs = x[0].Length, units = w.Length / inputs;
        Assert.Equal(0, w.Length % inputs);
        return [.. x.Select(row => Enumerable.Range(0, units).Select(h => (b?[h] ?? 0) + row.Select((v, i) => v * w[h * inputs + i]).Sum()).ToArray())];
    }

    /// <summary>Rectified layers.</summary>
    protected double[][] Hidden(string name, int layers, double[][] x)
    {
        for (int layer = 0; layer < layers; layer++)
            x = Relu(Linear($"{name}.{layer}", x));
        return x;
    }

    /// <summary>Rectified layers and one output.</summary>
    protected double[][] Mlp(string name, int layers, double[][] x) => Linear($"{name}.out", Hidden(name, layers, x));

    /// <summary>(x − mean) / √(variance + ε) for each column; biased in training, with running averages otherwise.</summary>
    protected double[][] Normalize(string name, double[][] x, double epsilon, double momentum, bool unbiased)
    {
        double[] mean = Weights[$"{name}.running_mean"], variance = Weights[$"{name}.running_var"];
        if (Training)
        {
            mean = [.. mean.Select((_, h) => x.Average(row => row[h]))];
            variance = [.. mean.Select((m, h) => x.Average(row => (row[h] - m) * (row[h] - m)))];
            double kept = unbiased ? (double)x.Length / (x.Length - 1) : 1;
            Running[$"{name}.running_mean"] = Mix(Weights[$"{name}.running_mean"], mean, momentum, 1);
            Running[$"{name}.running_var"] = Mix(Weights[$"{name}.running_var"], variance, momentum, kept);
        }
        return Map(x, (v, h) => (v - mean[h]) / Math.Sqrt(variance[h] + epsilon));
    }

    /// <summary>PyTorch's batch normalization.</summary>
    protected double[][] BatchNorm(string name, double[][] x, double epsilon = 1e-5, double momentum = 0.1) =>
        Map(Normalize(name, x, epsilon, momentum, unbiased: true), (v, h) => v * Weights[$"{name}.gamma"][h] + Weights[$"{name}.beta"][h]);

    /// <summary>TensorFlow's batch normalization without training=True: γ (x − mean) / √(variance + 0.001) + β by running statistics that nothing moves.</summary>
    protected double[][] FixedNorm(string name, double[][] x)
    {
        double[] mean = Weights[$"{name}.running_mean"], variance = Weights[$"{name}.running_var"];
        return Map(x, (v, h) => Weights[$"{name}.gamma"][h] * (v - mean[h]) / Math.Sqrt(variance[h] + 1e-3) + Weights[$"{name}.beta"][h]);
    }

    /// <summary>Every item of a sequence asks all items; each head has <paramref name="d"/> columns.</summary>
    protected double[][] Attention(string name, double[][] items, int heads, int d)
    {
        double[][] q = Linear($"{name}.query", items), k = Linear($"{name}.key", items), v = Linear($"{name}.value", items);
        return Linear($"{name}.out", [.. q.Select(row => Join([.. Enumerable.Range(0, heads).Select(h => Head(row, k, v, h * d, d))]))]);
    }

    /// <summary>softmax_t(⟨q, k_t⟩ / √d) v_t over columns <paramref name="first"/> … first + d − 1.</summary>
    private static double[] Head(double[] q, double[][] k, double[][] v, int first, int d)
    {
        double[] powers = [.. k.Select(key => Math.Exp(Enumerable.Range(first, d).Sum(c => q[c] * key[c]) / Math.Sqrt(d)))];
        return [.. Enumerable.Range(first, d).Select(c => powers.Select((p, t) => p / powers.Sum() * v[t][c]).Sum())];
    }

    protected double[][] LayerNorm(string name, double[][] x) => [.. x.Select(row =>
    {
        double mean = row.Average(), deviation = Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + 1e-5);
        return row.Select((v, i) => (v - mean) / deviation * Weights[$"{name}.gamma"][i] + Weights[$"{name}.beta"][i]).ToArray();
    })];

    protected static double[][] Map(double[][] x, Func<double, int, double> f) => [.. x.Select(row => row.Select(f).ToArray())];

    protected static double[][] Relu(double[][] x) => Map(x, (v, _) => Math.Max(0, v));

    protected static double[][] Sigmoid(double[][] x) => Map(x, (v, _) => Sigmoid(v));

    protected static double Sigmoid(double v) => 1 / (1 + Math.Exp(-v));

    protected static double[] Join(params double[][] parts) => [.. parts.SelectMany(p => p)];

    protected static double[] Scaled(double s, double[] v) => [.. v.Select(x => s * x)];

    protected static double[] Plus(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    protected static double[] Product(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x * y)];

    /// <summary>[q, k, q − k, q ∘ k].</summary>
    protected static double[] Compare(double[] q, double[] k) => Join(q, k, [.. q.Zip(k, (a, b) => a - b)], Product(q, k));

    private static double[] Mix(double[] running, double[] batch, double momentum, double factor) =>
        [.. running.Zip(batch, (r, b) => (1 - momentum) * r + momentum * factor * b)];
}
