using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Onnx;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

/// <summary>An op under test on a device: its tensors with seeded random contents, the op, and its reference.</summary>
/// <remarks>Batch tensors have Capacity rows, of which a run uses Pass.Rows; the rows after them stay NaN and must not be touched.</remarks>
public sealed partial class Trial : IDisposable
{
    private readonly string seed;
    private readonly List<Tracked> tracked = [];
    private readonly List<Action> uploads = [];
    private readonly List<IOp> ops = [];
    private readonly List<IDisposable> owned = [];
    private readonly List<(Tensor Input, Tensor Sum)> readAgain = [];
    private Action<ReferenceValues>? reference;

    internal Trial(OpCase c, Device device, int attempt)
    {
        (Case, Workspace, seed) = (c, new Workspace(device), $"{c} {attempt}");
        StepFactor = Workspace.Tensor("guard", 1, 4);
        c.Build(this);
        if (reference is null || ops.Count == 0)
            throw new InvalidOperationException($"case {c} has no op or no reference");
        Add(StepFactor, TensorRole.Input, 4, i => i == 0 ? StepFactorValue : 0);
    }

    /// <summary>The case.</summary>
    public OpCase Case { get; }

    /// <summary>Workspace of the tensors and of the op's scratch memory.</summary>
    public Workspace Workspace { get; }

    /// <summary>The device.</summary>
    public Device Device => Workspace.Device;

    /// <summary>What to run; set it before the first tensor.</summary>
    public Pass Pass { get; set; } = new(1, Training: true);

    /// <summary>Rows of batch tensors; 0: as many as the pass has.</summary>
    public int Capacity { get; set; }

    /// <summary>Rows of tensors with one row for each history position; the positions of a run are Pass.Tokens[0].</summary>
    public int TokenCapacity { get; set; }

    /// <summary>Rows of tensors with one row for each prediction; the predictions of a run are Pass.Tokens[1].</summary>
    public int PredictionCapacity { get; set; }

    /// <summary>Rows of tensors with one row for each candidate; the candidates of a run are Pass.Tokens[2].</summary>
    public int CandidateCapacity { get; set; }

    /// <summary>(1, 4) factor of the step, as optimizers and running statistics read it.</summary>
    public Tensor StepFactor { get; }

    /// <summary>Value of StepFactor[0].</summary>
    public float StepFactorValue { get; set; } = 1;

    /// <summary>Random numbers that are a function of case and <paramref name="name"/>.</summary>
    public Random Random(string name)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in $"{seed} {name}")
            hash = (hash ^ c) * 1099511628211;
        return new Random((int)(hash ^ hash >> 32));
    }

    /// <summary>(Capacity, columns) input; over history positions (TokenCapacity, columns), over sequences the sum of both.</summary>
    public Tensor Batch(string name, int columns, bool gradient = true, int terms = 1, Func<int, float>? fill = null, RowKind kind = default)
    {
        Tensor t = Workspace.Tensor(name, RowsOf(kind), columns, gradient, kind);
        return Add(t, TensorRole.Input, Pass.RowsOf(t) * columns, fill, null, terms);
    }

    /// <summary>(rows, columns) input that does not depend on the batch.</summary>
    public Tensor Parameter(string name, int rows, int columns, bool gradient = true, int terms = 1, Func<int, float>? fill = null, float gradientStart = float.NaN, RowKind kind = default)
    {
        Tensor t = Workspace.Tensor(name, rows, columns, gradient, kind);
        return Add(t, TensorRole.Input, rows * columns, fill, null, terms, gradientStart);
    }

    /// <summary>An input that the op made itself.</summary>
    public Tensor Input(Tensor t, int terms = 1, Func<int, float>? fill = null, float gradientStart = float.NaN) =>
        Add(t, TensorRole.Input, checked((int)t.Length), fill, null, terms, gradientStart);

    /// <summary>(Capacity, columns) output, over history positions (TokenCapacity, columns); <paramref name="used"/>: somebody reads it, so that it has an upstream gradient.</summary>
    public Tensor Output(string name, int columns, int terms = 1, bool used = true, RowKind kind = default)
    {
        Tensor t = Workspace.Tensor(name, RowsOf(kind), columns, gradient: true, kind);
        if (used)
            t.Consume();
        int elements = Pass.RowsOf(t) * columns;
        return Add(t, TensorRole.Output, elements, null, used ? Uniform("upstream of " + name, elements) : null, terms);
    }

    /// <summary>A tensor that the op reads and writes; with <paramref name="upstream"/> it is part of the loss.</summary>
    public Tensor State(Tensor t, Func<int, float>? fill = null, int terms = 1, float[]? upstream = null) =>
        Add(t, TensorRole.State, checked((int)t.Length), fill, upstream, terms);

    /// <summary>Integers and such, written before every run; the rest of the array stays poisoned.</summary>
    public void Upload<T>(DeviceArray<T> array, params T[] values) where T : unmanaged => uploads.Add(() => array.Write(Device, values));

    /// <summary>The ops under test.</summary>
    internal IEnumerable<IOp> Ops => ops.Where(op => op is not Step);

    /// <summary>Appends an op: forward in this order, backward in reverse.</summary>
    public void Op(IOp op) => ops.Add(op);

    /// <summary>An object that is not an op, to dispose with the trial.</summary>
    internal void Owns(IDisposable part) => owned.Add(part);

    /// <summary>Appends an action that is not an op of a recorded list, to run in forward order.</summary>
    public void Forward(Action<Pass> run) => ops.Add(new Step(run, static _ => { }));

    /// <summary>Appends something to run in backward order.</summary>
    public void Backward(Action<Pass> run) => ops.Add(new Step(static _ => { }, run));

    /// <summary>The naive formula in float64.</summary>
    public void Reference(Action<ReferenceValues> formula) => reference = formula;

    /// <summary>Later ops that read these tensors too, so that the op under test adds to their gradients: x + x of each.</summary>
    public void ReadAgain(params Tensor[] inputs)
    {
        foreach (Tensor x in inputs)
        {
            Tensor sum = Output($"{x.Name} + {x.Name}", x.Columns, kind: x.RowKind);
            Op(new Add(Device, sum, x, x));
            readAgain.Add((x, sum));
        }
    }

    private void ReferenceOfReaders(ReferenceValues v)
    {
        foreach ((Tensor x, Tensor sum) in readAgain)
            for (int i = 0; i < v[sum].Length; i++)
                v[sum][i] = 2 * v[x][i];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable op in ops.OfType<IDisposable>().Concat(owned))
            op.Dispose();
        Workspace.Dispose();
    }

    // The tests have one behaviour group.
    private int RowsOf(RowKind kind) => kind.Count(BatchCapacity, kind == RowKind.Prediction || kind == RowKind.Candidate ? [PredictionCapacity, CandidateCapacity] : [TokenCapacity]);

    private int BatchCapacity => Capacity > 0 ? Capacity : Pass.Rows;

    private Tensor Add(Tensor t, TensorRole role, int elements, Func<int, float>? fill, float[]? upstream = null, int terms = 1, float gradientStart = float.NaN)
    {
        float[] start = role == TensorRole.Output ? [] : fill is null ? Uniform(t.Name, elements) : Enumerable.Range(0, elements).Select(fill).ToArray();
        tracked.Add(new Tracked(t, role, elements, start, upstream, terms, gradientStart));
        return t;
    }

    /// <summary>Uniform in [−1, 1).</summary>
    private float[] Uniform(string name, int count)
    {
        Random random = Random(name);
        return Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1).ToArray();
    }

    private sealed class Step(Action<Pass> forward, Action<Pass> backward) : IOp
    {
        public string Name => "step";

        public void Forward(in Pass pass) => forward(pass);

        public void Backward(in Pass pass) => backward(pass);

        public Work ForwardWork(in Pass pass) => default;

        public Work BackwardWork(in Pass pass) => default;

        public void Export(IOnnxGraph g) => throw new NotSupportedException();
    }
}
