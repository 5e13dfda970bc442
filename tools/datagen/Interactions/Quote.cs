namespace GpuCtr.Datagen;

/// <summary>Text of a file as shown in a message: on one line, in quotes, truncated if it is long.</summary>
internal static class Quote
{
    private const int _longest = 60;

    public static string Of(string text)
    {
        string line = new([.. text.Take(_longest).Select(c => char.IsControl(c) ? ' ' : c)]);
        return text.Length > _longest ? $"'{line}…'" : $"'{line}'";
    }
}
