using System.Globalization;
using System.Text;

namespace GpuCtr.Datagen;

/// <summary>Parses sparse lines into the columns that a <see cref="SparseForm"/> found.</summary>
internal sealed class SparseParser : TableParser
{
    private readonly SparseForm _form;
    private readonly bool _hasFields;
    private readonly TableColumn _label = TableColumn.Label("label");
    private readonly SortedDictionary<long, (SparseKind Kind, TableColumn Column)> _fields = [];
    private readonly Dictionary<long, SparseToken> _single = [];
    private readonly bool _isOneList;

    public SparseParser(SparseForm form, bool hasFields, IReadOnlyDictionary<long, SparseKind> kinds)
    {
        (_form, _hasFields) = (form, hasFields);
        foreach (var (field, kind) in kinds)
        {
            string name = form.NameOf(field);
            _fields[field] = (kind, kind switch { SparseKind.Id => TableColumn.Integer(name), SparseKind.IdList => new IdListColumn(name), _ => TableColumn.Real(name) });
        }
        _isOneList = !hasFields && kinds.Count == 1 && kinds.Values.First() == SparseKind.IdList;
        Columns = [_label, .. _fields.Values.Select(f => f.Column)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<TableColumn> Columns { get; }

    /// <inheritdoc/>
    public override string? Add(ReadOnlyMemory<byte> line)
    {
        var (label, tokens, reason) = SparseToken.Parse(line.Span, _hasFields);
        reason ??= Take(tokens!);
        if (reason is not null)
        {
            foreach (var (_, column) in _fields.Values)
                (column as IdListColumn)?.DropRow();
            return reason;
        }
        _label.Add(label == 1 ? "1"u8 : "0"u8);
        foreach (var (field, (kind, column)) in _fields)
            End(field, kind, column);
        return null;
    }

    // Answers why the line is bad, or null.
    private string? Take(List<SparseToken> tokens)
    {
        _single.Clear();
        foreach (var token in tokens)
        {
            long field = _hasFields ? token.Field : _form.IsDense ? token.Feature : _isOneList ? 0 : token.Place;
            if (!_fields.TryGetValue(field, out var target))
                return _hasFields || _form.IsDense ? "has a field that the first lines do not have" : "has more entries than the first lines";
            if (target.Kind != SparseKind.Number && token.Value != 1)
                return "has a value other than 1 where the first lines have none";
            if (target.Column is IdListColumn list)
                list.AddId(token.Feature);
            else if (!_single.TryAdd(field, token))
                return "has a field twice where the first lines have it once";
        }
        return null;
    }

    private void End(long field, SparseKind kind, TableColumn column)
    {
        if (column is IdListColumn list)
            list.EndRow();
        else if (!_single.TryGetValue(field, out var token))
            column.Add(_form.IsDense ? "0"u8 : []);
        else
            column.Add(Encoding.UTF8.GetBytes(kind == SparseKind.Id ? token.Feature.ToString(CultureInfo.InvariantCulture) : token.Value.ToString("R", CultureInfo.InvariantCulture)));
    }
}
