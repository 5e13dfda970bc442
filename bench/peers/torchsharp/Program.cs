using System.Diagnostics;
using GpuCtr.Peers;
using TorchSharp;
using static TorchSharp.torch;

// torchsharp-peer FILE [--update lazy|dense] [--threads 2] [--rounds 5] [--steps 10]: parity with the losses in FILE, then rows/s.
const double learningRate = 1e-3, tolerance = 1e-4;
string Option(string name, string fallback) => Array.IndexOf(args, name) is >= 0 and int i && i + 1 < args.Length ? args[i + 1] : fallback;
if (args.Length == 0)
{
    Console.Error.WriteLine("torchsharp-peer FILE [--update lazy|dense] [--threads 2] [--rounds 5] [--steps 10]; FILE is written by bench export");
    return 2;
}
set_num_threads(int.Parse(Option("--threads", "2")));
WorkloadFile file = new(args[0]);
string update = Option("--update", "lazy");
int rounds = int.Parse(Option("--rounds", "5")), steps = int.Parse(Option("--steps", "10")), batches = file.Number("batches");
Parameters parameters = new(file, sparse: update == "lazy");
Func<Tensor, Tensor?, Tensor> logit;
if (file.Text("model") == "din")
{
    Din din = new(parameters, file.Number("fields"), file.Number("length"));
    logit = (rows, _) => din.Logit(rows);
}
else
    logit = new DeepFm(parameters, Enumerable.Range(0, 10).Count(i => file.Has($"mlp.{i}.weight"))).Logit;
Adam adam = new(parameters.All, learningRate);
(Tensor Rows, Tensor? Numeric, Tensor Labels)[] data =
    [.. Enumerable.Range(0, batches).Select(i => (file[$"batch.{i}.rows"], file.Has($"batch.{i}.numeric") ? file[$"batch.{i}.numeric"] : null, file[$"batch.{i}.labels"].unsqueeze(1)))];

double Step(int i, bool readLoss)
{
    using DisposeScope scope = NewDisposeScope();
    (Tensor rows, Tensor? numeric, Tensor labels) = data[i % batches];
    Tensor loss = nn.functional.binary_cross_entropy_with_logits(logit(rows, numeric), labels);
    loss.backward();
    using (no_grad())
        adam.Step();
    return readLoss ? loss.item<float>() : 0;
}

float[] ours = file[$"losses.{update}"].data<float>().ToArray();
double parity = 0;
for (int i = 0; i < ours.Length; i++)
    parity = Math.Max(parity, Math.Abs(Step(i, true) - ours[i]) / ours[i]);
// NaN stays.
if (!(parity <= tolerance))
{
    Console.Error.WriteLine($"{args[0]}, {update}: losses of {ours.Length} steps differ by {parity:E1} (relative), more than {tolerance:E0}: not the same work");
    return 1;
}
long batchRows = data[0].Rows.shape[0];
double[] rates = new double[rounds];
for (int round = 0; round < rounds; round++)
{
    long start = Stopwatch.GetTimestamp();
    for (int i = 0; i < steps; i++)
        Step(i, false);
    rates[round] = steps * batchRows / Stopwatch.GetElapsedTime(start).TotalSeconds;
}
Array.Sort(rates);
Console.WriteLine($"| libtorch, {file.Text("name")}, {update} | {batchRows} | {file.Text("ids")} | {rates[rounds / 2] / 1e3:F1} | {rates[0] / 1e3:F1}–{rates[^1] / 1e3:F1} | {parity:E1} |");
return 0;
