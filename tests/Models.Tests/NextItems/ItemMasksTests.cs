using GpuCtr.Models.Features;

namespace GpuCtr.Models.Tests.NextItems;

[Trait("Speed", "Fast")]
public sealed class ItemMasksTests
{
    [Fact]
    public void A_mask_is_a_function_of_seed_epoch_and_row_alone()
    {
        string Of(ulong seed, long row, int epoch)
        {
            bool[] masked = new bool[60];
            new ItemMasks(seed, 0.4, 0.1).Draw(masked, row, epoch);
            return string.Concat(masked.Select(m => m ? '1' : '0'));
        }
        string one = Of(1, 5_000_000_000, 3);
        Of(9, 9, 9);
        Assert.Equal(one, Of(1, 5_000_000_000, 3));
        // Each input changes it, the high half of a row too.
        Assert.Equal(5, new[] { one, Of(2, 5_000_000_000, 3), Of(1, 5_000_000_001, 3), Of(1, 5_000_000_000, 4), Of(1, 5_000_000_000 % (1L << 32), 3) }.Distinct().Count());
    }

    [Fact]
    public void Entries_are_masked_at_their_rate_and_some_rows_only_at_the_end()
    {
        const int rows = 4000, length = 20;
        const double rate = 0.3, lastOnly = 0.25;
        ItemMasks masks = new(3, rate, lastOnly);
        int[] atEntry = new int[length];
        int lastAlone = 0;
        for (int row = 0; row < rows; row++)
        {
            bool[] masked = new bool[length];
            Assert.Equal(masks.Draw(masked, row, epoch: 1), masked.Count(m => m));
            if (masked[^1] && masked.Count(m => m) == 1)
                lastAlone++;
            else
                for (int t = 0; t < length; t++)
                    atEntry[t] += masked[t] ? 1 : 0;
        }
        // Five standard deviations.
        Assert.InRange(lastAlone, rows * lastOnly - 140, rows * lastOnly + 140);
        Assert.All(atEntry[..^1], n => Assert.InRange(n, (rows - lastAlone) * rate - 130, (rows - lastAlone) * rate + 130));
    }

    [Fact]
    public void Every_sequence_has_a_masked_entry_and_an_empty_one_has_none()
    {
        ItemMasks seldom = new(1, 1e-9, 0);
        int[] counts = new int[4];
        for (int row = 0; row < 800; row++)
        {
            bool[] masked = new bool[4];
            Assert.Equal(1, seldom.Draw(masked, row, 0));
            counts[Array.IndexOf(masked, true)]++;
        }
        Assert.All(counts, n => Assert.InRange(n, 140, 260));
        Assert.Equal(0, seldom.Draw([], 1, 0));
        bool[] all = new bool[9];
        Assert.Equal(9, new ItemMasks(1, 1, 0).Draw(all, 1, 0));
        Assert.Equal(1, new ItemMasks(1, 1, 1).Draw(all, 1, 0));
        Assert.True(all[^1]);
    }
}
