using System.Globalization;
using System.Text.Json;
using GpuCtr.Data;
using GpuCtr.Data.Options;

namespace GpuCtr.Training.Tuning;

/// <summary>An option that is searched over, and the values it may have: some choices, a range of numbers, or both.</summary>
/// <param name="Option">The option.</param>
/// <param name="Choices">Values as they are typed.</param>
/// <param name="From">Low end of the range; NaN: there is no range.</param>
/// <param name="To">High end.</param>
/// <param name="Log">Whether equal factors of the range are equally likely, instead of equal differences.</param>
internal sealed record Dimension(Option Option, IReadOnlyList<string> Choices, double From = double.NaN, double To = double.NaN, bool Log = false)
{
    /// <summary>Digits of a drawn number, so that the printed value is exactly the value that was used.</summary>
    private const int Digits = 2;

    /// <summary>Whether values are drawn from a range.</summary>
    public bool HasRange => !double.IsNaN(From);

    /// <summary>A dimension of a space file: an array of choices, or an object with from, to and optionally log and or (choices besides the range, drawn half of the time).</summary>
    /// <exception cref="GpuCtrException">Usage: it is neither, or a value is not one of the option.</exception>
    public static Dimension Of(Option option, JsonElement json)
    {
        Dimension read = json.ValueKind == JsonValueKind.Array ? new(option, ChoicesOf(json))
            : json.ValueKind == JsonValueKind.Object && json.TryGetProperty("from", out JsonElement from) && json.TryGetProperty("to", out JsonElement to) && option.IsNumber && !option.IsList
                ? new(option, json.TryGetProperty("or", out JsonElement others) ? ChoicesOf(others) : [], Number(option, from), Number(option, to), json.TryGetProperty("log", out JsonElement log) && log.ValueKind == JsonValueKind.True)
            : throw Fault(option, "expected an array of values such as [0, 0.1], or for a number {\"from\": 1e-4, \"to\": 1e-2, \"log\": true, \"or\": [0]}");
        return read.Checked();
    }

    /// <summary>The value for two numbers in (0, 1): which kind, and which value of it.</summary>
    public object Draw(double kind, double place) => Parse(HasRange && (Choices.Count == 0 || kind < 0.5) ? Text(Within(place)) : Choices[Math.Min((int)(place * Choices.Count), Choices.Count - 1)]);

    /// <summary>A value as it is typed.</summary>
    public string Describe(object value) => OptionText.Of(Option, value);

    /// <summary>A choice as <see cref="Describe"/> writes it.</summary>
    public string Normal(string choice) => Describe(Parse(choice));

    private double Within(double place) => Log ? From * Math.Pow(To / From, place) : From + (To - From) * place;

    private string Text(double value)
    {
        if (Option.IsWhole)
            return Math.Round(value).ToString("0", CultureInfo.InvariantCulture);
        double unit = Math.Pow(10, Math.Floor(Math.Log10(Math.Abs(value))) + 1 - Digits);
        return value == 0 || !double.IsFinite(unit) ? "0" : (Math.Round(value / unit) * unit).ToString($"G{Digits}", CultureInfo.InvariantCulture);
    }

    private object Parse(string text) => OptionText.Parse(Option, [text]);

    private Dimension Checked()
    {
        if (Choices.Count == 0 && !HasRange)
            throw Fault(Option, "there is no value to try; name some, or leave the option out");
        if (HasRange && !(From < To) || Log && !(From > 0))
            throw Fault(Option, $"from {From.ToString(CultureInfo.InvariantCulture)} to {To.ToString(CultureInfo.InvariantCulture)} is not a range{(Log ? " of positive numbers, which log needs" : "")}");
        foreach (string text in HasRange ? [Text(From), Text(To), .. Choices] : Choices)
            Parse(text);
        return this;
    }

    private static IReadOnlyList<string> ChoicesOf(JsonElement array) => [.. array.EnumerateArray().Select(TextOf)];

    // A list of numbers is typed with commas.
    private static string TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array => string.Join(',', value.EnumerateArray().Select(TextOf)),
        _ => value.GetRawText(),
    };

    private static double Number(Option option, JsonElement json) => json.ValueKind == JsonValueKind.Number ? json.GetDouble() : throw Fault(option, $"{json.GetRawText()} is no number");

    private static GpuCtrException Fault(Option option, string what) => GpuCtrException.UsageError($"--space: {option.Key}: {what}");
}
