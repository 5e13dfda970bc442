using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests.Library;

/// <summary>What a program does with a trained run.</summary>
public sealed class CtrRunsTests(TrainedRun run) : OwnFolder, IClassFixture<TrainedRun>
{
    [Theory]
    [InlineData("onnx")]
    [InlineData("safetensors")]
    public async Task An_export_is_that_of_the_command_byte_for_byte(string format)
    {
        string typed = Folder.File("typed/model"), called = Folder.File("called/model");
        Run("export", "--model", run.Run, "--format", format, "--out", typed).Succeeded();
        ExportResult result = await CtrRuns.ExportAsync(new ExportOptions { Model = run.Run, Format = format, Out = called });
        Assert.Equal((called, format, "deepfm", new FileInfo(called).Length), (result.Out, result.Format, result.Model, result.Bytes));
        Assert.Equal(File.ReadAllBytes(typed), File.ReadAllBytes(called));
        Assert.Equal(Files(Path.ChangeExtension(typed, ".features")), Files(result.Features));
    }

    [Fact]
    public async Task An_export_that_cannot_be_says_why_and_leaves_nothing()
    {
        string path = Folder.File("new/model.onnx");
        async Task<GpuCtrException> Fails(ExportOptions options) => await Assert.ThrowsAsync<GpuCtrException>(() => CtrRuns.ExportAsync(options));
        Assert.Equal(ErrorKind.Usage, (await Fails(new ExportOptions())).Kind);
        Assert.Equal(ErrorKind.Usage, (await Fails(new ExportOptions { Model = run.Run, Format = "pickle", Out = path })).Kind);
        Assert.Equal(ErrorKind.Usage, (await Fails(new ExportOptions { Model = Folder.File("absent"), Out = path })).Kind);
        Assert.False(Directory.Exists(Folder.File("new")));
        using CancellationTokenSource stop = new();
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CtrRuns.ExportAsync(new ExportOptions { Model = run.Run, Out = path }, null, stop.Token));
        Assert.False(File.Exists(path));
    }

    private static string[] Files(string folder) =>
        [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(f => $"{Path.GetRelativePath(folder, f)} {Convert.ToHexString(File.ReadAllBytes(f))}")];
}
