namespace GpuCtr.Kernels.Recurrent;

/// <summary>Where the reset gate r of a GRU is applied; U is the matrix of the old state h.</summary>
public enum GruReset
{
    /// <summary>U (r ∘ h): before the product, as in TensorFlow.</summary>
    Before,

    /// <summary>r ∘ (U h): after the product, as in PyTorch and cuDNN.</summary>
    After,
}
