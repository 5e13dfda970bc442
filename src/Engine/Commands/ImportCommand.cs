using System.Text;
using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Data.Import;
using GpuCtr.Data.Shards;
using GpuCtr.Engine.Screens;
using GpuCtr.Models;
using GpuCtr.Training;
using static System.FormattableString;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of <c>import</c>.</summary>
internal sealed record ImportOptions
{
    /// <summary>The folder of the shards.</summary>
    [Option("folder of the shards: train-*.parquet, valid.parquet and test.parquet", Value = "DIR", Section = OptionSection.Rows)]
    public string? Out { get; init; }

    /// <summary>Share of the rows to validate on.</summary>
    [Option("share of the rows for valid.parquet, chosen by a hash of the row number", Least = 0, Below = 1)]
    public double ValidFraction { get; init; } = 0.1;

    /// <summary>Share of the rows to test on.</summary>
    [Option("share of the rows for test.parquet", Least = 0, Below = 1)]
    public double TestFraction { get; init; } = 0.1;

    /// <summary>Most rows of a shard.</summary>
    [Option("maximum rows of a training shard", Least = 1)]
    public int RowsPerShard { get; init; } = 1 << 20;

    /// <summary>Rows that may be left out.</summary>
    [Option("rows with a wrong number of fields that may be skipped", Value = "N|P%")]
    public BadRowBudget BadRows { get; init; } = BadRowBudget.Zero;

    /// <summary>Ratings that are clicks.</summary>
    [Option("movielens and amazon: ratings that count as label 1; for other formats, use train --positive", Value = "VALUE,…", Section = OptionSection.Columns)]
    public IReadOnlyList<string> Positive { get; init; } = [">=4"];

    /// <summary>Columns read as text.</summary>
    [Option("columns to keep as text even if their values look like numbers, such as versions (4.1 and 4.10)", Value = "COL,…", Form = OptionForm.Columns)]
    public IReadOnlyList<string> Text { get; init; } = [];

    /// <summary>Separator of a CSV file.</summary>
    [Option("csv: separator of the fields, one character or tab (default: found in the first line)", Value = "C")]
    public string? Separator { get; init; }

    /// <summary>Encoding of the text.</summary>
    [Option("encoding of files without a byte order mark, such as latin1 or windows-1252", Value = "NAME")]
    public string Encoding { get; init; } = "utf-8";

    /// <summary>Replaces earlier shards.</summary>
    [Option("replace the shards in --out", Section = OptionSection.Output)]
    public bool Overwrite { get; init; }

    /// <summary>What every verb prints on request.</summary>
    [Options]
    public TraceOptions Trace { get; init; } = new();

    /// <summary>What is asked for.</summary>
    /// <exception cref="GpuCtrException">Usage.</exception>
    public ImportRequest Request(string format, IReadOnlyList<string> files) => new()
    {
        Format = format,
        Files = files,
        Out = Out ?? throw GpuCtrException.UsageError("--out DIR is needed: the folder that the shards go to"),
        Separator = Separator switch
        {
            null => null,
            "tab" or "\\t" => "\t",
            { Length: 1 } one when one[0] is not ('"' or '\r' or '\n') => one,
            var other => throw GpuCtrException.UsageError($"--separator {other}: expected one character, or tab"),
        },
        Text = Text,
        Positive = Positive,
        ValidFraction = ValidFraction,
        TestFraction = ValidFraction + TestFraction < 1 ? TestFraction : throw GpuCtrException.UsageError(Invariant($"--valid-fraction {ValidFraction} and --test-fraction {TestFraction} leave no rows to train on")),
        RowsPerShard = RowsPerShard,
        BadRows = BadRows,
        Overwrite = Overwrite,
        TextEncoding = EncodingOf(Encoding),
    };

    private static Encoding EncodingOf(string name)
    {
        System.Text.Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        try
        {
            return System.Text.Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
        }
        catch (ArgumentException)
        {
            throw GpuCtrException.UsageError($"--encoding {name}: unknown; write a name such as utf-8, latin1, windows-1252 or utf-16");
        }
    }
}

/// <summary><c>import FORMAT FILES…</c></summary>
internal static class ImportCommand
{
    /// <summary>The verb.</summary>
    public static Verb<ImportOptions> Verb { get; } = new(
        "import", "turns CSV, TSV, lines of JSON, and public logs, plain or .gz, into Parquet shards that train, validate and test",
        ["gpu-ctr import csv clicks.csv --out data/clicks", "gpu-ctr import criteo train.txt.gz --out data/criteo", "gpu-ctr import movielens ratings.dat --positive '>=5' --out data/ml"],
        Execute)
    { Values = "FORMAT FILES…", Words = ImportForm.Formats };

    private static ExitCode Execute(ImportOptions options, Arguments arguments, Terminal terminal)
    {
        (string format, IReadOnlyList<string> files) = (arguments.Values.FirstOrDefault() ?? "", [.. arguments.Values.Skip(1)]);
        if (!ImportForm.Formats.Contains(format))
            throw GpuCtrException.UsageError($"import {format}: no such format{Spelling.Suggest(format, ImportForm.Formats)}; write import FORMAT FILES…, with one of {string.Join(", ", ImportForm.Formats)}");
        if (files.Count == 0)
            throw GpuCtrException.UsageError($"import {format}: no files; write them after the format");
        ImportRequest request = options.Request(format, files);
        using ShutdownSignal shutdown = new();
        using RunLog runLog = new(terminal.Error, options.Trace.Verbose);
        try
        {
            ImportReport report = Run(request, runLog, shutdown.Token);
            Tell(request, report, runLog);
        }
        catch (OperationCanceledException) when (shutdown.IsRequested)
        {
            throw new GpuCtrException(ErrorKind.Interrupted, "interrupted; no shards are left");
        }

        return ExitCode.Done;
    }

    private static ImportReport Run(ImportRequest request, RunLog runLog, CancellationToken stop)
    {
        // The number of rows is known only after reading, so the share is computed from bytes.
        using ProgressMeter meter = new(runLog, "import", 1);
        return TableImport.Run(request, (share, rows) => { if (meter.IsDue) meter.ShowShare(share, Invariant($"{rows:N0} rows")); }, stop);
    }

    private static void Tell(ImportRequest request, ImportReport report, RunLog runLog)
    {
        int width = report.Columns.Max(c => c.Name.Length);
        foreach ((string name, string type) in report.Columns)
            runLog.Line($"  {Training.Screens.Printable.Of(name).PadRight(width)}  {type}");
        if (ImportForm.Rated.Contains(request.Format))
            runLog.Line($"label is 1 if the rating is {string.Join(" or ", request.Positive)} (--positive); the rating is left out, as it gives the label away");
        if (report.BadRows > 0)
            runLog.Warn(Invariant($"{report.BadRows:N0} rows left out; the first: {report.FirstBad}"));
        string folder = request.Out.TrimEnd('/');
        string Shards(string flag, string file, long rows) => rows == 0 ? "" : $" {flag} {ColumnNames.InShell($"{folder}/{file}")}";
        runLog.Line(Invariant($"{report.Rows.Train:N0} rows to train, {report.Rows.Valid:N0} to validate, {report.Rows.Test:N0} to test"));
        runLog.Line($"next: gpu-ctr train '{folder}/train-*.parquet'{Shards("--valid", "valid.parquet", report.Rows.Valid)}{Shards("--test", "test.parquet", report.Rows.Test)}");
    }
}
