using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using Parquet;
using Parquet.Schema;

namespace GpuCtr.Training.Scoring;

/// <summary>The columns that the answers to rows become in a file.</summary>
/// <typeparam name="T">The answer to a row.</typeparam>
internal interface IAnswerColumns<T>
{
    /// <summary>The columns.</summary>
    IReadOnlyList<Field> Fields { get; }

    /// <summary>Writes the answers of a row group.</summary>
    Task Write(ParquetRowGroupWriter group, ReadOnlyMemory<T> answers);
}

/// <summary>One score a row; null if the row was left out.</summary>
internal sealed class ScoreColumn : IAnswerColumns<float?>
{
    private readonly DataField score = new("score", typeof(float), isNullable: true);

    /// <inheritdoc/>
    public IReadOnlyList<Field> Fields => [score];

    /// <inheritdoc/>
    public Task Write(ParquetRowGroupWriter group, ReadOnlyMemory<float?> answers) => group.WriteAsync<float>(score, answers);
}

/// <summary>The answer to a row of a model that ranks lists.</summary>
/// <param name="Score">Its probability within the list; null if the row was left out.</param>
/// <param name="Rank">Its place in the new order of the list, 1 for the best; null if the row was left out.</param>
internal readonly record struct RankedScore(float? Score, int? Rank);

/// <summary>Score and rank of each row.</summary>
internal sealed class RankedScoreColumns : IAnswerColumns<RankedScore>
{
    private readonly DataField score = new("score", typeof(float), isNullable: true), rank = new("rank", typeof(int), isNullable: true);

    /// <inheritdoc/>
    public IReadOnlyList<Field> Fields => [score, rank];

    /// <inheritdoc/>
    public async Task Write(ParquetRowGroupWriter group, ReadOnlyMemory<RankedScore> answers)
    {
        await group.WriteAsync<float>(score, answers.ToArray().Select(a => a.Score).ToArray());
        await group.WriteAsync<int>(rank, answers.ToArray().Select(a => a.Rank).ToArray());
    }
}

/// <summary>The best items of a row, best first, with their scores.</summary>
/// <param name="Items">Rows of their vocabulary.</param>
/// <param name="Scores">⟨h, e⟩ + b of each.</param>
internal sealed record BestItems(int[] Items, float[] Scores);

/// <summary>A list of items and a list of their scores; both are null if the row has no prediction.</summary>
/// <param name="vocabulary">Gives the items their original ids.</param>
internal sealed class BestItemColumns(VocabularyTable vocabulary) : IAnswerColumns<BestItems?>
{
    // Levels of a list: it is null; an entry is there.
    private const int NullList = 0, Entry = 3;

    private readonly DataField item = new("element", vocabulary.Kind == ValueKind.Text ? typeof(string) : vocabulary.Kind == ValueKind.Unsigned ? typeof(ulong) : typeof(long), isNullable: true);
    private readonly DataField score = new("element", typeof(float), isNullable: true);

    /// <inheritdoc/>
    public IReadOnlyList<Field> Fields => [new ListField("items", item), new ListField("scores", score)];

    /// <inheritdoc/>
    public async Task Write(ParquetRowGroupWriter group, ReadOnlyMemory<BestItems?> answers)
    {
        int[] rows = [.. answers.ToArray().SelectMany(a => a?.Items ?? [])];
        (int[] definition, int[] repetition) = LevelsOf(answers.Span);
        switch (vocabulary.Kind)
        {
            case ValueKind.Text:
                await group.WriteAllPartsAsync<ReadOnlyMemory<char>>(item, rows.Select(row => vocabulary.Texts[row - VocabularyTable.FirstValueRow].AsMemory()).ToArray(), definition, repetition, default);
                break;
            case ValueKind.Unsigned:
                await group.WriteAllPartsAsync<ulong>(item, rows.Select(row => unchecked((ulong)vocabulary.IntegerOf(row))).ToArray(), definition, repetition, default);
                break;
            default:
                await group.WriteAllPartsAsync<long>(item, rows.Select(vocabulary.IntegerOf).ToArray(), definition, repetition, default);
                break;
        }

        await group.WriteAllPartsAsync<float>(score, answers.ToArray().SelectMany(a => a?.Scores ?? []).ToArray(), definition, repetition, default);
    }

    private static (int[] Definition, int[] Repetition) LevelsOf(ReadOnlySpan<BestItems?> answers)
    {
        List<int> definition = [], repetition = [];
        foreach (BestItems? answer in answers)
        {
            // A vocabulary has an item at least, so no list is empty.
            for (int i = 0; i < Math.Max(1, answer?.Items.Length ?? 0); i++)
            {
                definition.Add(answer is null ? NullList : Entry);
                repetition.Add(i == 0 ? 0 : 1);
            }
        }

        return ([.. definition], [.. repetition]);
    }
}
