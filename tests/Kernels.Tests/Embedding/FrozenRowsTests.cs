using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Embedding;

/// <summary>Frozen rows among trained ones.</summary>
public sealed class FrozenRowsTests
{
    private const int Steps = 12;

    private static readonly Range[] frozen = [2..9, 28..47];

    public static TheoryData<string, (OptimizerKind, EmbeddingUpdate)> Cases => TestDevices.Times(
        (OptimizerKind.Adam, EmbeddingUpdate.Lazy), (OptimizerKind.Adam, EmbeddingUpdate.Dense), (OptimizerKind.Adam, EmbeddingUpdate.Replay),
        (OptimizerKind.Sgd, EmbeddingUpdate.Lazy), (OptimizerKind.Sgd, EmbeddingUpdate.Replay), (OptimizerKind.Adagrad, EmbeddingUpdate.Lazy),
        (OptimizerKind.RowwiseAdagrad, EmbeddingUpdate.Lazy), (OptimizerKind.RowwiseAdagrad, EmbeddingUpdate.Dense));

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Frozen_rows_stay_and_all_others_move_as_if_there_were_none(string deviceName, (OptimizerKind Kind, EmbeddingUpdate Update) learns)
    {
        Device device = TestDevices.Get(deviceName);
        RecordedGradients gradients = new(Steps, learns.Kind);
        float[] first = RecordedGradients.First(new Random(1)), free = gradients.Play(device, learns.Update)[0], held = gradients.Play(device, learns.Update, frozen)[0];
        bool[] isFrozen = [.. Enumerable.Range(0, RecordedGradients.Rows).Select(row => frozen.Any(range => row >= range.Start.Value && row < range.End.Value))];
        Assert.All(Enumerable.Range(0, RecordedGradients.Rows), row => Assert.Equal(Row(isFrozen[row] ? first : free, row), Row(held, row)));
        Assert.Contains(Enumerable.Range(0, RecordedGradients.Rows), row => isFrozen[row] && !Row(free, row).SequenceEqual(Row(first, row)));
    }

    private static float[] Row(float[] table, int row) => table[(row * RecordedGradients.Columns)..((row + 1) * RecordedGradients.Columns)];
}
