using GpuCtr.Kernels.Ranks;

namespace GpuCtr.Kernels.Tests.Ranks;

public sealed class CollectiveWatchTests
{
    /// <summary>Rank 0 comes when the other has been told to be late, or has had the time to be.</summary>
    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public void A_rank_waits_long_for_something_to_do_and_not_for_others_that_do_the_same(int threads, bool idle)
    {
        using ManualResetEventSlim told = new();
        ThreadCommunicator.Run(2, process =>
        {
            using CollectiveWatch? watch = process.Rank == 0 ? null : new(process, TimeSpan.FromMilliseconds(1), _ => told.Set());
            ThreadCommunicator.Run(threads, ranks =>
            {
                ranks.IsIdle = idle && ranks.Rank > 0;
                if (ranks.Rank == 0 && idle)
                    Thread.Sleep(1200);
                else if (ranks.Rank == 0)
                    told.Wait(Patience.Limit);
                ranks.Broadcast<long>(new long[4], 0);
            }, Patience.Limit, processes: process);
        }, Patience.Limit);
        Assert.Equal(!idle, told.IsSet);
    }
}
