namespace GpuCtr.EndToEnd.Tests;

/// <summary>A small model trained on the sample shards.</summary>
public sealed class SampleModel : OwnFolder
{
    public SampleModel()
    {
        CommandRunner.Run("train", Repository.File("samples", "criteo-small", "shard-0.parquet"), "--hidden-units", "16", "--embedding-dim", "4", "--device", "cpu", "--out", Run).Succeeded();
    }

    public string Run => Folder.File("run");
}
