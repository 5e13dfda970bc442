using System.Text.Json;
using System.Text.RegularExpressions;
using GpuCtr.Kernels.Devices;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

/// <summary>What documents and messages say of models comes from the catalogue.</summary>
public sealed partial class ModelCatalogTests
{
    [Fact]
    public void Documents_list_the_models_of_the_catalogue()
    {
        string[] documented = [.. Row().Matches(File.ReadAllText(Repository.File("docs", "models.md")).Split("\n## ")[0]).Select(m => m.Groups[1].Value)];
        Assert.Equal(ModelCatalog.Names.Order(), documented.Order());
    }

    [Fact]
    public void Every_model_has_a_file_of_its_own_which_is_in_the_catalogue()
    {
        ModelEntry[] declared = [.. typeof(ModelCatalog).Assembly.GetTypes()
            .Select(t => t.GetProperty("Entry", typeof(ModelEntry))?.GetValue(null)).OfType<ModelEntry>()];
        Assert.Equal(ModelCatalog.Names.Order(), declared.Select(e => e.Name).Order());
        Assert.All(declared, e => Assert.Equal(e.Name, ModelCatalog.Defaults(e.Name).Model));
    }

    [Fact]
    public void Descriptions_of_defaults_name_the_models_that_differ()
    {
        Assert.Equal("16; ffm 4; sasrec, bert4rec 64", ModelCatalog.DefaultInWords(o => o.EmbeddingDim));
        Assert.Equal($"relu; {string.Join(", ", ModelCatalog.Names.Where(n => ModelCatalog.Defaults(n).Activation == Activations.Dice))} dice; bst leakyrelu", ModelCatalog.DefaultInWords(o => o.Activation));
    }

    [Fact]
    public void Former_names_become_those_of_today_wherever_options_come_from()
    {
        Assert.Equal("embedding-mlp", new ModelOptions { Model = "base" }.Model);
        Assert.Equal("embedding-mlp", JsonSerializer.Deserialize<ModelOptions>("{\"Model\": \"base\"}")!.Model);
        Assert.Equal(ModelCatalog.Defaults("embedding-mlp"), ModelCatalog.Defaults("base") with { HiddenUnits = ModelCatalog.Defaults("embedding-mlp").HiddenUnits });
        Assert.DoesNotContain("base", ModelCatalog.Names);
    }

    [Fact]
    public void Unknown_model_is_refused_with_the_names_there_are()
    {
        KernelException refusal = Assert.Throws<KernelException>(() => ModelCatalog.Defaults("deepfmm"));
        Assert.Contains("model 'deepfmm' is not one of lr, fm", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>The name in the first cell of a row.</summary>
    [GeneratedRegex(@"^\| `([a-z][a-z0-9-]*)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
