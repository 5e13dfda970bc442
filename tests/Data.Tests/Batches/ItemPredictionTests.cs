using GpuCtr.Data.Batches;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Splits;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Data.Tests.Batches;

/// <summary>What a model of items reads of a sequence and what it is asked, for each part of the sequences: written out as "read>asked", M a mask, ? an unknown item.</summary>
[Collection(nameof(Alone))]
public sealed class ItemPredictionTests : OwnFolder
{
    private const int Longest = 3;

    private readonly Device device = Device.Open("cpu");

    public override void Dispose()
    {
        base.Dispose();
        device.Dispose();
    }

    /// <summary>Leave one out: 6 is for the test, 5 for validation, and neither is known to those before. The short row only trains.</summary>
    [Theory]
    [InlineData(Predictions.NextItems, SequencePart.Train, true, "2 3>3 4 | 7>8")]
    [InlineData(Predictions.NextItems, SequencePart.Whole, true, "3 4 5>4 5 6 | 7>8")]
    [InlineData(Predictions.NextItems, SequencePart.Valid, false, "2 3 4>5 | >")]
    [InlineData(Predictions.NextItems, SequencePart.Test, false, "3 4 5>6 | >")]
    [InlineData(Predictions.NextItems, SequencePart.Next, false, "4 5 6>M | 7 8>M")]
    [InlineData(Predictions.MaskedItems, SequencePart.Valid, false, "3 4 M>5 | >")]
    [InlineData(Predictions.MaskedItems, SequencePart.Test, false, "4 5 M>6 | >")]
    [InlineData(Predictions.MaskedItems, SequencePart.Next, false, "5 6 M>M | 7 8 M>M")]
    [InlineData(Predictions.MaskedItems, SequencePart.Train, true, "M M M>2 3 4 | M M>7 8")]
    public void A_part_reads_what_it_may_and_is_asked_for_what_comes_next(Predictions predicts, SequencePart part, bool trains, string expected)
    {
        Dataset data = Open([[2, 3, 4, 5, 6], [7, 8]], RowPart.All);
        Assert.Equal(expected, Shown(data, predicts, part, trains));
    }

    [Fact]
    public void Only_items_that_train_are_in_the_vocabulary_and_others_are_read_but_never_predicted()
    {
        Dataset data = Open([[2, 3, 2, 4, 5], [3, 2]], RowPart.All with { Sequences = SequencePart.Train });
        Assert.Equal([2L, 3L], data.Encoder.Vocabularies[0].Integers);
        Assert.Equal(new ItemIds(2, 2, 5), data.Encoder.Spec.Items);
        Assert.Equal("2 3>3 2 | 3>2", Shown(data, Predictions.NextItems, SequencePart.Train, trains: true));
        Assert.Equal("3 2 ?>? | >", Shown(data, Predictions.NextItems, SequencePart.Test, trains: false));
        Assert.Equal("3 2 ?>2 | 3>2", Shown(data, Predictions.NextItems, SequencePart.Whole, trains: true));
        Assert.Equal("M ? ?>2 | M M>3 2", Shown(data, Predictions.MaskedItems, SequencePart.Whole, trains: true));
    }

    private Dataset Open(long[][] rows, RowPart fitted)
    {
        string path = new TestShard().Lists("hist_item", [.. rows.Select(r => r.Select(i => (long?)i).ToArray())]).Write(Folder.File("rows.parquet"));
        ShardSet shards = ShardSet.Resolve([path]);
        FeaturePlan plan = FeaturePlan.OfSequences(shards, new FeatureOptions { MaxHistory = Longest });
        return new Dataset(shards, FeatureEncoder.Fit(shards, plan, fitted));
    }

    private string Shown(Dataset data, Predictions predicts, SequencePart part, bool trains)
    {
        FeatureSpec spec = data.Encoder.Spec with { Predicts = predicts, MostPredictions = Longest };
        using Batch batch = new(device, spec, 2);
        using EpochReader reader = data.Read(RowPart.All with { Sequences = part }, EpochOrder.Natural);
        Assert.True(reader.Next(batch));
        if (trains)
            ItemPredictions.Train(batch, predicts == Predictions.MaskedItems ? new ItemMasks(1, rate: 1, lastOnly: 0) : null, epoch: 1, firstRow: 0);
        else
            ItemPredictions.Ask(batch);
        batch.Prepare(trains);
        string Text(int id) => id == spec.Items!.Mask ? "M" : spec.Items.Has(id) ? data.Encoder.Vocabularies[0].Describe(id) : "?";
        BatchSequence s = batch.Sequences[0];
        string Row(int b)
        {
            Range read = s.Offsets[b]..s.Offsets[b + 1];
            int[] asked = [.. Enumerable.Range(0, batch.Predictions!.Count).Where(m => batch.Predictions.Entries[m] >= read.Start.Value && batch.Predictions.Entries[m] < read.End.Value).Select(m => batch.Predictions.Items[m])];
            return $"{string.Join(' ', s.TableRows[read].ToArray().Select(Text))}>{string.Join(' ', asked.Select(Text))}";
        }
        return $"{Row(0)} | {Row(1)}";
    }
}
