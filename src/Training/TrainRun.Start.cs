using System.Text.Json.Nodes;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Kernels.Devices;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training;

/// <content>From options to a started run: checks the options, opens the folder, finds the weights of another run.</content>
internal sealed partial class TrainRun
{
    /// <summary>Starts or resumes a run and trains it to its end.</summary>
    /// <param name="request">The request.</param>
    /// <param name="runLog">The output of the run.</param>
    /// <param name="stop">Stops it after a step, with a checkpoint.</param>
    /// <param name="afterStep">Called after every step.</param>
    /// <exception cref="GpuCtrException">Whatever ends the run.</exception>
    /// <exception cref="DeviceException">The device was not found.</exception>
    public static TrainingResult Start(RunRequest request, RunLog runLog, CancellationToken stop, Action? afterStep = null) => Start(request, runLog, stop, null, afterStep);

    /// <summary>The same with state shared by other runs; <paramref name="shared"/> may be null.</summary>
    public static TrainingResult Start(RunRequest request, RunLog runLog, CancellationToken stop, Workbench? shared, Action? afterStep = null)
    {
        (request, string inherited) = InheritedOptions.Over(request);
        TrainOptions options = request.Options;
        TrainSettings settings = TrainSettings.Of(options);
        string[] allowedChanges = RunConfig.AllowedChanges(request);
        // What a model predicts does not depend on the columns, so this also holds for the model chosen from them.
        ReadOptions.Check(request, settings);
        using RunShards shards = RunShards.Open(settings, stop);
        if (options.Importance && shards.Test is null && options.TestLast is null && !settings.Validates(shards))
            throw GpuCtrException.UsageError("--importance needs rows that were not trained on: name shards with --test or --valid");
        (request, IReadOnlyList<AutomaticDefault> chosen) = AutomaticDefaults.Resolve(request, DefaultFacts.Of(options, shards, settings.Validates(shards)));
        settings = TrainSettings.Of(request.Options).For(shards.ModelName);
        using Workbench? own = shared is null ? new Workbench(options.Device.Open()) : null;
        Workbench bench = shared ?? own!;
        CheckOut(options.Out ?? Path.Combine(RunFolder.Unnamed, "new"), settings, shards);
        using RunFolder folder = RunFolder.Create(options.Out, mayHoldRun: options.Resume || options.Overwrite, mayHoldOthers: options.Overwrite);
        if (options.Resume)
            RunConfig.CheckSame(folder, request, allowedChanges, settings, shards, runLog);
        Checkpoint? from = options.Resume ? Resumption.Find(folder, runLog) : null;
        WarmStart? warm = from is null && options.InitFrom is { } other ? WarmStart.Open(other, settings.Model, options.ForgetAfter) : null;
        IReadOnlyList<InitialEmbedding> initial = from is null ? [.. FeatureOptions.Pairs(options.InitEmbedding).Select(p => InitialEmbedding.Open(p.Column, p.Value))] : [];
        JsonObject config = RunConfig.Of(request, bench.Device, shards, settings);
        TrainRun run = new(settings, bench, folder, runLog, stop) { Config = config, Chosen = chosen, InitialEmbeddings = initial, Without = request.Without, Begun = () => Begin(folder, runLog, config, inherited), AfterStep = afterStep };
        return run.Run(shards, from, warm);
    }

    /// <summary>Refuses outputs that are inputs of this run or would be inputs of the next one.</summary>
    private static void CheckOut(string folder, TrainSettings settings, RunShards shards)
    {
        TrainOptions options = settings.Options;
        IEnumerable<string> inputs = new[] { shards.Files.Train, shards.Files.Valid, shards.Files.Test }.OfType<ShardSet>().SelectMany(s => s.Shards).Select(s => s.Path);
        if (options.Overwrite && options.InitFrom is { } other)
            inputs = inputs.Append(RunFolder.Resolve(other, "--init-from"));
        OutputPath.RefuseInputs("--out", RunFolder.Replaced(folder), inputs);
        string[] patterns = [.. options.Shards, .. options.Valid, .. options.Test];
        OutputPath.RefuseNextInputs("--out", RunFolder.VocabularyIn(folder), patterns);
        if (settings.FitCache is { } cache)
            OutputPath.RefuseNextInputs("--fit-cache", RunFolder.VocabularyIn(cache), patterns);
    }

    private static void Begin(RunFolder folder, RunLog runLog, JsonObject config, string inherited)
    {
        RunConfig.Write(folder, config);
        runLog.Attach(folder.File(RunFolder.Log));
        if (inherited.Length > 0)
            runLog.Line(inherited);
    }
}
