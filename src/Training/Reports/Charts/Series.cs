namespace GpuCtr.Training.Reports.Charts;

/// <summary>How a series is drawn.</summary>
internal enum Mark
{
    /// <summary>A line, with dots if there are few points.</summary>
    Line,

    /// <summary>A faint line behind a smooth one of the same colour.</summary>
    Faint,

    /// <summary>Points with error bars.</summary>
    Points,

    /// <summary>Bars.</summary>
    Bars,
}

/// <summary>A point of a chart.</summary>
/// <param name="X">Position on the horizontal axis.</param>
/// <param name="Y">Its value.</param>
/// <param name="Error">Half the length of the error bar; 0 = none.</param>
internal readonly record struct ChartPoint(double X, double Y, double Error = 0);

/// <summary>Points that belong together.</summary>
/// <param name="Name">Legend entry; empty = none.</param>
/// <param name="Mark">How they are drawn.</param>
/// <param name="Color">Index of the colour in the page's palette.</param>
/// <param name="Points">The points.</param>
internal sealed record Series(string Name, Mark Mark, int Color, IReadOnlyList<ChartPoint> Points);
