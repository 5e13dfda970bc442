using GpuCtr.Data.Features;
using GpuCtr.Data.Inspection;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;
using GpuCtr.Models;

namespace GpuCtr.Training;

/// <summary>Options of looking at shards; everything but the shards has a default.</summary>
public sealed record InspectOptions
{
    /// <summary>Shards to look at: files, folders, patterns, addresses of a store.</summary>
    public IReadOnlyList<string> Shards { get; init; } = [];

    /// <summary>Stores that open addresses such as <c>az://day1.parquet</c>, wherever shards are named; <c>s3://</c> needs none.</summary>
    public IReadOnlyList<ShardStore> Stores { get; init; } = [];

    /// <summary>What columns are for.</summary>
    [Options]
    public FeatureOptions Features { get; init; } = new();

    /// <summary>Threads that decode.</summary>
    [Option("threads; 0 = one per core", Least = 0, Most = DeviceOptions.MostThreads)]
    public int Threads { get; init; }

    /// <summary>Writes a manifest, which later runs verify. Not written for shards with a column that cannot be read.</summary>
    [Option($"write {ShardManifest.FileName} beside the shards: sizes and hashes that later runs verify")]
    public bool WriteManifest { get; init; }
}

/// <summary>What was found in shards.</summary>
/// <param name="Found">Rows, label, columns and problems.</param>
/// <param name="Unreadable">Columns that cannot be read, at which training would stop; those of <see cref="FeatureOptions.Exclude"/> do not count.</param>
/// <param name="Manifests">The manifests that were written.</param>
public sealed record InspectResult(ShardInspection Found, IReadOnlyList<string> Unreadable, IReadOnlyList<string> Manifests);
