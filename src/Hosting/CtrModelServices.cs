using GpuCtr.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a model to the services of an application.</summary>
public static class CtrModelServices
{
    /// <summary>Adds a <see cref="CtrModelHost"/>, which starts and stops with the application, and its <see cref="CtrModelHealthCheck"/> for <c>AddHealthChecks().AddCheck&lt;CtrModelHealthCheck&gt;("model")</c>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="options">What it serves.</param>
    public static IServiceCollection AddCtrModel(this IServiceCollection services, CtrModelHostOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton(provider => new CtrModelHost(options, provider.GetService<ILogger<CtrModelHost>>()));
        services.AddSingleton<CtrModelHealthCheck>();
        return services.AddHostedService(provider => provider.GetRequiredService<CtrModelHost>());
    }
}
