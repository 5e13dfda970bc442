// Scores rows: AotScoring RUN ROWS.jsonl, one JSON object a line. Published ahead of time it is one file that needs no .NET, and has its first score in milliseconds.
using System.Globalization;
using System.Text.Json;
using GpuCtr;

if (args.Length != 2)
{
    Console.Error.WriteLine("usage: AotScoring RUN ROWS.jsonl");
    return 1;
}

try
{
    using CtrModel model = CtrModel.Load(args[0], new ScoringOptions { Concurrency = 1 });
    FeatureRow row = model.NewRow();
    foreach (string line in File.ReadLines(args[1]))
    {
        using JsonDocument json = JsonDocument.Parse(line);
        Console.WriteLine(model.Score(row.Clear().SetJson(json.RootElement)).ToString("R", CultureInfo.InvariantCulture));
    }

    return 0;
}
catch (Exception e) when (e is GpuCtrException or ArgumentException or JsonException or IOException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
