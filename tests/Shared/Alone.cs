namespace GpuCtr.Tests;

/// <summary>Tests that measure the whole process, its allocations or its meters: they run alone.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
