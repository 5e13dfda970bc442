namespace GpuCtr.Datagen;

/// <summary>Keeps every score at its row's place: exact, nine bytes a row.</summary>
public sealed class SortedTally(int rows) : IScoreTally
{
    private readonly double[] _scores = new double[rows];
    private readonly byte[] _labels = new byte[rows];

    /// <inheritdoc/>
    public void Add(long first, ReadOnlySpan<double> scores, ReadOnlySpan<int> labels)
    {
        scores.CopyTo(_scores.AsSpan((int)first));
        for (int i = 0; i < labels.Length; i++)
            _labels[first + i] = (byte)labels[i];
    }

    /// <inheritdoc/>
    public double Auc() => AreaUnderCurve.BySorting(_scores, _labels);
}
