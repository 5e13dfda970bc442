using System.IO.Compression;
using Parquet;
using Parquet.Schema;

namespace GpuCtr.Datagen;

/// <summary>How shards are compressed.</summary>
public enum Codec
{
    /// <summary>Smallest files.</summary>
    Zstd,

    /// <summary>Fastest compression.</summary>
    Snappy,

    /// <summary>Encoded, not compressed.</summary>
    None,
}

/// <summary>Writer settings of each codec.</summary>
public static class CodecOptions
{
    /// <summary>Dictionary encoding for strings, the only type for which the library has it; pages compressed by the codec.</summary>
    public static ParquetOptions Options(this Codec codec, ParquetSchema schema)
    {
        var options = new ParquetOptions
        {
            CompressionMethod = codec switch
            {
                Codec.Zstd => CompressionMethod.Zstd,
                Codec.Snappy => CompressionMethod.Snappy,
                _ => CompressionMethod.None,
            },
            // The library's default, SmallestSize, is zstd's slowest level: many times the time for a percent of size.
            CompressionLevel = CompressionLevel.Optimal,
        };
        foreach (var field in schema.DataFields.Where(field => field.ClrType == typeof(string)))
            options.ColumnEncodingHints[field.Path.ToString()] = EncodingHint.Dictionary;
        return options;
    }
}
