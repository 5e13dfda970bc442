using GpuCtr.Kernels;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models.Features;

/// <summary>The device side of a <see cref="Batch"/>: the buffers that it is copied to before a step.</summary>
public sealed class ModelInputs
{
    private readonly Workspace workspace;
    private readonly List<Action> swaps = [];
    private readonly LookupSort? sort;

    internal ModelInputs(Workspace workspace, FeatureSpec spec, int batchSize, bool training = true)
    {
        this.workspace = workspace;
        int before = workspace.Plan.Count();
        Rows = Ints("table rows", (long)batchSize * spec.F);
        Numeric = DoubleBuffer<Tensor, float>(workspace.Tensor("numeric", batchSize, spec.N));
        Label = DoubleBuffer<Tensor, float>(workspace.Tensor("label", batchSize, 1));
        Weight = spec.HasWeights ? DoubleBuffer<Tensor, float>(workspace.Tensor("weight", batchSize, 1)) : null;
        Lookups = new SortedLookups(workspace, Batch.LookupCapacity(spec, batchSize), Batch.MostLookupsOfRow(spec, batchSize));
        Exchange = training && workspace.Device.Ranks.Size > 1 ? new RowExchange(workspace, spec.TotalRows, Lookups.Capacity) : null;
        SequenceRows = Ints("history rows", spec.Sequences.Sum(s => (long)batchSize * s.MaxLength));
        PairRows = Ints("pair rows", (long)batchSize * spec.PairCount);
        PairValues = DoubleBuffer<Tensor, float>(workspace.Tensor("pair values", batchSize, spec.PairCount));
        PooledOffsets = spec.Sequences.Select(s => Ints($"list offsets {s.Name}", s.Role == SequenceRole.Pooled ? batchSize + 1 : 0)).ToArray();
        Groups = Enumerable.Range(0, spec.GroupCount).Select(group => new GroupInputs(
            Ints($"history offsets {group}", batchSize + 1),
            Ints($"history owners {group}", (long)batchSize * spec.Group(group).First().MaxLength))).ToArray();
        if (spec.MostPredictions > 0)
            Predictions = new(
                new(Ints("predicted entries", (long)batchSize * spec.MostPredictions), Ints("predictions of rows", batchSize + 1)),
                Ints("predicted items", (long)batchSize * spec.MostPredictions),
                Ints("candidates", Batch.CandidateCapacity(spec, batchSize)),
                Ints("predicted candidates", spec.Sampling is null ? 0 : (long)batchSize * spec.MostPredictions));
        if (spec.HasLists)
            Lists = new(Ints("list offsets", batchSize + 1), Ints("list owners", batchSize));
        if (workspace.Device.SortsLookups && Exchange is null)
            sort = new LookupSort(workspace, [.. Sources(spec, batchSize)], spec.TotalRows, Lookups);
        else
            foreach (DeviceArray<int> a in Lookups.Arrays)
                DoubleBuffer<DeviceArray<int>, int>(a);
        Names = [.. workspace.Plan.Skip(before).Select(p => p.Name)];
    }

    /// <summary>The names of its buffers in the memory plan.</summary>
    internal IReadOnlyList<string> Names { get; }

    /// <summary>Which of the two buffers of each input the next step reads: 0 or 1.</summary>
    internal int Side { get; private set; }

    /// <summary>Double-buffers an input if batches are copied: a step reads one buffer while the next batch is copied to the other.</summary>
    internal TArray DoubleBuffer<TArray, T>(TArray input) where TArray : DeviceArray<T> where T : unmanaged
    {
        if (workspace.Device.Copies is null)
            return input;
        DeviceArray<T> other = workspace.Array<T>($"{input.Name}, next", input.Length);
        swaps.Add(() => input.Swap(other));
        return input;
    }

    /// <summary>Swaps the buffers; called before a batch is copied.</summary>
    internal void Swap()
    {
        Side ^= 1;
        foreach (Action swap in swaps)
            swap();
    }

    /// <summary>Sorts the lookups of the batch, if the device does this instead of the loader.</summary>
    internal void SortLookups(in Pass pass) => sort?.Run(pass);

    /// <summary>The sources of lookups, in the order in which <see cref="Batch.Prepare"/> adds them.</summary>
    private IEnumerable<LookupSource> Sources(FeatureSpec spec, int batchSize)
    {
        int[] offsets = spec.Offsets();
        yield return new(Rows, 0, pass => pass.Rows * spec.F, Padding("fields", [.. spec.Categorical.Select(f => offsets[f.Vocabulary])]), spec.C, 0);
        for (int i = 0; i < spec.Sequences.Count; i++)
        {
            SequenceField s = spec.Sequences[i];
            int first = SequenceBase(spec, batchSize, i), gradient = batchSize * spec.C + first;
            DeviceArray<int> padding = Padding(s.Name, [offsets[s.Vocabulary]]);
            yield return s.Role == SequenceRole.Pooled
                ? new(SequenceRows, first, pass => pass.Rows * s.MaxLength, padding, 1, gradient, PooledOffsets[i])
                : new(SequenceRows, first, pass => pass.Tokens![s.Group], padding, 1, gradient);
        }
        if (spec.PairCount > 0)
            yield return PairSource(spec, batchSize);
        if (spec.Sampling is not null)
            yield return new(Predictions!.Candidates, 0, pass => pass.Tokens![^1], Padding("candidates", [-1]), 1, Batch.FirstCandidateGradient(spec, batchSize));
    }

    private LookupSource PairSource(FeatureSpec spec, int batchSize) =>
        new(PairRows, 0, pass => pass.Rows * spec.PairCount, Padding("pairs", [spec.Pairs()!.PaddingRow]), 1, Batch.FirstPairGradient(spec, batchSize));

    private DeviceArray<int> Padding(string name, int[] rows)
    {
        DeviceArray<int> array = workspace.TrainingArray<int>($"padding rows {name}", rows.Length);
        workspace.OnAllocate(() => array.Write(workspace.Device, rows));
        return array;
    }

    private DeviceArray<int> Ints(string name, long length) => DoubleBuffer<DeviceArray<int>, int>(workspace.Array<int>(name, length));

    /// <summary>(B, F) table rows.</summary>
    public DeviceArray<int> Rows { get; }

    /// <summary>(B, N).</summary>
    public Tensor Numeric { get; }

    /// <summary>(B, 1).</summary>
    public Tensor Label { get; }

    /// <summary>(B, 1) weights of the rows in the loss, 1 on average over an epoch; null if all are 1. Only training reads it.</summary>
    public Tensor? Weight { get; }

    /// <summary>The batch's lookups by table row.</summary>
    public SortedLookups Lookups { get; }

    /// <summary>Owners of the table rows on several ranks; null on one.</summary>
    internal RowExchange? Exchange { get; }

    /// <summary>(B, P) table rows of all pairs of fields.</summary>
    public DeviceArray<int> PairRows { get; }

    /// <summary>(B, P) x_i x_j of all pairs of fields.</summary>
    public Tensor PairValues { get; }

    /// <summary>Table rows of all list columns, each at its <see cref="SequenceBase"/>.</summary>
    public DeviceArray<int> SequenceRows { get; }

    /// <summary>(B + 1) shape of each pooled list column, in the order of the spec; histories and negatives have that of their group.</summary>
    public IReadOnlyList<DeviceArray<int>> PooledOffsets { get; }

    /// <summary>Shape of each behaviour group's histories.</summary>
    public IReadOnlyList<GroupInputs> Groups { get; }

    /// <summary>The positions at which items are predicted; null in a click model.</summary>
    public PredictionInputs? Predictions { get; }

    /// <summary>Shape of the lists whose items the rows are; null in a model of rows.</summary>
    public GroupInputs? Lists { get; }

    /// <summary>Start of list column <paramref name="sequence"/> in <see cref="SequenceRows"/>.</summary>
    public static int SequenceBase(FeatureSpec spec, int batchSize, int sequence) =>
        spec.Sequences.Take(sequence).Sum(s => batchSize * s.MaxLength);

    /// <summary>The predictions of a batch.</summary>
    /// <param name="Entries">Where they are made.</param>
    /// <param name="Items">(M) table rows of the items that are right.</param>
    /// <param name="Candidates">(C) table rows of the items that they are contrasted with, if not all are.</param>
    /// <param name="Right">(M) which of these is right.</param>
    public sealed record PredictionInputs(PredictedEntries Entries, DeviceArray<int> Items, DeviceArray<int> Candidates, DeviceArray<int> Right);

    /// <summary>The jagged shape that the histories of one group share, or that of lists of rows.</summary>
    /// <param name="Offsets">(B + 1).</param>
    /// <param name="Owners">(T) row of the batch of each position, or list of each row.</param>
    public sealed record GroupInputs(DeviceArray<int> Offsets, DeviceArray<int> Owners);
}
