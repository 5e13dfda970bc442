using System.Text.Json;
using GpuCtr.Data;
using GpuCtr.Training.Checkpoints;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Faults;

public sealed class ReleasedFormatTests(FaultRun run) : IClassFixture<FaultRun>
{
    public static TheoryData<int> Formats => [.. Enumerable.Range(1, CheckpointManifest.CurrentFormat)];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Fault14_Every_format_that_was_ever_written_is_read(int format)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "released", $"format{format}");
        Assert.Equal(format, Checkpoint.Open(folder).Manifest.Format);
        CommandOutcome o = Run("evaluate", "--model", folder, Path.Combine(AppContext.BaseDirectory, "released", "rows.parquet"), "--device", "cpu", "--json").Succeeded();
        JsonElement actual = JsonDocument.Parse(o.Out).RootElement, expected = JsonDocument.Parse(File.ReadAllText(folder + ".json")).RootElement;
        Assert.Equal(expected.GetProperty("weights_hash").GetString(), actual.GetProperty("weights_hash").GetString());
        // Processors with other vector widths sum in another order.
        Assert.Equal(expected.GetProperty("logloss").GetDouble(), actual.GetProperty("logloss").GetDouble(), 5);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Fault14_Training_starts_from_every_format(int format)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "released", $"format{format}"), rows = Path.Combine(AppContext.BaseDirectory, "released", "rows.parquet");
        CommandOutcome o = Run(
            "train", rows, "--init-from", folder, "--out", run.Folder.File($"from{format}"), "--model", "din", "--embedding-dim", "2", "--hidden-units", "4",
            "--attention-units", "4", "--batch-norm", "--batch-size", "64", "--valid-fraction", "0", "--device", "cpu").Succeeded();
        Assert.Contains("table rows kept", o.Error);
    }

    [Fact]
    public void Fault14_A_later_format_says_which_version_wrote_it()
    {
        string manifest = Path.Combine(FaultRun.Pointed(run.Copy(), "last"), "manifest.json");
        string text = File.ReadAllText(manifest).Replace($"\"format\": {CheckpointManifest.CurrentFormat}", "\"format\": 99").Replace("\"version\": \"", "\"version\": \"9.");
        File.WriteAllText(manifest, text);
        File.WriteAllText(Path.Combine(Path.GetDirectoryName(manifest)!, "manifest.xxh3"), FileDigest.Of(System.Text.Encoding.UTF8.GetBytes(text)).Xxh3);
        Run("evaluate", "--model", Path.GetDirectoryName(manifest)!, run.Test, "--device", "cpu").FailedWith(ExitCode.Data, "format 99", "reads formats 1 to", "(9.");
    }
}
