namespace GpuCtr.Kernels.Devices;

/// <summary>What the user can do about codes of the CUDA driver (CUDA Driver API, <c>CUresult</c>).</summary>
internal static class CudaStatus
{
    /// <summary>What to check if the driver shows no GPU.</summary>
    public const string NoDevice = "the driver sees no GPU: look at CUDA_VISIBLE_DEVICES; in a container, start it with `--gpus all`";

    /// <summary>One line: the driver's words, the code, and advice if there is any.</summary>
    /// <param name="status">The code.</param>
    /// <param name="text">The driver's description; null if it has none.</param>
    public static string Describe(int status, string? text) =>
        $"{(string.IsNullOrWhiteSpace(text) ? "" : $"{DriverText.Name(text)}, ")}CUDA error {status}{(Advice(status) is { } advice ? $": {advice}" : "")}";

    private static string? Advice(int status) => status switch
    {
        2 => "another process may hold the GPU's memory (`nvidia-smi` lists them)",
        34 => "libcuda is the stub of a CUDA toolkit: take the folder `stubs` out of LD_LIBRARY_PATH",
        35 or 36 => "the NVIDIA driver is too old: update it",
        46 => "another process has the GPU for itself, or its compute mode prohibits use (`nvidia-smi -q -d COMPUTE`)",
        100 => NoDevice,
        101 => "CUDA_VISIBLE_DEVICES names a GPU that is not there",
        209 or 218 or 222 => "this driver cannot compile our PTX for this GPU: update the driver, and report it with the lines above if that does not help",
        802 => "the system is not ready: GPUs joined by NVSwitch need the service nvidia-fabricmanager, in the version of the driver",
        803 => "the driver's library and its kernel module differ in version: reboot after an update; in a container, update the host's driver",
        804 => "this GPU has no forward compatibility: take /usr/local/cuda/compat out of LD_LIBRARY_PATH, or update the driver",
        805 => "the MPS server does not answer: restart nvidia-cuda-mps-control",
        999 => "often the kernel module nvidia_uvm is missing or hangs after standby: `sudo modprobe -r nvidia_uvm && sudo modprobe nvidia_uvm`, else reboot",
        _ => null,
    };
}
