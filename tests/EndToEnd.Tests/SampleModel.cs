using GpuCtr.Engine;

namespace GpuCtr.EndToEnd.Tests;

/// <summary>A small model trained on the sample shards.</summary>
public sealed class SampleModel : IDisposable
{
    public SampleModel()
    {
        using StringWriter stdout = new(), stderr = new();
        int code = Program.Run(["train", Repository.File("samples", "criteo-small", "shard-0.parquet"), "--hidden-units", "16", "--embedding-dim", "4", "--device", "cpu", "--out", Run], stdout, stderr);
        Assert.True(code == 0, stderr.ToString());
    }

    public TempFolder Folder { get; } = new();

    public string Run => Folder.File("run");

    public void Dispose() => Folder.Dispose();
}
