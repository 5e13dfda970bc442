using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Embedding;

/// <summary>Replay ends where dense updates do.</summary>
public sealed class ReplayTests
{
    private const double Tolerance = 1e-5;

    // Dense AdamW in float32 rounds w · 0.99999 the same way in every step while a weight hardly moves, by up to 6e-8:
    // over two thousand steps that adds up. Summing the steps up does not repeat it.
    private const double DecayTolerance = 1.2e-4;

    // Half a millisecond a launch on ILGPU's CPU accelerator, which runs the kernels of OpenCL.
    private static int StepsOn(string device) => device == "cpu portable" ? 150 : 2000;

    public static TheoryData<string, string> Cases => TestDevices.Times("Adam", "AdamW", "Sgd");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Replay_of_two_thousand_steps_ends_where_dense_updates_do(string deviceName, string kind)
    {
        Device device = TestDevices.Get(deviceName);
        RecordedGradients gradients = new(StepsOn(deviceName), Enum.Parse<OptimizerKind>(kind));
        float[][] dense = gradients.Play(device, EmbeddingUpdate.Dense), replay = gradients.Play(device, EmbeddingUpdate.Replay), lazy = gradients.Play(device, EmbeddingUpdate.Lazy);
        double difference = Difference(dense[0], replay[0]);
        Assert.True(difference <= (kind == "AdamW" ? DecayTolerance : Tolerance), $"weights differ by {difference:G3}");
        Assert.True(Difference(dense[1], replay[1]) <= Tolerance, $"m differs by {Difference(dense[1], replay[1]):G3}");
        Assert.True(Difference(dense[2], replay[2]) <= 2 * Tolerance, $"v differs by {Difference(dense[2], replay[2]):G3}");
        // Replay matters: without the missed steps, the weights differ.
        Assert.True(Difference(dense[0], lazy[0]) > 1000 * Tolerance);
    }

    /// <summary>Largest relative difference; for a value below the mean of its row, relative to that mean.</summary>
    private static double Difference(float[] expected, float[] actual)
    {
        double worst = 0;
        foreach ((float[] e, float[] a) in expected.Chunk(RecordedGradients.Columns).Zip(actual.Chunk(RecordedGradients.Columns)))
        {
            double mean = e.Average(Math.Abs);
            for (int i = 0; i < e.Length; i++)
                worst = Math.Max(worst, e[i] == a[i] ? 0 : Math.Abs(e[i] - (double)a[i]) / Math.Max(Math.Abs(e[i]), mean));
        }
        return worst;
    }
}
