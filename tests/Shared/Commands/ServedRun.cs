using System.Text.Json.Nodes;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Tests;

/// <summary>A run folder into which other runs' best checkpoints are published, as training does: the whole checkpoint, then the pointer.</summary>
public sealed class ServedRun : OwnFolder
{
    private int published;

    public string Path => Folder.File("served");

    private static string Best(string run) => RunFolder.Resolve(run);

    /// <summary>Publishes the best checkpoint of a run under a new name.</summary>
    /// <param name="run">The run.</param>
    /// <param name="spoil">Changes the copy before it is published.</param>
    public string Publish(string run, Action<string>? spoil = null)
    {
        string name = $"{++published}", copy = System.IO.Path.Combine(Path, "checkpoints", name);
        foreach (string file in Directory.GetFiles(Best(run), "*", SearchOption.AllDirectories))
        {
            string to = System.IO.Path.Combine(copy, System.IO.Path.GetRelativePath(Best(run), file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        // Two copies of one checkpoint would have the same content, so each gets a different position.
        ChangeManifest(copy, manifest => manifest["position"]!["step"] = published);
        spoil?.Invoke(copy);
        PointerFile.Replace(System.IO.Path.Combine(Path, RunFolder.Best), name);
        return copy;
    }

    /// <summary>Changes a manifest and the hash beside it.</summary>
    public static void ChangeManifest(string checkpoint, Action<JsonNode> change)
    {
        string path = System.IO.Path.Combine(checkpoint, Checkpoint.ManifestFile);
        JsonNode manifest = JsonNode.Parse(File.ReadAllText(path))!;
        change(manifest);
        File.WriteAllText(path, manifest.ToJsonString());
        File.WriteAllText(System.IO.Path.Combine(checkpoint, "manifest.xxh3"), FileDigest.Of(path).Xxh3);
    }

    /// <summary>Gives canary rows other scores, and the manifest the hashes of that.</summary>
    public static void ChangeScores(string checkpoint, Func<double, double> change)
    {
        string path = System.IO.Path.Combine(checkpoint, CanaryRow.File);
        JsonNode[] rows = [.. File.ReadAllLines(path).Select(l => JsonNode.Parse(l)!)];
        foreach (JsonNode row in rows)
            row["score"] = change((double)row["score"]!);
        File.WriteAllLines(path, rows.Select(r => r.ToJsonString()));
        FileDigest digest = FileDigest.Of(path);
        ChangeManifest(checkpoint, manifest => manifest["files"]![CanaryRow.File] = new JsonObject { ["bytes"] = digest.Bytes, ["xxh3"] = digest.Xxh3 });
    }
}
