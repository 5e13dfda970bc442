namespace GpuCtr.Models;

/// <summary>What a model predicts; decides its rows, metrics and output.</summary>
public enum Predictions
{
    /// <summary>The probability of a click on a row.</summary>
    Clicks,

    /// <summary>Items of a sequence that are masked, from those on both sides.</summary>
    MaskedItems,

    /// <summary>The next item after each entry of a sequence, from the entries up to it.</summary>
    NextItems,
}
