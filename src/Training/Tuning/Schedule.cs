namespace GpuCtr.Training.Tuning;

/// <summary>A piece of a search: a trial is trained up to an epoch.</summary>
/// <param name="Trial">Its number, from 0.</param>
/// <param name="Epochs">The last epoch.</param>
/// <param name="Seed">Which of its seeds, from 0: the best trials are trained with several.</param>
internal readonly record struct Piece(int Trial, int Epochs, int Seed = 0);

/// <summary>The outcome of a piece.</summary>
/// <param name="Piece">The piece.</param>
/// <param name="Value">The best monitored value of its epochs; null: the trial failed.</param>
/// <param name="BestEpoch">The epoch of that value.</param>
internal sealed record Outcome(Piece Piece, double? Value, int BestEpoch);

/// <summary>Which piece of a search comes next: asynchronous successive halving (ASHA; Li et al., MLSys 2020) of one worker.</summary>
/// <remarks>
/// Trials start with few epochs, and the best third of the trials on a rung is promoted to three times as many epochs. The next piece depends only on the outcomes so far,
/// in any order of time: a search is repeated, and is resumed after a kill, by the same function.
/// </remarks>
/// <param name="epochs">Epochs of a whole training.</param>
/// <param name="lowerIsBetter">Whether smaller values are better, as for logloss.</param>
internal sealed class Schedule(int epochs, bool lowerIsBetter)
{
    /// <summary>η: one of η trials is promoted, and every rung has η times the epochs of the one below.</summary>
    public const int Reduction = 3;

    private const int MostRungs = 3;

    /// <summary>The epochs after which trials are compared, increasing; the last is a full training.</summary>
    public IReadOnlyList<int> Rungs { get; } =
        [.. Enumerable.Range(0, MostRungs).Select(below => (int)Math.Ceiling(epochs / Math.Pow(Reduction, below))).Distinct().Order()];

    /// <summary>How many trials have begun.</summary>
    public static int Begun(IReadOnlyList<Outcome> outcomes) => outcomes.Select(o => o.Piece.Trial).DefaultIfEmpty(-1).Max() + 1;

    /// <summary>The next piece of the search, or null if there is none left.</summary>
    /// <param name="outcomes">What is known.</param>
    /// <param name="mayBegin">Whether another trial may start; otherwise started trials continue until one is trained to the end.</param>
    public Piece? Next(IReadOnlyList<Outcome> outcomes, bool mayBegin)
    {
        for (int rung = Rungs.Count - 2; rung >= 0; rung--)
        {
            Outcome[] done = Ranked(outcomes, rung);
            if (FirstWaiting(outcomes, done[..(done.Length / Reduction)], rung) is { } promoted)
                return promoted;
        }
        return mayBegin ? new(Begun(outcomes), Rungs[0]) : Finish(outcomes);
    }

    /// <summary>The best trials that are trained to the end, best first; if there are none, the best trials of the highest rung reached.</summary>
    public IReadOnlyList<int> Finalists(IReadOnlyList<Outcome> outcomes, int count)
    {
        int top = Rungs.Count - 1;
        while (top > 0 && Ranked(outcomes, top).Length == 0)
            top--;
        return [.. Ranked(outcomes, top).Take(count).Select(o => o.Piece.Trial)];
    }

    /// <summary>The best trials so far: those of the highest rung first, and within a rung the best.</summary>
    public IReadOnlyList<int> Best(IReadOnlyList<Outcome> outcomes, int count) =>
        [.. Enumerable.Range(0, Rungs.Count).Reverse().SelectMany(rung => Ranked(outcomes, rung)).Select(o => o.Piece.Trial).Distinct().Take(count)];

    /// <summary>The best trials after their first epochs, best first: the same however far some of them have been trained since.</summary>
    public IReadOnlyList<int> BestBeginners(IReadOnlyList<Outcome> outcomes, int count) => [.. Ranked(outcomes, 0).Take(count).Select(o => o.Piece.Trial)];

    /// <summary>Trials that may still be trained further, whose weights are therefore kept: on every rung, one more than can be promoted.</summary>
    public IReadOnlySet<int> Kept(IReadOnlyList<Outcome> outcomes, int finalists)
    {
        IEnumerable<int> waiting = Enumerable.Range(0, Rungs.Count - 1).SelectMany(rung => Ranked(outcomes, rung) is var done ? done.Take(done.Length / Reduction + 1) : []).Select(o => o.Piece.Trial);
        return waiting.Concat(Finalists(outcomes, finalists)).ToHashSet();
    }

    /// <summary>Whether a value is better than another.</summary>
    public bool IsBetter(double value, double other) => lowerIsBetter ? value < other : value > other;

    /// <summary>The outcomes of the first seed on a rung, best first; earlier trials first among equals. Failed trials are left out.</summary>
    private Outcome[] Ranked(IReadOnlyList<Outcome> outcomes, int rung)
    {
        IEnumerable<Outcome> done = outcomes.Where(o => o.Piece.Epochs == Rungs[rung] && o.Piece.Seed == 0 && o.Value is not null).OrderBy(o => o.Piece.Trial);
        return [.. lowerIsBetter ? done.OrderBy(o => o.Value) : done.OrderByDescending(o => o.Value)];
    }

    private Piece? FirstWaiting(IReadOnlyList<Outcome> outcomes, Outcome[] promotable, int rung)
    {
        foreach (Outcome o in promotable)
            if (new Piece(o.Piece.Trial, Rungs[rung + 1]) is var next && outcomes.All(other => other.Piece != next))
                return next;
        return null;
    }

    /// <summary>The best trial of the highest rung reached continues, until one is trained to the end.</summary>
    private Piece? Finish(IReadOnlyList<Outcome> outcomes)
    {
        for (int rung = Rungs.Count - 1; rung >= 0; rung--)
            if (Ranked(outcomes, rung) is { Length: > 0 } done)
                return rung == Rungs.Count - 1 ? null : FirstWaiting(outcomes, done, rung);
        return null;
    }
}
