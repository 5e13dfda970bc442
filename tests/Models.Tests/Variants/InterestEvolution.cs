using GpuCtr.Kernels.Recurrent;

namespace GpuCtr.Models.Tests.Variants;

/// <summary>dien by the formulas of its paper, one position after the other; the other forms as golden/GOLDEN.md of the vectors has them.</summary>
internal sealed class InterestEvolution : Reference
{
    private const int E = 2 * D;

    /// <summary>The authors' code.</summary>
    public bool Official
    {
        get;
        init => (field, Unit, Evolution, Auxiliary, Average, Weight) = (value, true, Evolutions.AugruOfficial, NextItemForms.Mlp2, PairAverages.Padded, 2);
    }

    public bool Unit { get; init; }

    public Evolutions Evolution { get; init; } = Evolutions.Augru;

    public NextItemForms Auxiliary { get; init; } = NextItemForms.Inner;

    public PairAverages Average { get; init; } = PairAverages.Rows;

    public double Weight { get; init; } = 1;

    protected override double Alpha => Weight;

    protected override double Epsilon => Official ? VariantModel.Epsilon : 0;

    public override double? AuxiliaryLoss(VariantRow[] rows)
    {
        if (Weight == 0)
            return null;
        double sum = 0;
        int pairs = 0;
        foreach (VariantRow r in rows)
        {
            double[][] k = Keys(r), n = [.. r.NegativeItems.Zip(r.NegativeCategories, (item, category) => Join(Vector("item", item), Vector("category", category)))], h = Gru("gru", k);
            for (int t = 0; t + 1 < k.Length; t++, pairs++)
                // The authors' code takes ε from the negative's probability too, where float32 loses it.
                sum -= LogOf(Sigmoid(Score(h[t], k[t + 1]))) + Math.Log(Sigmoid(-Score(h[t], n[t + 1])));
        }
        return sum / (Average == PairAverages.Rows ? rows.Length : Average == PairAverages.Pairs ? pairs : rows.Length * (rows.Max(r => r.Items.Length) - 1));
    }

    protected override double[] Forward(VariantRow[] rows)
    {
        double[][] x = [.. rows.Select(r =>
        {
            double[][] k = Keys(r), h = Gru("gru", k);
            double[] interest = Evolved(h, Attention(h, Target(r))), sum = k.Aggregate(new double[E], Plus);
            return Join([.. FieldVectors(r), .. Official ? new[] { sum, Product(sum, Target(r)) } : [], interest]);
        })];
        x = Dice("tower.0", Linear("tower.0", Normed("tower", x)));
        x = Dice("tower.1", Linear("tower.1", x));
        return [.. Linear("tower.out", x).Select(z => z[0])];
    }

    /// <summary>The last state of the second GRU.</summary>
    private double[] Evolved(double[][] h, double[] a)
    {
        double[] state = new double[Width("evolution")];
        for (int t = 0; t < h.Length; t++)
        {
            (double[] z, double[] n) = Gates("evolution", Evolution == Evolutions.Aigru ? Scaled(a[t], h[t]) : h[t], state);
            // The share of the new state.
            double[] u = [.. z.Select(old => Evolution switch
            {
                Evolutions.Agru => a[t],
                Evolutions.Augru => a[t] * (1 - old),
                Evolutions.AugruOfficial => 1 - (1 - a[t]) * old,
                _ => 1 - old,
            })];
            state = [.. state.Select((s, i) => (1 - u[i]) * s + u[i] * n[i])];
        }
        return state;
    }

    /// <summary>H, of weights (3H, H).</summary>
    private int Width(string name) => (int)Math.Sqrt(Weights[$"{name}.weight_hh"].Length / 3);

    private double[][] Gru(string name, double[][] x)
    {
        double[] state = new double[Width(name)];
        List<double[]> states = [];
        foreach (double[] input in x)
        {
            (double[] z, double[] n) = Gates(name, input, state);
            states.Add(state = [.. state.Select((s, i) => z[i] * s + (1 - z[i]) * n[i])]);
        }
        return [.. states];
    }

    /// <summary>z, the share of the old state, and n, the new one.</summary>
    private (double[] Z, double[] N) Gates(string name, double[] x, double[] state)
    {
        int h = state.Length;
        double[] Block(string kind, int block, double[] input) =>
            [.. Enumerable.Range(block * h, h).Select(row => Weights[$"{name}.bias_{kind}"][row] + input.Select((v, i) => v * Weights[$"{name}.weight_{kind}"][row * input.Length + i]).Sum())];
        double[] r = [.. Plus(Block("ih", 0, x), Block("hh", 0, state)).Select(Sigmoid)], z = [.. Plus(Block("ih", 1, x), Block("hh", 1, state)).Select(Sigmoid)];
        double[] from = Official ? Block("hh", 2, Product(r, state)) : Product(r, Block("hh", 2, state));
        return (z, [.. Plus(Block("ih", 2, x), from).Select(Math.Tanh)]);
    }

    private double[] Attention(double[][] h, double[] q)
    {
        if (h.Length == 0)
            return [];
        double[] scores = Unit ? UnitScores(h, q) : [.. h.Select(state => state.Zip(Linear("att", [q])[0], (a, b) => a * b).Sum())];
        double[] powers = [.. scores.Select(Math.Exp)];
        return [.. powers.Select(p => p / powers.Sum())];
    }

    private double[] UnitScores(double[][] h, double[] q)
    {
        double[] alpha = Weights["att.query.alpha"], query = [.. Linear("att.query", [q])[0].Select((v, i) => v > 0 ? v : alpha[i] * v)];
        double[][] x = [.. h.Select(state => Compare(query, state))];
        return [.. Linear("att.out", Layer("att.1", Layer("att.0", x))).Select(z => z[0])];
    }

    /// <summary>Sigmoid units in the authors' code.</summary>
    private double[][] Layer(string name, double[][] x) => Sigmoid(Linear(name, x));

    private double Score(double[] h, double[] e)
    {
        if (Auxiliary == NextItemForms.Inner)
            return h.Zip(e, (a, b) => a * b).Sum();
        double[] o = Linear("aux.out", Sigmoid(Linear("aux.1", Sigmoid(Linear("aux.0", Normed("aux", [Join(h, e)]))))))[0];
        return Auxiliary == NextItemForms.Mlp ? o[0] : o[0] - o[1];
    }

    private double[][] Normed(string name, double[][] x) => Official ? FixedNorm($"{name}.norm", x) : x;

    private double[][] Dice(string name, double[][] x)
    {
        double[][] z = Normalize(name, x, Official ? 1e-9 : 1e-8, 0.01, unbiased: false);
        return [.. x.Select((row, i) => row.Select((v, h) => Sigmoid(z[i][h]) * v + (1 - Sigmoid(z[i][h])) * Weights[$"{name}.alpha"][h] * v).ToArray())];
    }
}
