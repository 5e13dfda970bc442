namespace GpuCtr.Datagen;

/// <summary>What the values of a column are, as far as those tell that were seen.</summary>
/// <remarks>A number may stand for itself only where it cannot be an id that a number would change: 007, 20 digits, 12e34567 and +5 are text.</remarks>
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

    /// <summary>A column for such values; text where none was seen.</summary>
    public TableColumn Column(string name) => !_isSeen ? new TextColumn(name)
        : _isTruth ? TableColumn.Truth(name)
        : _isWhole ? TableColumn.Integer(name)
        : _isNumber ? TableColumn.Number(name)
        : new TextColumn(name);
}
