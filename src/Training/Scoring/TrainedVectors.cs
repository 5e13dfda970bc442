using GpuCtr.Data;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training.Scoring;

/// <summary>The last hidden layer of a trained model of clicks as a vector of each row. It runs on the CPU with one thread, so it has the same bits wherever the model that reads it runs.</summary>
internal sealed class TrainedVectors : IRowVectors
{
    /// <summary>Name of the column in the features of the model that reads it.</summary>
    public const string Column = "prm_from";

    private const int BatchRows = 512;

    private readonly Device device;
    private readonly FrozenModel model;
    private readonly CheckpointManifest manifest;
    private readonly Lock turn = new();
    private readonly Batch batch;
    private readonly float[] vectors; // (BatchRows, Width)

    private TrainedVectors(Device device, Checkpoint checkpoint)
    {
        (this.device, manifest, Encoder) = (device, checkpoint.Manifest, checkpoint.LoadEncoder());
        model = checkpoint.LoadFrozen(device, Encoder.Spec, BatchRows);
        Width = model.Hidden?.Columns ?? 0;
        batch = new Batch(device, model.Spec, BatchRows);
        vectors = new float[BatchRows * Width];
    }

    /// <summary>The model.</summary>
    public FrozenModel Model => model;

    /// <summary>Its own encoding of the columns.</summary>
    public FeatureEncoder Encoder { get; }

    /// <inheritdoc/>
    public string Name => Column;

    /// <inheritdoc/>
    public int Width { get; }

    /// <inheritdoc/>
    public long Bytes => Encoder.Bytes + model.MemoryPlan.Sum(p => p.Bytes);

    /// <summary>The model that a run has trained.</summary>
    /// <param name="path">The run (its best checkpoint), a pointer or a checkpoint.</param>
    /// <exception cref="GpuCtrException">Usage: no such run, or its model makes no vectors of rows. Data: damaged.</exception>
    public static TrainedVectors Of(string path) => Checkpoint.Load(path, checkpoint =>
    {
        string name = checkpoint.Manifest.Model.Model;
        if (ModelCatalog.Of(name) is { PredictsItems: true } or { RanksLists: true })
            throw GpuCtrException.UsageError($"--prm-from {path}: it is a {name}, but the vector of a row must come from a model that scores rows one by one, such as din or deepfm");
        TrainedVectors vectors = Load(checkpoint);
        if (vectors.Width > 0)
            return vectors;
        vectors.Dispose();
        throw GpuCtrException.UsageError($"--prm-from {path}: this {name} has no hidden layer before its logit; take a model with an MLP, such as din or deepfm");
    }, "--prm-from");

    /// <summary>The model in a folder that <see cref="Save"/> wrote.</summary>
    /// <exception cref="GpuCtrException">Data: damaged or missing.</exception>
    public static TrainedVectors In(string folder) => Load(Checkpoint.OpenForPrediction(folder));

    private static TrainedVectors Load(Checkpoint checkpoint)
    {
        Device device = Device.Open("cpu", threads: 1);
        try
        {
            return new TrainedVectors(device, checkpoint);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Check(ShardSet shards) => Encoder.Check(shards, needLabel: false);

    /// <inheritdoc/>
    public void Save(string folder) => Checkpoint.WriteForPrediction(folder, model, Encoder, manifest);

    /// <inheritdoc/>
    public void Compute(ShardSet shards, RowGroupRef group, bool tolerant, Span<float> to, int stride, int place)
    {
        EncodedBlock block = new BlockEncoder(shards, Encoder, needLabel: false, tolerant, training: false).Encode(group);
        ShuffleWindow window = ShuffleWindow.Of([block], RowPart.All);
        BatchBuilder builder = new(model.Spec, RowPart.All);
        lock (turn)
        {
            for (int first = 0; first < window.Order.Length; first += BatchRows)
            {
                int count = Math.Min(BatchRows, window.Order.Length - first);
                builder.Start(batch);
                builder.Append(batch, window, first, count);
                ReadBatch();
                for (int i = 0; i < count; i++)
                    Vector(i).CopyTo(to[(window.Order[first + i] * stride + place)..]);
            }
        }
    }

    /// <summary>Computes the vectors of single rows. Allocates nothing.</summary>
    /// <param name="rows">The rows, whose values are encoded for this model.</param>
    /// <param name="to">(rows, <paramref name="stride"/>) numbers of the rows.</param>
    /// <param name="stride">Numbers of a row.</param>
    /// <param name="place">Where the vector begins in a row.</param>
    public void Compute(ReadOnlySpan<FeatureRow> rows, Span<float> to, int stride, int place)
    {
        lock (turn)
        {
            for (int first = 0; first < rows.Length; first += BatchRows)
            {
                batch.Rows = 0;
                foreach (FeatureRow row in rows[first..Math.Min(rows.Length, first + BatchRows)])
                    row.Inner!.CopyTo(batch);
                ReadBatch();
                for (int i = 0; i < batch.Rows; i++)
                    Vector(i).CopyTo(to[((first + i) * stride + place)..]);
            }
        }
    }

    private void ReadBatch()
    {
        batch.Prepare(training: false);
        model.ReadHidden(batch, vectors);
    }

    private ReadOnlySpan<float> Vector(int row) => vectors.AsSpan(row * Width, Width);

    /// <inheritdoc/>
    public void Dispose()
    {
        batch.Dispose();
        model.Dispose();
        device.Dispose();
    }
}
