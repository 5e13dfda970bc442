namespace GpuCtr.Engine.Commands;

/// <summary>Names of flags in other programs, and our names for them.</summary>
internal static class GuessedFlags
{
    private static readonly Dictionary<string, string> ours = new()
    {
        ["--learning-rate"] = "--lr",
        ["--learning_rate"] = "--lr",
        ["--batch"] = "--batch-size",
        ["--batch_size"] = "--batch-size",
        ["--bs"] = "--batch-size",
        ["--epoch"] = "--epochs",
        ["--num-epochs"] = "--epochs",
        ["--embedding-size"] = "--embedding-dim",
        ["--emb-dim"] = "--embedding-dim",
        ["--hidden"] = "--hidden-units",
        ["--layers"] = "--hidden-units",
        ["--early-stopping"] = "--patience",
        ["--validation"] = "--valid",
        ["--output"] = "--out",
        ["--weight-decay"] = "--l2",
        ["--random-seed"] = "--seed",
    };

    /// <summary>Our flag for a guessed one, if the verb has it.</summary>
    public static string? Ours(string guessed, IEnumerable<string> known) => ours.TryGetValue(guessed, out string? flag) && known.Contains(flag) ? flag : null;
}
