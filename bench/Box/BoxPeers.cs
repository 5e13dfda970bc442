using System.Globalization;
using Section = GpuCtr.Bench.Box.BoxReport.Section;

namespace GpuCtr.Bench.Box;

/// <summary>Our steps and PyTorch's on the same machine: bench/peers/pytorch.py, which is timed only if its losses match ours.</summary>
internal static class BoxPeers
{
    private static readonly string[] modes = ["eager", "default", "reduce-overhead"];

    private static readonly string[] columns = ["step", "B", "PyTorch", "losses differ by", "PyTorch, 1000 rows/s", "spread", "ours, same precision", "ratio"];

    private static string Script => Path.Combine(BoxRun.Above("peers"), "pytorch.py");

    /// <summary>A section with one row for every way to run PyTorch for which there was enough time.</summary>
    /// <param name="device">Our device; PyTorch runs on cuda or cpu accordingly.</param>
    /// <param name="ours">Our rates.</param>
    /// <param name="scale">Which steps.</param>
    /// <param name="bench">This program.</param>
    /// <param name="limit">Rest of the time limit.</param>
    public static IEnumerable<Section> Compare(string device, IReadOnlyList<StepBench.Row> ours, BoxScale scale, string bench, Func<TimeSpan, TimeSpan> limit)
    {
        const string title = "beside PyTorch";
        string python = OperatingSystem.IsWindows() ? "python" : "python3";
        ChildProcess torch = ChildProcess.Run(limit(TimeSpan.FromSeconds(60)), python, "-c", "import torch; print(torch.__version__, torch.cuda.is_available())");
        if (!torch.Succeeded)
        {
            yield return new(title, "left out: no python3 with torch here", torch.Command, torch.Seconds, [], [], [.. torch.Error.TakeLast(1)]);
            yield break;
        }
        foreach (int size in scale.PeerSizes)
            foreach (string name in scale.Workloads.Split(','))
                yield return Workload(name, size);

        Section Workload(string name, int size)
        {
            string file = Path.GetTempFileName(), heading = $"{title}: {name}, B {size}";
            try
            {
                ChildProcess export = ChildProcess.Run(limit(TimeSpan.FromSeconds(60)), bench, "export", "--device", device, "--only", name, "--batch-size", $"{size}", "--out", file);
                if (!export.Succeeded)
                    return new(heading, BoxRun.Outcome(export, null), export.Command, export.Seconds, [], [], [.. export.Error.Take(20)]);
                ChildProcess[] runs = [.. Arguments(device).Select(a => ChildProcess.Run(limit(TimeSpan.FromSeconds(60)), python, [Script, file, .. a]))];
                string[][] rows = [.. runs.Where(r => r.Succeeded && r.Output.Count > 0).Select(r => Row(r.Output[^1], ours))];
                string outcome = runs.Any(r => r.Code == 1) ? "failed: losses differ, or PyTorch stopped" : rows.Length == runs.Length ? "ok" : "time was up";
                return new(heading, $"{outcome}: {rows.Length} of {runs.Length}", runs[0].Command, export.Seconds + runs.Sum(r => r.Seconds), columns, rows, [.. runs.Where(r => r.Code > 0).SelectMany(r => r.Error.TakeLast(3))]);
            }
            finally
            {
                File.Delete(file);
            }
        }
    }

    /// <summary>fp32 first; tf32 exists only on NVIDIA GPUs.</summary>
    private static IEnumerable<string[]> Arguments(string device)
    {
        bool cuda = device.StartsWith("cuda", StringComparison.Ordinal);
        string[] all = ["--update", "lazy", "--device", cuda ? "cuda" : "cpu", "--threads", $"{Environment.ProcessorCount}"];
        foreach (string mode in cuda ? modes : ["eager"])
            yield return [.. all, "--mode", mode];
        if (cuda)
            foreach (string mode in modes)
                yield return [.. all, "--mode", mode, "--tf32"];
    }

    /// <summary>| name | B | ids | median | spread | parity |, as pytorch.py prints it.</summary>
    private static string[] Row(string line, IReadOnlyList<StepBench.Row> ours)
    {
        string[] cells = [.. line.Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        StepBench.Row? same = ours.FirstOrDefault(r => cells[0].Contains($" {r.Precision} ", StringComparison.OrdinalIgnoreCase) && r.B == int.Parse(cells[1], CultureInfo.InvariantCulture) && cells[0].Contains(r.Step, StringComparison.Ordinal));
        double theirs = double.Parse(cells[3], CultureInfo.InvariantCulture);
        return [same?.Step ?? "", cells[1], cells[0].Replace($", {same?.Step}", "", StringComparison.Ordinal), cells[5], cells[3], cells[4], same is null ? "–" : BoxRun.Number(same.Rate.Median), same is null ? "–" : BoxRun.Number(same.Rate.Median / theirs)];
    }
}
