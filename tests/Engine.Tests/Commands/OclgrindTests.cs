using GpuCtr.Tests;

namespace GpuCtr.Engine.Tests.Commands;

/// <summary>Portable kernels on Oclgrind, a simulator of OpenCL devices that watches every access to memory: small cases.</summary>
/// <remarks>Its compiler (Oclgrind 21.10) refuses some of the kernels with tiles, which PoCL's takes.</remarks>
public sealed class OclgrindTests : OwnFolder
{
    private const string Library = "/usr/lib/oclgrind/liboclgrind-rt-icd.so";

    private string Findings => Folder.File("findings.txt");

    /// <summary>Cases of three rows, of three predictions (losses over items), and of few lists.</summary>
    [SkippableTheory]
    [InlineData("B3 ")]
    [InlineData("M3 ")]
    [InlineData("list ")]
    public void Kernels_neither_race_nor_leave_their_buffers(string cases)
    {
        CommandOutcome verify = Run("verify", "--device", "opencl", "--kernels", "portable", "--only", cases).Succeeded();
        Assert.Contains("opencl (Oclgrind Simulator)", verify.Out, StringComparison.Ordinal);
        Assert.Equal("", File.Exists(Findings) ? File.ReadAllText(Findings) : "");
    }

    /// <summary>Its type is CPU, GPU and accelerator at once.</summary>
    [SkippableFact]
    public void Device_of_several_types_is_listed() => Assert.Contains("CPU+GPU+ACCELERATOR", Run("devices").Succeeded().Out, StringComparison.Ordinal);

    private CommandOutcome Run(params string[] arguments)
    {
        Skip.IfNot(File.Exists(Library), "oclgrind is absent, so no kernel was watched: `apt-get install oclgrind` gives it");
        Folder.Write("oclgrind.icd", Library);
        return ChildProcess.Run(["env", $"OCL_ICD_VENDORS={Folder.Path}", "OCLGRIND_DATA_RACES=1", $"OCLGRIND_LOG={Findings}", .. TrainProcess.Words, .. arguments]);
    }
}
