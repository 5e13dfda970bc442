namespace GpuCtr.Training.Tests.Reports;

/// <summary>Chromium without a window; skips the test where there is none.</summary>
internal static class Browser
{
    private static readonly string[] names = ["chromium", "chromium-browser", "google-chrome"];

    /// <summary>The document after its scripts have run.</summary>
    public static string Dom(string path) => Run("--dump-dom", "--virtual-time-budget=2000", "--window-size=1200,900", new Uri(path).AbsoluteUri);

    /// <summary>A picture of the page.</summary>
    public static void Screenshot(string path, string png, int width, int height) =>
        Run($"--screenshot={png}", $"--window-size={width},{height}", "--hide-scrollbars", new Uri(path).AbsoluteUri);

    private static string Run(params string[] args)
    {
        string? program = ChildProcess.Find(names);
        Skip.If(program is null, "no Chromium: apt-get install chromium lets this test open the report in a browser");
        using TempFolder profile = new();
        return ChildProcess.Run([program!, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", $"--user-data-dir={profile.Path}", .. args]).Out;
    }
}
