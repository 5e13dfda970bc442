using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Training;

/// <summary>Vectors by id in Parquet files: a column of ids, and a list of numbers beside it.</summary>
internal sealed class ParquetVectors : IVectorFile
{
    private readonly ShardSet shards;
    private readonly StoredColumn ids;
    private readonly string vectors;

    private ParquetVectors(ShardSet shards, StoredColumn ids, string vectors) => (this.shards, this.ids, this.vectors) = (shards, ids, vectors);

    /// <summary>Opens the files. Ids are in the column of the name that the model reads, else in one called id, else in the only one that can have them.</summary>
    /// <exception cref="GpuCtrException">Usage: nothing there, or more than one column may be meant. Data: broken.</exception>
    public static ParquetVectors Open(string path, string column)
    {
        ShardSet shards = ShardSet.Resolve([path]);
        StoredColumn[] lists = [.. shards.Columns.Where(c => c.IsList && ColumnRequest.IsNumber(c.Kind))], ids = [.. shards.Columns.Where(c => !c.IsList && (c.Kind == ValueKind.Text || ColumnRequest.IsNumber(c.Kind)))];
        GpuCtrException Unclear(string what, StoredColumn[] found) => GpuCtrException.UsageError(
            $"--init-embedding {ColumnNames.InShell(column)}={path}: {(found.Length == 0 ? $"no column of {what}" : $"more than one column of {what}: {ColumnNames.Listing(found.Select(c => c.Name))}")}; write a file with a column {ColumnNames.InShell(column)} of ids and one list of numbers");
        return new(
            shards, ids.FirstOrDefault(c => c.Name == column) ?? ids.FirstOrDefault(c => c.Name == "id") ?? (ids.Length == 1 ? ids[0] : throw Unclear("ids", ids)),
            lists.Length == 1 ? lists[0].Name : throw Unclear("lists of numbers", lists));
    }

    /// <inheritdoc/>
    public IEnumerable<IdVector> Read(VocabularyTable values)
    {
        bool text = values.Kind == ValueKind.Text;
        if (text != (ids.Kind == ValueKind.Text))
            throw GpuCtrException.UsageError($"{shards.Shards[0].Path}: column '{ids.Name}' has {ids.TypeName}, and the ids of the training rows are {(text ? "strings" : "integers")}");
        ValueKind kind = ids.Kind == ValueKind.Real ? ValueKind.Integer : ids.Kind;
        ColumnBuffer id = new(), vector = new();
        foreach ((Shard shard, RowGroupRef group) in shards.Read((new ColumnRequest(ids.Name, kind), id), (VectorColumn.RequestOf(vectors), vector)))
        {
            for (int r = 0; r < id.Rows; r++)
            {
                DataPlace place = shard.Place(group, r);
                if (id.IsNull(r))
                    throw GpuCtrException.DataError(place, "the id is null; leave the row out");
                yield return new(place, text ? values.RowOf(id.Texts[r].Span) : values.RowOf(id.Integers[r], kind), Numbers(vector, r));
            }
        }
    }

    private static float[] Numbers(ColumnBuffer vector, int r) =>
        [.. Enumerable.Range(vector.Offsets[r], vector.Offsets[r + 1] - vector.Offsets[r]).Select(i => vector.IsNull(i) ? float.NaN : (float)vector.Reals[i])];
}
