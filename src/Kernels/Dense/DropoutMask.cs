using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Simd;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Dense;

/// <summary>The mask of a dropout, drawn in advance for the op that writes the tensor, so that SIMD variants need no separate pass for dropout.</summary>
/// <remarks>One bit per element, the same bits as in <see cref="Dropout"/>.</remarks>
internal sealed unsafe class DropoutMask
{
    private const int BlockWords = 512;

    private readonly DeviceArray<uint> keep;
    private readonly DeviceArray<StepScalars> scalars;
    private readonly Dropout.Stream stream;
    private readonly RowBlocks blocks;
    private long firstElement;

    /// <param name="workspace">Reserves the bits.</param>
    /// <param name="y">(B, H) the dropped tensor.</param>
    /// <param name="scalars">The step number.</param>
    /// <param name="stream">Random stream and rate.</param>
    public DropoutMask(Workspace workspace, Tensor y, DeviceArray<StepScalars> scalars, Dropout.Stream stream)
    {
        (this.scalars, this.stream) = (scalars, stream);
        // One extra word: 16 bits at any offset are read as part of 64.
        keep = workspace.TrainingArray<uint>($"{y.Name} keep", (y.Length + 31) / 32 + 1);
        blocks = RowBlocks.OfElements(workspace.Device, BlockWords, DrawWords);
    }

    /// <summary>1 / (1 − p).</summary>
    public float Scale => stream.Scale;

    /// <summary>Draws the mask of <paramref name="length"/> elements.</summary>
    /// <param name="first">Elements of the ranks before this one.</param>
    /// <param name="length">Elements of this one.</param>
    public void Draw(long first, long length)
    {
        firstElement = first;
        blocks.Run((length + 31) / 32);
    }

    /// <summary>16 values from element <paramref name="i"/> on: scaled if kept, else zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Apply(Vector512<float> values, long i)
    {
        ulong bits = Unsafe.ReadUnaligned<ulong>(keep.Pointer + (i >> 5)) >> (int)(i & 31);
        return Dropout.Kept((uint)bits, values * stream.Scale);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void DrawWords(long first, long end)
    {
        uint step = (uint)scalars.Pointer->Step;
        for (long word = first; word < end; word++)
            keep.Pointer[word] = stream.WordFrom(firstElement + word * 32, step);
    }
}
