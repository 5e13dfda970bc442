using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Ranks;

namespace GpuCtr.Kernels.Tests.Ranks;

[Trait("Speed", "Fast")]
public sealed class RankPlaceTests
{
    [Fact]
    public void Ranks_are_counted_on_each_host_however_they_are_dealt()
    {
        string[] hosts = ["b", "a", "b", "a", "b"];
        RankPlace[] places = new RankPlace[5];
        ThreadCommunicator.Run(5, ranks =>
        {
            places[ranks.Rank] = ranks.Place;
            Assert.Equal($"slice {ranks.Rank} of 5 on {hosts[ranks.Rank]}", ranks.Name);
        }, hosts: r => hosts[r]);
        Assert.Equal([new("b", 0, 3), new("a", 0, 2), new("b", 1, 3), new("a", 1, 2), new("b", 2, 3)], places);
    }

    [Fact]
    public void A_rank_of_another_build_is_named() => ThreadCommunicator.Run(3, ranks =>
    {
        CommunicatorException e = Assert.Throws<CommunicatorException>(() => RankPlace.Agree(ranks, $"host-{ranks.Rank}", ranks.Rank == 2 ? Guid.NewGuid() : Guid.Empty));
        Assert.StartsWith("rank 2 on host-2 runs another build of this program than rank 0 on host-0", e.Message, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData("cuda", 0, "cuda:0")]
    [InlineData("cuda", 1, "cuda:1")]
    [InlineData("cuda", 5, "cuda:1")]
    [InlineData("auto", 3, "cuda:1")]
    [InlineData("opencl", 3, "opencl:0")]
    [InlineData("cuda:0", 1, "cuda:0")]
    [InlineData("cpu", 1, "cpu")]
    public void Devices_of_a_host_are_dealt_to_its_ranks(string spec, int localRank, string device) =>
        Assert.Equal(device, new RankPlace("a", localRank, 8).DeviceOf(spec, [Entry("cuda:0"), Entry("cuda:1"), Entry("opencl:0"), Entry(""), Entry("cpu")]));

    [Theory]
    [InlineData("cuda")]
    [InlineData("auto")]
    public void Without_such_a_device_the_request_stays_as_it_is(string spec) => Assert.Equal(spec, new RankPlace("a", 1, 2).DeviceOf(spec, [Entry(""), Entry("cpu")]));

    private static DeviceEntry Entry(string spec) => new(spec, "", 0, "");
}
