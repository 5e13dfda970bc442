using GpuCtr.Data;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Bench;

/// <summary>Writing and reading the tensors of a checkpoint, in turns with plain copies of the same bytes on the same disk.</summary>
internal static class CheckpointBench
{
    private const int BufferBytes = 4 << 20;

    /// <summary>Prints a table. In both, writes are synced to disk and reads come from the page cache.</summary>
    /// <param name="device">Where the model is.</param>
    /// <param name="rows">Rows of all tables together, 16 numbers each, times three with Adam's moments.</param>
    /// <param name="rounds">Rounds.</param>
    /// <param name="folder">On the disk to measure; a folder inside it is made and removed.</param>
    public static void Run(Device device, int rows, int rounds, string folder)
    {
        Workload workload = Workload.DeepFm256(0, rows: rows);
        using TrainableModel model = new(device, workload.Spec, workload.Options, workload.BatchSize);
        folder = Directory.CreateDirectory(Path.Combine(folder, $"checkpoint-bench-{Environment.ProcessId}")).FullName;
        try
        {
            (string What, Action Work)[] ways =
            [
                ("checkpoint written, hashed, synced", () => Write(folder, device, model)),
                ("plain copy, synced", () => Copy(folder)),
                ("checkpoint verified and read", () => Read(folder, device, model)),
                ("plain read", () => PlainRead(folder)),
            ];
            double[][] seconds = Turns.Measure(rounds, [.. ways.Select(w => (Func<int, double>)(_ => Turns.Seconds(w.Work)))]);
            long bytes = Files(folder).Sum(f => f.Length);
            Console.WriteLine($"{device}, {DateTime.UtcNow:yyyy-MM-dd}; {bytes / 1e9:F2} GB in two files, {rounds} rounds in turns\n\n| what | GB/s, median | spread | seconds |\n|---|---|---|---|");
            foreach ((string what, Spread s) in ways.Zip(seconds, (w, s) => (w.What, Spread.Of(s))))
                Console.WriteLine($"| {what} | {Spread.Rate(bytes / 1e9, s).Cells("F2")} | {s.Median:F2} |");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static FileInfo[] Files(string folder) => new DirectoryInfo(folder).GetFiles("*.safetensors");

    private static void Write(string folder, Device device, TrainableModel model)
    {
        foreach ((string name, IEnumerable<Tensor> tensors) in Parts(model))
        {
            File.Delete(Path.Combine(folder, name));
            SafeTensors.Write(Path.Combine(folder, name), device, tensors);
        }
    }

    private static void Read(string folder, Device device, TrainableModel model)
    {
        foreach ((string name, IEnumerable<Tensor> tensors) in Parts(model))
        {
            _ = FileDigest.Of(Path.Combine(folder, name));
            SafeTensors.Read(Path.Combine(folder, name), device, tensors);
        }
    }

    private static (string Name, IEnumerable<Tensor> Tensors)[] Parts(TrainableModel model) =>
        [("model.safetensors", model.Weights), ("optimizer.safetensors", model.OptimizerStates)];

    private static void Copy(string folder)
    {
        foreach (FileInfo file in Files(folder))
        {
            string to = file.FullName + ".copy";
            File.Delete(to);
            using FileStream target = new(to, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
            Stream(file.FullName, b => target.Write(b));
            Disk.Flush(target);
        }
    }

    private static void PlainRead(string folder)
    {
        foreach (FileInfo file in Files(folder))
            Stream(file.FullName, _ => { });
    }

    private static void Stream(string path, Action<ReadOnlySpan<byte>> chunk)
    {
        using FileStream source = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        byte[] buffer = new byte[BufferBytes];
        for (int n; (n = source.Read(buffer)) > 0;)
            chunk(buffer.AsSpan(0, n));
    }
}
