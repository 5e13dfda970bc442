namespace GpuCtr.Datagen;

/// <summary>A simpler rule than the truth; a good model must exceed its AUC.</summary>
/// <param name="Key">Its name in <c>truth.json</c>.</param>
/// <param name="Words">Its name in the printed line.</param>
public sealed record Baseline(string Key, string Words);
