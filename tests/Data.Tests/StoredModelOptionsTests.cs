using System.Text.Json;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Recurrent;
using GpuCtr.Models;

namespace GpuCtr.Data.Tests;

/// <summary>The options of a model in the manifest of a checkpoint.</summary>
[Trait("Speed", "Fast")]
public sealed class StoredModelOptionsTests
{
    [Fact]
    public void Choices_of_two_are_bools_as_earlier_versions_wrote_them()
    {
        ModelOptions choices = new() { EmbeddingL2Scope = L2Scope.Full, BlockNorm = BlockNorm.Pre, ListLoss = ListLoss.Pointwise, GruReset = GruReset.Before };
        JsonElement json = JsonText.Parse<JsonElement>(JsonText.Line(choices));
        bool[] stored = [.. new[] { "embedding_l2_full", "pre_norm", "list_loss", "gru_reset" }.Select(name => json.GetProperty(name).GetBoolean())];
        Assert.Equal([true, true, false, false], stored);
        ModelOptions read = JsonText.Parse<ModelOptions>("{\"embedding_l2_full\":true,\"pre_norm\":true,\"list_loss\":false,\"gru_reset\":false}");
        Assert.Equal((L2Scope.Full, BlockNorm.Pre, ListLoss.Pointwise, GruReset.Before), (read.EmbeddingL2Scope, read.BlockNorm, read.ListLoss, read.GruReset));
    }
}
