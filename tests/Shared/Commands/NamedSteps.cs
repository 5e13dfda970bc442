namespace GpuCtr.Tests;

/// <summary>Names the steps of a training run, so that tests are short and do not follow the automatic defaults.</summary>
public static class NamedSteps
{
    private static readonly (string Flag, string Value)[] steps = [("--epochs", "1"), ("--batch-size", "4096")];

    /// <summary>The arguments with one epoch of batches of 4096 where they name nothing else; a run that goes on or is repeated keeps its own.</summary>
    public static string[] In(string[] args) =>
        args is not ["train", _, ..] || args.Contains("--resume") || args.Contains("--config")
            ? args
            : ["train", .. steps.Where(s => !args.Contains(s.Flag)).SelectMany(s => new[] { s.Flag, s.Value }), .. args[1..]];
}
