namespace GpuCtr.Datagen;

/// <summary>Draws items that a user has never interacted with, each with the same probability.</summary>
public sealed class NegativeSampler(CounterStream stream, int items)
{
    private readonly int[] _userOf = new int[items];   // the user (from 1) who was last marked at the item
    private int _user, _left;

    /// <summary>Turns to a user, who has interacted with these items, then or later.</summary>
    public void Start(int user, ReadOnlySpan<int> interacted)
    {
        (_user, _left) = (user + 1, items);
        foreach (int item in interacted)
        {
            if (_userOf[item] != _user)
                (_userOf[item], _left) = (_user, _left - 1);
        }
    }

    /// <summary>An item for the user's interaction at <paramref name="position"/>; −1 if the user has had all items.</summary>
    public int Draw(int position)
    {
        if (_left == 0)
            return -1;
        var draws = stream.Child((ulong)_user).Child((ulong)position);
        for (ulong attempt = 0; ; attempt++)
        {
            int item = (int)(draws.Bits(attempt) % (ulong)items);
            if (_userOf[item] != _user)
                return item;
        }
    }
}
