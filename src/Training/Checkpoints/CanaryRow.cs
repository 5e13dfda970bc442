using System.Text.Json;
using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models.Features;
using GpuCtr.Training.Scoring;

namespace GpuCtr.Training.Checkpoints;

/// <summary>A row of the validation data, or else of the training data, as the model reads it, with the score that training measured: a line of canary.jsonl. It is scored again when the checkpoint is loaded for scoring (docs/adr/0059).</summary>
/// <param name="Ids">By field, the row of its vocabulary.</param>
/// <param name="Numbers">(N) transformed numbers.</param>
/// <param name="Lists">By column, the rows of its vocabulary.</param>
/// <param name="Score">The probability.</param>
/// <param name="Tolerance">How far another device may be from it.</param>
internal sealed record CanaryRow(IReadOnlyDictionary<string, int> Ids, float[] Numbers, IReadOnlyDictionary<string, int[]> Lists, float Score, float Tolerance)
{
    /// <summary>Name of the file in a checkpoint. The rows of a model that ranks lists are one list.</summary>
    public const string File = "canary.jsonl";

    /// <summary>Maximum rows of a file, and thus the longest list that is kept.</summary>
    private const int MostRows = 64;

    private const int UsualRows = 16, LimitBytes = 16 << 20;

    /// <summary>The first rows of a scored batch, or its first list.</summary>
    public static IReadOnlyList<CanaryRow> Of(Batch batch, ReadOnlySpan<float> logits)
    {
        int rows = batch.Lists is { } lists ? lists.Starts is [_, var end, ..] ? end : batch.Rows : Math.Min(batch.Rows, UsualRows);
        if (rows > MostRows)
            return [];
        List<CanaryRow> canaries = [];
        for (int b = 0; b < rows; b++)
        {
            if (!float.IsFinite(logits[b]))
                return [];
            canaries.Add(Of(batch, b, Probability.Of(logits[b])));
        }

        return canaries;
    }

    private static CanaryRow Of(Batch batch, int b, float score)
    {
        FeatureSpec spec = batch.Spec;
        return new(
            spec.Categorical.Index().ToDictionary(f => f.Item.Name, f => batch.IdAt(b, f.Index)),
            batch.Numeric.Slice(b * spec.N, spec.N).ToArray(),
            batch.Sequences.Where(s => s.Field.Role != SequenceRole.Negative).ToDictionary(s => s.Field.Name, s => Enumerable.Range(s.Offsets[b], s.Offsets[b + 1] - s.Offsets[b]).Select(s.IdAt).ToArray()),
            score,
            Tolerance: 0);
    }

    /// <summary>Sums in another order differ by rounding; factors of matrix products that are rounded differ by more.</summary>
    private static float ToleranceOf(Precision precision) => precision switch { Precision.Fp32 => 1e-3f, Precision.Tf32 => 1e-2f, _ => 5e-2f };

    /// <summary>Appends the row to a batch.</summary>
    /// <exception cref="KeyNotFoundException">It has no value for a column that the model reads.</exception>
    /// <exception cref="ArgumentException">It has more numbers or longer lists than the model reads.</exception>
    public void CopyTo(Batch batch)
    {
        FeatureSpec spec = batch.Spec;
        int b = batch.Rows++;
        foreach ((int f, CategoricalField field) in spec.Categorical.Index())
            batch.SetId(b, f, Ids[field.Name]);
        if (Numbers.Length != spec.N)
            throw new ArgumentException($"it has {Numbers.Length} numbers, and the model reads {spec.N}");
        Numbers.CopyTo(batch.Numeric[(b * spec.N)..]);
        foreach (BatchSequence list in batch.Sequences)
        {
            int[] entries = Lists[list.Field.Name];
            if (entries.Length > list.Field.MaxLength)
                throw new ArgumentException($"its {list.Field.Name} has {entries.Length} entries, and the model reads {list.Field.MaxLength}");
            list.Offsets[0] = 0;
            list.SetIds(b, entries);
        }
    }

    /// <summary>Looks the values of the row up, as a request's values are, and expects them where training found them.</summary>
    /// <returns>The column and the value that is elsewhere; null if all are in place.</returns>
    /// <exception cref="KeyNotFoundException">It has no value for a column that the model reads.</exception>
    /// <exception cref="ArgumentException">A vocabulary has no such row.</exception>
    public string? Misplaced(FeatureEncoder features)
    {
        IEnumerable<(string Column, int Vocabulary, int Row)> values =
        [
            .. features.Spec.Categorical.Select(f => (f.Name, f.Vocabulary, Ids[f.Name])),
            .. features.Spec.Sequences.Where(s => s.Role != SequenceRole.Negative).SelectMany(s => Lists[s.Name].Select(row => (s.Name, s.Vocabulary, row))),
        ];
        (string column, int vocabulary, int row) = values.FirstOrDefault(v => !features.Vocabularies[v.Vocabulary].FindsValueOf(v.Row));
        return column is null ? null : $"{column} '{features.Vocabularies[vocabulary].Describe(row)}' is not found where training found it";
    }

    /// <summary>Writes canary.jsonl, if there are rows.</summary>
    /// <param name="folder">The checkpoint.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="precision">With which their scores were computed.</param>
    public static void Write(string folder, IReadOnlyList<CanaryRow> rows, Precision precision)
    {
        if (rows.Count > 0)
            Disk.WriteText(Path.Combine(folder, File), string.Concat(rows.Select(r => JsonText.Line(r with { Tolerance = ToleranceOf(precision) }) + "\n")));
    }

    /// <summary>Reads canary.jsonl of a checkpoint whose files were verified.</summary>
    /// <exception cref="GpuCtrException">Data: it is none.</exception>
    public static IReadOnlyList<CanaryRow> Read(string folder)
    {
        string path = Path.Combine(folder, File);
        if (!System.IO.File.Exists(path))
            return [];
        try
        {
            return new FileInfo(path).Length <= LimitBytes
                ? [.. System.IO.File.ReadLines(path).Take(MostRows).Select(Parse)]
                : throw new JsonException($"it has more than {LimitBytes} bytes");
        }
        catch (JsonException e)
        {
            throw GpuCtrException.DataError(new DataPlace(path), $"damaged ({e.Message}); use another checkpoint", e);
        }
    }

    private static CanaryRow Parse(string line)
    {
        CanaryRow row = GeneratedJson.Parse(line, CheckpointJson.Files.CanaryRow);
        return row.Lists.Values.Contains(null) ? throw new JsonException("a list is null") : row;
    }
}
