namespace GpuCtr.Kernels.Ranks;

/// <summary>Runs a body on all ranks: if one fails, all end, with one reason and one exit code.</summary>
public static class RankRun
{
    /// <summary>How long a rank waits for the others in one collective unless told otherwise. Between two of them, all ranks do the same for seconds; the longest is to make a share of a model in memory.</summary>
    public static readonly TimeSpan DefaultLimit = TimeSpan.FromMinutes(5);

    /// <summary>How long a rank waits for something to do: longer than rank 0 takes to read all shards.</summary>
    public static readonly TimeSpan IdleLimit = TimeSpan.FromDays(3);

    /// <summary>Most failures occur on all ranks. So rank 0 reports first, and the launcher ends the others before they report the same.</summary>
    private static readonly TimeSpan precedence = TimeSpan.FromSeconds(1);

    /// <summary>Joins the other ranks, runs a body, and leaves them.</summary>
    /// <param name="launcher">What started this rank.</param>
    /// <param name="body">What every rank does; returns its exit code.</param>
    /// <param name="describe">Exit code and message of an exception.</param>
    /// <param name="error">Where a rank that fails says why.</param>
    /// <param name="limit">How long a rank waits for the others in one collective; <see cref="DefaultLimit"/> if null.</param>
    /// <returns>The exit code. If the body fails, the process ends, and with it all ranks.</returns>
    public static int Run(Launcher launcher, Func<Communicator, int> body, Func<Exception, (int Code, string Message)> describe, TextWriter error, TimeSpan? limit = null)
    {
        Communicator ranks;
        try
        {
            ranks = MpiCommunicator.Join(launcher);
        }
        catch (CommunicatorException e)
        {
            return Say(launcher.Rank, $"rank {launcher.Rank} on {Environment.MachineName}", describe(e), error);
        }
        using (ranks)
        using (CollectiveWatch watch = new(ranks, limit ?? DefaultLimit, e => Fail(ranks, describe(e), error)))
        {
            try
            {
                return body(ranks);
            }
            catch (Exception e)
            {
                Fail(ranks, describe(e), error);
                throw;
            }
        }
    }

    private static void Fail(Communicator ranks, (int Code, string Message) failure, TextWriter error) => ranks.Abort(Say(ranks.Rank, ranks.Name, failure, error));

    private static int Say(int rank, string name, (int Code, string Message) failure, TextWriter error)
    {
        if (rank > 0)
            Thread.Sleep(precedence);
        error.WriteLine($"error: {name}: {failure.Message}");
        error.Flush();
        return failure.Code;
    }
}
