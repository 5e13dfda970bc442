using GpuCtr.Data.Features;
using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Interactions;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Training.Explanations;

/// <summary>First-order and FM terms (or those of field-aware FM, or of pairs with weights) of a row of a model's last pass, by column: categorical, numeric, pooled.</summary>
internal sealed class LinearTerms
{
    private const string FirstOrderOfVectors = "first_order.weight", FirstOrderOfNumbers = "numeric.weights", FirstOrderOfVectorNumbers = "vector.weights";

    private readonly FrozenModel model;
    private readonly EmbeddingFmTensors t;
    private readonly int row, fields, numbers, pooled, firstPooled, d;

    /// <summary>Reads them from a model after a prediction.</summary>
    /// <param name="model">The model.</param>
    /// <param name="row">Which row of the batch.</param>
    public LinearTerms(FrozenModel model, int row)
    {
        (this.model, this.row) = (model, row);
        // Weights that are read as vectors of one number follow the vectors.
        t = model.Ops.OfType<EmbeddingFm>().First().Tensors;
        (fields, numbers, pooled, d) = (model.Spec.F, model.Spec.N, model.Spec.P, t.Table.Columns);
        // In a row of the batch, the further vectors of wider columns follow after all columns.
        FeatureSpec byVector = model.Spec.ByVector();
        firstPooled = row * byVector.P;
        int[] rows = OfRow(model.Inputs.Rows, byVector.F)[..fields];
        float[] x = OfRow(model.Inputs.Numeric, numbers);
        Vectors = [.. rows.Select(r => Read(t.Table, r)), .. x.Select((v, n) => Scaled(t.NumericVectors, n, v)), .. Enumerable.Range(0, pooled).Select(p => Read(t.Pooled, firstPooled + p, d))];
        FirstOrder = SumFirstOrder(rows, x);
        double? trained = t.Bias is { } bias ? Read(bias, 0)[0] : OfVectors?.Bias is { } b ? Read(b, 0)[0] : null;
        Bias = model.Options.LogitShift() is var shift and not 0 ? (trained ?? 0) + shift : trained;
        Fm = t.Fm is { IsConsumed: true } ? Pairs() : model.Ops.OfType<FieldAwarePairs>().SingleOrDefault() is { } pairs ? FieldAware(pairs.Width)
            : model.Ops.OfType<PairWeights>().SingleOrDefault() is { } weights ? Weighted(weights) : null;
    }

    /// <summary>(ΣV, D) the table of the vectors.</summary>
    public Tensor Table => t.Table;

    /// <summary>(C)(D) vectors; empty if a column has none.</summary>
    public float[][] Vectors { get; }

    /// <summary>(C) linear terms; null if the model has none.</summary>
    public double[]? FirstOrder { get; }

    /// <summary>(C) half of each column's pairwise terms; null if the model has none.</summary>
    public double[]? Fm { get; }

    /// <summary>Bias of the first order, including the correction for negative sampling; null if the model has none.</summary>
    public double? Bias { get; }

    /// <summary>Whether the model has layers besides the first order and the factorization machine.</summary>
    public bool HasNetwork => model.Ops.Any(o => o is DiceLinear or Linear { Weight.Name: not (FirstOrderOfVectors or FirstOrderOfNumbers or FirstOrderOfVectorNumbers) });

    private Linear? OfVectors => model.Ops.OfType<Linear>().FirstOrDefault(l => l.Weight.Name == FirstOrderOfVectors);

    private double[]? SumFirstOrder(int[] rows, float[] x)
    {
        double[] terms = new double[fields + numbers + pooled];
        FieldBias? target = model.Ops.OfType<FieldBias>().FirstOrDefault();
        if (t.FirstOrder is null && OfVectors is null && target is null)
            return null;
        for (int f = 0; t.Weights is not null && f < fields; f++)
            terms[f] += Read(t.Weights, rows[f])[0];
        // The weights of numeric fields belong to the embedding op, or to a separate op if numeric fields have no vectors.
        float[] weights = [.. WeightsOf(t.NumericWeights ?? Named(FirstOrderOfNumbers)), .. WeightsOf(Named(FirstOrderOfVectorNumbers))];
        for (int n = 0; n < weights.Length; n++)
            terms[fields + n] += x[n] * weights[n];
        for (int p = 0; t.PooledWeights is not null && p < pooled; p++)
            terms[fields + numbers + p] += Read(t.PooledWeights, firstPooled + p, 1)[0];
        if (OfVectors is { } linear)
            AddProducts(terms, linear.Weight.ToArray(model.Device));
        if (target is not null)
            terms[target.Field] += Read(target.Output, row)[0];
        return terms;
    }

    private Tensor? Named(string weight) => model.Ops.OfType<Linear>().FirstOrDefault(l => l.Weight.Name == weight)?.Weight;

    private float[] WeightsOf(Tensor? u) => u?.ToArray(model.Device) ?? [];

    /// <summary>⟨w_c, v_c⟩; w (C·D) skips columns without a vector.</summary>
    private void AddProducts(double[] terms, float[] w)
    {
        int at = 0;
        for (int c = 0; c < terms.Length; at += Vectors[c++].Length)
            for (int i = 0; i < Vectors[c].Length; i++)
                terms[c] += w[at + i] * Vectors[c][i];
    }

    private double[] Pairs()
    {
        bool[] inside = [.. Vectors.Select((_, c) => t.NumericInFm || c < fields || c >= fields + numbers)];
        double[] sum = new double[d], terms = new double[Vectors.Length];
        for (int c = 0; c < Vectors.Length; c++)
            for (int i = 0; inside[c] && i < Vectors[c].Length; i++)
                sum[i] += Vectors[c][i];
        for (int c = 0; c < Vectors.Length; c++)
            for (int i = 0; inside[c] && i < Vectors[c].Length; i++)
                terms[c] += 0.5 * Vectors[c][i] * (sum[i] - Vectors[c][i]);
        return terms;
    }

    /// <summary>½ Σ_j ⟨v_{i,j}, v_{j,i}⟩ of vectors of <paramref name="width"/>.</summary>
    private double[] FieldAware(int width)
    {
        double[] terms = new double[Vectors.Length];
        for (int i = 0; i < terms.Length; i++)
            for (int j = 0; j < terms.Length; j++)
                for (int k = 0; k < width && j != i; k++)
                    terms[i] += 0.5 * Vectors[i][j * width + k] * Vectors[j][i * width + k];
        return terms;
    }

    /// <summary>½ Σ_j x_i x_j w of the pair i, j.</summary>
    private double[] Weighted(PairWeights pairs)
    {
        double[] terms = new double[fields + numbers + pooled];
        int[] rows = OfRow(pairs.Rows, pairs.Pairs.Count);
        float[] values = OfRow(pairs.Values, pairs.Pairs.Count);
        for (int i = 0, p = 0; i < pairs.Pairs.C; i++)
            for (int j = i + 1; j < pairs.Pairs.C; j++, p++)
            {
                double half = 0.5 * values[p] * Read(pairs.Weights, rows[p])[0];
                (terms[i], terms[j]) = (terms[i] + half, terms[j] + half);
            }
        return terms;
    }

    private float[] Scaled(Tensor vectors, int n, float x) => n < vectors.Rows ? [.. Read(vectors, n).Select(v => x * v)] : [];

    private float[] Read(Tensor tensor, long row) => Read(tensor, row, tensor.Columns);

    private float[] Read(Tensor? tensor, long at, int length)
    {
        float[] values = new float[tensor is null ? 0 : length];
        tensor?.Read(model.Device, values, at * length);
        return values;
    }

    private T[] OfRow<T>(DeviceArray<T> array, int length) where T : unmanaged
    {
        T[] values = new T[length];
        array.Read(model.Device, values, (long)row * length);
        return values;
    }
}
