namespace GpuCtr.Datagen;

/// <summary>All interactions in the order in which they were read: sixteen bytes each, and every id once.</summary>
public sealed class InteractionLog
{
    private readonly List<int> _users = [], _items = [], _categoryOfItem = [];
    private readonly List<double> _times = [];

    /// <summary>Users by code.</summary>
    public IdTable Users { get; } = new();

    /// <summary>Items by code.</summary>
    public IdTable Items { get; } = new();

    /// <summary>Categories by code; empty if none are known.</summary>
    public IdTable Categories { get; } = new();

    /// <summary>Number of interactions.</summary>
    public int Count => _users.Count;

    /// <summary>Adds an interaction. <paramref name="time"/> NaN: the order of the lines is the order in time.</summary>
    public void Add(ReadOnlySpan<char> user, ReadOnlySpan<char> item, double time, ReadOnlySpan<char> category)
    {
        int code = Items.Code(item);
        _users.Add(Users.Code(user));
        _items.Add(code);
        if (!double.IsNaN(time))
            _times.Add(time);
        if (!category.IsEmpty)
            SetCategory(code, category);
    }

    /// <summary>Gives an item its category; the first one given stays.</summary>
    public void SetCategory(int item, ReadOnlySpan<char> category)
    {
        while (_categoryOfItem.Count <= item)
            _categoryOfItem.Add(-1);
        if (_categoryOfItem[item] < 0)
            _categoryOfItem[item] = Categories.Code(category);
    }

    /// <summary>Category code of an item, −1 if it has none.</summary>
    public int CategoryOf(int item) => item < _categoryOfItem.Count ? _categoryOfItem[item] : -1;

    /// <summary>The items of each user in order of time; equal times keep the order of the lines.</summary>
    public UserSequences Sequences()
    {
        int[] offsets = new int[Users.Count + 1];
        foreach (int user in _users)
            offsets[user + 1]++;
        for (int u = 0; u < Users.Count; u++)
            offsets[u + 1] += offsets[u];

        int[] next = offsets[..^1], items = new int[Count];
        bool timed = _times.Count > 0;
        (double Time, int Line)[] keys = new (double, int)[timed ? Count : 0];
        for (int i = 0; i < Count; i++)
        {
            int place = next[_users[i]]++;
            items[place] = _items[i];
            if (timed)
                keys[place] = (_times[i], i);
        }
        for (int u = 0; timed && u < Users.Count; u++)
            keys.AsSpan(offsets[u]..offsets[u + 1]).Sort(items.AsSpan(offsets[u]..offsets[u + 1]));
        return new UserSequences(offsets, items);
    }
}

/// <summary>User u has interacted with items[offsets[u] .. offsets[u + 1]], oldest first. offsets (users + 1), items (interactions)</summary>
public sealed record UserSequences(int[] Offsets, int[] Items)
{
    /// <summary>The item codes of a user, oldest first.</summary>
    public ReadOnlySpan<int> Of(int user) => Items.AsSpan(Offsets[user]..Offsets[user + 1]);
}
