using System.CommandLine;
using System.Diagnostics;

namespace GpuCtr.Datagen;

/// <summary>The verb <c>synth</c>: shards with a planted truth.</summary>
public static class SynthCommand
{
    /// <summary>More ids than this would need gigabytes for their distributions.</summary>
    public const int MostIds = 20_000_000;

    /// <summary>Options, defaults, limits, and what they start.</summary>
    public static Command Create()
    {
        var defaults = new SynthRequest { Out = "" };
        var schema = new Option<string>("--schema") { Description = "kind of table: criteo", DefaultValueFactory = _ => defaults.Schema };
        schema.AcceptOnlyFromAmong("criteo");
        var rows = Number("--rows", "training rows over all shards", defaults.Rows, 1, 1_000_000_000_000);
        var shards = Number("--shards", "number of shards", defaults.Shards, 1, 100_000);
        var testRows = Number("--test-rows", "rows of test.parquet, 0 for none", defaults.TestRows, 0, 1_000_000_000_000);
        var folder = new Option<string>("--out") { Description = "folder of the shards (required)", HelpName = "DIR" };
        var seed = new Option<ulong>("--seed") { Description = "decides the planted truth and the rows", DefaultValueFactory = _ => defaults.Seed, HelpName = "number" };
        var numeric = Number("--numeric", "numeric columns", defaults.Numeric, 0, 1000);
        var categorical = Number("--categorical", "categorical columns", defaults.Categorical, 0, 1000);
        var maxCardinality = Number("--max-cardinality", "ids of the largest categorical column", defaults.MaxCardinality, 3, MostIds);
        var codec = new Option<string>("--codec") { Description = "compression", DefaultValueFactory = _ => "zstd" };
        codec.AcceptOnlyFromAmong("zstd", "snappy", "none");
        var overwrite = new Option<bool>("--overwrite") { Description = "replace shards that are already in the folder" };

        var command = new Command("synth", "Generate shards with a planted truth, so that the best possible AUC is known.")
        {
            schema, rows, shards, folder, testRows, seed, numeric, categorical, maxCardinality, codec, overwrite,
        };
        command.SetAction((result, stop) => ExecuteAsync(
            new SynthRequest
            {
                Schema = result.GetValue(schema)!,
                Rows = result.GetValue(rows),
                Shards = (int)result.GetValue(shards),
                TestRows = result.GetValue(testRows),
                Out = result.GetValue(folder) ?? "",
                Seed = result.GetValue(seed),
                Numeric = (int)result.GetValue(numeric),
                Categorical = (int)result.GetValue(categorical),
                MaxCardinality = (int)result.GetValue(maxCardinality),
                Codec = Enum.Parse<Codec>(result.GetValue(codec)!, ignoreCase: true),
                Overwrite = result.GetValue(overwrite),
            },
            result.InvocationConfiguration.Output, stop));
        return command;
    }

    private static async Task<int> ExecuteAsync(SynthRequest request, TextWriter output, CancellationToken stop)
    {
        request.Check();
        var clock = Stopwatch.StartNew();
        var (training, test) = await SynthRun.ExecuteAsync(request, stop);
        double seconds = clock.Elapsed.TotalSeconds;
        long bytes = Directory.GetFiles(request.Out, "*.parquet").Sum(path => new FileInfo(path).Length);
        output.WriteLine($"{request.Out}: {request.Shards} shards, {request.Rows:N0} rows, {bytes / 1e6:0.0} MB");
        Print(output, "training rows", training);
        if (test is { } figures)
            Print(output, "test rows", figures);
        output.WriteLine($"{seconds:0.0} s, {(request.Rows + request.TestRows) / seconds:N0} rows/s");
        return ExitCodes.Done;
    }

    private static void Print(TextWriter output, string rows, TruthFigures figures)
    {
        string method = figures.Rows <= TruthTally.MostSortedRows ? "exact" : "from a histogram of 2^20 bins";
        output.WriteLine(
            $"{rows}: best possible AUC {figures.BestAuc:0.0000} (first-order part alone {figures.FirstOrderAuc:0.0000}), " +
            $"{method}; label rate {figures.LabelRate:0.0000}");
    }

    private static Option<long> Number(string name, string description, long value, long least, long most)
    {
        var option = new Option<long>(name) { Description = description, DefaultValueFactory = _ => value, HelpName = "number" };
        option.Validators.Add(result =>
        {
            // An error of parsing is reported by the parser; asking for the value would throw.
            if (result.Tokens.Count == 1 && long.TryParse(result.Tokens[0].Value, out long given) && (given < least || given > most))
                result.AddError($"{name} {given} is out of range: {least} to {most}");
        });
        return option;
    }
}
