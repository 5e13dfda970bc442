using System.Text.Json.Nodes;

namespace GpuCtr.Training.Tuning;

/// <summary>What a search found.</summary>
/// <param name="Metric">The monitored metric.</param>
/// <param name="Value">Mean of its best value over the seeds of the winner.</param>
/// <param name="Deviation">Standard deviation over them; null of one seed.</param>
/// <param name="Defaults">The value of trial 0, which has only defaults.</param>
/// <param name="Trials">Trials that began.</param>
/// <param name="Failed">Those of them that failed.</param>
/// <param name="Seconds">Time that all runs took.</param>
/// <param name="Options">The winner's differences from the defaults.</param>
/// <param name="Best">The folder of its run.</param>
/// <param name="Test">Its metrics on the test shards, if there are any.</param>
internal sealed record TuneResult(
    string Metric, double Value, double? Deviation, double? Defaults, int Trials, int Failed, double Seconds, JsonObject Options, string Best, RunMetrics? Test);
