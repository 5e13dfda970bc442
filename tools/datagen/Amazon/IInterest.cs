namespace GpuCtr.Datagen;

/// <summary>The interests of users, and the relevance of their histories.</summary>
/// <remarks>A row depends only on the stream that draws it.</remarks>
public interface IInterest
{
    /// <summary>The simpler rule.</summary>
    Baseline Baseline { get; }

    /// <summary>s in words, for the report beside the shards.</summary>
    string Words { get; }

    /// <summary>Draws a history, oldest first, and returns the category of the target.</summary>
    int Draw(CounterStream draws, Span<int> history);

    /// <summary>s: the relevance of the history to the target.</summary>
    double Related(AmazonRows rows, int row);

    /// <summary>The value that the simpler rule uses in place of s.</summary>
    double Simpler(AmazonRows rows, int row);
}
