using GpuCtr.Hosting;
using Microsoft.Extensions.Logging;

namespace GpuCtr.Engine.Serving;

/// <summary>Passes the text of log entries on. A line that cannot be written, such as one to a full disk, is lost: requests go on.</summary>
/// <param name="log">Told level and text.</param>
internal sealed class LineLogger(Action<LogLevel, string> log) : ILoggerProvider, ILogger
{
    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => this;

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => true;

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Observers.Tell(() => log(logLevel, exception is null ? formatter(state, exception) : $"{formatter(state, exception)} {exception}"));

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
