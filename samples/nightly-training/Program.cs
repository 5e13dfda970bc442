// Trains tonight's model: NightlyTraining SHARDS RUNS. A night that was stopped goes on where it was; Ctrl-C and SIGTERM leave a checkpoint.
using System.Runtime.InteropServices;
using GpuCtr;
using GpuCtr.Training;

using CancellationTokenSource stop = new();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, s => Stop(s));
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, s => Stop(s));
TrainOptions options = new() { Shards = [args[0]], Out = Path.Combine(args[1], $"{DateTime.UtcNow:yyyy-MM-dd}"), Resume = true, Model = m => m with { EmbeddingDim = 8 } };
Progress<TrainingProgress> progress = new(p => Console.WriteLine($"{p.Activity}: {p.Share:P0}, {p.RowsPerSecond:N0} rows/s, loss {p.Loss:F4}"));
try
{
    TrainingResult run = await CtrTrainer.TrainAsync(options, progress, logger: null, stop.Token);
    using CtrModel model = CtrModel.Load(run.Best);
    Console.WriteLine($"AUC {run.Metrics.ValidAuc:F4} after {run.Epochs.Count} epochs; serve {run.Best}, which reads {model.Columns.Count} columns");
    return 0;
}
catch (Exception e) when (e is GpuCtrException or OperationCanceledException)
{
    Console.Error.WriteLine(e.Message);
    return e is GpuCtrException failure ? (int)failure.Kind : (int)ErrorKind.Interrupted;
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
