using ILGPU;

namespace GpuCtr.Kernels.Tensors;

/// <summary>A gradient as kernels see it: they write, and it is stored, added to what an op recorded later has stored, or dropped where nobody wants it.</summary>
/// <remarks>
/// An integer and no <see cref="bool"/>, which kernels cannot take. What is stored depends on what was read from the same place:
/// ILGPU 1.5 may otherwise move the load behind the store.
/// </remarks>
public readonly struct GradientView
{
    private const int Drops = 0, Stores = 1, Adds = 2;

    private readonly ArrayView<float> view;
    private readonly int mode;

    private GradientView(ArrayView<float> view, int mode) => (this.view, this.mode) = (view, mode);

    /// <summary>A gradient that somebody wants.</summary>
    internal static GradientView Of(ArrayView<float> view, bool adds) => new(view, adds ? Adds : Stores);

    /// <summary>One that nobody wants; a view must be bound all the same, and is not touched.</summary>
    internal static GradientView Dropped(ArrayView<float> bound) => new(bound, Drops);

    /// <summary>Writes element <paramref name="i"/>.</summary>
    internal void Write(long i, float value)
    {
        if (mode != Drops)
            view[i] = mode == Adds ? view[i] + value : value;
    }
}
