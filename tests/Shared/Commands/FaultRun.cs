using System.Text.Json;
using GpuCtr.Training.Checkpoints;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Tests;

/// <summary>A run of two epochs: complete, and in its state after the first epoch, for tests that interrupt the second one.</summary>
public sealed class FaultRun : OwnFolder
{
    private const string Epochs = "2";

    public static readonly string[] Model =
    [
        "--hidden-units", "8", "--embedding-dim", "2", "--batch-size", "128", "--lr", "0.01", "--patience", "0", "--lr-plateau", "0.9",
        "--dropout", "0.2", "--batch-norm", "--device", "cpu", "--json",
    ];

    private readonly string first;
    private readonly string[] expected;
    private int copies;

    public FaultRun()
    {
        Train = PlantedShards.Write(Folder.File("train.parquet"), 2_000, 1);
        Test = PlantedShards.Write(Folder.File("test.parquet"), 500, 2);
        first = Folder.File("first");
        expected = Results(Run(["train", Train, "--out", Folder.File("whole"), "--epochs", Epochs, .. Model]).Succeeded());
        Run(["train", Train, "--out", first, "--epochs", "1", .. Model]).Succeeded();
    }

    public string Train { get; }

    public string Test { get; }

    /// <summary>The arguments that train the second epoch.</summary>
    public static string[] Rest(string folder) => ["train", "--resume", "--out", folder, "--epochs", Epochs];

    /// <summary>A copy of the run in its state after the first epoch.</summary>
    public string Copy()
    {
        string copy = Folder.File($"copy{copies++}");
        CopyFolder(first, copy);
        return copy;
    }

    public static void CopyFolder(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    /// <summary>The folders of the run's checkpoints that have a manifest; each must be whole.</summary>
    public static string[] ValidCheckpoints(string folder)
    {
        string[] found = [.. Directory.GetDirectories(Path.Combine(folder, "checkpoints")).Where(f => File.Exists(Path.Combine(f, "manifest.json")) && !Path.GetFileName(f).StartsWith('.'))];
        foreach (string checkpoint in found)
            Checkpoint.Open(checkpoint);
        return found;
    }

    /// <summary>The checkpoint that a pointer of a run names.</summary>
    public static string Pointed(string folder, string pointer) => Path.Combine(folder, "checkpoints", File.ReadAllText(Path.Combine(folder, pointer)).Trim());

    /// <summary>Trains the rest and compares with the uninterrupted run.</summary>
    public CommandOutcome EndsWithTheSameBits(string folder)
    {
        CommandOutcome resumed = Run(Rest(folder)).Succeeded();
        Assert.Equal(expected, Results(resumed));
        return resumed;
    }

    /// <summary>The result of a run, compared bit by bit.</summary>
    public static string[] Results(CommandOutcome o)
    {
        JsonElement root = JsonDocument.Parse(o.Out).RootElement;
        return [.. new[] { "weights_hash", "auc", "logloss", "epochs" }.Select(k => root.GetProperty(k).GetRawText())];
    }
}
