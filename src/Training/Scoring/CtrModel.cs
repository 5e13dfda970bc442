using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Training;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Scoring;

namespace GpuCtr;

/// <summary>How a <see cref="CtrModel"/> runs.</summary>
public sealed record ScoringOptions
{
    /// <summary>Device: cpu, or a GPU as in --device. On the CPU, calls run in parallel; a GPU serves one call at a time.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>Number of calls that run at once on the CPU; 0 = one per core. Further callers wait.</summary>
    public int Concurrency { get; init; }

    /// <summary>Largest number of rows that are computed together; a longer batch is split. A model that ranks lists takes the rows of a call as one list, which cannot be split.</summary>
    public int BatchRows { get; init; } = 128;

    /// <summary>Whether rows may set columns that the model does not read, so that a model can be replaced by one with other columns. Otherwise such a column is an error, since it may be misspelt.</summary>
    public bool IgnoreUnknown { get; init; }
}

/// <summary>A trained model in your process: raw values in, probabilities out. Safe for any number of threads.</summary>
/// <remarks>
/// After the first calls nothing is allocated, if the SIMD variants run (any x64 processor). The checkpoint's files are not needed
/// after loading. To serve a newer checkpoint, load it beside this one, switch over, and dispose this one at any time.
/// </remarks>
/// <example><code>
/// using var model = CtrModel.Load("runs/first/best");
/// FeatureRow row = model.NewRow().Set("user", 42).Set("site", "news").Set("hist_item", [7, 9]);
/// float p = model.Score(row);
/// </code></example>
public sealed class CtrModel : IDisposable
{
    private const int MostConcurrency = 1 << 12;

    private readonly RowEncoder encoder;
    private readonly int mostRows;
    private readonly ScoringLanes<ScoringWorker> lanes;

    private CtrModel(Device device, Checkpoint checkpoint, ScoringOptions options)
    {
        checkpoint.NeedsClicks(nameof(CtrModel));
        FeatureEncoder features = checkpoint.LoadEncoder();
        encoder = new RowEncoder(features, options.IgnoreUnknown);
        FrozenModel model = checkpoint.LoadFrozen(device, features.Spec, options.BatchRows);
        IReadOnlyList<CanaryRow> canaries = CanaryRow.Read(checkpoint.Folder);
        lanes = new(nameof(CtrModel), device, model, options.Concurrency, lane => Checked(new ScoringWorker(lane, features.RowVectors as TrainedVectors), canaries, features, checkpoint.Folder), features.RowVectors);
        (Architecture, Step, PadsHistories) = (model.Options.Model, checkpoint.Manifest.Position.Step, model.Options.PadHistories);
        mostRows = model.Spec.HasLists ? options.BatchRows : int.MaxValue;
    }

    /// <summary>A lane that gives the canary rows of a checkpoint the scores that training gave them.</summary>
    private static ScoringWorker Checked(ScoringWorker lane, IReadOnlyList<CanaryRow> canaries, FeatureEncoder features, string folder)
    {
        if (lane.FaultOf(canaries, features) is not { } fault)
            return lane;
        lane.Dispose();
        throw GpuCtrException.DataError(new DataPlace(Path.Combine(folder, CanaryRow.File)), $"{fault}; use another checkpoint");
    }

    /// <summary>Loads a model. If the checkpoint has canary rows, each must have the score that training measured.</summary>
    /// <param name="path">A run folder (its best checkpoint), its best or last, or a checkpoint folder.</param>
    /// <param name="options">How it runs.</param>
    /// <exception cref="GpuCtrException">There is no checkpoint, or it is damaged; the message says which file and what to do.</exception>
    /// <exception cref="DeviceException">The device is not there or has too little memory.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public static CtrModel Load(string path, ScoringOptions? options = null) =>
        Load(path, options ?? new ScoringOptions(), (device, checkpoint, how) => new CtrModel(device, checkpoint, how));

    /// <summary>Opens the device and the checkpoint of a model that serves calls.</summary>
    internal static T Load<T>(string path, ScoringOptions options, Func<Device, Checkpoint, ScoringOptions, T> make)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BatchRows, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.BatchRows, TrainOptions.MostBatchRows);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Concurrency);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Concurrency, MostConcurrency);
        _ = RunFolder.Resolve(path);
        Device device = Device.Open(options.Device, threads: 1);
        try
        {
            return Checkpoint.Load(path, checkpoint => make(device, checkpoint, options));
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <summary>The architecture: deepfm, din or another value of --model.</summary>
    public string Architecture { get; }

    /// <summary>The training step of the weights.</summary>
    public int Step { get; }

    /// <summary>The columns that the model reads.</summary>
    public IReadOnlyList<ModelColumn> Columns => encoder.Columns;

    /// <summary>Padding takes part in the attention of this variant.</summary>
    internal bool PadsHistories { get; }

    /// <summary>A row to fill; it can be reused.</summary>
    /// <exception cref="ObjectDisposedException">The model is disposed.</exception>
    public FeatureRow NewRow()
    {
        ObjectDisposedException.ThrowIf(lanes.IsClosed, this);
        return new(encoder);
    }

    /// <summary>The probability of label 1.</summary>
    /// <exception cref="ArgumentException">The row is another model's, or its histories of one group differ in length.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed before the call.</exception>
    public float Score(FeatureRow row)
    {
        float probability = 0;
        Score(new ReadOnlySpan<FeatureRow>(in row), new Span<float>(ref probability));
        return probability;
    }

    /// <summary>The probabilities of label 1 for some rows, in a new array.</summary>
    /// <exception cref="ArgumentException">A row was made by another model, or its histories of one group differ in length.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed before the call.</exception>
    public float[] Score(ReadOnlySpan<FeatureRow> rows)
    {
        float[] probabilities = new float[rows.Length];
        Score(rows, probabilities);
        return probabilities;
    }

    /// <summary>The same without allocating, on the calling thread.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="probabilities">Receives one probability per row; at least as long.</param>
    /// <exception cref="ArgumentException">A row was made by another model, or its histories of one group differ in length.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed before the call.</exception>
    public void Score(ReadOnlySpan<FeatureRow> rows, Span<float> probabilities) => Call(null, rows, probabilities);

    /// <summary>The probabilities of label 1 of candidates in one context, such as the items that a user may be shown, without allocating, on the calling thread.</summary>
    /// <param name="context">The columns that all candidates share: the user, the request, the history.</param>
    /// <param name="candidates">Each sets its own columns, possibly to a missing value (a null in JSON); all other columns have the values of <paramref name="context"/>.</param>
    /// <param name="scores">Receives one probability per candidate, in their order; at least as long.</param>
    /// <remarks>Each score equals that of a complete row. A model that ranks lists takes the candidates as one list, in the order shown.</remarks>
    /// <exception cref="ArgumentException">A row was made by another model, or the histories of one group differ in length.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed before the call.</exception>
    public void Rank(FeatureRow context, ReadOnlySpan<FeatureRow> candidates, Span<float> scores)
    {
        ArgumentNullException.ThrowIfNull(context);
        Call(context, candidates, scores);
    }

    private void Call(FeatureRow? context, ReadOnlySpan<FeatureRow> rows, Span<float> probabilities)
    {
        if (probabilities.Length < rows.Length)
            throw new ArgumentException($"{rows.Length} rows, but room for {probabilities.Length} probabilities", nameof(probabilities));
        if (rows.Length > mostRows)
            throw new ArgumentException($"{rows.Length} rows: the rows of a call are one list to {Architecture}, and a list has at most {mostRows}; load the model with larger BatchRows", nameof(rows));
        using Lifetime.Lease lease = lanes.Enter();
        foreach (FeatureRow row in rows)
            CheckOwn(row);
        if (context is not null)
            CheckOwn(context);
        long begin = Telemetry.BeginScore;
        ScoringWorker lane = lanes.Take();
        try
        {
            if (context is null)
                lane.Score(rows, probabilities);
            else
                lane.Rank(context, rows, probabilities);
        }
        finally
        {
            lanes.Return(lane);
        }

        Telemetry.Scored(rows.Length, begin);
    }

    private void CheckOwn(FeatureRow row)
    {
        ArgumentNullException.ThrowIfNull(row, "rows");
        if (row.Encoder != encoder)
            throw new ArgumentException("the row was made by another model; take rows from NewRow of the model that scores them", "rows");
    }

    /// <summary>Refuses further calls and returns at once. Running calls return their scores; the last one frees the model.</summary>
    public void Dispose() => lanes.Close();
}
