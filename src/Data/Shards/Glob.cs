using System.Text;
using System.Text.RegularExpressions;

namespace GpuCtr.Data.Shards;

/// <summary>Patterns for paths with forward slashes.</summary>
internal static class Glob
{
    // Not at a name that begins with . or _, unless it is a partition such as _day=1.
    private const string NotHidden = @"(?!\.|_[^/=]*(?:/|$))";

    /// <summary>* and ? match within one folder, ** across folders. As in a shell, none of them matches the beginning of a hidden name (see <see cref="IsHidden"/>).</summary>
    /// <param name="glob">The pattern.</param>
    /// <param name="takesHidden">True if they match hidden names as well.</param>
    public static Regex Regex(string glob, bool takesHidden = false)
    {
        string each = takesHidden ? "" : NotHidden;
        var regex = new StringBuilder("^");
        for (int i = 0; i < glob.Length; i++)
        {
            bool begins = i == 0 || glob[i - 1] == '/';
            string first = begins ? each : "";
            if (glob.AsSpan(i).StartsWith("**/"))
            {
                regex.Append(begins ? $"(?:{each}[^/]*/)*" : $"(?:[^/]*/(?:{each}[^/]*/)*)?");
                i += 2;
            }
            else if (glob.AsSpan(i).StartsWith("**"))
            {
                regex.Append($"{first}[^/]*(?:/{each}[^/]*)*");
                i++;
            }
            else
            {
                regex.Append(glob[i] switch { '*' => $"{first}[^/]*", '?' => $"{first}[^/]", char c => System.Text.RegularExpressions.Regex.Escape(c.ToString()) });
            }
        }

        return new Regex(regex.Append('$').ToString(), RegexOptions.CultureInvariant);
    }

    /// <summary>
    /// Whether a file or folder is not data by its name, as in Spark and Hive: it begins with . or _ (<c>_temporary</c>,
    /// <c>._part-0.parquet</c>) and is not a partition such as <c>_day=1</c>.
    /// </summary>
    public static bool IsHidden(string name) => name.StartsWith('.') || (name.StartsWith('_') && !name.Contains('='));
}
