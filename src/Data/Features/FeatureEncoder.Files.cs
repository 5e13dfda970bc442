using System.Text.Json;
using GpuCtr.Data.Shards;
using Parquet;
using Parquet.Schema;

namespace GpuCtr.Data.Features;

public sealed partial class FeatureEncoder
{
    /// <summary>Name of the file with the encoding; vocabularies are in files beside it.</summary>
    public const string StateFile = "features.json";

    /// <summary>Name of the folder with the model that computes a vector column.</summary>
    public const string RowVectorsFolder = "row_vectors";

    private const string VocabularyFolder = "vocab", AbsentColumn = "unseen_runs";

    // Longest part of a vocabulary's name in its file name, so that any file system accepts it.
    private const int LongestName = 100;

    /// <summary>Writes features.json, one Parquet file per vocabulary (value, count; unseen_runs if some values did not occur in the last run) and one for each attribute of items (row) into <paramref name="folder"/>.</summary>
    /// <exception cref="GpuCtrException">InputOutput: not writable, disk full.</exception>
    public void Save(string folder)
    {
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, VocabularyFolder));
            var states = new List<StoredVocabulary>();
            foreach (VocabularyTable v in Vocabularies)
            {
                string safe = string.Concat(v.Name.Take(LongestName).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '_'));
                string name = $"{VocabularyFolder}/{states.Count:D3}_{safe}.parquet";
                states.Add(new StoredVocabulary(v.Name, v.Kind, v.Rows, v.Computed.Count, v.Counts[VocabularyTable.NullRow], v.Counts[v.OovRow], name, v.Computed.Identity));
                using FileStream file = File.Create(Path.Combine(folder, name));
                WriteVocabulary(file, v).GetAwaiter().GetResult();
                Disk.Flush(file);
            }

            IReadOnlyList<StoredAttribute>? attributes = State.ItemAttributes?.Select((a, i) => SaveAttribute(folder, a, i)).ToList();
            RowVectors?.Save(Path.Combine(folder, RowVectorsFolder));
            Disk.WriteText(Path.Combine(folder, StateFile), JsonSerializer.Serialize(State with { Vocabularies = states, Attributes = attributes }, FeaturesJson.File.FittedFeatures) + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GpuCtrException.IoError(new DataPlace(folder), $"the features cannot be written ({e.Message}); check space and permissions", e);
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="GpuCtrException">Usage: no such folder. Data: damaged or from another version. InputOutput: unreadable.</exception>
    public static FeatureEncoder Load(string folder)
    {
        string path = Path.Combine(folder, StateFile);
        FittedFeatures state;
        try
        {
            state = GeneratedJson.Parse(File.ReadAllText(path), FeaturesJson.File.FittedFeatures);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw GpuCtrException.UsageError($"{path}: no such file; name a run or checkpoint folder");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw GpuCtrException.DataError(new DataPlace(path), $"damaged ({ShardReader.Reason(e)}); use another checkpoint", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw GpuCtrException.IoError(new DataPlace(path), $"cannot be read ({e.Message})", e);
        }

        if (state.Format != Format || state.BucketSeed != ComputedRows.Seed)
            throw GpuCtrException.DataError(new DataPlace(path), $"format {state.Format}, this version reads format {Format}; use the version that wrote it");
        if (FittedFeaturesCheck.FaultOf(state) is { } fault)
            throw GpuCtrException.DataError(new DataPlace(path), $"damaged: {fault}; use another checkpoint");
        VocabularyTable[] tables = [.. state.Vocabularies.Select(v => ReadVocabulary(folder, v))];
        return new FeatureEncoder(state with { ItemAttributes = state.Attributes?.Select(a => ReadAttribute(folder, a, tables)).ToList() }, tables);
    }

    private static async Task WriteVocabulary(FileStream file, VocabularyTable v)
    {
        var count = new DataField<long>("count");
        var absent = new DataField<int>(AbsentColumn);
        DataField value = v.Computed.Any ? new DataField<long>("value") : v.Kind switch
        {
            ValueKind.Text => new DataField("value", typeof(string), isNullable: false),
            ValueKind.Unsigned => new DataField<ulong>("value"),
            _ => new DataField<long>("value"),
        };
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(
            v.AbsentRuns.Count > 0 ? new ParquetSchema(value, count, absent) : new ParquetSchema(value, count), file, new ParquetOptions { CompressionMethod = CompressionMethod.Snappy });
        using ParquetRowGroupWriter group = writer.CreateRowGroup();
        long[] counts = [.. v.Counts.Skip(VocabularyTable.FirstValueRow).SkipLast(1)];
        if (v.Computed.Any)
            await group.WriteAsync<long>(value, Enumerable.Range(0, v.Computed.Count).Select(i => (long)i).ToArray());
        else if (v.Kind == ValueKind.Text)
            await group.WriteAsync(value, v.Texts);
        else if (v.Kind == ValueKind.Unsigned)
            await group.WriteAsync<ulong>(value, v.Integers.Select(bits => unchecked((ulong)bits)).ToArray());
        else
            await group.WriteAsync<long>(value, v.Integers.ToArray());
        await group.WriteAsync<long>(count, counts);
        if (v.AbsentRuns.Count > 0)
            await group.WriteAsync<int>(absent, v.AbsentRuns.ToArray());
        group.CompleteValidate();
    }

    /// <exception cref="GpuCtrException">Data: a file outside the folder of the vocabularies, or a missing one.</exception>
    private static string PathOf(string folder, string file)
    {
        if (Path.GetFileName(file) is var name && file != $"{VocabularyFolder}/{name}")
            throw GpuCtrException.DataError($"{Path.Combine(folder, StateFile)}: '{file}' is outside its folder; use another checkpoint");
        string path = Path.Combine(folder, file);
        return File.Exists(path) ? path : throw GpuCtrException.DataError(new DataPlace(path), "the vocabulary file is missing; use another checkpoint");
    }

    private static VocabularyTable ReadVocabulary(string folder, StoredVocabulary state)
    {
        string path = PathOf(folder, state.File);
        Shard shard = Shard.Open(path, 0);
        long expected = state.Rows - 3L;
        if (shard.Rows != expected || (state.Buckets > 0 && state.Buckets != expected))
            throw GpuCtrException.DataError(new DataPlace(path), $"{shard.Rows} values, expected {expected}; use another checkpoint");
        using ShardReader reader = shard.Rent();
        var buffer = new ColumnBuffer();
        long[] integers = [], counts = [];
        string[] texts = [];
        int[]? absent = shard.Column(AbsentColumn) is null ? null : [];
        foreach (RowGroupRef group in shard.RowGroups)
        {
            reader.Read(group.Group, "count", buffer);
            counts = [.. counts, .. buffer.Integers.AsSpan(0, buffer.Count)];
            if (state.Buckets > 0)
                continue;
            if (absent is not null)
            {
                reader.Read(group.Group, AbsentColumn, buffer);
                absent = [.. absent, .. buffer.Integers.AsSpan(0, buffer.Count).ToArray().Select(runs => (int)runs)];
            }

            reader.Read(group.Group, "value", buffer);
            if (buffer.Kind != state.Kind)
                throw GpuCtrException.DataError(new DataPlace(path), $"its values are {buffer.Kind}, expected {state.Kind}; use another checkpoint");
            if (state.Kind == ValueKind.Text)
                texts = [.. texts, .. buffer.Texts.Take(buffer.Count).Select(t => t.ToString())];
            else
                integers = [.. integers, .. buffer.Integers.AsSpan(0, buffer.Count)];
        }

        if (counts.Any(c => c < 0))
            throw GpuCtrException.DataError(new DataPlace(path), "a count is negative; use another checkpoint");
        if (absent?.Any(runs => runs < 0) == true)
            throw GpuCtrException.DataError(new DataPlace(path), "a number of runs is negative; use another checkpoint");
        if (texts.Distinct().Count() != texts.Length || integers.Distinct().Count() != integers.Length)
            throw GpuCtrException.DataError(new DataPlace(path), "a value occurs twice; use another checkpoint");
        return new VocabularyTable(state.Name, state.Kind, new ComputedRows(state.Buckets, state.Identity), integers, texts, [0, state.Nulls, .. counts, state.Oov], absent);
    }
}
