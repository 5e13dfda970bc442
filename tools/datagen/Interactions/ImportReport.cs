namespace GpuCtr.Datagen;

/// <summary>Result of an import.</summary>
/// <param name="Format">How the first file was read.</param>
/// <param name="Log">Users, items and categories.</param>
/// <param name="Bad">Lines left out.</param>
/// <param name="Rows">Rows of each set.</param>
/// <param name="ShortUsers">Users with a single interaction, who make no row.</param>
/// <param name="WithoutCategory">Items without a category.</param>
/// <param name="WithoutNegative">Positive rows whose user has had every item, so that no negative row goes with them.</param>
public sealed record ImportReport(
    LineFormat Format, InteractionLog Log, BadLines Bad, IReadOnlyDictionary<ImportSplit, long> Rows, long ShortUsers, long WithoutCategory, long WithoutNegative)
{
    /// <summary>The lines for standard output.</summary>
    public IEnumerable<string> Describe()
    {
        yield return $"read as {Format}";
        string categories = Log.Categories.Count == 0 ? "no categories" : $"{Log.Categories.Count:N0} categories";
        yield return $"{Log.Users.Count:N0} users, {Log.Items.Count:N0} items, {categories}, {Log.Count:N0} interactions";
        if (!Format.IsSequence && !Format.Columns.ContainsKey(ColumnRole.Time))
            yield return "no time column: the order of the lines is taken for the order in time";
        if (Log.Categories.Count > 0 && WithoutCategory > 0)
            yield return $"{WithoutCategory:N0} items have no category: null in their rows";
        if (ShortUsers > 0)
            yield return $"{ShortUsers:N0} users have one interaction only and make no row";
        if (WithoutNegative > 0)
            yield return $"{WithoutNegative:N0} positive rows have no negative: their users have had every item";
        yield return $"rows: {Rows[ImportSplit.Train]:N0} train, {Rows[ImportSplit.Valid]:N0} valid, {Rows[ImportSplit.Test]:N0} test";
    }
}
