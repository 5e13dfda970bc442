using Microsoft.Extensions.Logging;

namespace GpuCtr.Training.Tests.Library;

/// <summary>Whether a run took its fit from the cache.</summary>
internal sealed class FitLog : ILogger
{
    public bool Knew { get; private set; }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Knew |= formatter(state, exception).Contains("come from the fit cache", StringComparison.Ordinal);
}
