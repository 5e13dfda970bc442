namespace GpuCtr.Datagen;

/// <summary>The type of a column, as far as the values seen tell.</summary>
/// <remarks>Values are numbers only if they cannot be ids that conversion to a number would change: 007, 20 digits, 12e34567 and +5 are text.</remarks>
internal sealed class CsvKind
{
    private bool _isSeen, _isTruth = true, _isWhole = true, _isNumber = true;

    /// <summary>Looks at one more value.</summary>
    public void See(ReadOnlySpan<byte> text)
    {
        if (TableColumn.IsMissing(text))
            return;
        _isTruth &= TableColumn.TruthOf(text) is not null;
        _isWhole &= TableColumn.WholeOf(text) is not null;
        // Infinity does not make text of numbers: its line is a bad one.
        bool isInfinite = TableColumn.IsInfinite(text);
        _isNumber &= isInfinite || TableColumn.NumberOf(text) is not null;
        _isSeen |= !isInfinite;
    }

    /// <summary>A column for such values; text if no value was seen.</summary>
    public TableColumn Column(string name) => !_isSeen ? new TextColumn(name)
        : _isTruth ? TableColumn.Truth(name)
        : _isWhole ? TableColumn.Integer(name)
        : _isNumber ? TableColumn.Number(name)
        : new TextColumn(name);
}
