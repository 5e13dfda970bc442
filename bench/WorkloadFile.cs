using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using GpuCtr.Data.Features;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.Training.Reports;

namespace GpuCtr.Bench;

/// <summary>A workload for another framework: a safetensors file with the first weights, the batches, and the losses of our first steps on them.</summary>
/// <remarks>
/// Weights by name, as in a checkpoint, without running statistics. batch.I.rows (B, F + ΣT) int32 rows of the table: the fields, then the
/// positions of each history and of its negatives; batch.I.numeric (B, N); batch.I.labels (B); of a model that predicts items, batch.I.predicted (M) entries and
/// batch.I.right (M) the rows of the items there; losses.lazy and losses.dense (20), step i on batch i.
/// Metadata: model, name, ids, fields (F), length (T; 0 without histories), auxiliary_loss (α), blocks, heads, items (V), batches.
/// </remarks>
internal static class WorkloadFile
{
    // As many batches as steps: on repeated batches the model would memorize them and amplify rounding differences.
    private const int Steps = 20;
    private const double LearningRate = 1e-3;

    public static void Write(string path, Device device, Workload workload)
    {
        List<(string Name, string Type, long[] Shape, byte[] Bytes)> tensors = [];
        void Add<T>(string name, string type, long[] shape, ReadOnlySpan<T> values) where T : unmanaged =>
            tensors.Add((name, type, shape, MemoryMarshal.AsBytes(values).ToArray()));

        // If every item of a table is predicted, the whole table is updated.
        EmbeddingUpdate[] updates = workload.Spec.Items is null ? [EmbeddingUpdate.Lazy, EmbeddingUpdate.Dense] : [EmbeddingUpdate.Dense];
        using (TrainableModel model = Model(device, workload, updates[0]))
            foreach (Tensor t in model.Weights.Where(t => t.Length > 0 && !t.Name.Contains(".running_")))
                Add<float>(t.Name, "F32", [t.Rows, t.Columns], t.ToArray(device));
        Batch[] batches = workload.Batches(device, Steps);
        for (int i = 0; i < Steps; i++)
        {
            (int[] rows, long columns) = Rows(batches[i]);
            Add<int>($"batch.{i}.rows", "I32", [batches[i].Rows, columns], rows);
            Add<float>($"batch.{i}.labels", "F32", [batches[i].Rows], batches[i].Labels);
            if (batches[i].Predictions is { } predictions)
            {
                Add($"batch.{i}.predicted", "I32", [predictions.Count], predictions.Entries);
                Add($"batch.{i}.right", "I32", [predictions.Count], predictions.Items);
            }
            if (workload.Spec.N > 0)
                Add<float>($"batch.{i}.numeric", "F32", [batches[i].Rows, workload.Spec.N], batches[i].Numeric);
        }
        foreach (EmbeddingUpdate update in updates)
            Add<float>($"losses.{update}".ToLowerInvariant(), "F32", [Steps], Losses(device, workload, update, batches));
        foreach (Batch b in batches)
            b.Dispose();

        Dictionary<string, object> header = new()
        {
            ["__metadata__"] = new Dictionary<string, string>
            {
                ["model"] = workload.Options.Model,
                ["name"] = workload.Name,
                ["ids"] = workload.Ids,
                ["fields"] = $"{workload.Spec.F}",
                ["length"] = $"{workload.Spec.Sequences.Select(s => s.MaxLength).FirstOrDefault()}",
                ["auxiliary_loss"] = workload.Options.AuxiliaryLoss.ToString(CultureInfo.InvariantCulture),
                ["blocks"] = $"{workload.Options.TransformerBlocks}",
                ["heads"] = $"{workload.Options.AttentionHeads}",
                ["items"] = $"{workload.Spec.Items?.Count ?? 0}",
                ["batches"] = $"{Steps}",
            },
        };
        long end = 0;
        foreach ((string name, string type, long[] shape, byte[] bytes) in tensors)
            header.Add(name, new { dtype = type, shape, data_offsets = new[] { end, end += bytes.Length } });
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        using FileStream file = File.Create(path);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        file.Write(length);
        file.Write(json);
        foreach ((_, _, _, byte[] bytes) in tensors)
            file.Write(bytes);
    }

    private static TrainableModel Model(Device device, Workload workload, EmbeddingUpdate update) =>
        new(device, workload.Spec, workload.Options with { EmbeddingUpdate = update }, workload.BatchSize);

    private static float[] Losses(Device device, Workload workload, EmbeddingUpdate update, Batch[] batches)
    {
        using TrainableModel model = Model(device, workload, update);
        float[] losses = new float[Steps];
        for (int step = 0; step < Steps; step++)
        {
            model.TrainStep(batches[step % batches.Length], LearningRate);
            losses[step] = (float)model.TakeLoss();
        }
        return losses;
    }

    /// <summary>(B, F + ΣT): all table rows that an example reads. Histories are full, so the matrix is not jagged.</summary>
    private static (int[] Rows, long Columns) Rows(Batch batch)
    {
        int f = batch.Spec.F, columns = f + batch.Sequences.Sum(s => s.Field.MaxLength);
        int[] rows = new int[batch.Rows * columns];
        for (int b = 0; b < batch.Rows; b++)
        {
            batch.TableRows.Slice(b * f, f).CopyTo(rows.AsSpan(b * columns));
            int at = b * columns + f;
            foreach (BatchSequence s in batch.Sequences)
            {
                Span<int> history = s.TableRows[s.Offsets[b]..s.Offsets[b + 1]];
                history.CopyTo(rows.AsSpan(at));
                at += history.Length;
            }
        }
        return (rows, columns);
    }
}
