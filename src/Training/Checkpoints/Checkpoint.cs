using GpuCtr.Data.Features;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Training.Scoring;

namespace GpuCtr.Training.Checkpoints;

/// <summary>A checkpoint folder: weights and optimizer state, features, manifest. Self-contained: it can be copied anywhere.</summary>
/// <param name="Folder">Full path.</param>
/// <param name="Manifest">What it holds.</param>
internal sealed partial record Checkpoint(string Folder, CheckpointManifest Manifest)
{
    /// <summary>The file that makes a folder a checkpoint.</summary>
    public const string ManifestFile = "manifest.json";

    private const string WeightsFile = "model.safetensors", OptimizerFile = "optimizer.safetensors", DeferredFile = "replay.safetensors", ManifestDigestFile = "manifest.xxh3";

    /// <summary>How values are encoded for this model.</summary>
    /// <exception cref="GpuCtrException">Data: damaged, or not the features of this model.</exception>
    public FeatureEncoder LoadEncoder()
    {
        FeatureEncoder encoder = FeatureEncoder.Load(Folder);
        IEnumerable<string> files = [.. encoder.State.Vocabularies.Select(v => v.File), .. encoder.State.Attributes?.Select(a => a.File) ?? []];
        if (files.FirstOrDefault(f => !Manifest.Files.ContainsKey(f)) is { } loose)
            throw GpuCtrException.DataError($"{Path.Combine(Folder, ManifestFile)}: damaged: it does not list {loose}; use another checkpoint");
        if (encoder.State.VectorColumns.Any(v => v.Computed))
            encoder = encoder.Computing(TrainedVectors.In(Path.Combine(Folder, FeatureEncoder.RowVectorsFolder)), Folder);
        return encoder.IsOf(Manifest.Spec)
            ? encoder
            : throw GpuCtrException.DataError(new DataPlace(Folder), "its features do not match its model; use another checkpoint");
    }

    /// <summary>Puts the weights into a model of the same options.</summary>
    /// <exception cref="GpuCtrException">Data: damaged.</exception>
    public void LoadWeights(TrainableModel model)
    {
        // The update log belongs to the weights that are overwritten.
        model.ApplyDeferred();
        SafeTensors.Read(Path.Combine(Folder, WeightsFile), model.Device, model.Weights);
    }

    /// <summary>Refuses a model that predicts items if a click model is needed.</summary>
    /// <param name="user">What needs it.</param>
    /// <exception cref="GpuCtrException">Usage.</exception>
    public void NeedsClicks(string user)
    {
        if (ModelCatalog.Of(Manifest.Model.Model).PredictsItems)
            throw GpuCtrException.UsageError($"{Folder} is a {Manifest.Model.Model}, which predicts items of sequences; {user} takes models that predict clicks");
    }

    /// <summary>A model with the weights, for prediction only.</summary>
    /// <exception cref="GpuCtrException">Data: damaged.</exception>
    public FrozenModel LoadFrozen(Device device, FeatureSpec spec, int batchSize)
    {
        string weights = Path.Combine(Folder, WeightsFile);
        FrozenModel model;
        try
        {
            model = new(device, spec, Manifest.Model, batchSize, tensors => SafeTensors.Check(weights, tensors));
        }
        catch (KernelException e) when (e is not DeviceException)
        {
            throw GpuCtrException.DataError($"{Path.Combine(Folder, ManifestFile)}: its options contradict each other ({e.Message}); use another checkpoint", e);
        }
        try
        {
            SafeTensors.Read(weights, device, model.Weights);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Puts weights, optimizer state and step count into a model of the same options.</summary>
    /// <exception cref="GpuCtrException">Data: damaged.</exception>
    public void LoadAll(TrainableModel model)
    {
        LoadWeights(model);
        SafeTensors.Read(Path.Combine(Folder, OptimizerFile), model.Device, model.OptimizerStates);
        model.Step = Manifest.Position.Step;
        // With another embedding update, the run resumes from rows that have missed no step.
        if (Manifest.Files.ContainsKey(DeferredFile) && model.DeferredState.Any())
            ReadLaggingState(Folder, model);
    }

    /// <summary>The same for a model whose vocabularies have grown since; new rows keep their initial values.</summary>
    /// <exception cref="GpuCtrException">Data: damaged.</exception>
    public void LoadGrown(TrainableModel model, RowMap rows, bool optimizer)
    {
        SafeTensors.Read(Path.Combine(Folder, WeightsFile), model.Device, model.Weights, rows);
        if (optimizer)
            SafeTensors.Read(Path.Combine(Folder, OptimizerFile), model.Device, model.OptimizerStates, rows);
        model.Step = Manifest.Position.Step;
    }

    /// <summary>Copies only the weights that both models have: those of a factorization machine into an FNN.</summary>
    /// <exception cref="GpuCtrException">Data: damaged.</exception>
    public void LoadShared(TrainableModel model, RowMap rows) => SafeTensors.Read(Path.Combine(Folder, WeightsFile), model.Device, model.Weights, rows, shared: true);

    private static void ReadLaggingState(string folder, TrainableModel model)
    {
        SafeTensors.Read(Path.Combine(folder, DeferredFile), model.Device, model.DeferredState);
        model.DeferredStateRestored();
    }
}
