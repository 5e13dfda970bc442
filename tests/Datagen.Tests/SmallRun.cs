namespace GpuCtr.Datagen.Tests;

/// <summary>Requests small enough for a test.</summary>
internal static class SmallRun
{
    public static SynthRequest Request(string folder, ulong seed = 1) => new()
    {
        Out = folder,
        Seed = seed,
        Rows = 10_001,
        Shards = 3,
        TestRows = 500,
        Shape = new CriteoShape { Numeric = 4, Categorical = 8, MaxCardinality = 500 },
    };

    public static Task<(Baseline Baseline, TruthFigures Training, TruthFigures? Test)> ExecuteAsync(SynthRequest request) =>
        SynthRun.ExecuteAsync(request, CancellationToken.None);
}
