using System.Globalization;

namespace GpuCtr.Models;

/// <summary>FTRL-proximal (McMahan et al., KDD 2013) for the first-order weights of ids.</summary>
/// <param name="Alpha">α: the learning rate, divided by β + √n of each weight.</param>
/// <param name="L1">λ₁: weights with less evidence than this are exactly 0.</param>
/// <param name="L2">λ₂.</param>
/// <param name="Beta">β.</param>
public sealed record FtrlOptions(
    [property: Option("α: its learning rate", PresetOnly = true, Above = 0)] double Alpha,
    [property: Option("λ₁: weights with less evidence than this are exactly 0", PresetOnly = true, Least = 0)] double L1,
    [property: Option("λ₂", PresetOnly = true, Least = 0)] double L2,
    [property: Option("β", PresetOnly = true, Above = 0)] double Beta = 1) : IOptionText<FtrlOptions>
{
    /// <summary>Reads α,λ₁,λ₂ or α,λ₁,λ₂,β.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static FtrlOptions Parse(string text)
    {
        double?[] numbers = [.. text.Split(',').Select(part =>
            double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) && number >= 0 ? number : (double?)null)];
        return numbers switch
        {
            [> 0 and { } alpha, { } l1, { } l2] => new(alpha, l1, l2),
            [> 0 and { } alpha, { } l1, { } l2, > 0 and { } beta] => new(alpha, l1, l2, beta),
            _ => throw new FormatException("expected α,λ₁,λ₂ or α,λ₁,λ₂,β with α and β above 0, such as 0.1,0,0"),
        };
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Alpha},{L1},{L2}{(Beta == 1 ? "" : FormattableString.Invariant($",{Beta}"))}");
}
