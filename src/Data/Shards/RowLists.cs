using System.Collections.Concurrent;

namespace GpuCtr.Data.Shards;

/// <summary>The lists of a set of shards: runs of rows with the same value in a column. A list may continue in the next row group of its file, and must be contiguous.</summary>
/// <remarks>One pass over the column finds them. 12 bytes a list stay in memory, and 8 more while repeated lists are looked for.</remarks>
internal sealed class RowLists
{
    private readonly ShardSet shards;
    private readonly Part[] parts;

    /// <summary>The runs of rows of a row group, of which the first may belong to the last list of the row group before.</summary>
    private sealed record Part(int[] Starts, ulong[] Keys, bool Continues);

    private RowLists(ShardSet shards, string column, Part[] parts) => (this.shards, Column, this.parts) = (shards, column, parts);

    /// <summary>Name of the column.</summary>
    public string Column { get; }

    /// <summary>Bytes that stay in memory.</summary>
    public long Bytes => parts.Sum(p => 12L * p.Keys.Length);

    /// <summary>Finds the lists.</summary>
    /// <param name="shards">The shards.</param>
    /// <param name="column">The column whose values are the same within a list.</param>
    /// <param name="workers">Threads.</param>
    /// <exception cref="GpuCtrException">Data: the column is missing, a row has no value in it, or a value occurs again after other rows.</exception>
    public static RowLists Of(ShardSet shards, string column, int workers)
    {
        ColumnRequest request = GroupKey.Request(shards, column) ?? throw GpuCtrException.DataError(
            new DataPlace(shards.Shards[0].Path), $"'{column}' groups rows into lists, but not every shard has it as integers or strings; name another column with --group-id");
        Part[] parts = new Part[shards.RowGroups.Count];
        ConcurrentBag<ColumnBuffer> idle = [];
        Workers.Run(parts.Length, workers, (i, _) =>
        {
            ColumnBuffer buffer = idle.TryTake(out ColumnBuffer? used) ? used : new ColumnBuffer();
            parts[i] = Runs(shards, shards.RowGroups[i], request, buffer);
            idle.Add(buffer);
        });
        for (int i = 1, last = 0; i < parts.Length; last = parts[i].Keys.Length > 0 ? i : last, i++)
            if (shards.RowGroups[i].Shard == shards.RowGroups[last].Shard && parts[i].Keys.Length > 0 && parts[last].Keys.Length > 0 && parts[i].Keys[0] == parts[last].Keys[^1])
                parts[i] = parts[i] with { Continues = true };
        RowLists lists = new(shards, column, parts);
        lists.RefuseRepeated();
        return lists;
    }

    /// <summary>Index of a row group among those of the shards.</summary>
    public int IndexOf(RowGroupRef group)
    {
        int index = 0;
        while ((shards.RowGroups[index].Shard, shards.RowGroups[index].Group) != (group.Shard, group.Group))
            index++;
        return index;
    }

    /// <summary>Rows at the beginning of a row group that belong to a list of the row group before.</summary>
    public int Head(int group) => !parts[group].Continues ? 0 : parts[group].Starts is [_, int second, ..] ? second : shards.RowGroups[group].Rows;

    /// <summary>The rows of a row group list by list, without its head: (first row, row after the last).</summary>
    public IEnumerable<(int First, int End)> In(int group)
    {
        int[] starts = parts[group].Starts;
        for (int i = parts[group].Continues ? 1 : 0; i < starts.Length; i++)
            yield return (starts[i], i + 1 < starts.Length ? starts[i + 1] : shards.RowGroups[group].Rows);
    }

    /// <summary>The row groups in which the last list of a row group continues.</summary>
    public IEnumerable<int> Following(int group)
    {
        // A list that began before this row group belongs to the one where it began.
        if (Head(group) == shards.RowGroups[group].Rows)
            yield break;
        for (int next = group + 1; next < parts.Length; next++)
        {
            if (shards.RowGroups[next].Rows == 0)
                continue;
            if (!parts[next].Continues)
                yield break;
            yield return next;
            if (Head(next) < shards.RowGroups[next].Rows)
                yield break;
        }
    }

    /// <summary>Marks the rows whose list has a key that <paramref name="chosen"/> accepts; the rows of a list are either all marked or all unmarked. The row group may contain only the first rows of a list.</summary>
    public void Mark(RowGroupRef group, Span<bool> marks, Func<ulong, bool> chosen)
    {
        Part part = parts[IndexOf(group)];
        for (int i = 0; i < part.Starts.Length; i++)
            if (part.Starts[i] < marks.Length)
                marks[part.Starts[i]..(i + 1 < part.Starts.Length ? Math.Min(marks.Length, part.Starts[i + 1]) : marks.Length)].Fill(chosen(part.Keys[i]));
    }

    /// <summary>The row group in which the list of a row begins.</summary>
    /// <param name="group">The row group of the row.</param>
    /// <param name="row">The row in it.</param>
    public int BeginOf(int group, int row)
    {
        while (row < Head(group))
        {
            // The row group before, or that before empty ones.
            do
                group--;
            while (shards.RowGroups[group].Rows == 0);
            row = shards.RowGroups[group].Rows - 1;
        }
        return group;
    }

    /// <summary>The longest list: its rows, and the row group and the row where it begins.</summary>
    public (int Rows, int Group, int First) Longest()
    {
        (int Rows, int Group, int First) longest = default;
        for (int i = 0; i < parts.Length; i++)
        {
            foreach ((int first, int end) in In(i))
            {
                int rows = end - first + (end == shards.RowGroups[i].Rows ? Following(i).Sum(Head) : 0);
                if (rows > longest.Rows)
                    longest = (rows, i, first);
            }
        }
        return longest;
    }

    /// <summary>Refuses lists with more rows than a batch; names the longest.</summary>
    /// <exception cref="GpuCtrException">Usage: there is one.</exception>
    public void RefuseLonger(int most)
    {
        (int rows, int group, int first) = Longest();
        if (rows > most)
            throw GpuCtrException.At(
                Place(group, first), ErrorKind.Usage, $"the list that begins here has {rows} rows with the same value of '{Column}', and a batch has at most {most} rows; a batch holds whole lists: use --batch-size {rows} or more, or another column as --group-id");
    }

    private static Part Runs(ShardSet shards, RowGroupRef group, ColumnRequest request, ColumnBuffer column)
    {
        Shard shard = shards.Shards[group.Shard];
        using (ShardReader reader = shard.Rent())
            reader.Read(group.Group, request, column);
        if (column.Misfits.Count > 0)
            throw request.Misfit(shard, group, column);
        List<int> starts = [];
        List<ulong> keys = [];
        for (int r = 0; r < group.Rows; r++)
        {
            if (column.IsNull(r))
                throw GpuCtrException.DataError(shard.Place(group, r), $"'{request.Name}' is null, so its list is unknown; write the id of its list into every row, or remove such rows");
            ulong key = GroupKey.Of(column, r);
            if (keys.Count > 0 && keys[^1] == key)
                continue;
            starts.Add(r);
            keys.Add(key);
        }
        return new([.. starts], [.. keys], Continues: false);
    }

    private void RefuseRepeated()
    {
        ulong[] keys = [.. parts.SelectMany(p => p.Continues ? p.Keys.Skip(1) : p.Keys)];
        Array.Sort(keys);
        int twice = 1;
        while (twice < keys.Length && keys[twice] != keys[twice - 1])
            twice++;
        if (twice >= keys.Length)
            return;
        DataPlace[] places = [.. from i in Enumerable.Range(0, parts.Length)
                              from p in Enumerable.Range(parts[i].Continues ? 1 : 0, parts[i].Keys.Length - (parts[i].Continues ? 1 : 0))
                              where parts[i].Keys[p] == keys[twice]
                              select Place(i, parts[i].Starts[p])];
        throw GpuCtrException.DataError(
            places[1], $"this value of '{Column}' was there before, at {places[0]}, with others between; the rows of a list follow each other in one file: sort the rows by '{Column}', or name the column of the request by --group-id");
    }

    private DataPlace Place(int group, int row) => shards.Shards[shards.RowGroups[group].Shard].Place(shards.RowGroups[group], row);
}
