namespace GpuCtr.Kernels.Tiles;

/// <summary>A product C (M, N) = A (M, K) · B (K, N) by its elements: where the factors come from and where the sums go.</summary>
/// <remarks>Factors may be gathered or computed on the way, so that they never lie in memory; Store is called once an element, with its whole sum.</remarks>
public interface ITileProduct
{
    /// <summary>A[i, k].</summary>
    float A(int i, int k);

    /// <summary>B[k, j].</summary>
    float B(int k, int j);

    /// <summary>Takes C[i, j].</summary>
    void Store(int i, int j, float sum);
}
