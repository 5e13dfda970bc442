using System.Text;
using System.Text.RegularExpressions;

namespace GpuCtr.Engine.Data;

/// <summary>Patterns for paths with forward slashes.</summary>
internal static class Glob
{
    /// <summary>* and ? stay within one folder, ** crosses them.</summary>
    public static Regex Regex(string glob)
    {
        var regex = new StringBuilder("^");
        for (int i = 0; i < glob.Length; i++)
        {
            if (glob.AsSpan(i).StartsWith("**/"))
            {
                regex.Append("(?:.*/)?");
                i += 2;
            }
            else if (glob.AsSpan(i).StartsWith("**"))
            {
                regex.Append(".*");
                i++;
            }
            else
            {
                regex.Append(glob[i] switch { '*' => "[^/]*", '?' => "[^/]", char c => System.Text.RegularExpressions.Regex.Escape(c.ToString()) });
            }
        }

        return new Regex(regex.Append('$').ToString(), RegexOptions.CultureInvariant);
    }
}
