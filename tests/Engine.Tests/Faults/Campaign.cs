using System.Globalization;

namespace GpuCtr.Engine.Tests.Faults;

/// <summary>Tests that could inject a fault at many points use only some of them, and all if GPU_CTR_CAMPAIGN is set to a number of kills.</summary>
internal static class Campaign
{
    private static readonly int asked = int.TryParse(Environment.GetEnvironmentVariable("GPU_CTR_CAMPAIGN"), CultureInfo.InvariantCulture, out int n) ? n : 0;

    /// <summary>Kills at random moments.</summary>
    public static int Kills => asked > 0 ? asked : 6;

    /// <summary>Whether many points are asked for.</summary>
    public static bool IsAsked => asked > 0;

    /// <summary>Kills of one of several ranks: each starts processes three times as often.</summary>
    public static int RankKills => asked > 0 ? (asked + 3) / 4 : 2;

    /// <summary>The first point that is used, from 1.</summary>
    public static int First(int usual) => asked > 0 ? 1 : usual;

    /// <summary>Distance between two points that are used.</summary>
    public static int Stride(int usual) => asked > 0 ? 1 : usual;
}
