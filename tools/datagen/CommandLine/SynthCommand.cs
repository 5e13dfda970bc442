using System.CommandLine;
using System.Diagnostics;

namespace GpuCtr.Datagen;

/// <summary>The verb <c>synth</c>: shards with a planted truth.</summary>
public static class SynthCommand
{
    private const long _mostRows = 1_000_000_000_000;

    /// <summary>Options, defaults and limits of the command.</summary>
    public static Command Create()
    {
        var defaults = new SynthRequest { Out = "" };
        IShapeOptions[] shapes = [new CriteoOptions(), new AmazonOptions(), new ListsOptions()];
        var schema = new Option<string>("--schema")
        {
            Description = "kind of table: criteo (numbers and ids), amazon (a target and a history) or lists (of items that compete)",
            DefaultValueFactory = _ => defaults.Shape.Name,
        };
        schema.AcceptOnlyFromAmong([.. shapes.Select(shape => shape.Schema)]);
        var rows = NumberOption.Create("--rows", "training rows over all shards", defaults.Rows, 1, _mostRows);
        var shards = NumberOption.Create("--shards", "number of shards", defaults.Shards, 1, 100_000);
        var testRows = NumberOption.Create("--test-rows", "rows of test.parquet, 0 for none", defaults.TestRows, 0, _mostRows);
        var folder = new Option<string>("--out") { Description = "folder of the shards (required)", HelpName = "DIR" };
        var seed = new Option<ulong>("--seed") { Description = "decides the planted truth and the rows", DefaultValueFactory = _ => defaults.Seed, HelpName = "number" };
        var codec = new Option<string>("--codec") { Description = "compression", DefaultValueFactory = _ => "zstd" };
        codec.AcceptOnlyFromAmong("zstd", "snappy", "none");
        var overwrite = new Option<bool>("--overwrite") { Description = "replace shards that are already in the folder" };

        var command = new Command("synth", "Generate shards with a planted truth, so that the best possible AUC is known.") { schema, rows, shards, folder, testRows, seed };
        foreach (var option in shapes.SelectMany(shape => shape.Options))
            command.Options.Add(option);
        command.Options.Add(codec);
        command.Options.Add(overwrite);
        command.SetAction((result, stop) => ExecuteAsync(
            new SynthRequest
            {
                Shape = ShapeOf(result, shapes, result.GetValue(schema)!),
                Rows = result.GetValue(rows),
                Shards = (int)result.GetValue(shards),
                TestRows = result.GetValue(testRows),
                Out = result.GetValue(folder) ?? "",
                Seed = result.GetValue(seed),
                Codec = Enum.Parse<Codec>(result.GetValue(codec)!, ignoreCase: true),
                Overwrite = result.GetValue(overwrite),
            },
            result.InvocationConfiguration.Output, stop));
        return command;
    }

    private static TableShape ShapeOf(ParseResult result, IShapeOptions[] shapes, string schema)
    {
        foreach (var other in shapes.Where(shape => shape.Schema != schema))
        {
            // An option that would be ignored is an error.
            if (other.Options.FirstOrDefault(option => result.GetResult(option) is { Implicit: false }) is { } foreign)
                throw new UsageException($"{foreign.Name} belongs to --schema {other.Schema}, not to {schema}");
        }
        return shapes.Single(shape => shape.Schema == schema).Shape(result);
    }

    private static async Task<int> ExecuteAsync(SynthRequest request, TextWriter output, CancellationToken stop)
    {
        request.Check();
        var clock = Stopwatch.StartNew();
        var (baseline, training, test) = await SynthRun.ExecuteAsync(request, stop);
        double seconds = clock.Elapsed.TotalSeconds;
        long bytes = Directory.GetFiles(request.Out, "*.parquet").Sum(path => new FileInfo(path).Length);
        output.WriteLine($"{request.Out}: {request.Shards} shards, {request.Rows:N0} rows, {bytes / 1e6:0.0} MB");
        Print(output, "training rows", baseline, training);
        if (test is { } figures)
            Print(output, "test rows", baseline, figures);
        output.WriteLine($"{seconds:0.0} s, {(request.Rows + request.TestRows) / seconds:N0} rows/s");
        return ExitCodes.Done;
    }

    private static void Print(TextWriter output, string rows, Baseline baseline, TruthFigures figures)
    {
        string method = figures.Rows <= TruthTally.MostSortedRows ? "exact" : "from a histogram of 2^20 bins";
        output.WriteLine(
            $"{rows}: best possible AUC {figures.BestAuc:0.0000} ({baseline.Words} {figures.BaselineAuc:0.0000}), " +
            $"{method}; label rate {figures.LabelRate:0.0000}");
        if (figures.Lists is { Count: > 0 } lists)
            output.WriteLine($"{rows}: best possible NDCG@{ListsTable.Top} {lists.BestNdcg:0.0000} ({baseline.Words} {lists.BaselineNdcg:0.0000}, as shown {lists.ShownNdcg:0.0000}), {lists.Count:N0} lists with a click");
    }
}
