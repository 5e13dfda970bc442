using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Features;

public sealed partial class FeaturePlan
{
    private static void CheckNames(ShardSet shards, FeatureOptions options)
    {
        IEnumerable<(string Flag, string Name)> named =
        [
            .. options.Exclude.Select(n => ("--exclude", n)), .. options.Categorical.Select(n => ("--categorical", n)),
            .. options.Numeric.Select(n => ("--numeric", n)), .. options.Vector.Select(n => ("--vector", n)),
            .. FeatureOptions.Pairs(options.History).Select(p => ("--history", p.Column)),
            .. options.MultiValue.Select(n => ("--multi-value", n)),
            .. FeatureOptions.Pairs(options.HashBuckets).Select(p => ("--hash-buckets", p.Column)),
            .. FeatureOptions.Pairs(options.Identity).Select(p => ("--identity", p.Column)),
            .. FeatureOptions.Pairs(options.NumericTransforms).Where(p => p.Value.Length > 0).Select(p => ("--numeric-transform", p.Column)),
        ];
        if (options.GroupId is not null)
            named = named.Append(("--group-id", options.GroupId));
        if (options.Weight is not null)
            named = named.Append(("--weight", options.Weight));
        var partial = shards.Partial().ToArray();
        foreach ((string flag, string name) in named)
        {
            if (flag != "--exclude" && partial.FirstOrDefault(p => p.Name == name) is { Lacks: { } lacks, Has: { } has })
                throw GpuCtrException.DataError($"{flag} {ColumnNames.InShell(name)}: {lacks.Path} has no such column, but {has.Path} has it; write it to all shards");
            if (shards.Column(name) is null && flag != "--exclude" || shards.Shards.All(s => s.Column(name) is null))
                throw GpuCtrException.UsageError($"{flag} {ColumnNames.InShell(name)}: no such column; the shards have {Listing(shards)}");
        }
    }

    private static string LabelOf(ShardSet shards, FeatureOptions options)
    {
        if (options.Label is not null)
        {
            return InAll(shards, options.Label)
                ?? throw GpuCtrException.UsageError($"--label {ColumnNames.InShell(options.Label)}: no such column; the shards have {Listing(shards)}");
        }

        string[] known = [.. shards.Columns.Select(c => c.Name), .. shards.Partial().Select(p => p.Name)];
        foreach (string name in labelNames)
        {
            string? column = known.FirstOrDefault(c => c.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (column is not null)
                return InAll(shards, column)!;
        }

        throw GpuCtrException.UsageError(
            $"{shards.Shards[0].Path}: no column is named {string.Join(", ", labelNames)}; name the label with --label; the columns are {Listing(shards)}");
    }

    /// <summary>The label column, which all shards must have; null if no shard has it.</summary>
    private static string? InAll(ShardSet shards, string label)
    {
        if (shards.Partial().FirstOrDefault(p => p.Name == label) is { Lacks: { } lacks, Has: { } has })
            throw GpuCtrException.DataError(new DataPlace(lacks.Path), $"the label column '{label}' is missing; {has.Path} has it; the file has {string.Join(", ", lacks.Columns.Select(c => c.Name))}");
        return shards.Column(label)?.Name;
    }

    private static StoredColumn LabelColumn(ShardSet shards, StoredColumn column, FeatureOptions options)
    {
        LabelTest[] tests = [.. options.Positive.Concat(options.Negative).Select(LabelTest.Of)];
        if (column.AsNumber is { IsList: false } number && ColumnRequest.IsNumber(number.Kind))
        {
            return tests.FirstOrDefault(t => t.Number is null) is { Word: { } word }
                ? throw GpuCtrException.UsageError($"label '{word}': the label column '{column.Name}' is {column.TypeName}; write a number, or a comparison such as '>=4'")
                : number;
        }

        if (column is not { IsList: false, Kind: ValueKind.Text })
            throw GpuCtrException.DataError($"label column '{column.Name}' is {column.TypeName}; labels must be numbers or words: choose another column with --label");
        if (tests.Length == 0)
        {
            string[] words = FirstWords(shards, column.Name);
            throw GpuCtrException.DataError($"label column '{column.Name}' is {column.TypeName}{(words.Length > 0 ? $", with values such as {string.Join(", ", words.Select(w => $"'{w}'"))}" : "")}; say which are clicks, as in --positive {(words.Length > 0 ? ColumnNames.InShell(words[^1]) : "yes")}, or choose another column with --label");
        }

        return tests.FirstOrDefault(t => t.Compares) is { Word: not null } compared
            ? throw GpuCtrException.UsageError($"label '{compared}': the label column '{column.Name}' is {column.TypeName}, and words cannot be compared; list the words, or write the column as numbers")
            : column;
    }

    /// <summary>Two or three of the words of a column.</summary>
    private static string[] FirstWords(ShardSet shards, string column)
    {
        const int enough = 3;
        SortedSet<string> words = new(StringComparer.Ordinal);
        ColumnBuffer buffer = new();
        foreach (RowGroupRef group in shards.RowGroups.TakeWhile(_ => words.Count < 2))
        {
            using ShardReader reader = shards.Shards[group.Shard].Rent();
            reader.Read(group.Group, new ColumnRequest(column, ValueKind.Text), buffer);
            for (int r = 0; r < buffer.Rows && words.Count < enough; r++)
            {
                if (!buffer.IsNull(r))
                    words.Add(buffer.Texts[r].ToString());
            }
        }

        return [.. words];
    }

    private static string LabelNote(FeatureOptions options) => string.Join(", ", new[]
    {
        options.Label is null ? "by name" : "--label",
        options.Positive.Count == 0 ? "" : $"1: {string.Join(',', options.Positive)}",
        options.Negative.Count == 0 ? "" : $"0: {string.Join(',', options.Negative)}",
        options.SoftLabels ? "shares" : "",
    }.Where(n => n.Length > 0));

    private static StoredColumn WeightColumn(StoredColumn column) => column.AsNumber is { IsList: false } number && ColumnRequest.IsNumber(number.Kind)
        ? number
        : throw GpuCtrException.UsageError($"--weight {ColumnNames.InShell(column.Name)}: type {column.TypeName} is not a number");

    private static StoredColumn GroupColumn(StoredColumn column) => column switch
    {
        { IsList: false, Kind: ValueKind.Integer or ValueKind.Unsigned or ValueKind.Text } => column,
        { IsList: false, Kind: ValueKind.Real } => column with { Kind = ValueKind.Integer },
        _ =>
            throw GpuCtrException.UsageError($"--group-id {ColumnNames.InShell(column.Name)}: type {column.TypeName} cannot group rows; choose an integer or string column"),
    };

    private static Dictionary<string, NumericTransform> Transforms(FeatureOptions options, out NumericTransform standard)
    {
        standard = NumericTransform.Standardize;
        var perColumn = new Dictionary<string, NumericTransform>(StringComparer.Ordinal);
        foreach ((string column, string value) in FeatureOptions.Pairs(options.NumericTransforms))
        {
            string name = value.Length > 0 ? value : column;
            NumericTransform transform = Enum.Parse<NumericTransform>(name, ignoreCase: true);
            if (value.Length > 0)
                perColumn[column] = transform;
            else
                standard = transform;
        }

        return perColumn;
    }

    /// <summary>A string column that a flag names as a list, with its grammar.</summary>
    private static FeatureColumn Separated(ShardSet shards, FeatureColumn column, FeatureOptions options)
    {
        if (column.Role != FeatureRole.Pooled || column.IsList)
            return column;
        column = column with { Grammar = ListDetection.Grammar(shards, column.Name, options.ListSeparator) };
        return column with { Note = $"{column.Note}{Written(column)}" };
    }

    private static string Written(FeatureColumn column) => column.Grammar is { } grammar ? $", {grammar.Describe()}" : "";

    private static string Listing(ShardSet shards) => ColumnNames.Listing(shards.Columns.Select(c => c.Name));
}
