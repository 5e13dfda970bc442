namespace GpuCtr.Tests;

/// <summary>Time limits of tests: long enough for any machine, so that they only end tests that hang.</summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(30);

    /// <summary>Fails the test if the action does not end.</summary>
    public static void Ends(Action action)
    {
        Task task = Task.Factory.StartNew(action, TaskCreationOptions.LongRunning);
        Assert.True(Task.WaitAny([task], Limit) == 0, $"still running after {Limit}");
        task.GetAwaiter().GetResult();
    }
}
