using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

/// <summary>
/// Deep Interest Evolution Network (Zhou et al., AAAI 2019): logit = MLP(v_1 … v_C, s_T), for each behaviour group
/// h = GRU(k_1 … k_T),  a_t = softmax_t(h_tᵀ W q),  s = AUGRU(h, a): s_t = (1 − u) s_{t−1} + u s̃_t, u = a_t (1 − z_t), where z is the update gate as in <see cref="Kernels.Recurrent.Gru"/>: the share of the old state (the paper's u is 1 − z).
/// Auxiliary loss: each h_t predicts k_{t+1} against a negative of it, −log σ(⟨h_t, k_{t+1}⟩) − log(1 − σ(⟨h_t, n_{t+1}⟩)), weighted by α.
/// </summary>
/// <remarks>Options choose the other recurrences, scores and auxiliary losses of the paper and of its authors' code, whose tower also reads Σ_t k_t and q ∘ Σ_t k_t.</remarks>
public static class Dien
{
    /// <summary>The model in the catalogue.</summary>
    public static ModelEntry Entry { get; } = new("dien", Logit)
    {
        OneWidth = null,
        ReadsHistories = true,
        NeedsHistory = true,
        ReadsNegatives = static options => options.AuxiliaryLoss > 0,
        Defaults = Din.Entry.Defaults,
    };

    /// <summary>Records the model; returns the logit (B, 1).</summary>
    public static Tensor Logit(ModelBuilder g)
    {
        Tensor fields = g.FieldVectors(g.Options.EmbeddingDim);
        // Backward runs in reverse: the tower must write these gradients before attention adds to those of its targets.
        Tensor[] interests = [.. g.Histories().SelectMany((history, i) => Interests(g, fields, history, i == 0 ? "" : $"{i}"))];
        return g.Mlp("tower", g.Concat([g.MlpInput(fields), .. interests]), outputBias: true);
    }

    private static List<Tensor> Interests(ModelBuilder g, Tensor fields, HistoryColumns columns, string i)
    {
        ModelOptions o = g.Options;
        List<Tensor> interests = [];
        BehaviourHistory history = g.History(fields, columns);
        if (o.HistorySum)
            interests.Add(g.HistorySum($"history{i}", columns));
        if (o.HistorySum && o.TargetProduct)
            interests.Add(g.TargetProduct($"history{i}", history, interests[0]));
        Tensor k = g.Keys($"keys{i}", history), q = g.Query($"query{i}", fields, columns);

        Tensor h = g.Gru($"gru{i}", history, k, o.GruHidden > 0 ? o.GruHidden : history.E, o.GruReset);
        if (o.AuxiliaryLoss > 0)
        {
            if (o.AuxiliaryForm == NextItemForms.Inner && h.Columns != history.E)
                throw new KernelException($"--gru-hidden {h.Columns}: the inner products of the auxiliary loss need states as wide as an entry of the history, {history.E}; leave --gru-hidden out, or take --auxiliary-form mlp");
            Tensor n = g.LossOnly(() => g.Keys($"negatives{i}", g.Negatives(fields, columns)));
            g.Report(g.NextItemLoss($"aux{i}", history, h, k, n, o.AuxiliaryForm, o.AuxiliaryUnits, o.AuxiliaryAverage, o.AuxiliaryLoss).Loss);
        }

        Tensor scores = o.InterestScores == InterestScores.Bilinear ? g.BilinearScores($"att{i}", history, h, q) : g.UnitScores($"att{i}", history, h, q);
        Tensor a = g.PositionSoftmax($"att{i}", history, scores);
        Tensor s = g.Evolve($"evolution{i}", history, h, a, o.EvolutionHidden > 0 ? o.EvolutionHidden : h.Columns, o.Evolution, o.GruReset);
        interests.Add(g.LastState($"interest{i}", history, s));
        return interests;
    }
}
