using GpuCtr.Kernels.Numerics;
using ILGPU;

namespace GpuCtr.Kernels.Ranking;

/// <summary>An item with its score. Better is who has the higher score; of equal scores, the smaller item.</summary>
/// <param name="score">Not NaN.</param>
/// <param name="item">−1 for none, whose score is −∞.</param>
public readonly struct Candidate(float score, int item) : IFloats<Candidate>
{
    /// <summary>The score.</summary>
    public readonly float Score = score;

    /// <summary>The item.</summary>
    public readonly int Item = item;

    // No item that may be named has a score of −∞.
    internal static Candidate None => new(float.NegativeInfinity, -1);

    /// <summary>What every item stands behind.</summary>
    internal static Candidate BeforeAll => new(float.PositiveInfinity, -1);

    /// <summary>The better one: the sum over a group is its best.</summary>
    public Candidate Add(Candidate b) => b.IsBehind(this) ? this : b;

    /// <inheritdoc/>
    public Candidate Add(float a, Candidate b) => Add(new Candidate(a * b.Score, b.Item));

    /// <summary>The best item after <paramref name="last"/> among every stride-th score; NaN is skipped.</summary>
    /// <param name="scores">(V) of a row.</param>
    /// <param name="start">The first item.</param>
    /// <param name="stride">Distance of two items.</param>
    /// <param name="v">V.</param>
    /// <param name="last">Where to go on.</param>
    internal static Candidate Next(ArrayView<float> scores, int start, int stride, int v, Candidate last)
    {
        Candidate best = None;
        for (int i = start; i < v; i += stride)
        {
            float score = scores[i];
            // Items are visited in ascending order: among equal scores, the first is kept.
            if (score > best.Score && (score < last.Score || score == last.Score && i > last.Item))
                best = new(score, i);
        }
        return best;
    }

    private bool IsBehind(Candidate b) => Score < b.Score || Score == b.Score && (Item > b.Item || Item < 0);
}
