using System.Text.Json.Nodes;
using Parquet.Schema;

namespace GpuCtr.Datagen;

/// <summary>A kind of generated table: its columns, its planted truth, and blocks that draw its rows.</summary>
public interface ISyntheticTable
{
    /// <summary>Columns of every shard.</summary>
    ParquetSchema Schema { get; }

    /// <summary>The simpler rule that the truth is held against.</summary>
    Baseline Baseline { get; }

    /// <summary>The true probability in words, for the report beside the shards.</summary>
    JsonObject Describe();

    /// <summary>A block with room for <paramref name="capacity"/> rows; one is made for each shard being written.</summary>
    IRowBlock NewBlock(int capacity);
}
