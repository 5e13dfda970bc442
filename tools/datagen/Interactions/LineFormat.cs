namespace GpuCtr.Datagen;

/// <summary>How to read the lines of a file.</summary>
/// <param name="IsSequence">A line is <c>user item item …</c> in order of time; else it is one interaction.</param>
/// <param name="Separator">What stands between fields.</param>
/// <param name="HasHeader">The first line names the columns.</param>
/// <param name="Columns">Index of each role in a line, from 0; unused for sequences.</param>
/// <param name="FirstWordOnly">The category field holds several words, of which the first one counts.</param>
public sealed record LineFormat(
    bool IsSequence, string Separator, bool HasHeader, IReadOnlyDictionary<ColumnRole, int> Columns, bool FirstWordOnly)
{
    /// <summary>The format in words, for the user to check.</summary>
    public override string ToString()
    {
        string between = Separator switch { "\t" => "tabs", " " => "blanks", _ => $"'{Separator}'" };
        if (Separator == FieldSplitter.Reviews)
            return "reviews as lines of JSON";
        return IsSequence
            ? $"sequences of user and items, separated by {between}"
            : $"log separated by {between}{(HasHeader ? " with a header" : "")}, columns " +
              string.Join(", ", Columns.OrderBy(column => column.Key).Select(column => $"{column.Key.ToString().ToLowerInvariant()} = {column.Value + 1}"));
    }
}
