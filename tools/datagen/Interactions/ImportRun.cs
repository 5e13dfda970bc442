namespace GpuCtr.Datagen;

/// <summary>Turns interaction files into training, validation and test rows with histories.</summary>
public static class ImportRun
{
    /// <summary>Reads, samples, writes.</summary>
    /// <exception cref="UsageException">The folder is not empty, or the requested columns do not exist.</exception>
    /// <exception cref="DataException">The files hold no interactions, or too many bad lines.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static async Task<ImportReport> ExecuteAsync(ImportRequest request, CancellationToken stop)
    {
        OutputFolder.Check(request.Out, OutputFolder.ImportFiles, request.Overwrite);
        var log = new InteractionLog();
        var bad = new BadLines();
        // With a file of categories the category column that is named is that file's.
        var forLogs = request.CategoriesFile is null ? request : request with { Columns = request.Columns.Without(ColumnRole.Category) };
        LineFormat[] formats = [.. request.Files.Select(path => FormatDetector.OfInteractions(path, forLogs))];
        if (formats.Select(IsTimed).Distinct().Count() > 1)
            throw new DataException($"some of the files have times and others have none: {request.Files[Array.FindIndex(formats, format => !IsTimed(format))]} has none");
        for (int i = 0; i < formats.Length; i++)
            new InteractionReader(log, bad).Read(request.Files[i], formats[i], stop);
        Check(log.Count > 0 ? null : "no line holds an interaction", request.Files[0], request, bad);
        if (request.CategoriesFile is not null)
        {
            var badCategories = new BadLines();
            await CategoryFile.ReadAsync(request.CategoriesFile, request.Columns, log, badCategories, stop);
            Check(log.Categories.Count > 0 ? null : "no item of the interactions has a category in it", request.CategoriesFile, request, badCategories);
        }

        OutputFolder.Prepare(request.Out, OutputFolder.ImportFiles, request.Overwrite);
        await using var writer = new ExampleWriter(request, log);
        await writer.WriteAllAsync(stop);
        long withoutCategory = Enumerable.Range(0, log.Items.Count).LongCount(item => log.CategoryOf(item) < 0);
        return new ImportReport(formats[0], log, bad, writer.Rows, writer.ShortUsers, withoutCategory, writer.WithoutNegative);
    }

    private static bool IsTimed(LineFormat format) => format.Columns.ContainsKey(ColumnRole.Time);

    private static void Check(string? wrong, string path, ImportRequest request, BadLines bad)
    {
        if (wrong is null && bad.Count <= bad.Lines * request.BadLinePercent / 100)
            return;
        string found = string.Join("; ", bad.Describe().Take(2));
        throw new DataException(wrong is null
            ? $"{found}; more than --bad-lines {request.BadLinePercent} % allows: check --separator and --columns"
            : $"{path}: {wrong}{(found.Length > 0 ? "; " + found : "")}");
    }
}
