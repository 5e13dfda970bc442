using GpuCtr.Training.Scoring;

namespace GpuCtr.Training.Explanations;

/// <summary>One prediction taken apart. The parts that the model has add up to the logit: bias, first-order and FM terms of all fields, network.</summary>
/// <param name="Row">Its row in the shards, from 0.</param>
/// <param name="Model">The architecture.</param>
/// <param name="Score">Probability of label 1.</param>
/// <param name="Logit">Its logit.</param>
/// <param name="Label">Label of the row; null if the shards have no label.</param>
/// <param name="Bias">Bias of the first order.</param>
/// <param name="Network">Contribution of the hidden layers; null if there are none.</param>
/// <param name="Fields">Every column that the model reads.</param>
/// <param name="Attention">Every activation unit.</param>
/// <param name="Nearest">Values with the most similar vectors.</param>
/// <param name="List">The list that the row belongs to; null in a model that scores rows one by one.</param>
internal sealed record Explanation(
    long Row, string Model, double Score, double Logit, double? Label, double? Bias, double? Network,
    IReadOnlyList<FieldPart> Fields, IReadOnlyList<AttentionPart> Attention, IReadOnlyList<Neighbours> Nearest, ListPart? List);

/// <summary>The effect of the other rows of a list on a row.</summary>
/// <param name="Place">Place of the row in the list as shown, from 1.</param>
/// <param name="Rank">Its rank by score, 1 for the best.</param>
/// <param name="Rows">The other rows, in the order shown.</param>
internal sealed record ListPart(int Place, int Rank, IReadOnlyList<OtherRow> Rows);

/// <param name="Place">Place in the list as shown, from 1.</param>
/// <param name="Score">Its probability.</param>
/// <param name="Effect">How much lower the logit of the explained row is in the list without this one; below 0: this one takes from it.</param>
internal sealed record OtherRow(int Place, double Score, double Effect);

/// <summary>Contribution of a column to a logit.</summary>
/// <param name="Field">Name of the column; the histories of a behaviour group are one entry.</param>
/// <param name="Value">Its value, or the number of its entries.</param>
/// <param name="FirstOrder">Its linear term; null if the model has none.</param>
/// <param name="Fm">½ ⟨v, S − v⟩: half of its pairwise terms with all other columns; null if the model has no factorization machine.</param>
/// <param name="Effect">How much lower the logit is without the column: with its vector zero, its number 0 or its list empty.</param>
internal sealed record FieldPart(string Field, string Value, double? FirstOrder, double? Fm, double Effect);

/// <summary>The weights of an activation unit.</summary>
/// <param name="Histories">The columns that its keys come from.</param>
/// <param name="Targets">The target values that the keys are compared with.</param>
/// <param name="Entries">The entries of the histories, oldest first.</param>
/// <param name="Padding">Total weight of padding, in the variants where padding takes part; else 0.</param>
internal sealed record AttentionPart(IReadOnlyList<string> Histories, IReadOnlyList<string> Targets, IReadOnlyList<AttendedEntry> Entries, double Padding);

/// <param name="Position">History position, from 1 for the oldest entry that the model read.</param>
/// <param name="Values">One for each column.</param>
/// <param name="Weight">Factor of its vector.</param>
internal sealed record AttendedEntry(int Position, IReadOnlyList<string> Values, double Weight);

/// <param name="Field">The column.</param>
/// <param name="Value">Its value in the row.</param>
/// <param name="Values">The most similar other values, most similar first.</param>
internal sealed record Neighbours(string Field, string Value, IReadOnlyList<Neighbour> Values);

/// <param name="Value">A value of the vocabulary.</param>
/// <param name="Cosine">Cosine of the two vectors.</param>
internal sealed record Neighbour(string Value, double Cosine);
