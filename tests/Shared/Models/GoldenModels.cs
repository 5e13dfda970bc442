using GpuCtr.Kernels.Attention;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

/// <summary>The kinds of golden files that are whole models: from a file to the model with its sizes.</summary>
internal static class GoldenModels
{
    /// <summary>By kind.</summary>
    public static Dictionary<string, Func<GoldenFile, GoldenModel>> Kinds { get; } = new()
    {
        ["ffm"] = file => GoldenFields.Of(file, "ffm"),
        ["wide_deep"] = file => GoldenFields.Of(file, "wide-deep"),
        ["deepfm"] = file => GoldenFields.Of(file, "deepfm"),
        ["nfm"] = file => GoldenFields.Of(file, "nfm"),
        ["dcn"] = file => GoldenFields.Of(file, "dcn"),
        ["dcn_v2"] = file => GoldenFields.Of(file, "dcn-v2"),
        ["ipnn"] = Pnn,
        ["din"] = Din,
        ["bst"] = Bst,
    };

    /// <summary>The model of the file of that name.</summary>
    public static GoldenModel Of(string name)
    {
        GoldenFile file = GoldenFile.Read(name);
        return Kinds[file.Kind](file);
    }

    private static GoldenModel Pnn(GoldenFile file)
    {
        Skip.If(file.Has("parameters", "theta"), "PNN has one weight for each unit and pair here, not the paper's product of two (docs/models.md)");
        return GoldenFields.Of(file, "pnn");
    }

    private static GoldenModel Din(GoldenFile file) => GoldenHistories.Of(file, ModelCatalog.Defaults("din") with
    {
        HiddenUnits = file.Sizes("tower_hidden"),
        AttentionUnits = file.Sizes("attention_hidden"),
        AttentionNormalization = AttentionNormalization.None,
        Dice = new(Epsilon: file.Config("eps_dice"), Momentum: file.Config("running_momentum")),
    });

    private static GoldenModel Bst(GoldenFile file)
    {
        Skip.IfNot(file.Word("position") == "add", "BST adds positions to the items here and does not append them (docs/models.md)");
        // One position more than the longest history: that of the target.
        GoldenModel model = GoldenHistories.Of(file, ModelCatalog.Defaults("bst") with
        {
            HiddenUnits = file.Sizes("hidden"),
            TransformerBlocks = file.Size("blocks"),
            AttentionHeads = file.Size("heads"),
        }, file.Shape("parameters", "position")[0] - 1);
        return model with
        {
            Place = name => name == "position" ? new("bst.positions") : model.Place(name.Replace("block.", "bst.", StringComparison.Ordinal)),
        };
    }
}
