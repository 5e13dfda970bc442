namespace GpuCtr.Datagen;

/// <summary>Collects scores and labels of rows, from several shards at once, for their AUC.</summary>
public interface IScoreTally
{
    /// <summary>Adds rows from <paramref name="first"/> on. scores, labels (rows)</summary>
    void Add(long first, ReadOnlySpan<double> scores, ReadOnlySpan<int> labels);

    /// <summary>AUC of all rows added; independent of their order.</summary>
    double Auc();
}
