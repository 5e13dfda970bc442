using GpuCtr.Training.Scoring;

namespace GpuCtr.Training.Explanations;

/// <summary>What one prediction is made of. The parts that a model has add up to the logit: bias, the first order and the FM terms of all fields, network.</summary>
/// <param name="Row">Its row in the shards, from 0.</param>
/// <param name="Model">The architecture.</param>
/// <param name="Score">Probability of label 1.</param>
/// <param name="Logit">Its logit.</param>
/// <param name="Label">What happened; null where the shards have no label.</param>
/// <param name="Bias">Of the first order.</param>
/// <param name="Network">What the hidden layers add; null where there are none.</param>
/// <param name="Fields">Every column that the model reads.</param>
/// <param name="Attention">Every attention unit.</param>
/// <param name="Nearest">Values whose vectors are most like the row's.</param>
internal sealed record Explanation(
    long Row, string Model, double Score, double Logit, double? Label, double? Bias, double? Network,
    IReadOnlyList<FieldPart> Fields, IReadOnlyList<AttentionPart> Attention, IReadOnlyList<Neighbours> Nearest);

/// <summary>What a column does to a logit.</summary>
/// <param name="Field">Its name; histories of one group go together.</param>
/// <param name="Value">Its value, or how many entries it has.</param>
/// <param name="FirstOrder">Its linear term; null where the model has none.</param>
/// <param name="Fm">½ ⟨v, S − v⟩: half of its pairs with all others; null where the model has no factorization machine.</param>
/// <param name="Effect">How much lower the logit is without it: its vector zero, its number 0, its list empty.</param>
internal sealed record FieldPart(string Field, string Value, double? FirstOrder, double? Fm, double Effect);

/// <summary>What an attention unit looked at.</summary>
/// <param name="Histories">The columns that its keys come from.</param>
/// <param name="Targets">The values that it compares them with.</param>
/// <param name="Entries">The entries of the histories, oldest first.</param>
/// <param name="Padding">Weight that padding took, in the variants where padding takes part; else 0.</param>
internal sealed record AttentionPart(IReadOnlyList<string> Histories, IReadOnlyList<string> Targets, IReadOnlyList<AttendedEntry> Entries, double Padding);

/// <param name="Position">From 1, the oldest entry that the model read.</param>
/// <param name="Values">One for each column.</param>
/// <param name="Weight">What its vector is multiplied by.</param>
internal sealed record AttendedEntry(int Position, IReadOnlyList<string> Values, double Weight);

/// <param name="Field">The column.</param>
/// <param name="Value">Its value in the row.</param>
/// <param name="Values">The most similar others, most similar first.</param>
internal sealed record Neighbours(string Field, string Value, IReadOnlyList<Neighbour> Values);

/// <param name="Value">A value of the vocabulary.</param>
/// <param name="Cosine">Of the two vectors.</param>
internal sealed record Neighbour(string Value, double Cosine);
