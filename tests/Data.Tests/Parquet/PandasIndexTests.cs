using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using ParquetSharp;

namespace GpuCtr.Data.Tests.Parquet;

/// <summary>Row numbers that pandas writes as a column are not data.</summary>
[Trait("Speed", "Fast")]
public sealed class PandasIndexTests : OwnFolder
{
    private const string Index = "__index_level_0__";

    [Fact]
    public void An_index_without_a_name_is_left_out_and_said()
    {
        string with = Write("a", $$"""{"index_columns": ["{{Index}}"], "columns": [{"name": null, "field_name": "{{Index}}"}]}""", 1);
        string without = Write("b", """{"index_columns": [{"kind": "range", "name": null, "start": 0, "stop": 3, "step": 1}]}""", 2, hasIndex: false);
        ShardSet shards = ShardSet.Resolve([with, without]);
        Assert.Equal(["label", "user"], shards.Columns.Select(c => c.Name));
        Assert.Contains($"column '{Index}' is the index that pandas writes", Assert.Single(shards.Notes));
        Assert.Equal(["0", "1", "2"], SecondReader.OurRows(shards.Shards[0], Index));
        Assert.Equal(["label", "user"], FeaturePlan.Infer(shards, new FeatureOptions()).Columns.Select(c => c.Name));
        Assert.Empty(ShardSet.Resolve([without]).Notes);
    }

    [Theory]
    [InlineData("""{"index_columns": ["user"]}""")]
    [InlineData("""{"index_columns": []}""")]
    [InlineData("""{"index_columns": 7}""")]
    [InlineData("""{"index_columns": ["\ud800"]}""")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("")]
    public void Named_indexes_and_columns_of_other_writers_stay(string metadata)
    {
        ShardSet shards = ShardSet.Resolve([Write("a", metadata, 1)]);
        Assert.Equal(["label", "user", Index], shards.Columns.Select(c => c.Name));
        Assert.Empty(shards.Notes);
    }

    private string Write(string name, string metadata, int first, bool hasIndex = true)
    {
        string path = Folder.File($"{name}.parquet");
        (string Name, int[] Values)[] columns = [("label", [0, 1, 0]), ("user", [first, 2, 3]), .. hasIndex ? [(Index, new[] { 0, 1, 2 })] : Array.Empty<(string, int[])>()];
        using var writer = new ParquetFileWriter(path, [.. columns.Select(c => new Column<int>(c.Name))], keyValueMetadata: new Dictionary<string, string> { ["pandas"] = metadata });
        using RowGroupWriter group = writer.AppendRowGroup();
        foreach ((_, int[] values) in columns)
        {
            using LogicalColumnWriter<int> column = group.NextColumn().LogicalWriter<int>();
            column.WriteBatch(values);
        }

        writer.Close();
        return path;
    }
}
