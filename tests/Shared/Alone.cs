namespace GpuCtr.Tests;

/// <summary>Tests that measure what the whole process does, its allocations or its meters: nothing else runs beside them.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
