using System.Reflection;

namespace GpuCtr.Training;

/// <summary>This build of gpu-ctr.</summary>
internal static class Release
{
    /// <summary>Its version, as checkpoints and exported models name it.</summary>
    public static string Version { get; } =
        (typeof(Release).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0").Split('+')[0];
}
