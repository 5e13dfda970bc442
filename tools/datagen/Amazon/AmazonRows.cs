namespace GpuCtr.Datagen;

/// <summary>A block of drawn rows: a user, a target item, and a history.</summary>
public sealed class AmazonRows
{
    private const double _emptyRate = 0.05;

    private readonly AmazonCatalogue _catalogue;
    private readonly IInterest _interest;

    /// <summary>Room for <paramref name="capacity"/> rows.</summary>
    public AmazonRows(AmazonCatalogue catalogue, IInterest interest, int capacity)
    {
        (_catalogue, _interest) = (catalogue, interest);
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

    /// <summary>Draws rows <paramref name="first"/> … first + count − 1 of a stream; each row depends only on its own position.</summary>
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
            Items[i] = _catalogue.DrawItem(_interest.Draw(draws, HistoryItems.AsSpan(Offsets[i], length)), draws.Bits(6));
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
}
