using GpuCtr.Data.Features;

namespace GpuCtr.Data.Tests.Features;

[Trait("Speed", "Fast")]
public sealed class VocabularyIndexTests
{
    private const int FirstRow = 2, Oov = 99_999;

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(64, 1)]
    [InlineData(65, 3)]
    [InlineData(1000, 3)]
    [InlineData(1000, 1L << 20)]
    [InlineData(1000, 1L << 53)]
    [InlineData(5000, 0)]
    public void Values_are_found_one_by_one_and_together(int count, long step)
    {
        var random = new Random(count);
        long[] values = step == 0
            ? [.. Enumerable.Range(0, count).Select(_ => random.NextInt64(long.MinValue, long.MaxValue)).Append(long.MinValue).Append(long.MaxValue).Append(0).Distinct()]
            : [.. Enumerable.Range(0, count).Select(i => unchecked((i - count / 2) * step))];
        random.Shuffle(values);
        Dictionary<long, int> expected = values.Select((v, i) => (v, i)).ToDictionary(p => p.v, p => FirstRow + p.i);
        var index = new VocabularyIndex(values, FirstRow);
        long[] asked = [.. values, .. values.Select(v => unchecked(v + 1)), .. values.Select(v => v ^ (1L << 40)), 0, -1, long.MinValue, long.MaxValue];
        int[] rows = [.. asked.Select(v => expected.GetValueOrDefault(v, Oov))], found = new int[asked.Length];
        index.Find(asked, found, Oov);
        Assert.Equal(rows, found);
        Assert.Equal(rows, asked.Select(v => index.Find(v, Oov)));
    }
}
