using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Engine.Tests.Faults;

public sealed class HostileCheckpointTests(FaultRun run) : IClassFixture<FaultRun>
{
    private const long MostBytes = 64 << 20;

    [Theory]
    [InlineData("../model.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("vocab/../../x")]
    [InlineData("\\u0000")]
    public void Fault07_Names_that_lead_out_of_a_checkpoint_are_refused(string name) =>
        RefusedCheaply(text => text.Replace("\"model.safetensors\"", $"\"{name}\""));

    [Fact]
    public void Fault07_Sizes_that_cannot_be_are_refused()
    {
        RefusedCheaply(text => text.Replace("\"bytes\": ", "\"bytes\": 922337203685477"));
        RefusedCheaply(text => text.Replace("\"rows\": ", "\"rows\": 99999999999"));
        RefusedCheaply(text => text + new string(' ', 17 << 20));
        RefusedCheaply(text => new string('[', 100_000) + text);
    }

    [Fact]
    public void Fault08_Nothing_on_disk_names_a_type_and_nothing_read_asks_for_one()
    {
        string checkpoint = FaultRun.Pointed(run.Copy(), "last");
        string[] known = [".json", ".jsonl", ".safetensors", ".parquet", ".xxh3"];
        foreach (string file in Directory.GetFiles(checkpoint, "*", SearchOption.AllDirectories))
        {
            Assert.Contains(Path.GetExtension(file), known);
            string text = Encoding.Latin1.GetString(File.ReadAllBytes(file));
            foreach (string trace in new[] { "$type", "System.", "GpuCtr.", ", Version=", "!!python" })
                Assert.DoesNotContain(trace, text);
        }

        HashSet<Type> seen = [];
        foreach (Type root in new[] { typeof(CheckpointManifest), typeof(FittedFeatures), typeof(CanaryRow) })
            Visit(root, seen);
        Assert.Contains(typeof(FileDigest), seen);
        foreach (Type type in seen)
        {
            Assert.Empty(type.GetCustomAttributes<JsonDerivedTypeAttribute>());
            Assert.Null(type.GetCustomAttribute<JsonPolymorphicAttribute>());
            Assert.False(type == typeof(object) || type == typeof(Type) || typeof(Delegate).IsAssignableFrom(type), $"{type}");
        }
    }

    /// <summary>All of our types that occur in a stored record.</summary>
    private static void Visit(Type type, HashSet<Type> seen)
    {
        foreach (Type argument in type.GetGenericArguments())
            Visit(argument, seen);
        if (type.IsGenericType || !seen.Add(type) || type.Assembly.GetName().Name?.StartsWith("System", StringComparison.Ordinal) == true)
            return;
        foreach (PropertyInfo property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            Visit(property.PropertyType, seen);
    }

    private void RefusedCheaply(Func<string, string> change)
    {
        string checkpoint = FaultRun.Pointed(run.Copy(), "last"), manifest = Path.Combine(checkpoint, "manifest.json");
        byte[] text = Encoding.UTF8.GetBytes(change(File.ReadAllText(manifest)));
        File.WriteAllBytes(manifest, text);
        // Someone who forges a manifest forges its digest as well.
        File.WriteAllText(Path.Combine(checkpoint, "manifest.xxh3"), FileDigest.Of(text).Xxh3);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Exception? e = Record.Exception(() => Checkpoint.Open(checkpoint).LoadEncoder());
        Assert.True(e is GpuCtrException { Kind: ErrorKind.Data }, e?.ToString() ?? "accepted");
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
    }
}
