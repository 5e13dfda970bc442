namespace GpuCtr.Datagen;

/// <summary>What users want, and what their histories tell of it.</summary>
/// <remarks>A row depends on nothing but the stream that draws it.</remarks>
public interface IInterest
{
    /// <summary>The simpler rule.</summary>
    Baseline Baseline { get; }

    /// <summary>s in words, for the report beside the shards.</summary>
    string Words { get; }

    /// <summary>Draws a history, oldest first, and returns the category of the target.</summary>
    int Draw(CounterStream draws, Span<int> history);

    /// <summary>s: how much of what the history tells is about the target.</summary>
    double Related(AmazonRows rows, int row);

    /// <summary>What the simpler rule has in the place of s.</summary>
    double Simpler(AmazonRows rows, int row);
}
