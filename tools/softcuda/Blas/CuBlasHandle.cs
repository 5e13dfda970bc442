using GpuCtr.SoftCuda.Driver;
using GpuCtr.SoftCuda.Streams;

namespace GpuCtr.SoftCuda.Blas;

/// <summary>A handle of cuBLAS: the stream and the workspace of its products.</summary>
/// <param name="context">The context that was current when it was made.</param>
internal sealed class CuBlasHandle(Context context)
{
    /// <summary>The context that was current when it was made.</summary>
    public Context Context => context;

    /// <summary>The stream of its products.</summary>
    public CudaStream Stream { get; private set; } = context.DefaultStream;

    /// <summary>Address of the workspace that the caller gave; 0: the library's own.</summary>
    public ulong Workspace { get; private set; }

    /// <summary>Whether a workspace was given and a later change of the stream took it back.</summary>
    public bool HasLostWorkspace { get; private set; }

    /// <summary>Changes the stream, which gives the library's own workspace back (cuBLAS, <c>cublasSetStream</c>).</summary>
    public void Use(CudaStream stream)
    {
        HasLostWorkspace = Workspace != 0;
        (Stream, Workspace) = (stream, 0);
    }

    /// <summary>Takes a workspace of the caller's.</summary>
    public void UseWorkspace(ulong address)
    {
        Workspace = address;
        HasLostWorkspace = false;
    }
}
