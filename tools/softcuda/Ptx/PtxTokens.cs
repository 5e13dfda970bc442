namespace GpuCtr.SoftCuda.Ptx;

/// <summary>The words and signs of a text. A mnemonic or a register with its dots is one word.</summary>
internal sealed class PtxTokens
{
    private readonly List<(string Text, int Line)> all = [];
    private int at;

    public PtxTokens(string text)
    {
        int line = 1;
        for (int i = 0; i < text.Length;)
        {
            int begin = i;
            if (text[i] == '\n')
                line++;
            if (text[i] == '\0')
                break;
            if (IsWord(text[i]))
            {
                while (i < text.Length && IsWord(text[i]))
                    i++;
                all.Add((text[begin..i], line));
            }
            else if (text[i] == '/' && At(text, i + 1) == '/')
                while (i < text.Length && text[i] != '\n')
                    i++;
            else if (text[i] == '/' && At(text, i + 1) == '*')
            {
                int end = text.IndexOf("*/", i + 2, StringComparison.Ordinal);
                i = end < 0 ? throw new PtxException(line, "a comment without an end") : end + 2;
                line += text.AsSpan(begin, i - begin).Count('\n');
            }
            else if (!char.IsWhiteSpace(text[i++]))
                all.Add((text[begin].ToString(), line));
        }
    }

    /// <summary>The line of the next token, or of the last one.</summary>
    public int Line => all.Count == 0 ? 1 : all[Math.Min(at, all.Count - 1)].Line;

    /// <summary>Whether all were read.</summary>
    public bool AtEnd => at == all.Count;

    /// <summary>The next token without reading it; empty at the end.</summary>
    public string Peek => AtEnd ? "" : all[at].Text;

    /// <summary>Reads a token.</summary>
    public string Next() => AtEnd ? throw new PtxException(Line, "the text ends too early") : all[at++].Text;

    /// <summary>Reads a token if it is this one.</summary>
    public bool Accept(string token)
    {
        if (Peek != token)
            return false;
        at++;
        return true;
    }

    /// <summary>Reads this token.</summary>
    public void Expect(string token)
    {
        if (!Accept(token))
            throw new PtxException(Line, $"'{token}' is missing before '{Peek}'");
    }

    /// <summary>Whether the token behind the next one is this one.</summary>
    public bool IsFollowedBy(string token) => at + 1 < all.Count && all[at + 1].Text == token;

    /// <summary>Reads an integer without a sign.</summary>
    public int Count()
    {
        int line = Line;
        string text = Next();
        return int.TryParse(text, out int count) ? count : throw new PtxException(line, $"a number is missing before '{text}'");
    }

    private static char At(string text, int i) => i < text.Length ? text[i] : '\0';

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '$' or '%' or '.';
}
