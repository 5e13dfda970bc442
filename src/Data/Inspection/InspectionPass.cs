using System.Collections.Concurrent;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Inspection;

/// <summary>Reads every column of every row group once: row groups in file order; in each, the label first, then the others in parallel.</summary>
/// <param name="shards">The shards.</param>
/// <param name="label">Label column, if there is one.</param>
/// <param name="rule">How it is read.</param>
/// <param name="inspectors">One per inspected column.</param>
/// <param name="groups">Counts the rows of each group; null: there are no groups.</param>
internal sealed class InspectionPass(ShardSet shards, string? label, TargetRule rule, IReadOnlyList<ColumnInspector> inspectors, GroupedRows? groups)
{
    private const sbyte Unknown = -1;

    private readonly ConcurrentBag<ColumnBuffer> idle = [];
    private readonly ColumnBuffer labelColumn = new(), groupColumn = new();
    private sbyte[] labels = [];

    /// <summary>Rows with label 0.</summary>
    public long Negatives { get; private set; }

    /// <summary>Rows with label 1.</summary>
    public long Positives { get; private set; }

    /// <summary>The profile of the groups; null if some rows could not be read.</summary>
    public GroupProfile? Groups => groups?.Profile();

    /// <summary>Finds rows that repeat earlier ones.</summary>
    public RepeatedRows Repeated { get; } = new();

    /// <summary>Reads everything.</summary>
    /// <param name="workers">Threads.</param>
    /// <param name="progress">Told the rows read.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="GpuCtrException">Data or InputOutput.</exception>
    public void Run(int workers, Action<long>? progress, CancellationToken cancellation)
    {
        long done = 0;
        foreach (RowGroupRef group in shards.RowGroups)
        {
            Repeated.Begin(group.Rows);
            ReadLabels(group);
            ReadGroups(group);
            Workers.Run(inspectors.Count, workers, (i, _) => ReadColumn(group, i), cancellation);
            Repeated.End();
            progress?.Invoke(done += group.Rows);
        }
    }

    private void ReadLabels(RowGroupRef group)
    {
        if (labels.Length < group.Rows)
            labels = new sbyte[group.Rows];
        labels.AsSpan(0, group.Rows).Fill(Unknown);
        if (label is null)
            return;
        if (!TryRead(group, inspectors.First(i => i.Column.Name == label), RequestOf(shards.Column(label)!.AsNumber), labelColumn))
            return;
        for (int r = 0; r < group.Rows; r++)
        {
            // Soft labels between 0 and 1 are not distinguished here.
            if (!rule.TryRead(labelColumn, r, out RowTarget target) || target.Weight == 0)
                continue;
            labels[r] = (sbyte)MathF.Round(target.Label);
            Positives += labels[r];
            Negatives += 1 - labels[r];
        }
    }

    private void ReadGroups(RowGroupRef group)
    {
        if (groups?.Request is not { } request)
            return;
        if (TryRead(group, inspectors.First(i => i.Column.Name == request.Name), request, groupColumn))
            groups.Add(group, groupColumn, labels);
        else
            groups = null;
    }

    private void ReadColumn(RowGroupRef group, int index)
    {
        ColumnInspector inspector = inspectors[index];
        if (inspector.Column.Name == label)
        {
            if (inspector.Trouble is null)
                Take(group, index, labelColumn);
            return;
        }

        ColumnBuffer column = idle.TryTake(out ColumnBuffer? taken) ? taken : new ColumnBuffer();
        if (TryRead(group, inspector, RequestOf(inspector.Column), column))
            Take(group, index, column);
        idle.Add(column);
    }

    /// <summary>Reads a column of a row group; a column that cannot be read is reported once and not tried again.</summary>
    private bool TryRead(RowGroupRef group, ColumnInspector inspector, ColumnRequest request, ColumnBuffer into)
    {
        if (inspector.Trouble is not null)
            return false;
        using ShardReader reader = shards.Shards[group.Shard].Rent();
        try
        {
            reader.Read(group.Group, request, into);
        }
        catch (GpuCtrException e) when (e is { Kind: ErrorKind.Data, Place.Column: not null })
        {
            inspector.Trouble = e.Message;
        }

        return inspector.Trouble is null;
    }

    private static ColumnRequest RequestOf(StoredColumn column) => new(column.Name, column.Kind, column.IsList);

    private void Take(RowGroupRef group, int index, ColumnBuffer column)
    {
        Repeated.Add(index, column);
        inspectors[index].Add(shards.Shards[group.Shard], group, column, labels);
    }
}
