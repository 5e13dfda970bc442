using Microsoft.ML.OnnxRuntime;

namespace GpuCtr.Bench;

/// <summary>500 candidates for one user on one thread: <see cref="CtrModel.Rank"/>, a call for each, one call for all, and ONNX Runtime.</summary>
internal static class CandidateBench
{
    private const int Candidates = 500, Length = 50;

    /// <summary>Trains the models, checks that all ways agree, and prints the table.</summary>
    public static int Run(string only, int rounds)
    {
        ServedModel.Measure(only, "| model | by | p50 ms | p99 ms |\n|---|---|---|---|", model => Run(model, rounds));
        return 0;
    }

    private static void Run(ServedModel model, int rounds)
    {
        using CtrModel trained = CtrModel.Load(model.Run, new() { Concurrency = 1 });
        using InferenceSession session = OnnxScorer.Open(model.Onnx);
        RawRow[] own = RawRow.Read(model.Rows, [.. trained.Columns.Where(IsOfCandidate)], Candidates, Length);
        RawRow shared = RawRow.Read(model.Rows, [.. trained.Columns.Where(c => !IsOfCandidate(c))], 1, Length)[0];
        FeatureRow context = shared.Fill(trained.NewRow());
        FeatureRow[] candidates = [.. own.Select(r => r.Fill(trained.NewRow()))], whole = [.. own.Select(r => r.Set(shared.Fill(trained.NewRow())))];
        float[] ranked = new float[Candidates], scored = new float[Candidates];
        using OnnxScorer onnx = new(session, context.Encoder.Spec, Candidates, Length);
        void Each()
        {
            for (int i = 0; i < Candidates; i++)
                scored[i] = trained.Score(whole[i]);
        }
        (string Name, Action Call)[] ways =
        [
            ("Set and Rank", () => { shared.Fill(context); Set(own, candidates); trained.Rank(context, candidates, ranked); }),
            ("Set and Score of all rows", () => { for (int i = 0; i < Candidates; i++) own[i].Set(shared.Fill(whole[i])); trained.Score(whole, scored); }),
            ("Rank", () => trained.Rank(context, candidates, ranked)),
            ("Score of all rows", () => trained.Score(whole, scored)),
            ("Score row by row", Each),
            ("ONNX Runtime, one batch", () => onnx.Score(whole)),
        ];
        trained.Rank(context, candidates, ranked);
        Each();
        double worst = ranked.Zip(scored, (a, b) => Math.Abs(a - b)).Max();
        if (worst > 1e-6)
            throw new InvalidOperationException($"the ways differ by {worst}: their speeds cannot be compared");
        double[][] seconds = Turns.Measure(rounds, [.. ways.Select(w => (Func<int, double>)(_ => Turns.Seconds(w.Call)))]);
        foreach ((double[] taken, (string name, _)) in seconds.Zip(ways))
            Print(model.Name, name, [.. taken.Skip(rounds / 4).Order()]);
    }

    /// <param name="model">Its name.</param>
    /// <param name="way">How it was asked.</param>
    /// <param name="seconds">Of each call, in order.</param>
    private static void Print(string model, string way, double[] seconds)
    {
        double At(double quantile) => seconds[(int)(quantile * (seconds.Length - 1))] * 1e3;
        Console.WriteLine($"| {model} | {way} | {At(0.5):F2} | {At(0.99):F2} |");
    }

    private static void Set(RawRow[] from, FeatureRow[] to)
    {
        for (int i = 0; i < to.Length; i++)
            from[i].Fill(to[i]);
    }

    /// <summary>Ten fields of Criteo's 26, or item and category of Amazon's tables.</summary>
    private static bool IsOfCandidate(ModelColumn column) =>
        column.Name is "item" or "category" || (column.Name.StartsWith('C') && int.TryParse(column.Name.AsSpan(1), out int number) && number > 16);
}
