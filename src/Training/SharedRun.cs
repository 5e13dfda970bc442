using System.Text.Json;
using GpuCtr.Data;
using GpuCtr.Kernels.Ranks;
using GpuCtr.Models.Ranks;

namespace GpuCtr.Training;

/// <summary>A run whose batches are cut into slices (<c>--slices</c>), one for each rank or several: slice 0 leads the run, the others follow.</summary>
/// <remarks>A slice is what a rank is that has one only, so bits depend on the number of slices and not on who computes them.</remarks>
internal static class SharedRun
{
    /// <summary>What rank 0 tells the others, which need no files of the run.</summary>
    private sealed record Machine(DeviceOptions Device, int? Slices);

    /// <summary>Runs on this rank; returns when the run has ended on all.</summary>
    /// <param name="request">The request, with the ranks in its device.</param>
    /// <param name="train">What slice 0 does, with a request whose device is that of a slice.</param>
    /// <exception cref="GpuCtrException">Usage: slices cannot be dealt to so many ranks. Whatever ends the run.</exception>
    public static void Run(RunRequest request, Action<RunRequest> train)
    {
        Communicator? ranks = request.Options.Device.Ranks;
        int count = ranks?.Size ?? 1;
        Machine machine = Agreed(new(request.Options.Device, request.Options.Slices), ranks);
        int slices = machine.Slices ?? count;
        if (slices % count != 0)
            throw GpuCtrException.UsageError($"--slices {slices} on {count} ranks: each rank takes as many slices, so their number is a multiple of that of ranks; take another --slices, or start {Advised(slices, count)}");
        if (slices == count)
            RunSlice(ranks);
        else
            ThreadCommunicator.Run(slices / count, RunSlice, RankRun.IdleLimit, processes: ranks);

        void RunSlice(Communicator? all)
        {
            RunRequest own = request with { Options = request.Options with { Device = machine.Device with { Ranks = all } } };
            RankModels.Run(all, own.Options.Device.Open, () => train(own));
        }
    }

    /// <summary>The number of ranks nearest to that of now that slices can be dealt to.</summary>
    private static string Advised(int slices, int ranks) =>
        Enumerable.Range(1, Math.Min(slices, ranks)).Last(n => slices % n == 0) is var n && n == 1 ? "one rank" : $"{n} ranks";

    private static Machine Agreed(Machine own, Communicator? ranks)
    {
        if (ranks is not { Size: > 1 })
            return own;
        byte[] text = JsonSerializer.SerializeToUtf8Bytes(own);
        int[] length = [text.Length];
        ranks.Broadcast<int>(length, 0);
        Array.Resize(ref text, length[0]);
        ranks.Broadcast<byte>(text, 0);
        return JsonSerializer.Deserialize<Machine>(text)!;
    }
}
