using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

public sealed class MemoryUseTests
{
    [Theory]
    [InlineData("deepfm")]
    [InlineData("din")]
    [InlineData("bst")]
    public void Uses_of_memory_are_the_whole_plan_and_tell_tables_and_state_apart(string name)
    {
        using TrainableModel model = new(TestDevices.Get("cpu simd"), SmallData.Spec(histories: ModelCatalog.ReadsHistories(name)), ModelCatalog.Defaults(name), batchSize: 32);
        Dictionary<string, long> uses = model.MemoryByUse.ToDictionary(u => u.Use, u => u.Bytes);
        Assert.Equal(model.MemoryPlan.Sum(p => p.Bytes), uses.Values.Sum());
        Assert.Equal(model.MemoryByUse.OrderByDescending(u => u.Bytes), model.MemoryByUse);
        // Adam keeps two numbers for each weight.
        Assert.Equal(2 * (uses["embedding tables"] + uses["dense weights"]), uses["optimizer state"]);
        Assert.All(new[] { "gradients", "activations", "batch buffers" }, use => Assert.True(uses[use] > 0, use));
    }
}
