namespace GpuCtr.Datagen;

/// <summary>A block of drawn rows: a user, a target item, and a history of several interests mixed.</summary>
/// <remarks>
/// A history draws some interests (categories, weighted) and then each of its items from one of them, so related and
/// unrelated items stand side by side. Half of the targets come from an interest of the history, the others from
/// anywhere: whether anything related is there depends on the target, never on the history alone.
/// </remarks>
public sealed class AmazonRows
{
    private const double _emptyRate = 0.05, _relatedRate = 0.5;
    private const int _fewestInterests = 4, _mostInterests = 12;

    private readonly AmazonCatalogue _catalogue;
    private readonly int[] _interests = new int[_mostInterests];

    /// <summary>Room for <paramref name="capacity"/> rows.</summary>
    public AmazonRows(AmazonCatalogue catalogue, int capacity)
    {
        _catalogue = catalogue;
        Users = new int[capacity];
        Items = new int[capacity];
        Offsets = new int[capacity + 1];
    }

    /// <summary>Rows in the block now.</summary>
    public int Count { get; private set; }

    /// <summary>User of each row. (rows)</summary>
    public int[] Users { get; }

    /// <summary>Target item of each row. (rows)</summary>
    public int[] Items { get; }

    /// <summary>Row i has the history <c>HistoryItems[Offsets[i] .. Offsets[i + 1]]</c>. (rows + 1)</summary>
    public int[] Offsets { get; }

    /// <summary>Items of all histories, each oldest first. (positions)</summary>
    public int[] HistoryItems { get; private set; } = [];

    /// <summary>The history of a row. (T)</summary>
    public ReadOnlySpan<int> History(int row) => HistoryItems.AsSpan(Offsets[row], Offsets[row + 1] - Offsets[row]);

    /// <summary>Draws rows <paramref name="first"/> … first + count − 1 of a stream; each row depends on its own position alone.</summary>
    public void Fill(CounterStream stream, long first, int count)
    {
        Count = count;
        for (int i = 0; i < count; i++)
        {
            var draws = stream.Child((ulong)(first + i));
            int length = DrawLength(draws.Uniform(0));
            if (Offsets[i] + length > HistoryItems.Length)
            {
                // Rows average fewer than half of the longest history, so this happens once or twice.
                int[] wider = new int[Math.Max(HistoryItems.Length * 2, _catalogue.Shape.MaxHistory * Math.Max(16, Users.Length / 2))];
                HistoryItems.AsSpan(0, Offsets[i]).CopyTo(wider);
                HistoryItems = wider;
            }
            Offsets[i + 1] = Offsets[i] + length;
            Users[i] = _catalogue.DrawUser(draws.Bits(1));
            FillRow(draws, i, HistoryItems.AsSpan(Offsets[i], length));
        }
    }

    // Skewed: half of the histories that are not empty are shorter than 0.35 of the longest.
    private int DrawLength(double u)
    {
        if (u < _emptyRate)
            return 0;
        double v = (u - _emptyRate) / (1 - _emptyRate);
        return 1 + (int)(v * Math.Sqrt(v) * _catalogue.Shape.MaxHistory * 0.9999999);
    }

    private void FillRow(CounterStream draws, int row, Span<int> history)
    {
        int interests = _fewestInterests + (int)(draws.Bits(2) % (_mostInterests - _fewestInterests + 1));
        for (int k = 0; k < interests; k++)
            _interests[k] = _catalogue.DrawCategory(draws.Bits(8 + (ulong)k));
        ulong next = 8 + _mostInterests;
        for (int t = 0; t < history.Length; t++, next += 2)
        {
            // The smaller of two draws: the first interests are the strong ones.
            ulong bits = draws.Bits(next);
            int interest = Math.Min((int)((uint)bits % (uint)interests), (int)((uint)(bits >> 32) % (uint)interests));
            history[t] = _catalogue.DrawItem(_interests[interest], draws.Bits(next + 1));
        }
        bool related = history.Length > 0 && draws.Uniform(3) < _relatedRate;
        int category = related
            ? _catalogue.CategoryOf(history[(int)(draws.Bits(4) % (ulong)history.Length)])
            : _catalogue.DrawCategory(draws.Bits(5));
        Items[row] = _catalogue.DrawItem(category, draws.Bits(6));
    }
}
