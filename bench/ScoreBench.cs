using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;

namespace GpuCtr.Bench;

/// <summary>Latency and throughput of <see cref="CtrModel"/>, compared with ONNX Runtime on the exported model.</summary>
internal static class ScoreBench
{
    private const int RowCount = 1000, Length = 50, BatchRows = 128;
    private const double Tolerance = 1e-5, WarmUpSeconds = 0.5;

    /// <summary>Trains the models, checks that both sides agree, and prints the table.</summary>
    public static int Run(string only, double seconds)
    {
        ServedModel.Measure(only, "| model | by | threads | p50 µs | p99 µs | rows/s, one by one | rows/s, batches of 128 |\n|---|---|---|---|---|---|---|", model => Run(model, seconds));
        return 0;
    }

    private static void Run(ServedModel model, double seconds)
    {
        using CtrModel trained = CtrModel.Load(model.Run);
        using InferenceSession session = OnnxScorer.Open(model.Onnx);
        RawRow[] raw = RawRow.Read(model.Rows, trained.Columns, RowCount, Length);
        FeatureRow[] rows = [.. raw.Select(r => r.Fill(trained.NewRow()))];
        OnnxScorer Onnx(int batch) => new(session, rows[0].Encoder.Spec, batch, Length);
        using (OnnxScorer one = Onnx(1))
            Agree(trained, one, rows);
        foreach (int threads in new[] { 1, 2 })
        {
            float[][] probabilities = [.. Enumerable.Range(0, threads).Select(_ => new float[BatchRows])];
            FeatureRow[] reused = [.. Enumerable.Range(0, threads).Select(_ => trained.NewRow())];
            OnnxScorer[] ones = [.. Enumerable.Range(0, threads).Select(_ => Onnx(1))], batches = [.. Enumerable.Range(0, threads).Select(_ => Onnx(BatchRows))];
            ReadOnlySpan<FeatureRow> Some(int i, int count) => rows.AsSpan(i % (RowCount / BatchRows) * BatchRows, count);
            Load each = Load.Of(threads, seconds, (t, i) => trained.Score(raw[i % RowCount].Fill(reused[t])));
            Load many = Load.Of(threads, seconds, (t, i) => trained.Score(Some(i, BatchRows), probabilities[t]));
            Print(model, "Set and Score", threads, each, many);
            Print(model, "Score", threads, Load.Of(threads, seconds, (t, i) => trained.Score(rows[i % RowCount])), many);
            Print(model, "ONNX Runtime", threads, Load.Of(threads, seconds, (t, i) => ones[t].Score(rows.AsSpan(i % RowCount, 1))), Load.Of(threads, seconds, (t, i) => batches[t].Score(Some(i, BatchRows))));
            foreach (OnnxScorer onnx in ones.Concat(batches))
                onnx.Dispose();
        }
    }

    private static void Agree(CtrModel trained, OnnxScorer onnx, FeatureRow[] rows)
    {
        double worst = rows.Max(r => Math.Abs((double)trained.Score(r) - onnx.Score([r])[0]));
        if (worst >= Tolerance)
            throw new InvalidOperationException($"the two sides differ by {worst}: their speeds cannot be compared");
    }

    private static void Print(ServedModel model, string by, int threads, Load one, Load many) => Console.WriteLine(
        $"| {model.Name} | {by} | {threads} | {one.Microseconds(0.5):F1} | {one.Microseconds(0.99):F1} | {one.PerSecond:N0} | {many.PerSecond * BatchRows:N0} |");

    /// <summary>Calls in a closed loop on some threads, each call timed.</summary>
    private sealed record Load(long[] Ticks, double PerSecond)
    {
        public double Microseconds(double quantile) => Ticks[(int)(quantile * (Ticks.Length - 1))] * 1e6 / Stopwatch.Frequency;

        public static Load Of(int threads, double seconds, Action<int, int> call)
        {
            // Long enough for tiered compilation to finish.
            long warm = Stopwatch.GetTimestamp();
            for (int i = 0; Stopwatch.GetElapsedTime(warm).TotalSeconds < WarmUpSeconds; i++)
                call(0, i);
            List<long>[] ticks = [.. Enumerable.Range(0, threads).Select(_ => new List<long>(1 << 20))];
            long limit = (long)(seconds * Stopwatch.Frequency), begin = Stopwatch.GetTimestamp();
            void Work(int t)
            {
                for (int i = 0; ; i++)
                {
                    long from = Stopwatch.GetTimestamp();
                    if (from - begin > limit)
                        return;
                    call(t, i);
                    ticks[t].Add(Stopwatch.GetTimestamp() - from);
                }
            }
            Thread[] workers = [.. Enumerable.Range(0, threads).Select(t => new Thread(() => Work(t)))];
            foreach (Thread worker in workers)
                worker.Start();
            foreach (Thread worker in workers)
                worker.Join();
            double wall = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            long[] all = [.. ticks.SelectMany(t => t).Order()];
            return new Load(all, all.Length / wall);
        }
    }
}
