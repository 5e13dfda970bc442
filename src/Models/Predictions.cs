namespace GpuCtr.Models;

/// <summary>What a model predicts, which decides what its rows are, how it is measured and what it answers.</summary>
public enum Predictions
{
    /// <summary>The probability of a click on a row.</summary>
    Clicks,

    /// <summary>Items of a sequence that are masked, from those on both sides.</summary>
    MaskedItems,

    /// <summary>The item behind each entry of a sequence, from those up to it.</summary>
    NextItems,
}
