namespace GpuCtr.Hosting;

/// <summary>The application's loggers and listeners to metrics. One that fails changes nothing of what is served.</summary>
internal static class Observers
{
    /// <summary>Tells them something. If they fail, nobody is left to be told.</summary>
    public static void Tell(Action what)
    {
        try
        {
            what();
        }
        catch (Exception)
        {
        }
    }
}
