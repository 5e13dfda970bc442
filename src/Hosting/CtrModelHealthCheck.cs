using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace GpuCtr.Hosting;

/// <summary>Healthy while the newest checkpoint is served, degraded while an older one is because the newest cannot be used, unhealthy without a model.</summary>
/// <param name="host">The host.</param>
public sealed class CtrModelHealthCheck(CtrModelHost host) : IHealthCheck
{
    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(host.State switch
    {
        null => HealthCheckResult.Unhealthy("no model is loaded"),
        { Failure: { } why } => HealthCheckResult.Degraded(why),
        { } state => HealthCheckResult.Healthy($"{state.Architecture}, step {state.Step}"),
    });
}
