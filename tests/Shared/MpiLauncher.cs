namespace GpuCtr.Tests;

/// <summary>Launchers of MPI on this machine, by the names that Debian gives them.</summary>
internal static class MpiLauncher
{
    /// <summary>Runs a program as several ranks; skips the test if the launcher is absent.</summary>
    /// <param name="family"><c>openmpi</c> or <c>mpich</c>.</param>
    /// <param name="ranks">Number of ranks, independent of the number of cores.</param>
    /// <param name="line">The program and its arguments.</param>
    public static CommandOutcome Run(string family, int ranks, params string[] line)
    {
        using ChildProcess launcher = Start(family, ranks, line);
        return launcher.End();
    }

    /// <summary>Starts it.</summary>
    /// <inheritdoc cref="Run"/>
    public static ChildProcess Start(string family, int ranks, params string[] line)
    {
        string? launcher = ChildProcess.Find($"mpirun.{family}");
        Skip.If(launcher is null, $"no mpirun.{family}, so nothing was tested with it: `apt-get install {(family == "openmpi" ? "openmpi-bin" : "mpich")}` gives it");
        string[] many = family == "openmpi" ? ["--allow-run-as-root", "--oversubscribe", "--bind-to", "none"] : [];
        return ChildProcess.Start([launcher!, .. many, "-n", $"{ranks}", .. line]);
    }
}
