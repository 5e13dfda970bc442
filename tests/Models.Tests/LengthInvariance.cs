using GpuCtr.Kernels;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Tests;
using Presets = GpuCtr.Models.Variants;

namespace GpuCtr.Models.Tests;

/// <summary>Padding is never part of a result: histories padded to any width, in buffers planned for any width, give the same bits as jagged ones.</summary>
public sealed class LengthInvariance
{
    private const int B = 17, T = 6, Longer = T + 50, Items = 12, Categories = 5;

    public static TheoryData<string, string> Cases => TestDevices.Times("din None", "din Softmax", "din Sigmoid", "bst 1", "bst 2", "dien paper", "dien official");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Padding_does_not_change_one_bit_of_a_training_step(string deviceName, string model)
    {
        Device device = TestDevices.Get(deviceName);
        foreach (EmbeddingUpdate update in UpdatesOf(model))
        {
            Dictionary<string, int[]> jagged = Train(device, model, update, T, width: 0);
            Assert.Contains($"{model switch { "bst 1" => "bst.positions", "bst 2" => "bst.1.attention.query.weight", "dien paper" => "evolution.weight_hh", _ => "att.0.weight" }} gradient", jagged.Keys);
            Assert.NotEqual(model.StartsWith("bst", StringComparison.Ordinal), jagged.Keys.Any(part => part.EndsWith(".running_var", StringComparison.Ordinal)));
            // The last one plans all buffers for the longer width too; BST then has embeddings of positions that no row has.
            foreach ((int maxLength, int width) in new[] { (T, T), (T, Longer), (Longer, Longer) })
                foreach ((string part, int[] bits) in Train(device, model, update, maxLength, width))
                    Assert.True(jagged[part].SequenceEqual(bits[..jagged[part].Length]), $"{part} differs when histories are padded to {width} and at most {maxLength} long ({update} update)");
        }
    }

    /// <summary>Every update once for each kind of model: how attention is normalized does not reach the tables' gradients.</summary>
    private static IEnumerable<EmbeddingUpdate> UpdatesOf(string model) => model is "din None" or "bst 1" ? Enum.GetValues<EmbeddingUpdate>() : [EmbeddingUpdate.Lazy];

    [Fact]
    public void Padded_histories_become_jagged_ones()
    {
        using Batch batch = new(TestDevices.Get("cpu simd"), Spec(maxLength: 2), capacity: 4);
        BatchSequence s = batch.Sequences[0];
        s.FillPadded([7, -1, 8, 9, 99, 98, 3, 4, 97], [true, false, true, false, false, false, false, true, false], rows: 3, width: 3);
        Assert.Equal([0, 2, 2, 3], s.Offsets[..4]);
        Assert.Equal([7, 8, 4], s.TableRows[..3]);
        s.FillPadded([], [], rows: 3, width: 0);
        Assert.Equal([0, 0, 0, 0], s.Offsets[..4]);
        string Refused(int count, int rows, int width) =>
            Assert.Throws<ArgumentException>(() => s.FillPadded(new int[count], Enumerable.Repeat(true, count).ToArray(), rows, width)).Message;
        Assert.Equal("hist_item, row 0 of the batch: 3 valid positions, at most 2 fit; keep the most recent ones", Refused(6, rows: 2, width: 3));
        Assert.Contains("6 ids", Refused(6, rows: 2, width: 2));
        Assert.Contains("a batch of 4 rows", Refused(5, rows: 5, width: 1));
    }

    /// <summary>The bits of everything after one pass, and of all losses, weights and statistics after three steps; width 0 fills jagged.</summary>
    private static Dictionary<string, int[]> Train(Device device, string name, EmbeddingUpdate update, int maxLength, int width)
    {
        string[] words = name.Split(' ');
        bool din = words[0] == "din";
        ModelOptions options = Presets.Of(words[0], words[1] == "official" ? "dien-official" : null).Model with
        {
            EmbeddingDim = 6,
            EmbeddingInitStd = 0.3,
            HiddenUnits = [9, 5],
            AttentionUnits = [7, 4],
            AttentionActivation = Activations.Dice,
            AttentionNormalization = din ? Enum.Parse<AttentionNormalization>(words[1]) : default,
            TransformerBlocks = words[0] == "bst" ? int.Parse(words[1]) : 1,
            EmbeddingUpdate = update,
        };
        Dictionary<string, int[]> parts = [];
        using TrainableModel model = new(device, Spec(maxLength), options, B);
        using (Batch batch = Fill(device, model.Spec, width, seed: 0))
        {
            // A step with learning rate 0 brings the batch to the device; the gradients are those of the pass after it.
            model.TrainStep(batch, learningRate: 0);
            model.TakeLoss();
            model.Recorded.ForwardBackward(new Pass(B, Training: true, batch.Tokens));
            parts["loss"] = Bits([(float)model.TakeLoss()]);
        }
        foreach (Tensor t in model.Weights.Where(t => t.Gradient is not null))
            parts[$"{t.Name} gradient"] = Bits(t.Gradient!.ToArray(device));
        List<float> losses = [];
        for (int step = 1; step <= 3; step++)
        {
            using Batch batch = Fill(device, model.Spec, width, seed: step);
            model.TrainStep(batch, learningRate: 0.01);
            losses.Add((float)model.TakeLoss());
        }
        parts["losses of three steps"] = Bits([.. losses]);
        foreach (Tensor t in model.Weights)
            parts[t.Name] = Bits(t.ToArray(device));
        return parts;
    }

    /// <summary>The same rows for every width; the first history is empty, the second full, and padding lies in front, behind and between.</summary>
    private static Batch Fill(Device device, FeatureSpec spec, int width, int seed)
    {
        Random rows = new(seed), garbage = new(width);
        Batch batch = new(device, spec, B) { Rows = B };
        int[][] lists = new int[B][];
        for (int b = 0; b < B; b++)
        {
            batch.SetIds(b, [rows.Next(1, Items), rows.Next(1, Categories)]);
            batch.Labels[b] = rows.Next(2);
            lists[b] = Enumerable.Range(0, b == 0 ? 0 : b == 1 ? T : rows.Next(T + 1)).Select(_ => rows.Next(1, Items)).ToArray();
        }
        bool[] mask = new bool[B * width];
        for (int b = 0; b < B && width > 0; b++)
            foreach (int t in Enumerable.Range(0, width).OrderBy(_ => garbage.Next()).Take(lists[b].Length))
                mask[b * width + t] = true;
        foreach (BatchSequence s in batch.Sequences)
        {
            // A negative is another item than the one at its place.
            int another = s.Field.Role == SequenceRole.Negative ? 1 : 0;
            int[] ids = lists.SelectMany(l => l).Select(id => 1 + (id - 1 + another) % (Items - 1)).Select(id => s.Field.Target == 0 ? id : 1 + id % (Categories - 1)).ToArray();
            if (width > 0)
            {
                int next = 0;
                s.FillPadded(mask.Select(valid => valid ? ids[next++] : garbage.Next(int.MinValue, int.MaxValue)).ToArray(), mask, B, width);
                continue;
            }
            for (int b = 0, at = 0; b < B; at += lists[b++].Length)
                s.SetIds(b, ids.AsSpan(at, lists[b].Length));
        }
        batch.Prepare();
        return batch;
    }

    private static int[] Bits(float[] values) => values.Select(BitConverter.SingleToInt32Bits).ToArray();

    private static FeatureSpec Spec(int maxLength) => new(
        [new("item", Items), new("category", Categories)], [new("item", 0), new("category", 1)], [],
        [new("hist_item", 0, SequenceRole.History, 0, maxLength), new("hist_category", 1, SequenceRole.History, 1, maxLength)]);
}
