using GpuCtr.Data.Batches;

namespace GpuCtr.Data.Tests.Batches;

[Trait("Speed", "Fast")]
public sealed class BudgetedArrayPoolTests
{
    [Fact]
    public void What_is_returned_is_used_again_for_what_needs_nearly_as_much()
    {
        var stock = new BudgetedArrayPool(1 << 20);
        int[] first = stock.Rent<int>(1000);
        float[] other = stock.Rent<float>(1000);
        stock.Return(first);
        stock.Return(other);
        Assert.NotSame(first, stock.Rent<int>(500));
        Assert.Same(first, stock.Rent<int>(990));
        Assert.NotSame(first, stock.Rent<int>(1000));
        Assert.Same(other, stock.Rent<float>(1000));
        Assert.Equal(0, stock.FreeBytes);
    }

    [Fact]
    public void No_more_than_the_limit_lies_unused()
    {
        var stock = new BudgetedArrayPool(100_000);
        for (int length = 1; length < 5000; length += 7)
            stock.Return(stock.Rent<long>(length));
        Assert.InRange(stock.FreeBytes, 1, 100_000);
    }

    [Fact]
    public void Lengths_are_at_most_an_eighth_too_large()
    {
        var stock = new BudgetedArrayPool(0);
        for (int length = 1; length < 100_000; length = length * 5 / 4 + 1)
            Assert.InRange(stock.Rent<byte>(length).Length, length, length + (length / 8) + 1);
    }
}
