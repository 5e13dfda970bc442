using System.Text;

namespace GpuCtr.Data.Shards;

/// <summary>Names of columns in the syntax of flags.</summary>
/// <remarks>
/// Commas separate names; an equals sign separates a name from its value. Text in double quotes is part of the name,
/// including commas and equals signs; a quote itself is doubled there: <c>"price, net",id</c>, <c>"a=b"=item</c>, <c>"5"" disk"</c>.
/// </remarks>
internal static class ColumnNames
{
    private const char Quote = '"';

    /// <summary>Splits a flag's value at commas; the entries keep their quotes.</summary>
    public static IEnumerable<string> Split(string typed) => Parts(typed, ',').Select(p => p.Trim()).Where(p => p.Length > 0);

    /// <summary>The name that an entry means: without its quotes.</summary>
    /// <exception cref="GpuCtrException">Usage: a quote that is not closed.</exception>
    public static string Plain(string entry)
    {
        StringBuilder name = new(entry.Length);
        bool quoted = false;
        for (int i = 0; i < entry.Length; i++)
        {
            if (entry[i] != Quote)
                name.Append(entry[i]);
            else if (quoted && i + 1 < entry.Length && entry[i + 1] == Quote)
                name.Append(entry[i++]);
            else
                quoted = !quoted;
        }

        return quoted ? throw GpuCtrException.UsageError($"{entry}: a double quote is not closed; write a name that contains one in quotes, with that quote doubled: {InShell(entry)}") : name.ToString();
    }

    /// <summary>Column and value of an entry such as COL=VALUE, at its last equals sign outside quotes; the value is empty if there is none.</summary>
    /// <exception cref="GpuCtrException">Usage: a quote that is not closed.</exception>
    public static (string Column, string Value) Pair(string entry)
    {
        string[] parts = [.. Parts(entry, '=')];
        return parts.Length == 1 ? (Plain(entry), "") : (Plain(string.Join('=', parts[..^1])), Plain(parts[^1]));
    }

    /// <summary>Column and value of an entry such as COL:VALUE, at its first colon outside quotes; the value is empty if there is none.</summary>
    /// <exception cref="GpuCtrException">Usage: a quote that is not closed.</exception>
    public static (string Column, string Value) BeforeColon(string entry)
    {
        string column = Parts(entry, ':').First();
        return (Plain(column), entry[Math.Min(column.Length + 1, entry.Length)..].Trim());
    }

    /// <summary>An entry such as COL:VALUE in the syntax of flags.</summary>
    public static string WithColon(string column, string value) => $"{(NeedsQuotes(column, ":") ? Quoted(column) : column)}:{value}";

    /// <summary>A name as an element of a JSON array.</summary>
    public static string InJson(string name) => NeedsQuotes(name, "=") ? Quoted(name) : name;

    /// <summary>An entry as an element of a JSON array, where commas need no quotes.</summary>
    public static string ToJson(string entry) => Requoted(entry, "=");

    /// <summary>An entry of an array of a JSON file as one would type it.</summary>
    public static string FromJson(string entry) => Requoted(entry, "=,");

    /// <summary>A name as an argument in a shell, so that it can be copied from a message.</summary>
    public static string InShell(string name)
    {
        string typed = NeedsQuotes(name, "=,") ? Quoted(name) : name;
        return typed.All(c => char.IsLetterOrDigit(c) || "_-.:/@%+".Contains(c)) ? typed : $"'{typed.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }

    /// <summary>Names in a message, to be copied.</summary>
    public static string Listing(IEnumerable<string> names) => string.Join(", ", names.Select(InShell));

    private static string Requoted(string entry, string separators) =>
        string.Join('=', Parts(entry, '=').Select(Plain).Select(name => NeedsQuotes(name, separators) ? Quoted(name) : name));

    /// <summary>A name that begins with a dash would be parsed as a flag.</summary>
    private static bool NeedsQuotes(string name, string separators) =>
        name.Length == 0 || name[0] == '-' || name.Contains(Quote) || name.Trim() != name || name.IndexOfAny([.. separators]) >= 0;

    private static string Quoted(string name) => $"{Quote}{name.Replace("\"", "\"\"", StringComparison.Ordinal)}{Quote}";

    private static IEnumerable<string> Parts(string text, char separator)
    {
        int from = 0;
        bool quoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            quoted ^= text[i] == Quote;
            if (quoted || text[i] != separator)
                continue;
            yield return text[from..i];
            from = i + 1;
        }

        yield return text[from..];
    }
}
