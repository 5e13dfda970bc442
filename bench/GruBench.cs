using System.Diagnostics;
using System.Globalization;
using GpuCtr.Kernels;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Recurrent;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Bench;

/// <summary>A GRU over histories, forward and backward, with the lower bound of the time of its products.</summary>
internal static class GruBench
{
    private const int E = 64, H = 64, T = 50, B = 1024, Rounds = 9, StepsPerRound = 3;

    /// <summary>Prints a table: plain and with attention, full histories and uneven ones.</summary>
    public static int Run(Device device)
    {
        Roofline best = Roofline.Measure(device);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{device}, {device.Threads} threads, {DateTime.UtcNow:yyyy-MM-dd}; at best {best.FlopsPerSecond / 1e9:F0} GFLOP/s\nE {E}, T {T}, H {H}, B {B}. Rates by the clock, and by the processor time of the process on {device.Threads} threads, which says more where other programs run.\n"));
        Console.WriteLine("| GRU | reset | positions | 1000 rows/s, median | spread | by processor time | spread | fraction of the floor |\n|---|---|---|---|---|---|---|---|");
        foreach (GruKind kind in new[] { GruKind.Gru, GruKind.Augru })
            foreach (GruReset reset in new[] { GruReset.After, GruReset.Before })
                foreach (bool full in new[] { true, false })
                    Measure(device, best, kind, reset, full);
        return 0;
    }

    private static void Measure(Device device, in Roofline best, GruKind kind, GruReset reset, bool full)
    {
        using Workspace workspace = new(device);
        Random random = new(1);
        int[] lengths = [.. Enumerable.Range(0, B).Select(_ => full ? T : random.Next(T + 1))];
        int tokens = lengths.Sum();
        RowKind positions = RowKind.HistoryPosition(0);
        DeviceArray<int> offsets = workspace.Array<int>("offsets", B + 1), owners = workspace.Array<int>("owners", B * T), zero = workspace.Array<int>("zero", 1);
        Tensor none = workspace.Tensor("none", 1, 1), vectors = workspace.Tensor("vectors", B, 1);
        BehaviourHistory history = new(none, none, vectors, zero, zero, zero, offsets, owners, 0, B * T, 0);
        Tensor x = workspace.Tensor("x", B * T, E, gradient: true, positions), a = workspace.Tensor("a", B * T, 1, gradient: true, positions), h = workspace.Tensor("h", B * T, H, gradient: true, positions);
        GruWeights weights = new(workspace.Tensor("W", 3 * H, E, true), workspace.Tensor("U", 3 * H, H, true), workspace.Tensor("b_i", 1, 3 * H, true), workspace.Tensor("b_h", 1, 3 * H, true));
        Gru gru = new(workspace, history, x, kind == GruKind.Gru ? null : a, weights, h, kind, reset);
        workspace.Allocate();
        foreach (Tensor t in new[] { x, weights.Input, weights.Hidden, weights.InputBias, weights.HiddenBias, h.Gradient! })
            t.Write(device, [.. Enumerable.Range(0, (int)t.Length).Select(_ => (random.NextSingle() * 2 - 1) * 0.2f)]);
        a.Write(device, [.. Enumerable.Range(0, B * T).Select(_ => random.NextSingle())]);
        offsets.Write(device, [.. lengths.Aggregate(new List<int> { 0 }, (ends, length) => [.. ends, ends[^1] + length])]);
        owners.Write(device, [.. lengths.SelectMany((length, b) => Enumerable.Repeat(b, length))]);
        Pass pass = new(B, Training: true, [tokens]);
        Step(1);
        List<double> clock = [], processor = [];
        for (int round = 0; round < Rounds; round++)
        {
            using Process process = Process.GetCurrentProcess();
            TimeSpan before = process.TotalProcessorTime;
            clock.Add(Turns.Seconds(() => Step(StepsPerRound)) / StepsPerRound);
            process.Refresh();
            processor.Add((process.TotalProcessorTime - before).TotalSeconds / StepsPerRound / device.Threads);
        }
        double floor = best.Seconds(gru.ForwardWork(pass)) + best.Seconds(gru.BackwardWork(pass));
        Spread rate = Spread.Rate(B, Spread.Of(clock)), byProcessor = Spread.Rate(B, Spread.Of(processor));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {kind} | {(reset == GruReset.After ? "after" : "before")} | {tokens} | {(rate * 1e-3).Cells("F1")} | {(byProcessor * 1e-3).Cells("F1")} | {floor / Spread.Of(processor).Median:F2} |"));

        void Step(int times)
        {
            for (int i = 0; i < times; i++)
            {
                gru.Forward(pass);
                gru.Backward(pass);
            }
            device.Synchronize();
        }
    }
}
