using ILGPU;

namespace GpuCtr.Kernels.Tensors;

/// <summary>A gradient as a kernel argument: a write is stored, added to the gradient of an op recorded later, or dropped if the gradient is unused.</summary>
/// <remarks>
/// Uses an integer because kernels cannot take a <see cref="bool"/>. The stored value depends on the loaded one:
/// ILGPU 1.5 may otherwise reorder the load past the store.
/// </remarks>
public readonly struct GradientView
{
    private const int Drops = 0, Stores = 1, Adds = 2;

    private readonly ArrayView<float> view;
    private readonly int mode;

    private GradientView(ArrayView<float> view, int mode) => (this.view, this.mode) = (view, mode);

    /// <summary>A gradient that is used.</summary>
    internal static GradientView Of(ArrayView<float> view, bool adds) => new(view, adds ? Adds : Stores);

    /// <summary>An unused gradient; ILGPU needs a view bound, which is not touched.</summary>
    internal static GradientView Dropped(ArrayView<float> bound) => new(bound, Drops);

    /// <summary>Stores, adds or drops the value of element <paramref name="i"/>.</summary>
    internal void Write(long i, float value)
    {
        if (mode != Drops)
            view[i] = mode == Adds ? view[i] + value : value;
    }
}
