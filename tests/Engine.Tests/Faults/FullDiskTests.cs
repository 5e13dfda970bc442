using GpuCtr.Data.Parquet;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Faults;

public sealed class FullDiskTests(FaultRun run) : IClassFixture<FaultRun>
{
    private const int DiskBytes = 1 << 20, PageBytes = 4096;

    [SkippableFact]
    public void Fault09_A_full_disk_leaves_the_old_checkpoint_and_says_what_is_needed()
    {
        string disk = Directory.CreateDirectory(run.Folder.File("disk")).FullName, folder = Path.Combine(disk, "run");
        int code = Mount("mount", "-t", "tmpfs", "-o", $"size={DiskBytes}", "none", disk);
        Skip.If(code != 0, "this machine does not allow mounting a tmpfs");
        try
        {
            int full = 0, told = 0;
            bool fits = false;
            for (int room = 0; !fits; room += Campaign.Stride(2) * PageBytes)
            {
                FaultRun.CopyFolder(run.Copy(), folder);
                Fill(disk, room);
                CommandOutcome o = Run(FaultRun.Rest(folder));
                fits = o.Code == 0;
                if (!fits)
                {
                    o.FailedWith(ExitCode.InputOutput, folder);
                    full++;
                    told += o.ErrorLine.Contains("MB are free; earlier checkpoints are intact") ? 1 : 0;
                }

                Assert.NotEmpty(FaultRun.ValidCheckpoints(folder));
                File.Delete(Path.Combine(disk, "filler"));
                run.EndsWithTheSameBits(folder);
                Directory.Delete(folder, recursive: true);
            }

            Assert.True(full > 3 && told > 1, $"{full} runs found the disk full, {told} of them while saving");
        }
        finally
        {
            Mount("umount", disk);
        }
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(12)]
    public void Fault09_A_full_disk_leaves_nothing_of_predictions(int pages)
    {
        string disk = Directory.CreateDirectory(run.Folder.File($"scores{pages}")).FullName, shard = PlantedShards.Write(run.Folder.File($"many{pages}.parquet"), 20_000, 3);
        Skip.If(Mount("mount", "-t", "tmpfs", "-o", $"size={DiskBytes}", "none", disk) != 0, "this machine does not allow mounting a tmpfs");
        try
        {
            Fill(disk, pages * PageBytes);
            string[] predict = ["predict", "--model", run.Copy(), shard, "--out", Path.Combine(disk, "scores.parquet"), "--device", "cpu"];
            Run(predict).FailedWith(ExitCode.InputOutput, "scores.parquet: cannot be written", "it needs 0.1 MB and ", " MB are free; nothing was left there");
            Assert.Equal(["filler"], Directory.GetFileSystemEntries(disk).Select(Path.GetFileName));
            File.Delete(Path.Combine(disk, "filler"));
            Run(predict).Succeeded();
            Assert.Equal(["scores.parquet"], Directory.GetFileSystemEntries(disk).Select(Path.GetFileName));
        }
        finally
        {
            Mount("umount", disk);
        }
    }

    /// <summary>Fills the disk except for some pages.</summary>
    private static void Fill(string disk, int room)
    {
        long free = new DriveInfo(disk).AvailableFreeSpace;
        File.WriteAllBytes(Path.Combine(disk, "filler"), new byte[Math.Max(0, free - room)]);
    }

    private static int Mount(params string[] command)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "mounts a tmpfs");
        return ChildProcess.Run(command).Code;
    }
}
