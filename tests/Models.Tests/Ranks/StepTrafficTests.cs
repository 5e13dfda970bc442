using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Ranks;
using GpuCtr.Models.Features;
using GpuCtr.Models.Ranks;

namespace GpuCtr.Models.Tests.Ranks;

/// <summary>The bytes of a step are those of the formula in docs/scaling.md.</summary>
public sealed class StepTrafficTests
{
    private const int B = 61, Word = 4, H = 6;

    // The gradient norm of a table is measured in parts of many thousand elements.
    private const int NormParts = 1;

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Bytes_of_a_step_are_those_of_the_formula(int n)
    {
        ModelOptions options = ModelCatalog.Defaults("deepfm") with { EmbeddingDim = 5, HiddenUnits = [H], BatchNorm = true, Seed = 5 };
        ThreadCommunicator.Run(n, ranks =>
        {
            Device Open() => Device.Open("cpu", threads: 1).Of(ranks);
            RankModels.Run(ranks, Open, () =>
            {
                using Device own = Open();
                FeatureSpec spec = SmallData.Spec(histories: false);
                using TrainableModel model = new(own, spec, options, B);
                using Batch batch = SmallData.Batch(own, spec, B, seed: 1);
                Traffic before = ranks.Traffic.Since();
                model.TrainStep(batch, 1e-3);
                Traffic step = ranks.Traffic.Since(before);

                (long dealt, long[][] asked) = Parts(batch, spec, n);
                int widths = options.EmbeddingDim + 1;
                long others = asked.Skip(1).Sum(of => of[0]), mine = asked[0].Skip(1).Sum();
                // Order and sizes; ids of the parts; counts, row numbers, vectors and their gradients.
                Assert.Equal((n - 1) * (4 * sizeof(long) + n * Word), step[Collective.Broadcast].BytesSent);
                Assert.Equal(Word * (dealt + (n - 1) + mine + widths * others + widths * mine), step[Collective.AllToAll].BytesSent);
                Assert.Equal(Word * ((n - 1) + others + widths * mine + widths * others), step[Collective.AllToAll].BytesReceived);
                // Mean and variance of the normalized units.
                Assert.Equal((n - 1) * sizeof(double) * (1 + 2 * H), step[Collective.AllGather].BytesSent);
                // Sums of their gradients; dense gradients with padding; the loss; the norms of two tables.
                long[] summed = [2 * H, model.Recorded.Model.Arena.Weights!.Length, 1, NormParts, NormParts];
                Assert.Equal(summed.Sum(length => Summed(length, n)), step[Collective.AllReduce].BytesSent);
            });
        });
    }

    /// <summary>8·P·(n − 1) / n bytes but for the remainder: rank 0 sends the parts of the others away, and its sums to them.</summary>
    private static long Summed(long length, int n) => Word * (length - length / n + length / n * (n - 1));

    /// <summary>Words that rank 0 sends to the others as their parts of a batch, and how many distinct table rows each rank asks of each.</summary>
    private static (long Dealt, long[][] Asked) Parts(Batch batch, FeatureSpec spec, int n)
    {
        long dealt = 0;
        long[][] asked = [.. Enumerable.Range(0, n).Select(_ => new long[n])];
        for (int r = 0; r < n; r++)
        {
            int first = B * r / n, end = B * (r + 1) / n;
            HashSet<int> rows = [.. batch.TableRows[(first * spec.F)..(end * spec.F)]];
            long words = 3 + (end - first) * (spec.F + spec.N + 1);
            foreach (BatchSequence s in batch.Sequences)
            {
                rows.UnionWith(s.TableRows[s.Offsets[first]..s.Offsets[end]].ToArray());
                words += end - first + s.Offsets[end] - s.Offsets[first];
            }
            dealt += r > 0 ? words : 0;
            foreach (int row in rows)
                asked[r][row % n]++;
        }
        return (dealt, asked);
    }
}
