using System.Reflection;
using System.Text.RegularExpressions;

namespace GpuCtr.Kernels.Verification;

/// <summary>The name of a shape, from the parameters of its record structure: sizes, and switches that differ from their defaults.</summary>
internal static partial class ShapeName
{
    /// <summary>As in "B5 H3 capacity 40 relu without bias".</summary>
    public static string Of<TShape>(TShape shape) where TShape : struct =>
        string.Join(' ', typeof(TShape).GetConstructors().Single().GetParameters().Select(p => Part(p, typeof(TShape).GetProperty(p.Name!)!.GetValue(shape))).OfType<string>());

    private static string? Part(ParameterInfo parameter, object? value)
    {
        string name = parameter.Name!, words = Inside().Replace(name, " $0").ToLowerInvariant();
        return value switch
        {
            _ when parameter.HasDefaultValue && Equals(value, parameter.DefaultValue) => null,
            true => words,
            false => $"without {words}",
            Enum or string => $"{value}",
            _ when name.Length <= 2 => $"{name}{value}",
            _ => $"{words} {value}",
        };
    }

    [GeneratedRegex("(?<!^)[A-Z]")]
    private static partial Regex Inside();
}
