using System.CommandLine;
using System.Diagnostics;

namespace GpuCtr.Datagen;

/// <summary>The verb <c>import interactions</c>: public logs as shards with histories.</summary>
public static class ImportCommand
{
    /// <summary>Options, defaults and limits of the command.</summary>
    public static Command Create()
    {
        var import = new Command("import", "Turn public data into shards.") { Interactions() };
        foreach (var table in TableCommands.Create())
            import.Add(table);
        return import;
    }

    private static Command Interactions()
    {
        var defaults = new ImportRequest { Files = [], Out = "" };
        var files = new Argument<string[]>("FILE") { Description = "logs of user, item, time (and category), or lines of a user and all items", Arity = ArgumentArity.OneOrMore };
        var folder = new Option<string>("--out") { Description = "folder of the shards (required)", HelpName = "DIR" };
        var format = new Option<string>("--format") { Description = "auto, log (an interaction a line) or sequence (a user a line)", DefaultValueFactory = _ => "auto" };
        format.AcceptOnlyFromAmong("auto", "log", "sequence");
        var separator = new Option<string>("--separator") { Description = "auto, tab, comma, space, or the text between fields", DefaultValueFactory = _ => "auto" };
        var columns = new Option<string>("--columns") { Description = "columns by header or by place from 1: user=…,item=…,time=…,category=…", HelpName = "role=column,…" };
        var categories = new Option<string>("--categories") { Description = "categories of items: JSON {item: category} or a table", HelpName = "FILE" };
        var maxHistory = NumberOption.Create("--max-history", "most items of a history, the latest ones", defaults.MaxHistory, 1, 1_000_000);
        var shards = NumberOption.Create("--shards", "number of training shards", defaults.Shards, 1, 10_000);
        var seed = new Option<ulong>("--seed") { Description = "decides the sampled negatives", DefaultValueFactory = _ => defaults.Seed, HelpName = "number" };
        var badLines = new Option<double>("--bad-lines") { Description = "percent of lines that may be bad and are left out", DefaultValueFactory = _ => defaults.BadLinePercent, HelpName = "percent" };
        var codec = new Option<string>("--codec") { Description = "compression", DefaultValueFactory = _ => "zstd" };
        codec.AcceptOnlyFromAmong("zstd", "snappy", "none");
        var overwrite = new Option<bool>("--overwrite") { Description = "replace shards that are already in the folder" };

        var command = new Command("interactions", "Predict each user's next item from the history: one sampled negative a positive, last item for test, last but one for validation.")
        {
            files, folder, format, separator, columns, categories, maxHistory, shards, seed, badLines, codec, overwrite,
        };
        // Reviews are interactions: JSON lines are recognized.
        command.Aliases.Add("amazon-reviews");
        command.SetAction((result, stop) => ExecuteAsync(
            new ImportRequest
            {
                Files = result.GetValue(files)!,
                Out = result.GetValue(folder) ?? throw new UsageException("--out DIR is required: the folder that the shards go to"),
                Format = Enum.Parse<ImportFormat>(result.GetValue(format)!, ignoreCase: true),
                Separator = result.GetValue(separator)! switch { "auto" => null, "tab" or "\\t" => "\t", "comma" => ",", "space" => " ", "" => null, var text => text },
                Columns = ColumnChoice.Parse(result.GetValue(columns) ?? ""),
                CategoriesFile = result.GetValue(categories),
                MaxHistory = (int)result.GetValue(maxHistory),
                Shards = (int)result.GetValue(shards),
                Seed = result.GetValue(seed),
                BadLinePercent = result.GetValue(badLines),
                Codec = Enum.Parse<Codec>(result.GetValue(codec)!, ignoreCase: true),
                Overwrite = result.GetValue(overwrite),
            },
            result.InvocationConfiguration, stop));
        return command;
    }

    private static async Task<int> ExecuteAsync(ImportRequest request, InvocationConfiguration terminal, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var report = await ImportRun.ExecuteAsync(request, stop);
        foreach (string line in report.Bad.Describe())
            terminal.Error.WriteLine("datagen: warning: " + line);
        foreach (string line in report.Describe())
            terminal.Output.WriteLine(line);
        terminal.Output.WriteLine($"{request.Out}: {report.Rows.Values.Sum():N0} rows in {clock.Elapsed.TotalSeconds:0.0} s");
        return ExitCodes.Done;
    }
}
