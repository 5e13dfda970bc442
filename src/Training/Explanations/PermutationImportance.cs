using GpuCtr.Data;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Training.Explanations;

/// <summary>
/// How much worse a model becomes when the values of a column are permuted over the rows, which breaks their relation to the label (Breiman 2001; Fisher, Rudin and Dominici 2019).
/// Rows are read and encoded once. A permutation is a function of seed and repeat, the same for all columns, so that columns are compared on equal terms.
/// </summary>
/// <param name="model">The model; it predicts clicks.</param>
/// <param name="options">How it is measured.</param>
internal sealed class PermutationImportance(TrainableModel model, ImportanceOptions options)
{
    // Places of lists that NDCG looks at.
    private const int Top = 10;

    /// <summary>Approximate number of predictions, besides those of the unpermuted rows.</summary>
    public long Predictions(RowSource rows) => (long)GroupsOf(rows.Data.Encoder, options.Together).Count * options.Repeats * Math.Min(options.Rows, rows.Rows);

    /// <summary>Measures all columns.</summary>
    /// <param name="rows">The rows, with labels.</param>
    /// <param name="progress">Receives how many of the <see cref="Predictions"/> are done.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="GpuCtrException">Data, InputOutput: from reading the rows. Usage: too few of them, or an unknown column.</exception>
    public Importance Run(RowSource rows, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        IReadOnlyList<ColumnGroup> groups = GroupsOf(rows.Data.Encoder, options.Together);
        using Batch batch = new(model.Device, model.Spec, model.BatchSize);
        HeldRows held = HeldRows.Read(rows.Data, rows.Part, batch, (double)options.Rows / rows.Rows, options.Seed, cancellation);
        if (held.Rows < 2)
            throw GpuCtrException.UsageError($"{held.Rows} row{(held.Rows == 1 ? "" : "s")}: there is nothing to permute; name shards with more rows, or take more --rows");
        Evaluation Measure(ColumnGroup? group, int[] from)
        {
            float[] logits = Predict(held, batch, group, from, cancellation);
            return Evaluation.Of(logits, held.Labels, held.ListKeys, held.Weights, model.Spec.HasLists ? Top : 0);
        }

        Evaluation whole = Measure(null, []);
        if (whole.LogLoss is null)
            throw GpuCtrException.DataError(new DataPlace(rows.Data.Shards.Shards[0].Path), "not all rows have a finite score; gpu-ctr evaluate says which and why");
        bool[] ofLists = [.. groups.Select(g => IsOfLists(held, g))];
        List<Evaluation>[] permuted = [.. groups.Select(_ => new List<Evaluation>())];
        long done = 0;
        for (int repeat = 0; repeat < options.Repeats; repeat++)
        {
            int[] byRow = Permutation(held.Rows, options.Seed, repeat), byList = ofLists.Contains(true) ? OfLists(held, options.Seed, repeat) : [];
            for (int g = 0; g < groups.Count; g++)
            {
                permuted[g].Add(Measure(groups[g], ofLists[g] ? byList : byRow));
                progress?.Invoke(done += held.Rows);
            }
        }

        return Sorted(whole, held.Rows, rows.Rows, [.. groups.Select((g, i) => new ColumnImportance(g.Name, LossesOf(whole, permuted[i])))]);
    }

    /// <summary>The columns of a model, with related columns grouped.</summary>
    /// <exception cref="GpuCtrException">Usage: an unknown column.</exception>
    public static IReadOnlyList<ColumnGroup> GroupsOf(FeatureEncoder encoder, IReadOnlyList<string> together)
    {
        IReadOnlyList<ColumnGroup> all = ColumnGroup.BySource(encoder.Spec, encoder.State);
        ColumnGroup[] joined = [.. together.Select(name => all.FirstOrDefault(g => g.Name == name || g.Lists.Any(s => encoder.Spec.Sequences[s].Name == name)) ?? throw GpuCtrException.UsageError(
            $"--together {ColumnNames.InShell(name)}: the model reads no such column{Spelling.Suggest(name, all.Select(g => g.Name))}; it reads {ColumnNames.Listing(all.Select(g => g.Name))}")).Distinct()];
        return joined.Length < 2 ? all : [.. all.Except(joined), ColumnGroup.Together(string.Join(" + ", joined.Select(g => g.Name)), joined)];
    }

    /// <summary>(count) a permutation: the order of random numbers of which each is a function of seed, repeat and place.</summary>
    public static int[] Permutation(int count, ulong seed, int repeat)
    {
        ulong[] keys = new ulong[count];
        int[] from = new int[count];
        for (int i = 0; i < count; i++)
        {
            Philox.Block bits = Philox.Generate((uint)i, (uint)repeat, 0, 0, (uint)seed, (uint)(seed >> 32));
            (keys[i], from[i]) = ((ulong)bits.X << 32 | bits.Y, i);
        }

        Array.Sort(keys, from);
        return from;
    }

    private float[] Predict(HeldRows held, Batch batch, ColumnGroup? group, int[] from, CancellationToken cancellation)
    {
        float[] logits = new float[held.Rows];
        for (int first = 0, count; first < held.Rows; first += count)
        {
            cancellation.ThrowIfCancellationRequested();
            count = held.Fill(batch, first, group, from);
            batch.Prepare(training: false);
            model.Predict(batch, logits.AsSpan(first));
        }

        return logits;
    }

    /// <summary>Whether all rows of a list have the same value. Such values are exchanged between lists, since the model never meets a list whose rows have different users.</summary>
    public static bool IsOfLists(HeldRows held, ColumnGroup group) => held.ListStarts.Count > 0 &&
        Enumerable.Range(0, held.ListStarts.Count).All(list => Enumerable.Range(held.ListStarts[list], held.ListEnd(list) - held.ListStarts[list]).All(row => held.AreEqual(group, held.ListStarts[list], row)));

    /// <summary>(rows) the first row of the list that the list of each row takes its values from.</summary>
    public static int[] OfLists(HeldRows held, ulong seed, int repeat)
    {
        int[] lists = Permutation(held.ListStarts.Count, seed, repeat);
        return [.. lists.SelectMany((other, list) => Enumerable.Repeat(held.ListStarts[other], held.ListEnd(list) - held.ListStarts[list]))];
    }

    private static ImportanceMetrics<Loss> LossesOf(Evaluation whole, IReadOnlyList<Evaluation> permuted)
    {
        Loss? By(Func<Evaluation, double?> metric, int sign)
        {
            double?[] values = [.. permuted.Select(e => sign * (metric(whole) - metric(e)))];
            return values.Contains(null) ? null : Loss.Of([.. values.Select(v => v!.Value)]);
        }

        return new(By(e => e.Auc, 1), By(e => e.LogLoss, -1), By(e => e.Ndcg, 1));
    }

    private Importance Sorted(Evaluation whole, int rows, long ofRows, IReadOnlyList<ColumnImportance> columns)
    {
        (string metric, Func<ImportanceMetrics<Loss>, Loss?> of) = whole.Ndcg is not null ? ((string, Func<ImportanceMetrics<Loss>, Loss?>))("ndcg", l => l.Ndcg) : whole.Auc is not null ? ("auc", l => l.Auc) : ("logloss", l => l.Logloss);
        return new(rows, ofRows, options.Repeats, options.Seed, metric, new(whole.Auc, whole.LogLoss, whole.Ndcg), [.. columns.OrderByDescending(c => of(c.Loses)?.Mean)]);
    }
}
