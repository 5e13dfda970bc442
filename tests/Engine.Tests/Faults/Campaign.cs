using System.Globalization;

namespace GpuCtr.Engine.Tests.Faults;

/// <summary>Tests that inject a fault at many points take every few of them, and all of them when GPU_CTR_CAMPAIGN is set to the number of kills.</summary>
internal static class Campaign
{
    private static readonly int asked = int.TryParse(Environment.GetEnvironmentVariable("GPU_CTR_CAMPAIGN"), CultureInfo.InvariantCulture, out int n) ? n : 0;

    /// <summary>Kills at random moments.</summary>
    public static int Kills => asked > 0 ? asked : 10;

    /// <summary>From one enumerated point to the next.</summary>
    public static int Stride(int usual) => asked > 0 ? 1 : usual;
}
