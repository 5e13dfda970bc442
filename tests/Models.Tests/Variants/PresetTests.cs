using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Models.Features;
using Presets = GpuCtr.Models.Variants;

namespace GpuCtr.Models.Tests.Variants;

/// <summary>Widths and training settings of the presets, which the small references do not see.</summary>
[Trait("Speed", "Fast")]
public sealed class PresetTests
{
    [Fact]
    public void Every_preset_has_a_reference() =>
        Assert.Equal(Presets.Names.SelectMany(v => Presets.ModelsOf(v).Select(m => $"{v} {m}")).Order(), VariantModel.References.Keys.Where(name => !name.StartsWith(VariantModel.Own, StringComparison.Ordinal)).Order());

    [Fact]
    public void Every_model_of_clicks_has_a_reference() => Assert.All(ModelCatalog.ClickModels, model => Assert.Contains($"{VariantModel.Own} {model}", VariantModel.References.Keys));

    [Theory]
    [InlineData("fuxictr deepfm", "64,64,64", "80,40")]
    [InlineData("deepctr deepfm", "256,128", "80,40")]
    [InlineData("fuxictr din", "512,128,64", "64")]
    [InlineData("deepctr din", "256,128", "64,16")]
    [InlineData("rechub din", "200,80", "36")]
    [InlineData("din-official din", "80,40", "80,40")]
    [InlineData("dien-official din", "200,80", "80,40")]
    [InlineData("dien-official dien", "200,80", "80,40")]
    public void Widths_are_those_of_the_reference(string name, string hidden, string attention)
    {
        ModelOptions o = Options(name);
        Assert.Equal((hidden, attention), (string.Join(',', o.HiddenUnits), string.Join(',', o.AttentionUnits)));
    }

    [Theory]
    [InlineData("fuxictr deepfm")]
    [InlineData("fuxictr din")]
    public void FuxiCtr_trains_whole_tables_clips_and_lowers_the_rate_on_a_plateau(string name)
    {
        ModelOptions o = Options(name);
        Assert.Equal((EmbeddingUpdate.Dense, L2Scope.Full, 10.0, OptimizerKind.Adam), (o.EmbeddingUpdate, o.EmbeddingL2Scope, o.ClipNorm, o.Optimizer));
        Assert.Equal(new TrainingDefaults(1e-3, 0.1, 2), Presets.Training("fuxictr"));
    }

    [Fact]
    public void Din_official_trains_with_sgd_at_rate_1_and_scaled_softmax()
    {
        ModelOptions o = Options("din-official din");
        Assert.Equal((OptimizerKind.Sgd, 5.0, AttentionNormalization.ScaledSoftmax), (o.Optimizer, o.ClipNorm, o.AttentionNormalization));
        Assert.Equal(1, Presets.Training("din-official").LearningRate);
    }

    [Theory]
    [InlineData("dien-official din")]
    [InlineData("dien-official dien")]
    public void Dien_official_adds_what_its_code_adds(string name) => Assert.Equal((true, 1e-8), (Options(name).InputNorm, Options(name).ProbabilityEpsilon));

    [Theory]
    [InlineData("dien-official", true, "dien")]
    [InlineData("din-official", true, "din")]
    [InlineData("fuxictr", true, "din")]
    [InlineData("fuxictr", false, "deepfm")]
    [InlineData(null, true, "din")]
    [InlineData(null, false, "deepfm")]
    public void Variant_without_a_model_is_of_the_first_that_suits_the_data(string? variant, bool histories, string model) => Assert.Equal(model, Presets.DefaultModel(variant, histories));

    [Fact]
    public void Without_a_variant_the_defaults_apply()
    {
        ModelOptions own = ModelCatalog.Defaults("din");
        // Lists are compared by reference.
        Assert.Equal(own, Presets.Of("din", null).Model with { HiddenUnits = own.HiddenUnits, AttentionUnits = own.AttentionUnits });
        Assert.Equal(new TrainingDefaults(), Presets.Of("din", null).Training);
    }

    [Fact]
    public void Unknown_names_and_missing_combinations_say_what_there_is()
    {
        Assert.Contains("fuxictr, deepctr, rechub, din-official, dien-official", Assert.Throws<KernelException>(() => Presets.Of("din", "fuxi")).Message);
        Assert.Contains("deepfm has fuxictr, deepctr, rechub", Assert.Throws<KernelException>(() => Presets.Of("deepfm", "dien-official")).Message);
        Assert.Contains("lr has none", Assert.Throws<KernelException>(() => Presets.Of("lr", "fuxictr")).Message);
    }

    [Fact]
    public void A_batch_in_the_layout_of_the_data_is_refused_by_a_model_with_another_layout()
    {
        using Device device = Device.Open("cpu");
        using TrainableModel model = new(device, VariantData.Spec(histories: true), Options("deepctr din"), 16);
        using Batch batch = VariantData.Batch(device, VariantData.Spec(histories: true), 16);
        Assert.Contains("model's Spec", Assert.Throws<KernelException>(() => model.TrainStep(batch, 0)).Message);
    }

    private static ModelOptions Options(string name) => Presets.Of(name.Split(' ')[1], name.Split(' ')[0]).Model;
}
