using System.Security.Cryptography;
using System.Text.Json;
using GpuCtr.Data.Features;
using GpuCtr.Engine;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training.Tests.Export;

public sealed class PyTorchTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    [Fact]
    public void Names_and_shapes_are_those_of_a_state_dict()
    {
        string path = Export();
        using FileStream file = File.OpenRead(path);
        IReadOnlyDictionary<string, SafeTensorsEntry> entries = SafeTensorsHeader.Read(path, file).Entries;
        Assert.Equal(["bias", "embedding.weight", "first_order.weight", "mlp.0.bias", "mlp.0.weight", "mlp.1.bias", "mlp.1.weight", "mlp.out.weight", "numeric.vectors", "numeric.weights"],
            entries.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([32], entries["mlp.0.bias"].Shape);
        Assert.Equal([1, 16], entries["mlp.out.weight"].Shape);
        Assert.Equal([3, 4], entries["numeric.vectors"].Shape);
    }

    /// <summary>The exported file has every number of the weights, whatever their names are there.</summary>
    internal static void AssertHasAllWeights(string run)
    {
        string path = $"{run}-weights.safetensors", checkpoint = RunFolder.Resolve(run);
        CommandRunner.Run("export", "--model", run, "--format", "safetensors", "--out", path).Succeeded();
        Assert.Equal(Tensors(Path.Combine(checkpoint, "model.safetensors")), Tensors(path));

        static string[] Tensors(string file)
        {
            using FileStream stream = File.OpenRead(file);
            SafeTensorsHeader header = SafeTensorsHeader.Read(file, stream);
            byte[] all = File.ReadAllBytes(file);
            return [.. header.Entries.Values.Select(e => Convert.ToHexString(SHA256.HashData(all.AsSpan((int)(header.DataStart + e.Begin), (int)(e.End - e.Begin))))).Order(StringComparer.Ordinal)];
        }
    }

    [SkippableFact]
    public void The_loader_in_the_documentation_rebuilds_the_model()
    {
        string path = Export(), script = run.Folder.File("loader.py"), rows = run.Folder.File("rows.json");
        File.WriteAllText(script, $"{Loader()}\nrows = json.load(open('{rows}'))\nprint(json.dumps(DeepFM('{path}')(torch.tensor(rows['ids']), torch.tensor(rows['x'])).tolist()))\n");
        using CtrModel model = CtrModel.Load(run.Run);
        FeatureRow[] filled = [.. Enumerable.Range(0, 200).Select(i => model.NewRow().Set("item", 1_000_000_007L * (i % 110)).Set("site", $"site{i % 9}").Set("price", i / 50.0))];
        float[] expected = new float[filled.Length];
        model.Score(filled, expected);
        File.WriteAllText(rows, JsonSerializer.Serialize(new { ids = filled.Select(r => r.Ids.ToArray()), x = filled.Select(r => r.Numbers.ToArray()) }));
        float[] found = JsonSerializer.Deserialize<float[]>(Python(script))!;
        Assert.All(expected.Zip(found), p => Assert.Equal(p.First, p.Second, 1e-5f));
        Assert.True(expected.Distinct().Count() > 100);
    }

    private string Export()
    {
        string path = run.Folder.File($"{Guid.NewGuid():N}.safetensors");
        CommandRunner.Run("export", "--model", run.Run, "--format", "safetensors", "--out", path).Succeeded();
        return path;
    }

    private static string Loader() => File.ReadAllText(Repository.File("docs/export.md")).Split("```python\n")[1].Split("```")[0];

    private static string Python(string script)
    {
        string? python = new[] { "python3", "/usr/bin/python3" }.FirstOrDefault(p => ChildProcess.Works(p, "-c", "import torch"));
        Skip.If(python is null, "no python3 with torch: apt-get install python3-torch lets this test run the loader");
        return ChildProcess.Run(python!, script).Succeeded().Out;
    }
}
