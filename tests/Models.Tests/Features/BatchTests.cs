using GpuCtr.Kernels.Devices;
using GpuCtr.Models.Features;

namespace GpuCtr.Models.Tests.Features;

public sealed class BatchTests
{
    private static readonly FeatureSpec spec = new(
        [new("user", 5), new("item", 4)], [new("user", 0), new("item", 1), new("seller", 1)], [], [new("hist_item", 1, SequenceRole.History, 1, 3)]);

    private static readonly Device device = TestDevices.Get("cpu simd");

    [Fact]
    public void A_slot_holds_table_rows_and_shows_ids()
    {
        using Batch batch = new(device, spec, 2) { Rows = 2 };
        batch.SetIds(0, [4, 1, 2, 0, 3, 0]);
        batch.SetId(1, 0, 1);
        batch.Sequences[0].SetIds(0, [1, 3]);
        batch.Sequences[0].SetIds(1, [2]);
        Assert.Equal([4, 6, 7, 1, 8, 5], batch.TableRows.ToArray());
        Assert.Equal([6, 8, 7], batch.Sequences[0].TableRows[..3].ToArray());
        Assert.Equal((1, 3, 0), (batch.IdAt(1, 0), batch.IdAt(1, 1), batch.IdAt(1, 2)));
        Assert.Equal(3, batch.Sequences[0].IdAt(1));
    }

    [Fact]
    public void Preparing_changes_no_row_and_may_be_repeated()
    {
        using Batch batch = new(device, spec, 2) { Rows = 2 };
        batch.SetIds(0, [4, 1, 2, 0, 3, 0]);
        batch.Sequences[0].SetIds(0, [1]);
        batch.Sequences[0].SetIds(1, []);
        int[] before = batch.TableRows.ToArray();
        batch.Prepare();
        Assert.Equal(4, batch.Segments);
        batch.Prepare();
        Assert.Equal(4, batch.Segments);
        Assert.Equal(before, batch.TableRows.ToArray());
    }

    [Fact]
    public void A_row_of_another_vocabulary_is_refused_by_name()
    {
        using Batch batch = new(device, spec, 2) { Rows = 2 };
        batch.SetId(1, 1, -1);
        Assert.Contains("field item, row 1 of the batch: id -1 is outside its vocabulary of 4 rows", Assert.Throws<ArgumentOutOfRangeException>(() => batch.Prepare()).Message);
        batch.SetId(1, 1, 1);
        batch.Sequences[0].SetIds(0, []);
        batch.Sequences[0].SetIds(1, [1, 4]);
        Assert.Contains("field hist_item, row 1 of the batch: id 4 is outside its vocabulary of 4 rows", Assert.Throws<ArgumentOutOfRangeException>(() => batch.Prepare()).Message);
    }

    [Fact]
    public void A_new_slot_holds_padding()
    {
        using Batch batch = new(device, spec, 2) { Rows = 2 };
        batch.Prepare();
        Assert.Equal(0, batch.Segments);
    }
}
