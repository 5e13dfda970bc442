using System.Runtime.InteropServices;

namespace GpuCtr.SoftCuda.Driver;

/// <summary>What cuGetErrorName and cuGetErrorString answer: names and texts of the driver, which live as long as the process.</summary>
internal static class ErrorTexts
{
    private static readonly Dictionary<CudaResult, (nint Name, nint Text)> all = new()
    {
        [CudaResult.Success] = Of("CUDA_SUCCESS", "no error"),
        [CudaResult.InvalidValue] = Of("CUDA_ERROR_INVALID_VALUE", "invalid argument"),
        [CudaResult.OutOfMemory] = Of("CUDA_ERROR_OUT_OF_MEMORY", "out of memory"),
        [CudaResult.NotInitialized] = Of("CUDA_ERROR_NOT_INITIALIZED", "initialization error"),
        [CudaResult.InvalidDevice] = Of("CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"),
        [CudaResult.InvalidContext] = Of("CUDA_ERROR_INVALID_CONTEXT", "invalid device context"),
        [CudaResult.InvalidPtx] = Of("CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"),
        [CudaResult.UnsupportedPtxVersion] = Of("CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "the provided PTX was compiled with an unsupported toolchain."),
        [CudaResult.InvalidHandle] = Of("CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"),
        [CudaResult.IllegalState] = Of("CUDA_ERROR_ILLEGAL_STATE", "the operation cannot be performed in the present state"),
        [CudaResult.NotFound] = Of("CUDA_ERROR_NOT_FOUND", "named symbol not found"),
        [CudaResult.NotReady] = Of("CUDA_ERROR_NOT_READY", "device not ready"),
        [CudaResult.IllegalAddress] = Of("CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"),
        [CudaResult.LaunchOutOfResources] = Of("CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"),
        [CudaResult.ContextIsDestroyed] = Of("CUDA_ERROR_CONTEXT_IS_DESTROYED", "context is destroyed"),
        [CudaResult.HostMemoryAlreadyRegistered] = Of("CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED", "part or all of the requested memory range is already mapped"),
        [CudaResult.HostMemoryNotRegistered] = Of("CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED", "pointer does not correspond to a registered memory region"),
        [CudaResult.MisalignedAddress] = Of("CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"),
        [CudaResult.LaunchFailed] = Of("CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"),
        [CudaResult.NotSupported] = Of("CUDA_ERROR_NOT_SUPPORTED", "operation not supported"),
        [CudaResult.StreamCaptureUnsupported] = Of("CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"),
        [CudaResult.StreamCaptureInvalidated] = Of("CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture"),
        [CudaResult.StreamCaptureIsolation] = Of("CUDA_ERROR_STREAM_CAPTURE_ISOLATION", "dependency created on uncaptured work in another stream"),
        [CudaResult.StreamCaptureImplicit] = Of("CUDA_ERROR_STREAM_CAPTURE_IMPLICIT", "operation would make the legacy stream depend on a capturing blocking stream"),
        [CudaResult.CapturedEvent] = Of("CUDA_ERROR_CAPTURED_EVENT", "operation not permitted on an event last recorded in a capturing stream"),
        [CudaResult.StreamCaptureWrongThread] = Of("CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD", "attempt to terminate a thread-local capture sequence from another thread"),
        [CudaResult.Unknown] = Of("CUDA_ERROR_UNKNOWN", "unknown error"),
    };

    /// <summary>Address of the name; 0 for a code that the machine never returns.</summary>
    public static nint Name(CudaResult code) => all.GetValueOrDefault(code).Name;

    /// <summary>Address of the text; 0 for a code that the machine never returns.</summary>
    public static nint Text(CudaResult code) => all.GetValueOrDefault(code).Text;

    private static (nint Name, nint Text) Of(string name, string text) => (Marshal.StringToCoTaskMemUTF8(name), Marshal.StringToCoTaskMemUTF8(text));
}
