using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Simd;

/// <summary>One set of sums per block of a job, combined in the order of the blocks: the same bits for any number of threads.</summary>
internal sealed unsafe class PartialSums
{
    /// <summary>Largest number of blocks of a job.</summary>
    public const int MaxBlocks = ColumnStatistics.MaxBlocks;

    private const int TaskLength = 1024;

    private readonly DeviceArray<float> sums;
    private readonly RowBlocks combine;
    private readonly int length;
    private int blocks;

    /// <param name="workspace">Reserves them.</param>
    /// <param name="name">Name of the sums in the memory plan.</param>
    /// <param name="length">Floats per block.</param>
    public PartialSums(Workspace workspace, string name, int length)
    {
        (this.length, combine) = (length, new(workspace.Device, TaskLength, CombineSome));
        sums = workspace.TrainingArray<float>($"{name} partial sums", (long)MaxBlocks * length);
    }

    /// <summary>(length) the sums of a block.</summary>
    public float* Of(int block) => sums.Pointer + (long)block * length;

    /// <summary>Adds the sums of the first blocks to those of the first block, and returns these; zeros if there are no blocks.</summary>
    public float* Combine(int blocks)
    {
        if (blocks == 0)
            new Span<float>(Of(0), length).Clear();
        this.blocks = blocks;
        combine.Run(length);
        return Of(0);
    }

    private void CombineSome(int first, int end)
    {
        for (int block = 1; block < blocks; block++)
            Sums.Add(Of(0) + first, Of(block) + first, end - first);
    }
}
