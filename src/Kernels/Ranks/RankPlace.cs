using System.Text;
using GpuCtr.Kernels.Devices;

namespace GpuCtr.Kernels.Ranks;

/// <summary>Where a rank runs.</summary>
/// <param name="Host">Name of the host.</param>
/// <param name="LocalRank">How many lower ranks run on the same host.</param>
/// <param name="LocalSize">How many ranks run on the same host.</param>
public sealed record RankPlace(string Host, int LocalRank, int LocalSize)
{
    // Guid of the build, then the host's name.
    private const int GuidBytes = 16, GreetingBytes = 272;

    /// <summary>Exchanges the places of all ranks, and fails if one runs another build of this program.</summary>
    /// <param name="ranks">The ranks; all of them call this.</param>
    /// <param name="host">Name of this rank's host.</param>
    /// <param name="build">Differs between builds.</param>
    /// <exception cref="CommunicatorException">A rank runs another build.</exception>
    internal static RankPlace Agree(Communicator ranks, string host, Guid build)
    {
        byte[] mine = new byte[GreetingBytes], all = new byte[GreetingBytes * ranks.Size];
        build.TryWriteBytes(mine);
        Encoding.UTF8.GetBytes(host.AsSpan(0, Math.Min(host.Length, 64)), mine.AsSpan(GuidBytes));
        ranks.AllGather<byte>(mine, all);
        byte[][] greetings = [.. all.Chunk(GreetingBytes)];
        string[] hosts = [.. greetings.Select(g => Encoding.UTF8.GetString(g.AsSpan(GuidBytes)).TrimEnd('\0'))];
        if (Array.FindIndex(greetings, g => !g.AsSpan(0, GuidBytes).SequenceEqual(all.AsSpan(0, GuidBytes))) is var other and >= 0)
            throw new CommunicatorException($"rank {other} on {hosts[other]} runs another build of this program than rank 0 on {hosts[0]}: install the same version on every host");
        return new RankPlace(host, hosts.Take(ranks.Rank).Count(h => h == hosts[ranks.Rank]), hosts.Count(h => h == hosts[ranks.Rank]));
    }

    /// <summary>The device of a rank, if several on one host share its devices: ranks are assigned to devices round-robin.</summary>
    /// <param name="spec">The requested device, the same for all ranks: <c>cuda</c>, <c>opencl</c> and <c>auto</c> leave the number open.</param>
    /// <param name="found">Devices of this host, from <see cref="DeviceCatalog.List"/>.</param>
    /// <returns>The same with a number; unchanged if it has one, is the CPU, or if there is no such device here.</returns>
    public string DeviceOf(string spec, IReadOnlyList<DeviceEntry> found)
    {
        string kind = spec == "auto" ? "cuda" : spec;
        string[] devices = [.. found.Select(e => e.Spec).Where(s => s.StartsWith($"{kind}:", StringComparison.Ordinal))];
        return devices.Length > 0 ? devices[LocalRank % devices.Length] : spec;
    }
}
