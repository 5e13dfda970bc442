using System.Text;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Import;

/// <summary>Imports files in two passes: the first finds columns and types from every value, the second writes. Memory does not grow with the files.</summary>
internal sealed class TableImport
{
    private const ulong Stream = 0x494D_504F_5254;

    private readonly ImportRequest request;
    private readonly ImportForm form;
    private readonly List<string> names = [];
    private readonly List<ImportKind> kinds = [];
    private long rows, bad;
    private int passes;
    private string? firstBad;

    private TableImport(ImportRequest request) => (this.request, form) = (request, ImportForm.Of(request));

    /// <summary>Reads and writes.</summary>
    /// <param name="request">What is imported.</param>
    /// <param name="progress">Receives the share that is done and the rows of this pass.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <exception cref="GpuCtrException">Usage: no such file, column or a filled folder. Data: bad rows, bytes of another encoding. InputOutput: the disk.</exception>
    public static ImportReport Run(ImportRequest request, Action<double, long>? progress, CancellationToken cancellation)
    {
        TableImport import = new(request);
        import.Look(progress, cancellation);
        return import.Write(progress, cancellation);
    }

    /// <summary>Finds types and errors of all values, before anything is written.</summary>
    private void Look(Action<double, long>? progress, CancellationToken cancellation)
    {
        Each(progress, cancellation, (source, places) =>
        {
            while (places.Count < source.Names.Count)
                places.Add(PlaceOf(source.Names[places.Count]));
            for (int i = 0; form.Known is null && i < places.Count; i++)
                kinds[places[i]].See(source[i]);
        });
        long limit = request.BadRows.Limit(rows + bad);
        if (bad > limit)
            throw GpuCtrException.DataError($"{firstBad}{(limit > 0 ? $"; {bad} such rows, --bad-rows allows {limit}" : "")}; correct it, or allow some such rows with --bad-rows");
        if (rows == 0)
            throw GpuCtrException.DataError($"{request.Files[0]}: no rows");
        if (request.Text.FirstOrDefault(t => !names.Contains(t)) is { } absent)
            throw GpuCtrException.UsageError($"--text {ColumnNames.InShell(absent)}: no such column; the files have {ColumnNames.Listing(names)}");
    }

    private int PlaceOf(string name)
    {
        if (names.IndexOf(name) is var place and >= 0)
            return place;
        names.Add(name);
        kinds.Add(new ImportKind());
        return names.Count - 1;
    }

    /// <summary>(output columns) a new column, and the names of which one is its source.</summary>
    private (Func<ImportColumn> Column, IReadOnlyList<string> Source)[] Columns() => form.Known is { } known
        ? [.. known.Select(k => k.Source.Any(names.Contains) ? (k.Column, k.Source) : throw GpuCtrException.DataError($"{request.Files[0]}: no column {string.Join(" or ", k.Source)}; it has {ColumnNames.Listing(names)}"))]
        : [.. names.Select((name, i) => ((Func<ImportColumn>)(() => request.Text.Contains(name) ? new TextColumn(name) : kinds[i].Column(name)), (IReadOnlyList<string>)[name]))];

    private ImportReport Write(Action<double, long>? progress, CancellationToken cancellation)
    {
        (Func<ImportColumn> Column, IReadOnlyList<string> Source)[] columns = Columns();
        using ShardWriters to = new(request, () => [.. columns.Select(c => c.Column())]);
        long row = 0;
        (rows, bad) = (0, 0);
        int[] sources = [];
        Each(progress, cancellation, (source, places) =>
        {
            if (places.Count < source.Names.Count)
            {
                while (places.Count < source.Names.Count)
                    places.Add(0);
                sources = [.. columns.Select(c => c.Source.Select(name => source.Names.ToList().IndexOf(name)).FirstOrDefault(i => i >= 0, -1))];
            }

            to.Of(SideOf(row++)).Add(source, sources);
        });
        (string, string)[] told = [.. columns.Select(c => c.Column()).Select(c => (c.Field.Name, c.TypeName))];
        return new ImportReport(told, to.Finish(), bad, firstBad);
    }

    /// <summary>0: training, 1: validation, 2: test; a hash of the number of the row.</summary>
    private int SideOf(long row)
    {
        double u = RandomBits.Mix(Stream ^ RandomBits.Mix((ulong)row)) / 18446744073709551616.0;
        return u < request.TestFraction ? 2 : u < request.TestFraction + request.ValidFraction ? 1 : 0;
    }

    /// <summary>Goes over all good rows; the list belongs to the file.</summary>
    private void Each(Action<double, long>? progress, CancellationToken cancellation, Action<ImportSource, List<int>> take)
    {
        foreach ((int number, string path) in request.Files.Index())
        {
            List<int> places = [];
            long line = 0;
            try
            {
                using ImportSource source = form.Open(path, request.TextEncoding);
                while (source.Next())
                {
                    line = source.Line;
                    if ((rows & 0xFFF) == 0)
                        cancellation.ThrowIfCancellationRequested();
                    if (source.Fault is { } fault)
                    {
                        bad++;
                        firstBad ??= $"{path}: line {line}: {fault}";
                        continue;
                    }

                    take(source, places);
                    rows++;
                    if ((rows & 0xFFF) == 0)
                        progress?.Invoke((passes + (number + source.Share) / request.Files.Count) / 2, rows);
                }
            }
            catch (DecoderFallbackException e)
            {
                throw GpuCtrException.DataError(new DataPlace(path), $"after line {line} are bytes that are not {request.TextEncoding.WebName}; name its encoding, as in --encoding latin1", e);
            }
            catch (InvalidDataException e)
            {
                throw GpuCtrException.DataError(new DataPlace(path), $"damaged after line {line} ({e.Message})", e);
            }
        }

        passes++;
    }
}
