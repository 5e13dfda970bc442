using GpuCtr.Kernels.Optimizers;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

[Trait("Speed", "Fast")]
public sealed class MemoryUseTests
{
    [Theory]
    [InlineData("deepfm")]
    [InlineData("din")]
    [InlineData("bst")]
    public void Memory_use_adds_up_to_the_plan_with_tables_and_optimizer_state_apart(string name)
    {
        using TrainableModel model = new(TestDevices.Get("cpu simd"), SmallData.Spec(histories: ModelCatalog.ReadsHistories(name)), ModelCatalog.Defaults(name), batchSize: 32);
        Dictionary<string, long> uses = model.MemoryByUse.ToDictionary(u => u.Use, u => u.Bytes);
        Assert.Equal(model.MemoryPlan.Sum(p => p.Bytes), uses.Values.Sum());
        Assert.Equal(model.MemoryByUse.OrderByDescending(u => u.Bytes), model.MemoryByUse);
        // Adam keeps two numbers for each weight.
        Assert.Equal(2 * (uses["embedding tables"] + uses["dense weights"]), uses["optimizer state"]);
        Assert.All(new[] { "gradients", "activations", "batch buffers" }, use => Assert.True(uses[use] > 0, use));
    }

    [Fact]
    public void Row_wise_state_is_one_number_a_row()
    {
        ModelOptions options = ModelCatalog.Defaults("deepfm") with { Optimizer = OptimizerKind.RowwiseAdagrad };
        using TrainableModel model = new(TestDevices.Get("cpu simd"), SmallData.Spec(histories: false), options, batchSize: 32);
        Dictionary<string, long> uses = model.MemoryByUse.ToDictionary(u => u.Use, u => u.Bytes);
        // Of embeddings and of first-order weights.
        Assert.Equal(2 * sizeof(float) * model.Spec.TotalRows + uses["dense weights"], uses["optimizer state"]);
    }

    [Fact]
    public void A_field_aware_model_says_how_wide_an_id_is()
    {
        using TrainableModel ffm = new(TestDevices.Get("cpu simd"), SmallData.Spec(histories: false), ModelCatalog.Defaults("ffm"), batchSize: 32);
        Assert.Equal("an id has 24 numbers, 6 vectors of 4", ffm.WideRows);
        Assert.Contains(("embedding", 4L * 24 * ffm.Spec.TotalRows), ffm.MemoryPlan);
        using TrainableModel fm = new(TestDevices.Get("cpu simd"), SmallData.Spec(histories: false), ModelCatalog.Defaults("fm"), batchSize: 32);
        Assert.Null(fm.WideRows);
    }
}
