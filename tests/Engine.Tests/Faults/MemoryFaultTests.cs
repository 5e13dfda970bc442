using System.Globalization;
using System.Text.RegularExpressions;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Faults;

public sealed partial class MemoryFaultTests(FaultRun run) : IClassFixture<FaultRun>
{
    private static readonly string[] options = ["--device", "cpu", "--json"];

    [Fact]
    public void Fault28_A_table_larger_than_memory_is_refused_before_it_is_allocated()
    {
        string folder = run.Folder.File("large");
        long before = Environment.WorkingSet;
        CommandOutcome o = Run(["train", run.Train, "--out", folder, .. options, "--embedding-dim", "4096", "--hash-buckets", "user=20000000"])
            .FailedWith(ExitCode.Device, "the model needs", "MB left", "not even one row fits", "--embedding-dim");
        Assert.Matches(@"\n +\d[\d,.]* MB  embedding\n", o.Error);
        Assert.InRange(Environment.WorkingSet - before, long.MinValue, 2L << 30);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public void Fault28_The_largest_batch_that_fits_is_named_and_fits()
    {
        string folder = run.Folder.File("batch");
        string[] wide = ["train", run.Train, "--out", folder, .. options, "--embedding-dim", "2", "--hidden-units", "65536", "--batch-size"];
        CommandOutcome o = Run([.. wide, "1048576"]).FailedWith(ExitCode.Device, "the largest batch that fits is --batch-size");
        int largest = int.Parse(Largest().Match(o.ErrorLine).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.InRange(largest, 1, 1048575);
        // Twice as many rows do not fit either, and a quarter of them does.
        Run([.. wide, $"{Math.Min(2L * largest, 1048576)}"]).FailedWith(ExitCode.Device, "the largest batch that fits");
        Run([.. wide, $"{Math.Clamp(largest / 4, 1, 128)}"]).Succeeded();
    }

    [GeneratedRegex("--batch-size ([0-9]+)$")]
    private static partial Regex Largest();
}
