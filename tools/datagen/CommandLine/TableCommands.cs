using System.CommandLine;
using System.Diagnostics;

namespace GpuCtr.Datagen;

/// <summary>The verbs <c>import libsvm</c> and <c>libffm</c>: sparse lines as shards. CSV and public logs: <c>gpu-ctr import</c>.</summary>
internal static class TableCommands
{
    /// <summary>All of them.</summary>
    public static IEnumerable<Command> Create()
    {
        yield return Table("libsvm", "Lines of a label and feature:value.", files => SparseForm.LibSvm(files[0]));
        yield return Table("libffm", "Lines of a label and field:feature:value.", files => SparseForm.LibFfm(files[0]));
    }

    private static Command Table(string name, string description, Func<IReadOnlyList<string>, TableForm> form)
    {
        var defaults = new TableRequest { Files = [], Out = "" };
        var files = new Argument<string[]>("FILE") { Description = "text, plain or .gz; several files are read one after the other", Arity = ArgumentArity.OneOrMore };
        var folder = new Option<string>("--out") { Description = "folder of the shards (required)", HelpName = "DIR" };
        var rows = NumberOption.Create("--rows-per-shard", "most rows of a shard", defaults.RowsPerShard, 1, 16_777_216);
        var threads = NumberOption.Create("--threads", "threads, each of which holds a shard's lines", defaults.Threads, 1, 256);
        var badLines = new Option<double>("--bad-lines") { Description = "percent of lines that may be bad; they go to bad-lines.txt", DefaultValueFactory = _ => defaults.BadLinePercent, HelpName = "percent" };
        var codec = new Option<string>("--codec") { Description = "compression", DefaultValueFactory = _ => "zstd" };
        codec.AcceptOnlyFromAmong("zstd", "snappy", "none");
        var overwrite = new Option<bool>("--overwrite") { Description = "replace shards that are already in the folder" };
        var command = new Command(name, description) { files, folder, rows, threads, badLines, codec, overwrite };
        command.SetAction(async (result, stop) =>
        {
            var clock = Stopwatch.StartNew();
            var request = new TableRequest
            {
                Files = result.GetValue(files)!,
                Out = result.GetValue(folder) ?? throw new UsageException("--out DIR is required: the folder that the shards go to"),
                RowsPerShard = (int)result.GetValue(rows),
                Threads = (int)result.GetValue(threads),
                BadLinePercent = result.GetValue(badLines),
                Codec = Enum.Parse<Codec>(result.GetValue(codec)!, ignoreCase: true),
                Overwrite = result.GetValue(overwrite),
            };
            var found = form(request.Files);
            result.InvocationConfiguration.Output.WriteLine("read as " + found.Describe());
            var report = await new TableImport(request, found).ExecuteAsync(stop);
            foreach (string line in report.Bad.Describe())
                result.InvocationConfiguration.Error.WriteLine("datagen: warning: " + line);
            double seconds = clock.Elapsed.TotalSeconds;
            result.InvocationConfiguration.Output.WriteLine($"{request.Out}: {report.Rows:N0} rows in {report.Shards} shards, {seconds:0.0} s, {report.Rows / seconds:N0} rows/s");
            return ExitCodes.Done;
        });
        return command;
    }
}
