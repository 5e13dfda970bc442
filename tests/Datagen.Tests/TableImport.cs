namespace GpuCtr.Datagen.Tests;

/// <summary>Tests that import a table into the folder OUT.</summary>
public abstract class TableImport : OwnFolder
{
    protected async Task<Dictionary<string, string[]>> ImportAsync(string verb, string text)
    {
        File.WriteAllText(Folder.File("in"), text);
        var (code, _, error) = await RunAsync($"import {verb} IN --out OUT");
        Assert.True(code == 0, error);
        var columns = await ListRows.ReadAsync(Folder.File("out/shard-00000.parquet"));
        return columns.ToDictionary(c => c.Key, c => c.Value.Select(row => string.Join(' ', row)).ToArray());
    }

    protected async Task<(int Code, string Output, string Error)> RunAsync(string line)
    {
        string[] arguments = [.. line.Split(' ').Select(word => word switch
        {
            "IN" => Folder.File("in"),
            "OUT" => Folder.File("out"),
            "OTHER" => Folder.File("other"),
            "PACKED" => Folder.File("packed.csv.gz"),
            _ => word,
        })];
        using StringWriter output = new(), error = new();
        int code = await DatagenCommandLine.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
