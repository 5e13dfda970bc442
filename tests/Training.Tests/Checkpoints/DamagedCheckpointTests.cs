using GpuCtr.Engine;
using GpuCtr.Training.Checkpoints;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests.Checkpoints;

public sealed class DamagedCheckpointTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("optimizer.safetensors")]
    [InlineData("features.json")]
    [InlineData("vocab/000_item.parquet")]
    public void Flipped_bits_and_cut_files_are_refused(string file)
    {
        using TempFolder copy = CopyOfBest();
        string path = copy.File(file);
        byte[] good = File.ReadAllBytes(path);
        Random random = new(3);
        for (int i = 0; i < 20; i++)
        {
            byte[] bad = [.. good];
            bad[i < 4 ? i : random.Next(good.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(path, bad);
            Run("evaluate", "--model", copy.Path, run.Test, "--device", "cpu").FailedWith(ExitCode.Data, Path.GetFileName(file));
        }

        File.WriteAllBytes(path, good[..(good.Length / 2)]);
        Run("evaluate", "--model", copy.Path, run.Test, "--device", "cpu").FailedWith(ExitCode.Data, $"{good.Length / 2} bytes, expected {good.Length}");
        File.Delete(path);
        Run("evaluate", "--model", copy.Path, run.Test, "--device", "cpu").FailedWith(ExitCode.Data, "missing");
    }

    [Fact]
    public void A_damaged_manifest_is_refused()
    {
        using TempFolder copy = CopyOfBest();
        string text = File.ReadAllText(copy.File("manifest.json"));
        foreach (string bad in new[] { "", "{}", "[1]", text[..(text.Length / 2)], text.Replace($"\"format\": {CheckpointManifest.CurrentFormat}", "\"format\": 99"), text.Replace("\"model.safe", "\"../model.safe") })
        {
            File.WriteAllText(copy.File("manifest.json"), bad);
            Run("evaluate", "--model", copy.Path, run.Test, "--device", "cpu").FailedWith(ExitCode.Data);
        }
    }

    [Fact]
    public void A_checkpoint_can_be_moved_anywhere()
    {
        using TempFolder copy = CopyOfBest();
        Run("evaluate", "--model", copy.Path, run.Test, "--device", "cpu").Succeeded();
    }

    private TempFolder CopyOfBest()
    {
        TempFolder copy = new();
        string best = Path.Combine(run.Run, "checkpoints", File.ReadAllText(Path.Combine(run.Run, "best")).Trim());
        foreach (string file in Directory.GetFiles(best, "*", SearchOption.AllDirectories))
        {
            string target = copy.File(Path.GetRelativePath(best, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }

        return copy;
    }
}
