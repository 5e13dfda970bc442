using System.Buffers.Binary;
using GpuCtr.Training.Checkpoints;
using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Engine.Tests.Faults;

public sealed class DamagedFileTests(FaultRun run) : IClassFixture<FaultRun>
{
    private const int PayloadBits = 1_000, Cuts = 500;

    [Fact]
    public void Fault05_Every_header_byte_and_any_payload_bit_is_protected()
    {
        string checkpoint = FaultRun.Pointed(run.Copy(), "last");
        Random random = new(5);
        foreach (string name in new[] { "manifest.json", "manifest.xxh3", "model.safetensors", "optimizer.safetensors" })
        {
            string path = Path.Combine(checkpoint, name);
            byte[] good = File.ReadAllBytes(path);
            bool tensors = name.EndsWith(".safetensors", StringComparison.Ordinal);
            int header = tensors ? 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(good) : name == "manifest.xxh3" ? 16 : good.Length;
            IEnumerable<int> places = Enumerable.Range(0, header).Concat(tensors ? Enumerable.Range(0, PayloadBits / 2).Select(_ => random.Next(header, good.Length)) : []);
            foreach (int at in places)
                Refused(checkpoint, path, good, b => b[at] ^= (byte)(1 << random.Next(8)), $"{name}, byte {at}");
            File.WriteAllBytes(path, good);
        }

        Checkpoint.Open(checkpoint);
    }

    [Fact]
    public void Fault05_A_damaged_checkpoint_gives_way_to_the_one_before_it()
    {
        string copy = run.Copy();
        Run([.. FaultRun.Rest(copy), "--checkpoint-every", "4"]).Succeeded();
        string last = FaultRun.Pointed(copy, "last"), model = Path.Combine(last, "model.safetensors");
        byte[] bytes = File.ReadAllBytes(model);
        bytes[^1] ^= 1;
        File.WriteAllBytes(model, bytes);
        CommandOutcome resumed = run.EndsWithTheSameBits(copy);
        Assert.Contains($"warning: {model}: damaged", resumed.Error);
        Assert.Contains("continuing from", resumed.Error);
        Assert.Contains("resuming after step 28 ", resumed.Error);
        FaultRun.ValidCheckpoints(copy);
    }

    [Fact]
    public void Fault05_A_damaged_best_checkpoint_does_not_end_a_run()
    {
        string copy = run.Copy(), best = FaultRun.Pointed(copy, "best");
        Run([.. FaultRun.Rest(copy), "--lr", "0", "--allow-changed", "lr"]).Succeeded();
        Assert.Equal(best, FaultRun.Pointed(copy, "best"));
        File.Delete(Path.Combine(best, "features.json"));
        CommandOutcome resumed = Run("train", "--resume", "--out", copy, "--epochs", "3").Succeeded();
        Assert.Contains("the best checkpoint is lost", resumed.Error);
        Run("evaluate", "--model", copy, run.Test, "--device", "cpu").Succeeded();
    }

    [Fact]
    public void Fault06_Every_cut_names_the_file_and_both_sizes()
    {
        string checkpoint = FaultRun.Pointed(run.Copy(), "last");
        string[] files = [.. Directory.GetFiles(checkpoint, "*", SearchOption.AllDirectories).Where(f => !Path.GetFileName(f).StartsWith("manifest", StringComparison.Ordinal))];
        int cuts = 0;
        foreach (string path in files)
        {
            byte[] good = File.ReadAllBytes(path);
            int each = Cuts / files.Length + 1;
            for (int i = 0; i < each; i++, cuts++)
            {
                int length = (int)((long)good.Length * i / each);
                File.WriteAllBytes(path, good[..length]);
                GpuCtrException failure = Assert.Throws<GpuCtrException>(() => Checkpoint.Open(checkpoint));
                Assert.Equal(ErrorKind.Data, failure.Kind);
                Assert.StartsWith($"{path}: {length} bytes, expected {good.Length} bytes", failure.Message);
            }

            File.WriteAllBytes(path, good);
        }

        Assert.InRange(cuts, Cuts, 2 * Cuts);
        string manifest = Path.Combine(checkpoint, "manifest.json");
        byte[] text = File.ReadAllBytes(manifest);
        for (int length = 0; length < text.Length; length += 7)
            Refused(checkpoint, manifest, text[..length], _ => { }, $"manifest.json, {length} bytes");
    }

    private static void Refused(string checkpoint, string path, byte[] good, Action<byte[]> damage, string what)
    {
        byte[] bad = [.. good];
        damage(bad);
        File.WriteAllBytes(path, bad);
        Exception? e = Record.Exception(() => Checkpoint.Open(checkpoint));
        Assert.True(e is GpuCtrException { Kind: ErrorKind.Data }, $"{what}: {e?.ToString() ?? "accepted"}");
    }
}
