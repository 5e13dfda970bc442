using GpuCtr.Models;

namespace GpuCtr.Bench.Counts;

/// <summary>The workloads of `bench counts`: every model, in batches that a CPU executes in seconds.</summary>
internal static class CountedWorkloads
{
    private const int Rows = 512, RowsWithHistories = 64;

    /// <summary>The models of some names; all of them if there are none.</summary>
    /// <exception cref="ArgumentException">There is no such model.</exception>
    public static IEnumerable<Workload> Of(IReadOnlyList<string> only)
    {
        if (only.Except(ModelCatalog.ClickModels).FirstOrDefault() is { } unknown)
            throw new ArgumentException($"--only {unknown}: not one of {string.Join(", ", ModelCatalog.ClickModels)}");
        return ModelCatalog.ClickModels.Where(name => only.Count == 0 || only.Contains(name)).Select(Of);
    }

    private static Workload Of(string model) => !ModelCatalog.ReadsHistories(model) ? Workload.DeepFmFields(model, 1.05) with { BatchSize = Rows }
        : (model == "bst" ? Workload.Bst() : Workload.Histories(model, null)) with { BatchSize = RowsWithHistories };
}
