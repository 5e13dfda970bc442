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
/// <remarks>With the SIMD variants, only the answer is allocated. The counterpart of <see cref="CtrModel"/>, with the same options.</remarks>
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
    private readonly Ids<long, long> integers;
    private readonly Ids<string?, string> texts;

    private NextItemModel(Device device, Checkpoint checkpoint, ScoringOptions options, int top, bool namesSeen)
    {
        FeatureEncoder features = checkpoint.LoadEncoder();
        if (!features.State.PredictsItems)
            throw GpuCtrException.UsageError($"{checkpoint.Folder} is a {checkpoint.Manifest.Model.Model}, which predicts clicks; {nameof(NextItemModel)} takes models that predict items");
        items = features.Vocabularies[0];
        integers = new(items.RowsOf, items.IntegerOf);
        texts = new(RowsOfTexts, row => items.Texts[row - VocabularyTable.FirstValueRow]);
        FrozenModel model = checkpoint.LoadFrozen(device, features.Spec, batchSize: 1);
        lanes = new(nameof(NextItemModel), device, model, options.Concurrency, lane => new NextItemWorker(lane, top, namesSeen));
        (Architecture, Step) = (model.Options.Model, checkpoint.Manifest.Position.Step);
    }

    /// <summary>Loads a model.</summary>
    /// <param name="path">A run folder (its best checkpoint), its best or last, or a checkpoint folder.</param>
    /// <param name="top">K: how many items an answer has at most.</param>
    /// <param name="namesSeen">Whether items of the sequence itself may be among them.</param>
    /// <param name="options">How it runs; one sequence is computed at a time.</param>
    /// <exception cref="GpuCtrException">There is no checkpoint, it predicts clicks, or it is damaged; the message says which file and what to do.</exception>
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

    /// <summary>The best next items of a sequence of integers, best first; none for an empty sequence. Items that did not occur in training are read as OOV.</summary>
    /// <param name="sequence">The items of a user, oldest first; the last that the model can read are read.</param>
    /// <exception cref="ArgumentException">The items of this model are strings.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed before the call.</exception>
    public NextItem<long>[] Next(ReadOnlySpan<long> sequence) => items.Kind == ValueKind.Text
        ? throw new ArgumentException("the items of this model are strings", nameof(sequence))
        : Answer(sequence, integers);

    /// <summary>The same for a sequence of strings.</summary>
    /// <param name="sequence">The items of a user, oldest first; null is a missing one.</param>
    /// <exception cref="ArgumentException">The items of this model are integers.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed before the call.</exception>
    public NextItem<string>[] Next(ReadOnlySpan<string?> sequence) => items.Kind != ValueKind.Text
        ? throw new ArgumentException("the items of this model are integers", nameof(sequence))
        : Answer(sequence, texts);

    /// <summary>Refuses further calls and returns at once. Running calls return their answers; the last one frees the model.</summary>
    public void Dispose() => lanes.Close();

    private NextItem<TItem>[] Answer<TEntry, TItem>(ReadOnlySpan<TEntry> sequence, Ids<TEntry, TItem> ids)
    {
        using Lifetime.Lease lease = lanes.Enter();
        NextItemWorker lane = lanes.Take();
        try
        {
            Span<int> rows = lane.Begin(sequence.Length);
            ids.RowsOf(sequence[^rows.Length..], rows);
            NextItem<TItem>[] answer = new NextItem<TItem>[lane.Run()];
            for (int k = 0; k < answer.Length; k++)
                answer[k] = new(ids.ItemOf(lane.ItemAt(k)), lane.ScoreAt(k));
            return answer;
        }
        finally
        {
            lanes.Return(lane);
        }
    }

    private void RowsOfTexts(ReadOnlySpan<string?> entries, Span<int> rows)
    {
        for (int i = 0; i < rows.Length; i++)
            rows[i] = entries[i] is { } text ? items.RowOf(text) : VocabularyTable.NullRow;
    }

    private delegate void Rows<TEntry>(ReadOnlySpan<TEntry> entries, Span<int> rows);

    /// <summary>Ids as a program has them, and rows of the vocabulary.</summary>
    private sealed record Ids<TEntry, TItem>(Rows<TEntry> RowsOf, Func<int, TItem> ItemOf);
}
