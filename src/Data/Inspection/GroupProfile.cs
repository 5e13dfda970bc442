using System.Text.Json.Serialization;
using static System.FormattableString;

namespace GpuCtr.Data.Inspection;

/// <summary>The rows that belong together by a column: lists, the rows of a user for gAUC, or the interactions of a user in a log.</summary>
/// <param name="Column">The column.</param>
/// <param name="Groups">Its values.</param>
/// <param name="MeanRows">Mean number of rows of a value.</param>
/// <param name="MedianRows">Median.</param>
/// <param name="P99Rows">99th percentile.</param>
/// <param name="MostRows">Greatest number.</param>
/// <param name="NoRow">Rows without a value.</param>
/// <param name="WithoutClick">Values without a row of label 1; null if there are no labels.</param>
/// <param name="OnlyTrain">In a log, users with too few interactions to leave one out; null for other rows.</param>
/// <param name="InPieces">The second piece of a value whose rows are not contiguous in one file; null if there is none, and in a log.</param>
public sealed record GroupProfile(
    string Column, long Groups, double MeanRows, int MedianRows, int P99Rows, int MostRows, long NoRow,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? WithoutClick,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? OnlyTrain,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? InPieces)
{
    /// <summary>All of it in one line.</summary>
    public string Sentence()
    {
        string what = OnlyTrain is null ? "groups" : "log", rows = OnlyTrain is null ? "rows" : "interactions";
        string share = WithoutClick is { } none ? Invariant($"; {(double)none / Math.Max(1, Groups):P1} have no label 1") : OnlyTrain is { } few ? Invariant($"; {few:N0} have fewer than three and only train") : "";
        return Invariant($"{what}: {Groups:N0} values of '{Column}', {rows} each: mean {MeanRows:F1}, median {MedianRows}, 99 % ≤ {P99Rows}, most {MostRows}{share}");
    }

    /// <summary>A problem that a model that ranks lists would refuse.</summary>
    internal IEnumerable<string> Problems()
    {
        if (NoRow > 0)
            yield return Invariant($"'{Column}' has no value in {NoRow:N0} rows: a model of {(OnlyTrain is null ? "lists" : "next items")} stops at them");
        if (InPieces is not null)
            yield return $"the rows of a value of '{Column}' are not contiguous ({InPieces} starts another piece): this does not matter for gAUC, but a model that ranks lists (prm) needs contiguous lists: sort the rows by '{Column}'";
    }
}
