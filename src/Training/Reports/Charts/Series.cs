namespace GpuCtr.Training.Reports.Charts;

/// <summary>How a series is drawn.</summary>
internal enum Mark
{
    /// <summary>A line, with dots where there are few points.</summary>
    Line,

    /// <summary>A faint line behind a smooth one of the same colour.</summary>
    Faint,

    /// <summary>Points, with how far off they may be.</summary>
    Points,

    /// <summary>Bars.</summary>
    Bars,
}

/// <summary>A point of a chart.</summary>
/// <param name="X">Where.</param>
/// <param name="Y">Its value.</param>
/// <param name="Error">How far off the value may be; 0 = not known.</param>
internal readonly record struct ChartPoint(double X, double Y, double Error = 0);

/// <summary>Points that belong together.</summary>
/// <param name="Name">For the legend; empty = none.</param>
/// <param name="Mark">How they are drawn.</param>
/// <param name="Color">Which colour of the page.</param>
/// <param name="Points">The points.</param>
internal sealed record Series(string Name, Mark Mark, int Color, IReadOnlyList<ChartPoint> Points);
