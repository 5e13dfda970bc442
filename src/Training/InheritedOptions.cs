using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Data;
using GpuCtr.Data.Options;
using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training;

/// <summary>Options that a new run takes from the run of <c>--init-from</c> unless it sets them: the encoding of values, the model, and its training options. Shards, splits, epochs and the device belong to the new run.</summary>
internal static class InheritedOptions
{
    private static readonly string[] ofRows = [nameof(TrainOptions.ValidFraction), nameof(TrainOptions.ValidLast), nameof(TrainOptions.ValidBy), nameof(TrainOptions.TestLast)];

    /// <summary>The options with which a checkpoint was trained.</summary>
    /// <exception cref="GpuCtrException">Usage: it does not say.</exception>
    public static ConfigFile Of(Checkpoint checkpoint, IReadOnlyList<Option> known)
    {
        if (checkpoint.Manifest.Config?["options"] is not JsonObject told)
            throw GpuCtrException.UsageError($"{checkpoint.Folder} does not contain its training options: an older version wrote it; train it again");
        // A newer version may have trained it, with options that this version does not know.
        JsonObject own = new([.. told.Where(o => o.Key == "shards" || known.Any(k => k.Key == o.Key)).Select(o => KeyValuePair.Create(o.Key, o.Value?.DeepClone()))]);
        return ConfigFile.Of(Path.Combine(checkpoint.Folder, Checkpoint.ManifestFile), JsonSerializer.SerializeToElement(own), known, asTyped: checkpoint.Manifest.Config["format"] is null);
    }

    /// <summary>A request with the inherited options, and a line that names them; empty if nothing is inherited.</summary>
    /// <remarks>A resumed run has already inherited at its start.</remarks>
    /// <exception cref="GpuCtrException">Usage: no such run. Data: damaged.</exception>
    public static (RunRequest Request, string Told) Over(RunRequest request)
    {
        TrainOptions options = request.Options;
        if (options.InitFrom is not { } run || options.Resume && options.Out is { } folder && RunConfig.PathIn(folder) is not null)
            return (request, "");
        Checkpoint from = Checkpoint.Load(run, c => c, "--init-from");
        if (from.Manifest.Config?["options"] is null)
            return (request, "");
        OptionValues theirs = Of(from, request.Known).Given;
        Option[] inherited = [.. request.Known.Where(o => IsInherited(o) && theirs.IsGiven(o) && !request.Given.IsGiven(o))];
        OptionValues values = new(inherited.ToDictionary(o => o.Name, o => theirs.ByName[o.Name]));
        string[] told = [.. inherited.Where(o => !Equals(OptionText.Of(o, values.ByName[o.Name]), OptionText.Of(o, o.Default))).Select(o => $"{o.Flag} {OptionText.Of(o, values.ByName[o.Name])}")];
        return (request with { Options = values.Over(options), Given = request.Given.Over(values) },
            told.Length == 0 ? "" : $"options  of {run}: {string.Join(", ", told)}");
    }

    private static bool IsInherited(Option option) => option.Declaration.OnResume is OnResume.Fixed or OnResume.Accepted && !ofRows.Contains(option.Property);
}
