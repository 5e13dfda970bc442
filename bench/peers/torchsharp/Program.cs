using System.Globalization;
using GpuCtr.Peers;
using TorchSharp;
using static TorchSharp.torch;

// torchsharp-peer FILE [--update lazy|dense] [--threads 2] [--rounds 5] [--steps 10]: parity with the losses in FILE, then rows/s.
// torchsharp-peer gru [--threads 2]: a GRU alone.
const double learningRate = 1e-3, tolerance = 1e-4;
string Option(string name, string fallback) => Array.IndexOf(args, name) is >= 0 and int i && i + 1 < args.Length ? args[i + 1] : fallback;
if (args.Length == 0)
{
    Console.Error.WriteLine("torchsharp-peer FILE [--update lazy|dense] [--threads 2] [--rounds 5] [--steps 10]; FILE is written by bench export");
    return 2;
}
set_num_threads(int.Parse(Option("--threads", "2")));
if (args[0] == "gru")
    return GruPeer.Run();
WorkloadFile file = new(args[0]);
string update = Option("--update", "lazy");
int rounds = int.Parse(Option("--rounds", "5")), steps = int.Parse(Option("--steps", "10")), batches = file.Number("batches");
Parameters parameters = new(file, sparse: update == "lazy");
(Tensor Rows, Tensor? Numeric, Tensor Labels, Tensor? Predicted, Tensor? Right)[] data = [.. Enumerable.Range(0, batches).Select(i => (
    file[$"batch.{i}.rows"], Optional($"batch.{i}.numeric"), file[$"batch.{i}.labels"].unsqueeze(1), Optional($"batch.{i}.predicted"), Optional($"batch.{i}.right")))];
// Of batch i: the loss that our program reports too, and what training minimizes.
Func<int, (Tensor Reported, Tensor Minimized)> loss;
switch (file.Text("model"))
{
    case "din":
        Din din = new(parameters, file.Number("fields"), file.Number("length"));
        loss = i => Alone(Clicks(din.Logit(data[i].Rows), i));
        break;
    case "dien":
        Dien dien = new(parameters, file.Number("fields"), file.Number("length"));
        double alpha = double.Parse(file.Text("auxiliary_loss"), CultureInfo.InvariantCulture);
        loss = i =>
        {
            (Tensor logit, Tensor auxiliary) = dien.Forward(data[i].Rows);
            Tensor clicks = Clicks(logit, i);
            return (clicks, clicks + alpha * auxiliary);
        };
        break;
    case "bert4rec":
        Bert4Rec bert = new(parameters, file.Number("blocks"), file.Number("heads"), file.Number("items"));
        loss = i => Alone(bert.Loss(data[i].Rows, data[i].Predicted!, data[i].Right!));
        break;
    default:
        DeepFm deepfm = new(parameters, Enumerable.Range(0, 10).Count(i => file.Has($"mlp.{i}.weight")));
        loss = i => Alone(Clicks(deepfm.Logit(data[i].Rows, data[i].Numeric), i));
        break;
}
Adam adam = new(parameters.All, learningRate);

Tensor? Optional(string name) => file.Has(name) ? file[name] : null;

Tensor Clicks(Tensor logit, int i) => nn.functional.binary_cross_entropy_with_logits(logit, data[i].Labels);

static (Tensor, Tensor) Alone(Tensor loss) => (loss, loss);

double Step(int i, bool readLoss)
{
    using DisposeScope scope = NewDisposeScope();
    (Tensor reported, Tensor minimized) = loss(i % batches);
    minimized.backward();
    using (no_grad())
        adam.Step();
    return readLoss ? reported.item<float>() : 0;
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
string rates = Rates.Cells(rounds, steps, batchRows, "F2", i => Step(i, false));
Console.WriteLine($"| libtorch, {file.Text("name")}, {update} | {batchRows} | {file.Text("ids")} | {rates} | {parity:E1} |");
return 0;
