using GpuCtr.Kernels.Embedding;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

public sealed class DeepFmGolden
{
    private const int D = 4;

    private static readonly int[] Cardinalities = [7, 5, 11];
    private static readonly GoldenFile Golden = GoldenFile.Read("deepfm");

    private static readonly FeatureSpec Spec = new(
        Cardinalities.Select((c, f) => new Vocabulary($"f{f}", c + 2)).ToArray(),
        Cardinalities.Select((_, f) => new CategoricalField($"f{f}", f)).ToArray(), ["x0", "x1", "x2"], []);

    private static readonly GoldenModel Model = new(Golden, Spec, new ModelOptions { EmbeddingDim = D, HiddenUnits = [8, 5] }, Fill, Locate);

    public static TheoryData<string> Devices => TestDevices.All;

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void DeepFm_first_batch_matches_logits_loss_and_gradients(string device) => Model.CheckGradients(TestDevices.Get(device));

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void DeepFm_three_dense_adam_steps_match(string device) => Model.CheckThreeSteps(TestDevices.Get(device), EmbeddingUpdate.Dense);

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void DeepFm_three_lazy_adam_steps_match(string device) => Model.CheckThreeSteps(TestDevices.Get(device), EmbeddingUpdate.Lazy);

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void DeepFm_three_adam_steps_with_replay_match_those_of_dense_adam(string device) => Model.CheckThreeSteps(TestDevices.Get(device), EmbeddingUpdate.Replay);

    private static void Fill(Batch batch, string name)
    {
        batch.SetIds(0, [.. Golden.Input($"{name}.ids").Select(id => (int)id + 1)]);
        Golden.Input($"{name}.x").Select(x => (float)x).ToArray().CopyTo(batch.Numeric);
    }

    private static (string, long) Locate(string name)
    {
        string[] part = name.Split('.');
        return part[0] switch
        {
            "emb" => ("embedding", (Spec.Offsets()[int.Parse(part[1])] + 1) * D),
            "lin" => ("first_order", Spec.Offsets()[int.Parse(part[1])] + 1),
            "num" => (part[1] == "V" ? "numeric.vectors" : "numeric.weights", 0),
            _ => (name, 0),
        };
    }
}
