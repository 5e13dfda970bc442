using GpuCtr.Kernels.Devices;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Commands;

public sealed class BadInputTests : OwnFolder
{
    private CommandOutcome Train(params string[] args) => Run(["train", .. args, "--out", Folder.File("run"), "--device", "cpu"]);

    private string Good() => PlantedShards.Write(Folder.File("good.parquet"), 500, 1);

    [Fact]
    public void Missing_files_empty_globs_and_empty_folders_are_usage()
    {
        Train(Folder.File("none.parquet")).FailedWith(ExitCode.Usage, "none.parquet", "no such file");
        Train(Folder.File("*.parquet")).FailedWith(ExitCode.Usage, "no file matches");
        Directory.CreateDirectory(Folder.File("empty"));
        Train(Folder.File("empty")).FailedWith(ExitCode.Usage, "empty", "no *.parquet");
    }

    [Fact]
    public void Missing_columns_are_usage()
    {
        string shard = new TestShard().Column("target", 0, 1).Column("a", 1, 2).Write(Folder.File("x.parquet"));
        Train(shard).FailedWith(ExitCode.Usage, "--label", "target");
        Train(shard, "--label", "clicks").FailedWith(ExitCode.Usage, "clicks", "no such column");
        Train(shard, "--label", "target", "--exclude", "b").FailedWith(ExitCode.Usage, "--exclude b");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-1)]
    public void Labels_other_than_0_and_1_are_data(int bad)
    {
        string shard = new TestShard().Column("label", 0, 1, bad).Column("a", 1, 2, 3).Write(Folder.File("x.parquet"));
        Train(shard).FailedWith(ExitCode.Data, "x.parquet", "label", "row 2", $"{bad}");
    }

    [Fact]
    public void Numbers_that_are_not_finite_are_data()
    {
        string shard = new TestShard().Column("label", 0, 1, 0).Column("price", 1f, float.NaN, 2f).Write(Folder.File("x.parquet"));
        Train(shard).FailedWith(ExitCode.Data, "x.parquet", "price", "row 1", "NaN");
        Train(shard, "--bad-rows", "1", "--valid-fraction", "0").Succeeded();
    }

    [Fact]
    public void A_text_file_is_data()
    {
        File.WriteAllText(Folder.File("x.parquet"), "label,a\n1,2\n");
        Train(Folder.File("x.parquet")).FailedWith(ExitCode.Data, "x.parquet");
    }

    [Fact]
    public void Shards_that_differ_are_data()
    {
        new TestShard().Column("label", 0, 1).Column("a", 1, 2).Write(Folder.File("x1.parquet"));
        new TestShard().Column("label", 0, 1).Column("b", 1, 2).Write(Folder.File("x2.parquet"));
        Train(Folder.File("x*.parquet")).FailedWith(ExitCode.Data, "x2.parquet", "'a'");
    }

    [SkippableFact]
    public void Devices_that_are_not_there_are_named()
    {
        Run("train", Good(), "--device", "tpu").FailedWith(ExitCode.Usage, "--device tpu");
        Skip.If(DeviceCatalog.List().Any(d => d.Spec.StartsWith("cuda", StringComparison.Ordinal)), "this machine has a CUDA device");
        Run("train", Good(), "--device", "cuda", "--out", Folder.File("run")).FailedWith(ExitCode.Device, "cuda", "found: ", "cpu");
        Assert.False(Directory.Exists(Folder.File("run")));
    }

    [Fact]
    public void An_output_folder_that_is_not_writable_is_input_output()
    {
        File.WriteAllText(Folder.File("file"), "");
        Run("train", Good(), "--device", "cpu", "--out", Folder.File("file")).FailedWith(ExitCode.InputOutput, "--out", "file");
        Run("train", Good(), "--device", "cpu", "--out", Folder.File("file/below")).FailedWith(ExitCode.InputOutput, "--out");
    }

    [Theory]
    [InlineData("--epochs", "0")]
    [InlineData("--epochs", "many")]
    [InlineData("--lr", "-1")]
    [InlineData("--lr", "NaN")]
    [InlineData("--dropout", "1")]
    [InlineData("--optimizer", "lion")]
    [InlineData("--model", "transformer")]
    [InlineData("--embedding-update", "eager")]
    [InlineData("--monitor", "gauc")]
    [InlineData("--hidden-units", "400,none")]
    [InlineData("--lr-steps", "3=0.1")]
    [InlineData("--memory", "lots")]
    [InlineData("--bad-rows", "few")]
    [InlineData("--hash-buckets", "user=0")]
    [InlineData("--embedding-l2-scope", "full")]
    [InlineData("--numeric-transform", "cube")]
    [InlineData("--optimizer", "ftrl")]
    [InlineData("--optimizer", "rowwiseadagrad")]
    [InlineData("--momentum", "1")]
    [InlineData("--momentum", "0.9")]
    [InlineData("--first-order-ftrl", "0.1,0")]
    [InlineData("--first-order-ftrl", "0,0,0")]
    [InlineData("--first-order-ftrl", "0.1,-1,0")]
    [InlineData("--first-order-ftrl", "0.1,0,0,0")]
    [InlineData("--cross-layers", "0")]
    [InlineData("--cross-rank", "-1")]
    [InlineData("--transformer-blocks", "0")]
    [InlineData("--attention-heads", "-1")]
    [InlineData("--auxiliary-loss", "-1")]
    [InlineData("--gru-hidden", "-1")]
    [InlineData("--valid-fraction", "1")]
    public void Values_that_cannot_be_are_usage_and_name_the_flag(string flag, string value)
    {
        CommandOutcome o = Train(Good(), flag, value).FailedWith(ExitCode.Usage, flag);
        Assert.True(o.ErrorLine.Length < 300);
        Assert.False(Directory.Exists(Folder.File("run")));
    }

    [Fact]
    public void Models_that_are_not_there_are_usage()
    {
        Run("evaluate", "--model", Folder.File("none"), Good()).FailedWith(ExitCode.Usage, "--model", "no such run");
        Run("evaluate", "--model", Folder.Path, Good()).FailedWith(ExitCode.Usage, "--model", "neither a run");
        Run("evaluate", Good()).FailedWith(ExitCode.Usage, "--model");
    }
}
