using GpuCtr.Data;
using GpuCtr.Data.Options;
using GpuCtr.Models;

namespace GpuCtr.Training;

/// <summary>What a default may depend on.</summary>
/// <param name="Rows">Rows of the training shards, including the validation rows.</param>
/// <param name="Validates">Whether there are rows to validate on.</param>
/// <param name="Model">The architecture.</param>
/// <param name="Variant">The implementation to reproduce; null = our own.</param>
/// <param name="NamesEpochs">Whether the number of epochs was given.</param>
/// <param name="Weighted">Whether rows have weights.</param>
internal readonly record struct DefaultFacts(long Rows, bool Validates, string Model, string? Variant, bool NamesEpochs = false, bool Weighted = false)
{
    /// <summary>The facts of a run.</summary>
    public static DefaultFacts Of(TrainOptions options, RunShards shards, bool validates) =>
        new(shards.Train.Rows, validates, shards.ModelName, options.Variant, options.Epochs is not null, options.Features.Weight is not null);
}

/// <summary>A value that was chosen because none was given.</summary>
/// <param name="Option">The option.</param>
/// <param name="Value">Its value.</param>
/// <param name="Reason">Why, in few words.</param>
internal sealed record AutomaticDefault(Option Option, object Value, string Reason)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Option.Flag} {OptionText.Of(Option, Value)} ({Reason})";
}

/// <summary>Options whose default depends on the data. A value chosen here counts as given from then on: config.json stores it, and a resumed or repeated run uses it.</summary>
/// <remarks>The rules, the measurements behind them and the rejected alternatives: docs/adr/0044.</remarks>
internal static class AutomaticDefaults
{
    private const int StepsPerEpoch = 200, LeastBatch = 256, LeastSequences = 128, MostBatch = 4096;
    private const int MostEpochs = 20, UnwatchedEpochs = 3, ItemEpochs = 200, ItemPatience = 10;
    private const long MostRows = 100_000_000;
    private const double Lambda = 2;

    /// <summary>The request with a value for every option that depends on the data, and the values that were chosen here.</summary>
    public static (RunRequest Request, IReadOnlyList<AutomaticDefault> Chosen) Resolve(RunRequest request, in DefaultFacts facts)
    {
        AutomaticDefault[] chosen = [.. Of(facts).Where(d => !request.Given.IsGiven(d.Option))];
        OptionValues values = new(chosen.ToDictionary(d => d.Option.Name, d => (object?)d.Value));
        return (request with { Options = values.Over(request.Options), Given = request.Given.Over(values) }, chosen);
    }

    /// <summary>Every default that depends on the data.</summary>
    public static IEnumerable<AutomaticDefault> Of(DefaultFacts facts)
    {
        bool items = ModelCatalog.Of(facts.Model).PredictsItems;
        yield return Batch(facts.Rows, items ? LeastSequences : LeastBatch);
        AutomaticDefault epochs = Epochs(facts, items);
        yield return epochs;
        if (TakesLambda(facts) && (int)epochs.Value > UnwatchedEpochs)
            yield return new(OptionOf(nameof(ModelOptions.MbaLambda)), Lambda, "rows are seen many times");
        if (items)
            yield return new(OptionOf(nameof(TrainOptions.Patience)), ItemPatience, "next items are learned slowly");
    }

    /// <summary>A model learns by steps, and an epoch of fewer than about 200 teaches it little; on small tables noise from small batches costs more than it gives.</summary>
    private static AutomaticDefault Batch(long rows, int least)
    {
        double wanted = (double)rows / StepsPerEpoch;
        int batch = wanted <= least ? least : wanted >= MostBatch ? MostBatch : 1 << (int)Math.Round(Math.Log2(wanted));
        string reason = batch == least ? "the least for few rows" : batch == MostBatch ? "the most for many rows" : $"rows ÷ {StepsPerEpoch}";
        return new(OptionOf(nameof(TrainOptions.BatchSize)), batch, reason);
    }

    private static AutomaticDefault Epochs(in DefaultFacts facts, bool items)
    {
        int most = items ? ItemEpochs : MostEpochs;
        int fit = (int)Math.Clamp(MostRows / Math.Max(facts.Rows, 1), 1, most);
        return new(OptionOf(nameof(TrainOptions.Epochs)), facts.Validates ? fit : Math.Min(fit, UnwatchedEpochs),
            !facts.Validates ? "nothing to validate on" : fit < most ? "many rows" : "validation ends it");
    }

    /// <summary>When rows are seen repeatedly, rare values are memorized, unless their vectors are regularized by frequency. In models without a network above the vectors, this helps on some tables and hurts on others.</summary>
    /// <remarks>Occurrences count rows, not their weights. A variant has its own regularization. A run with a given number of epochs can be continued to another number with the same result, so this must not depend on the number.</remarks>
    private static bool TakesLambda(in DefaultFacts facts) =>
        facts is { Variant: null, NamesEpochs: false, Weighted: false } && ModelCatalog.Of(facts.Model) is { PredictsItems: false, HasNetwork: true } && !ModelCatalog.RanksLists(facts.Model);

    private static Option OptionOf(string property) => Option.Of(typeof(TrainOptions)).First(o => o.Property == property);
}
