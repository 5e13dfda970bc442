using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;
using GpuCtr.Training.Scoring;

namespace GpuCtr;

/// <summary>An item that may come next.</summary>
/// <param name="Item">Its id, as the shards had it.</param>
/// <param name="Score">⟨h, e⟩ + b: higher is more likely; no probability.</param>
public readonly record struct NextItem<T>(T Item, float Score);

/// <summary>A trained model of items in your process: the items of a user in, the best next ones out. Safe for any number of threads.</summary>
/// <remarks>Nothing is allocated besides the answer, if the SIMD variants run. The sibling of <see cref="CtrModel"/>, with the same options.</remarks>
/// <example><code>
/// using var model = NextItemModel.Load("runs/next/best", top: 10);
/// foreach (NextItem&lt;long&gt; next in model.Next([7, 9, 4]))
///     Console.WriteLine($"{next.Item} {next.Score}");
/// </code></example>
public sealed class NextItemModel : IDisposable
{
    private const int MostItems = 10_000;

    private readonly VocabularyTable items;
    private readonly ScoringLanes<NextItemWorker> lanes;

    private NextItemModel(Device device, Checkpoint checkpoint, ScoringOptions options, int top, bool namesSeen)
    {
        FeatureEncoder features = checkpoint.LoadEncoder();
        if (!features.State.PredictsItems)
            throw GpuCtrException.UsageError($"{checkpoint.Folder} is a {checkpoint.Manifest.Model.Model}, which predicts clicks; {nameof(NextItemModel)} takes models that predict items");
        items = features.Vocabularies[0];
        FrozenModel model = checkpoint.LoadFrozen(device, features.Spec, batchSize: 1);
        lanes = new(nameof(NextItemModel), device, model, options.Concurrency, lane => new NextItemWorker(lane, top, namesSeen));
        (Architecture, Step) = (model.Options.Model, checkpoint.Manifest.Position.Step);
    }

    /// <summary>Loads a model.</summary>
    /// <param name="path">A run folder (its best checkpoint), its best or last, or a checkpoint folder.</param>
    /// <param name="top">K: how many items an answer has at most.</param>
    /// <param name="namesSeen">Whether items of the sequence itself may be among them.</param>
    /// <param name="options">How it runs; one sequence is computed at a time.</param>
    /// <exception cref="GpuCtrException">There is none, it predicts clicks, or it is damaged; the message says which file and what to do.</exception>
    /// <exception cref="DeviceException">The device is not there or has too little memory.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public static NextItemModel Load(string path, int top = 10, bool namesSeen = false, ScoringOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(top, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(top, MostItems);
        return CtrModel.Load(path, options ?? new ScoringOptions(), (device, checkpoint, how) => new NextItemModel(device, checkpoint, how, top, namesSeen));
    }

    /// <summary>The architecture: sasrec or bert4rec.</summary>
    public string Architecture { get; }

    /// <summary>The training step of the weights.</summary>
    public int Step { get; }

    /// <summary>The best items behind a sequence of integers, best first; none behind an empty one. Items that training never saw are read as unknown ones.</summary>
    /// <param name="sequence">The items of a user, oldest first; the last that the model can read are read.</param>
    /// <exception cref="ArgumentException">The items of this model are strings.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed before the call.</exception>
    public NextItem<long>[] Next(ReadOnlySpan<long> sequence)
    {
        if (items.Kind == ValueKind.Text)
            throw new ArgumentException("the items of this model are strings", nameof(sequence));
        using Lifetime.Lease lease = lanes.Enter();
        NextItemWorker lane = lanes.Take();
        try
        {
            Span<int> rows = lane.Begin(sequence.Length);
            ReadOnlySpan<long> last = sequence[^rows.Length..];
            items.RowsOf(last, rows);
            NextItem<long>[] answer = new NextItem<long>[lane.Run()];
            for (int k = 0; k < answer.Length; k++)
                answer[k] = new(items.IntegerOf(lane.ItemAt(k)), lane.ScoreAt(k));
            return answer;
        }
        finally
        {
            lanes.Return(lane);
        }
    }

    /// <summary>The same for a sequence of strings.</summary>
    /// <param name="sequence">The items of a user, oldest first; null is a missing one.</param>
    /// <exception cref="ArgumentException">The items of this model are integers.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed before the call.</exception>
    public NextItem<string>[] Next(ReadOnlySpan<string?> sequence)
    {
        if (items.Kind != ValueKind.Text)
            throw new ArgumentException("the items of this model are integers", nameof(sequence));
        using Lifetime.Lease lease = lanes.Enter();
        NextItemWorker lane = lanes.Take();
        try
        {
            Span<int> rows = lane.Begin(sequence.Length);
            ReadOnlySpan<string?> last = sequence[^rows.Length..];
            for (int i = 0; i < rows.Length; i++)
                rows[i] = last[i] is { } text ? items.RowOf(text) : VocabularyTable.NullRow;
            NextItem<string>[] answer = new NextItem<string>[lane.Run()];
            for (int k = 0; k < answer.Length; k++)
                answer[k] = new(items.Texts[lane.ItemAt(k) - VocabularyTable.FirstValueRow], lane.ScoreAt(k));
            return answer;
        }
        finally
        {
            lanes.Return(lane);
        }
    }

    /// <summary>Refuses further calls and returns at once. Running calls return their answers; the last one frees the model.</summary>
    public void Dispose() => lanes.Close();
}
