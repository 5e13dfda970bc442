using GpuCtr.Data.Shards;
using GpuCtr.Datagen;
using GpuCtr.Engine;

namespace GpuCtr.Bench;

/// <summary>A briefly trained model on generated rows, as a run folder and as ONNX: speed does not depend on the weights.</summary>
/// <param name="Name">Name in tables.</param>
/// <param name="Run">Its run folder.</param>
/// <param name="Onnx">The exported model.</param>
/// <param name="Rows">Shard with rows that were not trained on.</param>
internal sealed record ServedModel(string Name, string Run, string Onnx, string Rows)
{
    /// <summary>Trains and exports the models, prints the head of a table, and has each of them measured.</summary>
    /// <param name="only">The key of one; empty: all.</param>
    /// <param name="head">Names of the columns, and the line below them.</param>
    /// <param name="measure">Prints the rows of a model.</param>
    public static void Measure(string only, string head, Action<ServedModel> measure)
    {
        string folder = Directory.CreateTempSubdirectory("gpu-ctr-bench-").FullName;
        try
        {
            ServedModel[] models = [.. Train(folder, only)];
            Console.WriteLine(head);
            foreach (ServedModel model in models)
                measure(model);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<ServedModel> Train(string folder, string only)
    {
        (string Key, string Name, string Schema, string[] Flags)[] all =
        [
            ("deepfm256", "DeepFM 26+13, D 16, 256-128-64", "criteo --numeric 13 --categorical 26", ["--model", "deepfm", "--hidden-units", "256,128,64"]),
            ("deepfm400", "DeepFM 26+13, D 16, 400-400-400", "criteo --numeric 13 --categorical 26", ["--model", "deepfm"]),
            ("din", "DIN E 64, T 50, 80-40 Dice, 200-80", "amazon --max-history 50", ["--model", "din", "--embedding-dim", "32", "--group-id", "user", "--exclude", "user"]),
        ];
        foreach ((string key, string name, string schema, string[] flags) in all.Where(m => only.Length == 0 || m.Key == only))
        {
            string data = Path.Combine(folder, key, "data"), run = Path.Combine(folder, key, "run"), onnx = Path.Combine(folder, key, "model.onnx");
            Expect(DatagenCommandLine.RunAsync(["synth", "--schema", .. schema.Split(' '), "--rows", "20000", "--shards", "1", "--test-rows", "5000", "--out", data], TextWriter.Null, Console.Error).Result);
            Expect(Engine.Program.Run(["train", Path.Combine(data, "shard-*.parquet"), "--epochs", "1", "--batch-size", "4096", "--out", run, "--device", "cpu", .. flags], Console.Out, TextWriter.Null));
            Expect(Engine.Program.Run(["export", "--model", run, "--format", "onnx", "--out", onnx], TextWriter.Null, TextWriter.Null));
            yield return new ServedModel(name, run, onnx, Path.Combine(data, "test.parquet"));
        }
    }

    private static void Expect(int code)
    {
        if (code != 0)
            throw new InvalidOperationException($"exit {code}");
    }
}
