using GpuCtr.SoftCuda.Blas;
using GpuCtr.SoftCuda.Streams;

namespace GpuCtr.SoftCuda.Driver;

/// <summary>Handles and products of cuBLAS.</summary>
internal sealed partial class CudaProcess
{
    /// <summary>A new handle on the default stream.</summary>
    public nint CreateBlas(Context context) => handles.Add(new CuBlasHandle(context));

    /// <summary>Frees a handle.</summary>
    public void DestroyBlas(nint handle) => handles.Remove<CuBlasHandle>(handle);

    /// <summary>Changes the stream of a handle.</summary>
    public void SetStream(Context context, nint handle, nint stream) => BlasOf(context, handle).Use(StreamOf(context, stream));

    /// <summary>Gives a handle a workspace, which must live as long.</summary>
    public void SetWorkspace(Context context, nint handle, ulong address, long bytes)
    {
        if (bytes > 0 && engine.Find(address, bytes).Buffer is null)
            throw new Refusal(CudaResult.InvalidValue, $"0x{address:x} is no address of the device");
        if (address % 256 != 0)
            throw new Refusal(CudaResult.InvalidValue, $"a workspace at 0x{address:x} is not aligned to 256 bytes");
        BlasOf(context, handle).UseWorkspace(address);
    }

    /// <summary>Adds a product to the stream of a handle.</summary>
    public void Multiply(Context context, nint handle, ProductWork work)
    {
        CuBlasHandle blas = BlasOf(context, handle);
        if (blas.HasLostWorkspace)
            throw new Refusal(CudaResult.InvalidValue, "the handle's stream was changed after its workspace was set, which takes the workspace back");
        if (blas.Workspace != 0)
            _ = engine.Find(blas.Workspace, 1);
        foreach (Matrix matrix in new[] { work.A, work.B, work.C })
        {
            if (matrix.Leading < Math.Max(1, matrix.Rows))
                throw new Refusal(CudaResult.InvalidValue, $"{work.Name}: a matrix of {matrix.Rows} rows has {matrix.Leading} elements from a column to the next");
            if (matrix.Bytes > 0 && engine.Find(matrix.Address, matrix.Bytes).Buffer is null)
                throw new Refusal(CudaResult.InvalidValue, $"{work.Name}: 0x{matrix.Address:x} is no address of the device");
        }
        if (work.C.Bytes > 0)
            scheduler.Add(blas.Stream, work);
    }

    private CuBlasHandle BlasOf(Context context, nint handle)
    {
        CuBlasHandle blas = handles.Get<CuBlasHandle>(handle);
        return blas.Context == context ? blas : throw new Refusal(CudaResult.InvalidContext, "the handle was made in a context that is not current");
    }
}
