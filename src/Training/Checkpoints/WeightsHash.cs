using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models;

namespace GpuCtr.Training.Checkpoints;

/// <summary>A fingerprint of a trained model: XXH3 (128 bits) over name and values of every tensor in order.</summary>
internal static class WeightsHash
{
    private const int ChunkLength = 1 << 20;

    /// <summary>The fingerprint in hexadecimal; equal for equal bits.</summary>
    public static string Of(TrainableModel model)
    {
        model.ApplyDeferred();
        XxHash128 hash = new();
        float[] chunk = new float[ChunkLength];
        foreach (Tensor tensor in model.Weights)
        {
            hash.Append(Encoding.UTF8.GetBytes(tensor.Name));
            for (long at = 0; at < tensor.Length; at += ChunkLength)
            {
                Span<float> values = chunk.AsSpan(0, (int)Math.Min(ChunkLength, tensor.Length - at));
                tensor.Read(model.Device, values, at);
                hash.Append(MemoryMarshal.AsBytes(values));
            }
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}
