using System.Globalization;

namespace GpuCtr.Datagen;

/// <summary>Texts of one column under consecutive codes, in order of first appearance.</summary>
public sealed class IdTable
{
    private readonly Dictionary<string, int> _codes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly List<string> _texts = [];
    private readonly List<long> _numbers = [];   // 0 for what is no number

    /// <summary>An empty table.</summary>
    public IdTable() => _lookup = _codes.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Number of different texts.</summary>
    public int Count => _texts.Count;

    /// <summary>Whether every text is a 64-bit integer in its usual spelling, so that the column can store numbers without merging ids.</summary>
    public bool AreIntegers { get; private set; } = true;

    /// <summary>The code of a text, which is added if it is new.</summary>
    public int Code(ReadOnlySpan<char> text)
    {
        if (_lookup.TryGetValue(text, out int code))
            return code;
        string kept = text.ToString();
        AreIntegers &= long.TryParse(kept, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
            && kept == value.ToString(CultureInfo.InvariantCulture);
        _numbers.Add(value);
        _codes.Add(kept, _texts.Count);
        _texts.Add(kept);
        return _texts.Count - 1;
    }

    /// <summary>The code of a text that may be absent: −1.</summary>
    public int Find(ReadOnlySpan<char> text) => _lookup.TryGetValue(text, out int code) ? code : -1;

    /// <summary>The text of a code.</summary>
    public string Text(int code) => _texts[code];

    /// <summary>The number of a code, if all texts <see cref="AreIntegers"/>.</summary>
    public long Number(int code) => _numbers[code];
}
