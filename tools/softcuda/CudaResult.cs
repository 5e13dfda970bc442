namespace GpuCtr.SoftCuda;

/// <summary>Codes that functions of the driver return (CUDA Driver API, <c>CUresult</c>).</summary>
public enum CudaResult
{
    /// <summary>The call succeeded.</summary>
    Success = 0,

    /// <summary>An argument is out of range, or a pointer is not known.</summary>
    InvalidValue = 1,

    /// <summary>The device has too little free memory.</summary>
    OutOfMemory = 2,

    /// <summary>cuInit was not called.</summary>
    NotInitialized = 3,

    /// <summary>There is no such device.</summary>
    InvalidDevice = 101,

    /// <summary>No context is current on the calling thread, or the handle is not a context.</summary>
    InvalidContext = 201,

    /// <summary>The PTX of a module cannot be assembled.</summary>
    InvalidPtx = 218,

    /// <summary>The PTX of a module is newer than the driver.</summary>
    UnsupportedPtxVersion = 222,

    /// <summary>A handle of a stream, event, graph, function or module is not known.</summary>
    InvalidHandle = 400,

    /// <summary>The object is not in a state for this call: a capture is started twice, or ended without a start.</summary>
    IllegalState = 401,

    /// <summary>The module has no function of this name.</summary>
    NotFound = 500,

    /// <summary>The event has not happened yet.</summary>
    NotReady = 600,

    /// <summary>A kernel accessed memory outside every buffer.</summary>
    IllegalAddress = 700,

    /// <summary>The launch requests more threads or shared memory than the device has.</summary>
    LaunchOutOfResources = 701,

    /// <summary>The context that is current was destroyed.</summary>
    ContextIsDestroyed = 709,

    /// <summary>Host memory was registered twice.</summary>
    HostMemoryAlreadyRegistered = 712,

    /// <summary>Host memory is not registered.</summary>
    HostMemoryNotRegistered = 713,

    /// <summary>A kernel accessed memory at an address that is not a multiple of the size.</summary>
    MisalignedAddress = 716,

    /// <summary>A kernel failed in another way.</summary>
    LaunchFailed = 719,

    /// <summary>The call is not implemented by this machine.</summary>
    NotSupported = 801,

    /// <summary>The call is not allowed while the stream captures.</summary>
    StreamCaptureUnsupported = 900,

    /// <summary>A failed call has made the capture useless.</summary>
    StreamCaptureInvalidated = 901,

    /// <summary>The capturing stream would depend on work outside of the capture.</summary>
    StreamCaptureIsolation = 905,

    /// <summary>The default stream would wait for a stream that captures.</summary>
    StreamCaptureImplicit = 906,

    /// <summary>The event was recorded by a stream that captured: it never happens.</summary>
    CapturedEvent = 907,

    /// <summary>The capture was begun by another thread.</summary>
    StreamCaptureWrongThread = 908,

    /// <summary>The error is none of the above.</summary>
    Unknown = 999,
}
