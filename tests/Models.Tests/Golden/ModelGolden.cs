using GpuCtr.Kernels.Embedding;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests.Golden;

/// <summary>Whole models against the golden files of their kinds, on every device.</summary>
public sealed class ModelGolden
{
    public static TheoryData<string, string> Models => TestDevices.Times(GoldenFile.Where(f => GoldenModels.Kinds.ContainsKey(f.Kind), "of a whole model"));

    public static TheoryData<string, string, EmbeddingUpdate> Steps
    {
        get
        {
            TheoryData<string, string, EmbeddingUpdate> rows = [];
            foreach (EmbeddingUpdate update in Enum.GetValues<EmbeddingUpdate>())
                foreach (string name in GoldenFile.Where(f => GoldenModels.Kinds.ContainsKey(f.Kind) && GoldenModel.HasSteps(f, update), $"of a whole model with {GoldenModel.After(update)}"))
                    foreach (string device in TestDevices.Names)
                        rows.Add(device, name, update);
            return rows;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void Logits_loss_and_gradients_match(string device, string name) => GoldenModels.Of(name).CheckGradients(TestDevices.Get(device));

    [SkippableTheory]
    [MemberData(nameof(Steps))]
    public void Parameters_after_three_steps_of_adam_match(string device, string name, EmbeddingUpdate update) =>
        GoldenModels.Of(name).CheckThreeSteps(TestDevices.Get(device), update);
}
