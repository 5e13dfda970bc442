using GpuCtr.Models;

namespace GpuCtr.Bench.Counts;

/// <summary>The workloads of `bench counts`: every model, in batches that a CPU executes in seconds.</summary>
internal static class CountedWorkloads
{
    private const int Rows = 512, RowsOfWideInteractions = 64, RowsWithHistories = 64, RowsWithSequences = 8, Items = 1000;

    /// <summary>The models with the given names; all if there are none.</summary>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    public static IEnumerable<Workload> Of(IReadOnlyList<string> only)
    {
        if (only.Except(ModelCatalog.Names).FirstOrDefault() is { } unknown)
            throw new ArgumentException($"--only {unknown}: not one of {string.Join(", ", ModelCatalog.Names)}");
        return ModelCatalog.Names.Where(name => only.Count == 0 || only.Contains(name)).Select(Of);
    }

    private static Workload Of(string model) => model switch
    {
        _ when ModelCatalog.RanksLists(model) => Workload.Prm(Rows),
        _ when ModelCatalog.Of(model).PredictsItems => Workload.NextItems(model, RowsWithSequences, Items),
        "bst" => Workload.Bst() with { BatchSize = RowsWithHistories },
        _ when ModelCatalog.ReadsHistories(model) => Workload.Histories(model, null) with { BatchSize = RowsWithHistories },
        _ => Workload.DeepFmFields(model, 1.05) with { BatchSize = model is "xdeepfm" or "autoint" ? RowsOfWideInteractions : Rows },
    };
}
