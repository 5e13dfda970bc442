using System.Net;
using System.Threading.RateLimiting;
using GpuCtr.Data;
using GpuCtr.Engine.Commands;
using GpuCtr.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace GpuCtr.Engine.Serving;

/// <summary>The HTTP server of <c>serve</c>: Kestrel around a <see cref="CtrModelHost"/>. It reads neither configuration files nor environment variables.</summary>
internal sealed class ModelServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly PrometheusText metrics;
    private readonly Endpoints endpoints;

    private ModelServer(WebApplication app, PrometheusText metrics, Endpoints endpoints) => (this.app, this.metrics, this.endpoints) = (app, metrics, endpoints);

    /// <summary>The turns of requests.</summary>
    internal ConcurrencyLimiter Turns => endpoints.Turns;

    /// <summary>Where it listens, as a URL.</summary>
    public string Address => app.Urls.First();

    /// <summary>Loads the model and starts listening.</summary>
    /// <param name="options">The flags.</param>
    /// <param name="log">Logs models that are loaded, models that cannot be used, and errors.</param>
    /// <exception cref="GpuCtrException">Usage: no such model, address or free port. Data: the model is damaged.</exception>
    public static async Task<ModelServer> Start(ServeOptions options, Action<LogLevel, string> log)
    {
        IPAddress address = IPAddress.TryParse(options.Host, out IPAddress? ip) ? ip
            : throw GpuCtrException.UsageError($"--host {options.Host}: expected an IP address, such as 127.0.0.1 (this machine only) or 0.0.0.0 (all networks)");
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.AddProvider(new LineLogger(log)).SetMinimumLevel(LogLevel.Information).AddFilter("Microsoft", LogLevel.Error);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxBody.Bytes;
            kestrel.Listen(address, options.Port);
        });
        builder.Services.AddRoutingCore();
        // Signals are the command's.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddCtrModel(new()
        {
            Model = options.Model!,
            Scoring = new() { Concurrency = options.Threads, IgnoreUnknown = options.IgnoreUnknown },
            PollInterval = TimeSpan.FromSeconds(options.Poll),
        });
        WebApplication app = builder.Build();
        PrometheusText metrics = new(Telemetry.MeterName, "Microsoft.AspNetCore.Hosting");
        ModelServer server = new(app, metrics, new Endpoints(app.Services.GetRequiredService<CtrModelHost>(), options, metrics));
        try
        {
            server.endpoints.Map(app);
            await app.StartAsync();
            return server;
        }
        catch (Exception e)
        {
            await server.DisposeAsync();
            throw e is IOException { InnerException: AddressInUseException } ? GpuCtrException.UsageError($"--port {options.Port}: another program listens there; choose another port, or 0 for a free one")
                : e is IOException or System.Net.Sockets.SocketException ? GpuCtrException.UsageError($"--host {options.Host} --port {options.Port}: cannot listen there ({e.Message})")
                : e;
        }
    }

    /// <summary>Ends it when the requests that it has are answered.</summary>
    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        endpoints.Dispose();
        metrics.Dispose();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
