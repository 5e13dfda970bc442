using System.Globalization;
using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Ranking;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Bench;

/// <summary>Ranks and best items among all items, with the lower bound of the time of the products.</summary>
internal static class RankBench
{
    private const int M = 256, D = 64, V = 12_000, K = 10, C = 100, Rounds = 9, RunsPerRound = 10;

    /// <summary>Prints a table of the three questions.</summary>
    public static int Run(Device device)
    {
        Roofline best = Roofline.Measure(device);
        using Workspace workspace = new(device);
        Tensor h = workspace.Tensor("h", M, D, kind: RowKind.Prediction), table = workspace.Tensor("table", V + 1, D), bias = workspace.Tensor("bias", 1, V);
        DeviceArray<int> targets = workspace.Array<int>("targets", M), ranks = workspace.Array<int>("ranks", M), items = workspace.Array<int>("items", M * K), candidates = workspace.Array<int>("candidates", M * C);
        Tensor values = workspace.Tensor("values", M, K), scores = workspace.Tensor("scores", M, C);
        ItemOutput output = new(h, table, new(1, V), bias);
        using ItemRanks rank = new(workspace, output, targets, ranks);
        using TopItems top = new(workspace, output, items, values);
        CandidateScores candidate = new(device, output, candidates, scores);
        workspace.Allocate();
        Random random = new(1);
        foreach (Tensor t in new[] { h, table, bias })
            t.Write(device, [.. Enumerable.Range(0, (int)t.Length).Select(_ => random.NextSingle() - 0.5f)]);
        foreach (DeviceArray<int> ids in new[] { targets, candidates })
            ids.Write(device, [.. Enumerable.Range(0, (int)ids.Length).Select(_ => 1 + random.Next(V))]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{device}, {device.Threads} threads, {DateTime.UtcNow:yyyy-MM-dd}; at best {best.FlopsPerSecond / 1e9:F0} GFLOP/s\nM {M}, D {D}, V {V}, K {K}, C {C}\n"));
        Console.WriteLine("| question | 1000 rows/s, median | spread | fraction of the floor |\n|---|---|---|---|");
        Pass pass = new(1, Training: false, [0, M, 0], Frozen: true);
        Measure("rank", () => rank.Run(pass), rank.Work(pass));
        Measure($"best {K}", () => top.Run(pass), top.Work(pass));
        Measure($"{C} candidates", () => candidate.Run(pass), candidate.Work(pass));
        return 0;

        void Measure(string name, Action run, in Work work)
        {
            void Runs(int times)
            {
                for (int i = 0; i < times; i++)
                    run();
                device.Synchronize();
            }
            Runs(2);
            List<double> clock = [];
            for (int round = 0; round < Rounds; round++)
                clock.Add(Turns.Seconds(() => Runs(RunsPerRound)) / RunsPerRound);
            Spread time = Spread.Of(clock);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {(Spread.Rate(M, time) * 1e-3).Cells("F1")} | {best.Seconds(work) / time.Median:F2} |"));
        }
    }
}
