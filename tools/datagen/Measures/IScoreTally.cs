namespace GpuCtr.Datagen;

/// <summary>Collects scores and labels of rows, from several shards at once, for their AUC.</summary>
public interface IScoreTally
{
    /// <summary>Adds rows from <paramref name="first"/> on. scores, labels (rows)</summary>
    void Add(long first, ReadOnlySpan<double> scores, ReadOnlySpan<int> labels);

    /// <summary>AUC of all rows added; the same whatever the order in which they came.</summary>
    double Auc();
}
