using GpuCtr.SoftCuda;

/// <summary>Run by .NET before the program in every process that has this library in DOTNET_STARTUP_HOOKS.</summary>
/// <remarks>The machine is installed when ILGPU is loaded: compilers, build servers and the command line of the SDK never have one.</remarks>
internal static class StartupHook
{
    /// <summary>Called by .NET.</summary>
    public static void Initialize()
    {
        try
        {
            if (MachineSettings.From(Environment.GetEnvironmentVariable) is { } settings)
                AppDomain.CurrentDomain.AssemblyLoad += (_, load) =>
                {
                    if (load.LoadedAssembly.GetName().Name == "ILGPU")
                        _ = Machine.Install(settings);
                };
        }
        catch (ArgumentException e)
        {
            Console.Error.WriteLine($"soft-cuda: {e.Message}");
            Environment.Exit(2);
        }
    }
}
