using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Ranks;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Models.Ranks;
using GpuCtr.Models.Tests.NextItems;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests.Ranks;

/// <summary>A model that several ranks train is the model of one rank: the batch of all is one batch.</summary>
public sealed class RankStepTests
{
    private const int B = 37, Steps = 12;

    /// <summary>What a run leaves: losses after every step, logits, and every tensor of a checkpoint.</summary>
    private sealed record Outcome(double[] Losses, double[] Auxiliary, float[] Logits, Dictionary<string, float[]> Tensors);

    public static TheoryData<string> Changes => [.. Models.Keys];

    private static Dictionary<string, ModelOptions> Models { get; } = new()
    {
        ["deepfm, lazy"] = Small("deepfm"),
        ["deepfm, dense with decay of all rows"] = Small("deepfm") with { EmbeddingUpdate = EmbeddingUpdate.Dense, EmbeddingL2 = 1e-2, EmbeddingL2Scope = L2Scope.Full, L2 = 1e-3 },
        ["deepfm, replay"] = Small("deepfm") with { EmbeddingUpdate = EmbeddingUpdate.Replay },
        ["deepfm, mini-batch aware rates"] = Small("deepfm") with { MbaLambda = 0.5 },
        ["deepfm, dropout and clipping"] = Small("deepfm") with { Dropout = 0.3, ClipNorm = 0.05 },
        ["deepfm, rowwise adagrad"] = Small("deepfm") with { Optimizer = OptimizerKind.RowwiseAdagrad },
        ["deepfm, batch normalization and dropout"] = Plain("deepfm") with { HiddenUnits = [8, 6], BatchNorm = true, Dropout = 0.3 },
        ["nfm, batch normalization of pairs"] = Plain("nfm") with { BatchNorm = true },
        ["din, Dice"] = Plain("din"),
        ["din, as in fuxictr"] = Plain("din", "fuxictr"),
        ["din, as in deepctr"] = Plain("din", "deepctr"),
        ["din, as in rechub"] = Plain("din", "rechub"),
        ["dien without auxiliary loss"] = Small("dien") with { AuxiliaryLoss = 0 },
        ["dien, auxiliary loss over rows"] = Small("dien") with { AuxiliaryAverage = Kernels.Recurrent.PairAverages.Rows },
        ["dien, auxiliary loss over pairs"] = Small("dien") with { AuxiliaryAverage = Kernels.Recurrent.PairAverages.Pairs },
        ["dien, as in its authors' code"] = Plain("dien", "dien-official"),
        ["bst, dropout over positions"] = Small("bst") with { Dropout = 0.2 },
        ["prm"] = Plain("prm") with { AttentionWidth = 8, Dropout = 0.2 },
        ["prm, losses of rows"] = Plain("prm") with { AttentionWidth = 8, ListLoss = ListLoss.Pointwise },
        ["ffm"] = Small("ffm"),
        ["dcn-v2"] = Small("dcn-v2"),
        ["poly2"] = Small("poly2"),
        ["lr"] = Small("lr"),
    };

    private static ModelOptions Small(string model, string? variant = null) => GpuCtr.Models.Variants.Of(model, variant).Model with { EmbeddingDim = 5, EmbeddingInitStd = 0.1, HiddenUnits = [8], BatchNorm = false, Dropout = 0, Seed = 5 };

    /// <summary>Without Adam, which makes steps of full size of gradients that are zero but for rounding: those of a bias before a normalization or a softmax.</summary>
    private static ModelOptions Plain(string model, string? variant = null) => Small(model, variant) with { Optimizer = OptimizerKind.Sgd };

    [Theory]
    [MemberData(nameof(Changes))]
    public void Ranks_train_what_one_rank_trains(string change)
    {
        Outcome one = Train(1, Models[change]);
        foreach (int ranks in new[] { 2, 3 })
        {
            Outcome many = Train(ranks, Models[change]);
            Close(one.Losses, many.Losses, $"loss on {ranks} ranks");
            Close(one.Auxiliary, many.Auxiliary, $"auxiliary loss on {ranks} ranks");
            Close(one.Logits.Select(x => (double)x), many.Logits.Select(x => (double)x), $"logits on {ranks} ranks");
            Assert.Equal(one.Tensors.Keys, many.Tensors.Keys);
            foreach ((string name, float[] values) in one.Tensors)
                GpuCtr.Tests.Close.Assert([.. values.Select(x => (double)x)], many.Tensors[name], $"{name} on {ranks} ranks", absolute: 2e-5, relative: 1e-3);
        }
    }

    [Fact]
    public void As_many_ranks_give_the_same_bits_again()
    {
        Outcome first = Train(3, Models["deepfm, dropout and clipping"]), second = Train(3, Models["deepfm, dropout and clipping"]);
        Assert.Equal(first.Losses, second.Losses);
        foreach ((string name, float[] values) in first.Tensors)
            Assert.Equal(values, second.Tensors[name]);
    }

    [Theory]
    [InlineData("deepfm, batch normalization and dropout")]
    [InlineData("din, Dice")]
    [InlineData("dien, as in its authors' code")]
    [InlineData("prm")]
    public void Portable_kernels_exchange_alike(string change)
    {
        ModelOptions options = Models[change];
        Outcome one = Train(1, options, KernelChoice.Portable), many = Train(2, options, KernelChoice.Portable);
        Close(one.Losses, many.Losses, "loss");
        Close(one.Logits.Select(x => (double)x), many.Logits.Select(x => (double)x), "logits");
    }

    /// <summary>A rank without rows takes part in every exchange; two rows on three ranks leave one without.</summary>
    [Theory]
    [InlineData("deepfm, batch normalization and dropout")]
    [InlineData("din, Dice")]
    [InlineData("dien, auxiliary loss over pairs")]
    [InlineData("prm")]
    public void A_batch_of_fewer_rows_than_ranks_is_a_batch(string change)
    {
        Outcome one = Train(1, Models[change], rows: 2), many = Train(3, Models[change], rows: 2);
        Close(one.Losses, many.Losses, "loss");
    }

    /// <summary>The bad row is one rank's; all skip the step, and none moves.</summary>
    [Fact]
    public void A_step_that_one_rank_cannot_take_is_skipped_by_all()
    {
        Outcome one = Train(1, Models["deepfm, lazy"], poisoned: 3), many = Train(3, Models["deepfm, lazy"], poisoned: 3);
        foreach ((string name, float[] values) in one.Tensors)
            GpuCtr.Tests.Close.Assert([.. values.Select(x => (double)x)], many.Tensors[name], name, absolute: 2e-5, relative: 1e-3);
    }

    [Fact]
    public void What_rank_0_writes_is_where_it_reads_it() => OnRanks(3, Small("deepfm"), model =>
    {
        Tensor table = model.Embedding!;
        Assert.Equal(model.Spec.TotalRows, table.Rows);
        float[] before = table.ToArray(model.Device), expected = [.. before], some = [.. Enumerable.Range(0, 23).Select(i => i + 0.5f)];
        table.Write(model.Device, some, 7);
        some.CopyTo(expected, 7);
        Assert.Equal(expected, table.ToArray(model.Device));
        float[] part = new float[9];
        table.Read(model.Device, part, 13);
        Assert.Equal(expected[13..22], part);
    });

    [Theory]
    [InlineData("sasrec", "all items")]
    public void What_needs_the_whole_batch_is_refused(string model, string why)
    {
        KernelException e = Assert.Throws<KernelException>(() => OnRanks(2, ModelCatalog.Defaults(model), _ => { }));
        Assert.Contains("several ranks or slices: ", e.Message, StringComparison.Ordinal);
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
    }

    private static Outcome Train(int ranks, ModelOptions options, KernelChoice kernels = KernelChoice.Auto, int rows = B, int poisoned = -1)
    {
        Outcome? outcome = null;
        OnRanks(ranks, options, model =>
        {
            List<double> losses = [], auxiliary = [];
            for (int step = 0; step < Steps; step++)
            {
                using Batch batch = SmallData.Batch(model.Device, model.Spec, step == Steps - 1 ? (rows + 1) / 2 : rows, seed: step, capacity: B);
                if (step == poisoned)
                    batch.Labels[rows - 1] = float.NaN;
                model.TrainStep(batch, 1e-2);
                losses.Add(model.TakeLoss());
                auxiliary.AddRange(model.TakeAuxiliaryLoss() is { } more ? [more] : []);
            }
            Assert.Equal(poisoned < 0 ? 0 : 1, model.ReadGuard().Skipped);
            using Batch last = SmallData.Batch(model.Device, model.Spec, rows, seed: 99, capacity: B);
            float[] logits = new float[rows];
            model.Predict(last, logits);
            model.ApplyDeferred();
            outcome = new([.. losses], [.. auxiliary], logits, model.Weights.Concat(model.OptimizerStates).ToDictionary(t => t.Name, t => t.ToArray(model.Device)));
        }, kernels);
        return outcome!;
    }

    private static void OnRanks(int ranks, ModelOptions options, Action<TrainableModel> lead, KernelChoice kernels = KernelChoice.Auto) =>
        ThreadCommunicator.Run(ranks, communicator =>
        {
            FeatureSpec spec = ModelCatalog.Of(options.Model).PredictsItems ? NextItemData.Spec() : SmallData.Spec(ModelCatalog.ReadsHistories(options.Model));
            long[] counts = [.. Enumerable.Range(1, spec.TotalRows).Select(i => (long)i)];
            Device Open() => Device.Open("cpu", kernels, threads: 1).Of(communicator);
            RankModels.Run(communicator, Open, () =>
            {
                using Device own = Open();
                using TrainableModel model = new(own, spec, options, B, counts);
                lead(model);
            });
        });

    private static void Close(IEnumerable<double> expected, IEnumerable<double> actual, string what) =>
        GpuCtr.Tests.Close.Assert([.. expected], [.. actual.Select(x => (float)x)], what, absolute: 1e-6, relative: 1e-4);
}
