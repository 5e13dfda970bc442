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
        ["poly2"] = Poly2,
        ["ffm"] = file => GoldenFields.Of(file, "ffm"),
        ["wide_deep"] = file => GoldenFields.Of(file, "wide-deep"),
        ["deepfm"] = file => GoldenFields.Of(file, "deepfm"),
        ["nfm"] = file => GoldenFields.Of(file, "nfm"),
        ["dcn"] = file => GoldenFields.Of(file, "dcn"),
        ["dcn_v2"] = file => GoldenFields.Of(file, "dcn-v2"),
        ["ipnn"] = Pnn,
        ["fnn"] = Fnn,
        ["din"] = Din,
        ["bst"] = Bst,
        ["dien"] = Dien,
        [GoldenSequences.Kind] = GoldenSequences.Of,
        [GoldenLists.Kind] = GoldenLists.Of,
    };

    /// <summary>The model of the file of that name.</summary>
    public static GoldenModel Of(string name)
    {
        GoldenFile file = GoldenFile.Read(name);
        return Kinds[file.Kind](file);
    }

    private static GoldenModel Poly2(GoldenFile file)
    {
        GoldenModel model = GoldenFields.Of(file, "poly2");
        int first = model.Spec.TotalRows, count = file.Shape("inputs", file.Has("inputs", "pair") ? "pair" : "b0.pair")[1];
        return model with
        {
            Options = model.Options with { Poly2Buckets = file.Size("buckets") },
            Place = name => name == "w" ? new("first_order", first) : model.Place(name),
            // The hash is no part of the vectors: they say which weight a pair has, and with which value.
            Fill = (batch, prefix) =>
            {
                int[] pairs = [.. file.Input($"{prefix}pair").Select(bucket => first + (int)bucket)];
                float[] values = file.Input($"{prefix}value").ToFloats();
                model.Fill(batch, prefix);
                batch.OtherPairs = (b, rows, ofRow) =>
                {
                    pairs.AsSpan(b * count, count).CopyTo(rows);
                    values.AsSpan(b * count, count).CopyTo(ofRow);
                };
            },
        };
    }

    private static GoldenModel Pnn(GoldenFile file)
    {
        Skip.If(file.Has("parameters", "theta"), "PNN has one weight for each unit and pair here, not the paper's product of two (docs/models.md)");
        return GoldenFields.Of(file, "pnn");
    }

    /// <summary>In the paper's form the first layer reads [w0, w_1, v_1, w_2, v_2, …] and here [w_1 … w_C, v_1 … v_C], where w0 is in its bias.</summary>
    private static GoldenModel Fnn(GoldenFile file)
    {
        GoldenModel model = GoldenFields.Of(file, "fnn");
        if (!file.Has("parameters", "w0"))
            return model;
        int fields = model.Spec.F, width = 1 + model.Options.EmbeddingDim, inputs = 1 + fields * width;
        int Column(int c) => c == 0 ? -1 : (c - 1) % width == 0 ? (c - 1) / width : fields + (c - 1) / width * (width - 1) + (c - 1) % width - 1;
        return model with
        {
            Options = model.Options with { Activation = Activations.Tanh },
            Place = name => name == "w0" ? null
                : name == "mlp.0.weight" ? new(name, i => Column(i % inputs) is >= 0 and int c ? i / inputs * (inputs - 1L) + c : -1)
                : model.Place(name),
            Value = name => name == "mlp.0.bias"
                ? [.. file.Parameter(name).Select((b, unit) => b + file.Parameter("w0")[0] * file.Parameter("mlp.0.weight")[unit * inputs])]
                : file.Parameter(name),
        };
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
        GruReset = file.Flag("reset_after") ? GruReset.After : GruReset.Before,
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
        InputNorm = file.Has("parameters", "tower.norm.gamma"),
        ProbabilityEpsilon = file.Config("probability_epsilon", 0),
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
