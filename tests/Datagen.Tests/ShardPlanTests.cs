namespace GpuCtr.Datagen.Tests;

[Trait("Speed", "Fast")]
public class ShardPlanTests
{
    [Theory]
    [InlineData(10, 3)]
    [InlineData(12, 4)]
    [InlineData(1, 1)]
    [InlineData(1_000_003, 16)]
    public void Split_of_any_rows_covers_each_once(long rows, int shards)
    {
        var plan = ShardPlan.Split(rows, shards);
        Assert.Equal(shards, plan.Length);
        long next = 0;
        foreach (var shard in plan)
        {
            Assert.Equal(next, shard.First);
            Assert.InRange(shard.Count, rows / shards, (rows / shards) + 1);
            next += shard.Count;
        }
        Assert.Equal(rows, next);
    }

    [Fact]
    public void Split_into_more_than_ten_pads_numbers_so_that_names_sort()
    {
        string[] names = [.. ShardPlan.Split(100, 12).Select(shard => shard.Name)];
        Assert.Equal("shard-00.parquet", names[0]);
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
    }
}
