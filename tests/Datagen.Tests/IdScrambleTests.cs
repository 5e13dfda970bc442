namespace GpuCtr.Datagen.Tests;

[Trait("Speed", "Fast")]
public class IdScrambleTests
{
    [Theory]
    [InlineData(16)]
    [InlineData(17)]
    public void Id_over_all_ranks_of_the_width_hits_every_number_once(int bits)
    {
        var scramble = new IdScramble(bits, new DrawSequence(CounterStream.FromSeed(5)));
        var ids = new HashSet<long>();
        for (int rank = 0; rank < 1 << bits; rank++)
            ids.Add(scramble.Id(rank));
        Assert.Equal(1 << bits, ids.Count);
        Assert.InRange(ids.Max(), 0, (1 << bits) - 1);
    }

    [Fact]
    public void Id_of_neighbouring_ranks_keeps_no_order()
    {
        var scramble = new IdScramble(40, new DrawSequence(CounterStream.FromSeed(6)));
        int rises = Enumerable.Range(1, 1000).Count(rank => scramble.Id(rank + 1) > scramble.Id(rank));
        Assert.InRange(rises, 350, 650);
    }
}
