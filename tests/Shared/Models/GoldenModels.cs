using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Recurrent;
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
        ["dien"] = Dien,
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

    private static GoldenModel Dien(GoldenFile file) => GoldenHistories.Of(file, ModelCatalog.Defaults("dien") with
    {
        HiddenUnits = file.Sizes("tower_hidden"),
        Activation = Enum.Parse<Activations>(file.Word("tower_activation")!, ignoreCase: true),
        Dice = new(Epsilon: file.Config("eps_dice", 1e-8), Momentum: file.Config("running_momentum", 0.01)),
        GruHidden = file.Shape("parameters", "gru.weight_hh")[1],
        EvolutionHidden = file.Shape("parameters", "evolution.weight_hh")[1],
        GruReset = file.Flag("reset_after"),
        InterestScores = file.Word("attention") == "mlp" ? InterestScores.Unit : InterestScores.Bilinear,
        AttentionUnits = file.Sizes("attention_hidden"),
        AttentionActivation = Activations.Sigmoid,
        Evolution = Enum.Parse<Evolutions>(file.Word("evolution")!.Replace("_", "", StringComparison.Ordinal), ignoreCase: true),
        AuxiliaryLoss = file.Config("alpha"),
        AuxiliaryForm = file.Word("auxiliary") switch { "mlp1" => NextItemForms.Mlp, "mlp2" => NextItemForms.Mlp2, _ => NextItemForms.Inner },
        AuxiliaryUnits = file.Sizes("auxiliary_hidden"),
        AuxiliaryAverage = Enum.Parse<PairAverages>(file.Word("auxiliary_average")!, ignoreCase: true),
        HistorySum = file.Word("tower_input")!.Contains(",sum,", StringComparison.Ordinal),
        TargetProduct = file.Word("tower_input")!.Contains(",target*sum,", StringComparison.Ordinal),
    }) with
    {
        // Adding a constant to all scores of a history changes no softmax.
        IsNoise = name => name == "att.out.bias",
    };

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
