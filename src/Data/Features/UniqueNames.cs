namespace GpuCtr.Data.Features;

/// <summary>Names of which no two are the same: one that is taken gets a number behind it.</summary>
/// <param name="taken">Names that are taken from the beginning.</param>
internal sealed class UniqueNames(IEnumerable<string> taken)
{
    private readonly HashSet<string> taken = new(taken, StringComparer.Ordinal);

    /// <summary>The name, or the first one made of it that is free; taken from now on.</summary>
    public string Of(string name)
    {
        string free = name;
        for (int n = 2; !taken.Add(free); n++)
            free = $"{name}_{n}";
        return free;
    }
}
