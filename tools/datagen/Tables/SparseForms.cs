namespace GpuCtr.Datagen;

/// <summary>How a field of a sparse line is stored.</summary>
internal enum SparseKind
{
    /// <summary>One feature a line, always with value 1: an id.</summary>
    Id,

    /// <summary>Several features, always with value 1: a list of ids.</summary>
    IdList,

    /// <summary>One feature a line, with values: a number.</summary>
    Number,
}

/// <summary>
/// Lines of a label and <c>field:feature:value</c> (libffm) or <c>feature:value</c> (libsvm). Which fields there are, and of which kind,
/// the first 10,000 lines say.
/// </summary>
internal sealed class SparseForm : TableForm
{
    private const int _mostNumbers = 1000, _sampleLines = 10_000;

    private readonly bool _hasFields;
    private readonly SortedDictionary<long, SparseKind> _kinds = [];

    private SparseForm(bool hasFields) => _hasFields = hasFields;

    /// <summary>Lines with fields.</summary>
    /// <exception cref="DataException">A field has several features with values other than 1.</exception>
    public static SparseForm LibFfm(string path) => new SparseForm(hasFields: true).Look(path, token => token.Field);

    /// <summary>
    /// Lines without fields: if every line has the same number of features with value 1, each position is a field; if values differ
    /// and features are few, each feature is a number; else all features are one list.
    /// </summary>
    /// <exception cref="DataException">Many features with values other than 1.</exception>
    public static SparseForm LibSvm(string path) => new SparseForm(hasFields: false).Look(path, token => token.Place);

    /// <summary>Whether each feature is a number column of its own (libsvm with values).</summary>
    public bool IsDense { get; private set; }

    /// <inheritdoc/>
    public override string Describe() => $"{(_hasFields ? "label field:feature:value" : "label feature:value")}: " +
        string.Join(", ", _kinds.Select(k => $"{NameOf(k.Key)} {k.Value switch { SparseKind.Id => "id", SparseKind.IdList => "list of ids", _ => "number" }}"));

    /// <inheritdoc/>
    public override TableParser NewParser() => new SparseParser(this, _hasFields, _kinds);

    /// <summary>Name of the column of a field.</summary>
    public string NameOf(long field) => _hasFields ? $"f{field}" : IsDense ? $"x{field}" : _kinds.Count == 1 && _kinds.ContainsValue(SparseKind.IdList) ? "features" : $"f{field + 1}";

    /// <summary>The first lines of a file, from which its form is detected.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> Sample(string path)
    {
        using var chunks = new LineChunks([path], _sampleLines);
        var chunk = chunks.Next() ?? throw new DataException($"{path} is empty");
        return [.. Enumerable.Range(0, chunk.Ends.Count).Select(chunk.Line).Where(line => line.Length > 0)];
    }

    private SparseForm Look(string path, Func<SparseToken, long> fieldOf)
    {
        var lines = Sample(path).Select(line => SparseToken.Parse(line.Span, _hasFields).Tokens).OfType<List<SparseToken>>().ToList();
        if (lines.Count == 0)
            throw new DataException($"{path}: no line is a label and {(_hasFields ? "field:feature:value" : "feature:value")}");
        if (!_hasFields && lines.SelectMany(l => l).Any(token => token.Value != 1))
            return LookDense(path, lines);
        if (!_hasFields && lines.Select(l => l.Count).Distinct().Count() > 1)
        {
            _kinds[0] = SparseKind.IdList;
            return this;
        }
        foreach (var fields in lines.SelectMany(line => line.GroupBy(fieldOf)))
        {
            bool several = fields.Count() > 1, valued = fields.Any(token => token.Value != 1);
            var kind = valued ? SparseKind.Number : several ? SparseKind.IdList : SparseKind.Id;
            _kinds[fields.Key] = _kinds.TryGetValue(fields.Key, out var earlier) && earlier > kind ? earlier : kind;
            if (several && _kinds[fields.Key] == SparseKind.Number)
                throw new DataException($"{path}: field {fields.Key} has several features with values other than 1 in a line; import knows ids, lists of ids and numbers");
        }
        return this;
    }

    private SparseForm LookDense(string path, List<List<SparseToken>> lines)
    {
        foreach (var token in lines.SelectMany(line => line))
            _kinds[token.Feature] = SparseKind.Number;
        if (_kinds.Count > _mostNumbers)
            throw new DataException($"{path}: more than {_mostNumbers} features with values other than 1; import knows ids, and numbers where they are few");
        IsDense = true;
        return this;
    }
}

/// <summary>One entry of a sparse line.</summary>
/// <param name="Place">Its place in the line.</param>
/// <param name="Field">Its field; 0 in libsvm.</param>
/// <param name="Feature">Its feature.</param>
/// <param name="Value">Its value.</param>
internal readonly record struct SparseToken(int Place, long Field, long Feature, double Value)
{
    /// <summary>The label and entries of a line, or an error message.</summary>
    public static (int Label, List<SparseToken>? Tokens, string? Reason) Parse(ReadOnlySpan<byte> line, bool hasFields)
    {
        line = line.Trim(" \t"u8);
        int end = line.IndexOfAny(" \t"u8);
        if (TableColumn.LabelOf(end < 0 ? line : line[..end]) is not { } label)
            return (0, null, "has a label that is neither 0 nor 1");
        var tokens = new List<SparseToken>();
        for (var rest = end < 0 ? [] : line[end..].TrimStart(" \t"u8); !rest.IsEmpty;)
        {
            int length = rest.IndexOfAny(" \t"u8);
            if (One(length < 0 ? rest : rest[..length], tokens.Count, hasFields) is not { } token)
                return (0, null, $"has an entry that is not {(hasFields ? "field:feature:value" : "feature:value")}");
            tokens.Add(token);
            rest = length < 0 ? [] : rest[length..].TrimStart(" \t"u8);
        }
        return tokens.Count == 0 ? (0, null, "has no entry") : (label, tokens, null);
    }

    private static SparseToken? One(ReadOnlySpan<byte> text, int place, bool hasFields)
    {
        int colon = text.IndexOf((byte)':');
        long? field = hasFields && colon > 0 ? TableColumn.WholeOf(text[..colon]) : 0;
        var rest = hasFields && colon > 0 ? text[(colon + 1)..] : text;
        int last = rest.IndexOf((byte)':');
        if (last <= 0 || field is null || TableColumn.WholeOf(rest[..last]) is not { } feature || TableColumn.RealOf(rest[(last + 1)..]) is not { } value)
            return null;
        return new SparseToken(place, field.Value, feature, value);
    }
}
