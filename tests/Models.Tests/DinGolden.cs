using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

public sealed class DinGolden
{
    private const int D = 3, T = 5, B = 6;

    private static readonly string[] Fields = ["other.0", "other.1", "item", "category"];
    private static readonly GoldenFile Golden = GoldenFile.Read("din");

    private static readonly FeatureSpec Spec = new(
        Fields.Select(f => new Vocabulary(f, Golden.Shape("parameters", $"emb.{f}")[0] + 2)).ToArray(),
        Fields.Select((f, i) => new CategoricalField(f, i)).ToArray(), [],
        [new SequenceField("hist_item", 2, SequenceRole.History, 2, T), new SequenceField("hist_category", 3, SequenceRole.History, 3, T)]);

    private static readonly GoldenModel Model = new(
        Golden, Spec, ModelCatalog.Defaults("din") with
        {
            EmbeddingDim = D,
            HiddenUnits = [9, 6],
            AttentionUnits = [6, 4],
            AttentionNormalization = AttentionNormalization.None,
        }, Fill, Locate);

    public static TheoryData<string> Devices => TestDevices.All;

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void Din_first_batch_matches_logits_loss_and_gradients(string device) => Model.CheckGradients(TestDevices.Get(device));

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void Din_three_dense_adam_steps_match(string device) => Model.CheckThreeSteps(TestDevices.Get(device), EmbeddingUpdate.Dense);

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void Din_three_lazy_adam_steps_match(string device) => Model.CheckThreeSteps(TestDevices.Get(device), EmbeddingUpdate.Lazy);

    [SkippableTheory]
    [MemberData(nameof(Devices))]
    public void Din_three_adam_steps_with_replay_match_those_of_dense_adam(string device) => Model.CheckThreeSteps(TestDevices.Get(device), EmbeddingUpdate.Replay);

    private static void Fill(Batch batch, string name)
    {
        double[] other = Golden.Input($"{name}.other"), item = Golden.Input($"{name}.item"), category = Golden.Input($"{name}.category"), length = Golden.Input($"{name}.length");
        for (int b = 0; b < B; b++)
            batch.SetIds(b, [.. new[] { other[2 * b], other[2 * b + 1], item[b], category[b] }.Select(id => (int)id + 1)]);
        foreach (BatchSequence s in batch.Sequences)
        {
            double[] padded = Golden.Input($"{name}.{s.Field.Name}");
            for (int b = 0; b < B; b++)
                s.SetIds(b, [.. padded.Skip(b * T).Take((int)length[b]).Select(id => (int)id + 1)]);
        }
    }

    private static (string, long) Locate(string name) =>
        name.StartsWith("emb.", StringComparison.Ordinal) ? ("embedding", (Spec.Offsets()[Array.IndexOf(Fields, name["emb.".Length..])] + 1L) * D) : (name, 0);
}
