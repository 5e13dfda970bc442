using System.Text.Json;

namespace GpuCtr.Datagen;

/// <summary>Categories of items from a file: JSON <c>{"item": category or [category, …]}</c>, or a table with an item and a category column.</summary>
public static class CategoryFile
{
    /// <summary>Gives the items of a log their categories; items that are not in the log are ignored.</summary>
    /// <exception cref="DataException">The file is not of that kind.</exception>
    public static async Task ReadAsync(string path, ColumnChoice columns, InteractionLog log, BadLines bad, CancellationToken stop)
    {
        if (Path.GetExtension(path).Equals(".json", StringComparison.OrdinalIgnoreCase))
            await ReadJsonAsync(path, log, stop);
        else
            ReadTable(path, FormatDetector.OfCategories(path, columns), log, bad);
    }

    /// <summary>The part before the first blank.</summary>
    public static string FirstWord(string text) => text.Split(' ', 2)[0];

    private static async Task ReadJsonAsync(string path, InteractionLog log, CancellationToken stop)
    {
        try
        {
            await using var file = File.OpenRead(path);
            using var document = await JsonDocument.ParseAsync(file, cancellationToken: stop);
            foreach (var entry in document.RootElement.EnumerateObject())
            {
                int item = log.Items.Find(entry.Name);
                var value = entry.Value;
                if (item < 0 || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0))
                    continue;
                // An item of several categories has the first one, which lists have as the main one.
                string category = (value.ValueKind == JsonValueKind.Array ? value[0] : value).ToString();
                if (category.Length > 0)
                    log.SetCategory(item, category);
            }
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw new DataException($"{path} is not a JSON object of items and their categories: {wrong.Message}");
        }
    }

    private static void ReadTable(string path, LineFormat format, InteractionLog log, BadLines bad)
    {
        var splitter = new FieldSplitter(format.Separator);
        int item = format.Columns[ColumnRole.Item], category = format.Columns[ColumnRole.Category];
        long number = 0;
        foreach (string line in File.ReadLines(path))
        {
            if (string.IsNullOrWhiteSpace(line) || (number++ == 0 && format.HasHeader))
                continue;
            var fields = splitter.Split(line);
            bool isGood = Math.Max(item, category) < fields.Count;
            bad.Add(isGood ? null : "has too few fields", path, number, line);
            if (isGood && fields[category].Length > 0 && log.Items.Find(fields[item]) is int code and >= 0)
                log.SetCategory(code, format.FirstWordOnly ? FirstWord(fields[category]) : fields[category]);
        }
    }
}
