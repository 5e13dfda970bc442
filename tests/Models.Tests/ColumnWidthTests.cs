using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

/// <summary>Columns whose embeddings are wider than those of others.</summary>
public sealed class ColumnWidthTests
{
    private const int B = 12, D = 2;

    private static readonly ModelOptions options = ModelCatalog.Defaults("wide-deep") with
    {
        EmbeddingDim = D,
        ColumnDim = [new("item", 3 * D), new("tags", 2 * D)],
        HiddenUnits = [],
        EmbeddingInitStd = 0.3,
    };

    public static TheoryData<string> Devices => TestDevices.All;

    /// <summary>Without hidden layers, wide &amp; deep is a bias, the first order, and a product of weights with the embeddings side by side.</summary>
    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void The_embedding_of_an_id_is_as_wide_as_its_column_says_and_has_one_first_order_weight(string deviceName)
    {
        Device device = TestDevices.Get(deviceName);
        FeatureSpec spec = SmallData.Spec(histories: false);
        using TrainableModel model = new(device, spec, options, B);
        Train(model, device, steps: 5);
        using Batch batch = SmallData.Batch(device, model.Spec, B, seed: 99);
        float[] logits = new float[B];
        model.Predict(batch, logits);
        Dictionary<string, Tensor> weights = model.Weights.ToDictionary(w => w.Name);
        float[] table = weights["embedding"].ToArray(device), first = weights["first_order"].ToArray(device), w = weights["mlp.out.weight"].ToArray(device),
            u = weights["numeric.weights"].ToArray(device), v = weights["numeric.vectors"].ToArray(device), bias = weights["bias"].ToArray(device);
        Assert.Equal((6 + 3 * 9 + 5 + 2 * 7) * D, table.Length);
        Assert.Equal((3 + 2 + 2 + 1 + 1) * D, w.Length);
        Assert.All(first[spec.TotalRows..], x => Assert.Equal(0, x));
        Assert.All(Enumerable.Range(0, spec.TotalRows).Except(spec.Offsets()), row => Assert.NotEqual(0, first[row]));
        double[] Embedding(int vocabulary, int id) => [.. model.Spec.FirstRows(vocabulary).SelectMany(row => table[((row + id) * D)..((row + id + 1) * D)]).Select(x => (double)x)];
        double[][] Vectors(int vocabulary, int id) => [.. Embedding(vocabulary, id).Chunk(D)];
        double[] Mean(IReadOnlyList<double[]> vectors) => [.. Enumerable.Range(0, D).Select(d => vectors.Count == 0 ? 0 : vectors.Average(x => x[d]))];
        for (int b = 0; b < B; b++)
        {
            BatchSequence list = batch.Sequences[0];
            int[] tags = [.. Enumerable.Range(list.Offsets[b], list.Offsets[b + 1] - list.Offsets[b]).Select(list.IdAt)];
            int[] ids = [batch.IdAt(b, 0), batch.IdAt(b, 1), batch.IdAt(b, 2)];
            float[] x = [batch.Numeric[2 * b], batch.Numeric[2 * b + 1]];
            // Further vectors stand behind all fields, and those of lists behind all lists.
            double[][] fields = [.. ids.Index().Select(f => Vectors(f.Index, f.Item)[0]), .. Vectors(1, ids[1])[1..], .. Enumerable.Range(0, 2).Select(n => Enumerable.Range(0, D).Select(d => (double)x[n] * v[n * D + d]).ToArray()),
                Mean([.. tags.Select(t => Vectors(3, t)[0])]), Mean([.. tags.Select(t => Vectors(3, t)[1])])];
            double expected = bias[0] + ids.Index().Sum(f => first[spec.Offsets()[f.Index] + f.Item]) + x.Zip(u).Sum(p => (double)p.First * p.Second)
                + (tags.Length == 0 ? 0 : tags.Average(t => first[spec.Offsets()[3] + t])) + fields.SelectMany(f => f).Zip(w).Sum(p => p.First * p.Second);
            Assert.Equal(expected, logits[b], 1e-5);
        }
    }

    [Fact]
    public void Models_of_one_width_have_the_layout_of_columns()
    {
        FeatureSpec spec = SmallData.Spec(histories: true);
        Assert.Same(spec, spec.ByVector());
        FeatureSpec wide = ModelCatalog.Adapt(spec, ModelCatalog.Defaults("din") with { EmbeddingDim = 4, ColumnDim = [new("hist_item", 8)] }, training: true), vectors = wide.ByVector();
        Assert.Equal((spec.F, spec.TotalRows), (wide.F, wide.TotalRows));
        Assert.Equal([spec.Offsets()[1], spec.TotalRows], wide.FirstRows(1));
        Assert.Equal(["user", "item", "category", "item, vector 2"], vectors.Categorical.Select(c => c.Name));
        Assert.Equal((3, 1), (vectors.Sequences[3].Target, vectors.Sequences[3].Of));
        Assert.False(wide.HasLayoutOf(spec));
    }

    [Theory]
    [InlineData(EmbeddingUpdate.Lazy)]
    [InlineData(EmbeddingUpdate.Dense)]
    [InlineData(EmbeddingUpdate.Replay)]
    public void A_frozen_column_is_frozen_in_its_whole_width(EmbeddingUpdate update)
    {
        Device device = TestDevices.Get("cpu simd");
        using TrainableModel model = new(device, SmallData.Spec(histories: true), options with { Model = "din", HiddenUnits = [5], Freeze = ["item"], EmbeddingUpdate = update }, B);
        float[] before = model.Embedding!.ToArray(device);
        Train(model, device, steps: 5);
        model.ApplyDeferred();
        float[] after = model.Embedding!.ToArray(device);
        for (int vocabulary = 0; vocabulary < 4; vocabulary++)
            foreach (int row in model.Spec.FirstRows(vocabulary))
                Assert.Equal(vocabulary == 1, before.AsSpan((row + 1) * D, 4 * D).SequenceEqual(after.AsSpan((row + 1) * D, 4 * D)));
    }

    [Fact]
    public void Rates_of_regularization_are_those_of_the_id_in_each_of_its_vectors()
    {
        Device device = TestDevices.Get("cpu simd");
        FeatureSpec spec = SmallData.Spec(histories: false);
        long[] counts = [.. Enumerable.Range(1, spec.TotalRows).Select(n => (long)n)];
        Assert.Equal([.. counts, .. counts[6..15], .. counts[6..15], .. counts[20..27]], ModelCatalog.Adapt(spec, options, training: true).CountsByVector(counts));
        using TrainableModel one = new(device, spec, options with { MbaLambda = 5 }, B, counts), other = new(device, spec, options with { MbaLambda = 5 }, B);
        Train(one, device, steps: 3);
        Train(other, device, steps: 3);
        Assert.NotEqual(one.Embedding!.ToArray(device), other.Embedding!.ToArray(device));
    }

    [Fact]
    public void What_has_no_such_width_is_refused_by_name()
    {
        FeatureSpec spec = SmallData.Spec(histories: true);
        string Refused(params ColumnWidth[] widths) => Assert.Throws<KernelException>(() => ModelCatalog.Adapt(spec, options with { Model = "din", ColumnDim = widths }, training: true)).Message;
        Assert.Contains("--column-dim shop: the model has no such categorical column; it has user, item, category, tags, hist_item, hist_category", Refused(new ColumnWidth("shop", 4)));
        Assert.Contains("--column-dim hist_item=4: item has the same ids, and thus the same vectors, of 6 numbers", Refused(new("item", 6), new("hist_item", 4)));
        foreach (string model in ModelCatalog.Names.Except(ModelCatalog.OfSeveralWidths))
            Assert.Contains($"--column-dim: {model} {ModelCatalog.Of(model).OneWidth}; leave it out, or take one of wide-deep, dcn", (ModelCatalog.Defaults(model) with { ColumnDim = [new("item", 64)] }).Contradiction());
        Assert.Contains("--column-dim item=5: widths are multiples of --embedding-dim, 2, which all other columns have: take 4 or 6", (options with { ColumnDim = [new("item", 5)] }).Contradiction());
        Assert.Null(options.Contradiction());
    }

    private static void Train(TrainableModel model, Device device, int steps)
    {
        for (int step = 0; step < steps; step++)
        {
            using Batch batch = SmallData.Batch(device, model.Spec, B, seed: step);
            model.TrainStep(batch, 0.01);
        }
    }
}
