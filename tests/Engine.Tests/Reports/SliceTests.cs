using GpuCtr.Engine.Reports;

namespace GpuCtr.Engine.Tests.Reports;

public sealed class SliceTests
{
    [Fact]
    public void Standard_error_is_that_of_the_published_example() =>
        // Hanley and McNeil 1982: an area of 0.893 from 51 abnormal and 58 normal cases has a standard error of 0.032.
        Assert.Equal(0.032, new Slice("", 109, 0.893, 51 / 109.0, 0.5).AucError, 5e-4);

    [Fact]
    public void A_slice_with_one_label_has_neither_area_nor_error() => Assert.Equal(0, new Slice("", 5, null, 1, 0.5).AucError);

    [Fact]
    public void Axis_labels_are_round_and_within_the_axis()
    {
        Axis axis = Axis.Around([0.8189, 0.8226], fromZero: false);
        Assert.True(axis.Low < 0.8189 && axis.High > 0.8226 && axis.High - axis.Low < 0.006);
        double[] ticks = [.. axis.Ticks(5)];
        Assert.InRange(ticks.Length, 3, 6);
        Assert.All(ticks, t => Assert.Equal(Math.Round(t, 4), t, 1e-9));
        Assert.All(ticks, t => Assert.InRange(axis.At(t), 0, 1));
        Assert.Equal([0.0, 1, 2, 3], new Axis(-0.2, 3.1).Ticks(6, least: 1).Select(t => Math.Round(t, 9)));
    }
}
