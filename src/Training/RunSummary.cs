using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Training.Screens;
using static System.FormattableString;

namespace GpuCtr.Training;

/// <summary>The output before training: columns and their roles, device, rows, parameters, memory.</summary>
internal static class RunSummary
{
    private const int LargestUses = 3;

    /// <summary>The role of every column.</summary>
    public static void Columns(RunLog runLog, RunShards shards)
    {
        foreach (string note in shards.Train.Notes.Concat(shards.Valid?.Notes ?? []).Concat(shards.Test?.Notes ?? []))
            runLog.Line(note);
        if (shards.Files.Train != shards.Train)
            runLog.Line(Invariant($"sequences of {shards.Train.Rows:N0} users from {shards.Files.Train.Rows:N0} interactions, by time"));
        var table = shards.Columns().Select(c => c with { Name = Printable.Of(c.Name), Note = Printable.Of(c.Note) }).ToArray();
        int name = table.Max(c => c.Name.Length), type = table.Max(c => c.Type.Length);
        runLog.Line("columns");
        foreach ((string column, string kind, string role, string note) in table)
            runLog.Line($"  {column.PadRight(name)}  {kind.PadRight(type)}  {role,-11}  {note}".TrimEnd());
        foreach (string warning in shards.Plan.Warnings)
            runLog.Warn(warning);
        if (shards.Unused.Count > 0 && !ModelCatalog.ReadsHistories(shards.ModelName))
            runLog.Warn($"{shards.ModelName} reads no histories: {string.Join(", ", shards.Unused)} {(shards.Unused.Count == 1 ? "is" : "are")} not used; choose a model that does, such as --model din, or pool them with --multi-value");
    }

    /// <summary>Rows, vocabularies, parameters and the memory plan.</summary>
    public static void Model(RunLog runLog, TrainableModel model, RunData data, MemoryBudget memory, HeldMemory held)
    {
        FeatureEncoder encoder = data.Encoder;
        runLog.Line($"device   {model.Device}{(model.Device.Note is { } note ? $"; {note}" : "")}");
        runLog.Line(Invariant($"rows     {data.Train.Rows:N0} train, {data.Valid?.Rows ?? 0:N0} valid, {data.Test?.Rows ?? 0:N0} test{(encoder.Label is null ? "" : Invariant($"; label rate {encoder.LabelRate:P2} of the training rows"))}{Targets(data)}"));
        foreach (string line in data.Train.Part.Split?.Notes ?? [])
            runLog.Line($"split    {Printable.Of(line)}");
        Fields(runLog, "categorical", [.. encoder.Spec.Categorical.Select(c => Field(encoder, c.Name, c.Vocabulary))]);
        Fields(runLog, "numeric", [.. encoder.Spec.Numeric.SkipLast(encoder.Spec.VectorNumbers)]);
        Fields(runLog, "vector", [.. encoder.State.VectorColumns.Select(v => Invariant($"{v.Column} ({v.Means.Length})"))]);
        Fields(runLog, "multi-valued", [.. encoder.Spec.Sequences.Where(s => s.Role == SequenceRole.Pooled).Select(s => Field(encoder, s.Name, s.Vocabulary))]);
        Fields(runLog, "histories", [.. encoder.Spec.Sequences.Where(s => s.Target >= 0).Select(s => $"{s.Name} of {encoder.Spec.Categorical[s.Target].Name}")]);
        Fields(runLog, "sequence", [.. encoder.Spec.Sequences.Where(s => s.Role == SequenceRole.History && s.Target < 0).Select(s => $"{Field(encoder, s.Name, s.Vocabulary)}, the last {s.MaxLength} are read")]);
        runLog.Line(Invariant($"model    {model.Options.Model}, {model.ParameterCount:N0} parameters{(model.WideRows is { } rows ? $"; {rows}" : "")}"));
        Memory(runLog, model);
        runLog.Line(Invariant($"         {data.Train.Data.EstimatedBytes / 1e6:N1} MB of decoded training rows, {Place(data.Train.Data)}"));
        if (memory.LimitBytes is not null)
            runLog.Line(Invariant($"         of --memory {held}; {memory.RowBytes(held, 0) / 1e6:N1} MB are for rows"));
    }

    /// <summary>Steps, and the options that were chosen by the data.</summary>
    public static void Steps(RunLog runLog, RunData data, TrainSettings settings, IReadOnlyList<AutomaticDefault> chosen)
    {
        long steps = (data.Train.Rows + settings.BatchSize - 1) / settings.BatchSize;
        runLog.Line(Invariant($"steps    {steps:N0} of {settings.BatchSize:N0} rows are an epoch, at most {settings.Epochs:N0} epochs"));
        if (chosen.Count > 0)
            runLog.Line($"chosen   {string.Join(", ", chosen)}");
    }

    private static string Targets(RunData data)
    {
        FeatureEncoder encoder = data.Encoder;
        return (encoder.Target.Weight is { } weight ? Invariant($"; weights {Printable.Of(weight)}, mean {encoder.MeanWeight:G4}") : "")
            + (data.Train.Part.Negatives is { } draw ? Invariant($"; {draw.Rate:P4} of the rows with label 0 are trained on, and predictions are corrected") : "");
    }

    private static string Place(Dataset rows) => rows.InMemory ? "kept in memory"
        : rows.IsCached ? "streamed, after the first time from the run folder's cache (--memory)" : "streamed (--memory)";

    private static void Fields(RunLog runLog, string kind, IReadOnlyList<string> names)
    {
        if (names.Count > 0)
            runLog.Line($"fields   {names.Count} {kind}: {Printable.Of(string.Join(", ", names))}");
    }

    private static string Field(FeatureEncoder encoder, string name, int vocabulary)
    {
        VocabularyTable table = encoder.Vocabularies[vocabulary];
        return Invariant($"{name} ({(table.Computed is { Any: true, Identity: false } ? $"{table.Computed.Count:N0} buckets" : $"{table.Distinct:N0}")})");
    }

    private static void Memory(RunLog runLog, TrainableModel model)
    {
        (string Name, long Bytes)[] plan = [.. model.MemoryPlan.Where(p => p.Bytes > 0).OrderByDescending(p => p.Bytes)];
        runLog.Line(Invariant($"memory   {plan.Sum(p => p.Bytes) / 1e6:N1} MB on the device, most of it for"));
        runLog.Line($"         {string.Join(", ", model.MemoryByUse.Take(LargestUses).Select(u => Invariant($"{u.Use} {u.Bytes / 1e6:N1}")))}");
        foreach ((string name, long bytes) in plan)
            runLog.Detail(Invariant($"         {bytes,16:N0} bytes  {name}"));
    }
}
