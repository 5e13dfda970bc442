using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Optimizers;

/// <summary>All dense parameters of a model in one piece of memory, so that one launch updates them all.</summary>
/// <remarks>Parameters under L2 come first. Slices start on cache lines; the gaps hold zeros and stay zero.</remarks>
public sealed class ParameterArena(Workspace workspace)
{
    private const int Alignment = 16;

    private readonly List<(Tensor Parameter, bool Decays)> parameters = [];

    /// <summary>(1, L) all parameters; its gradient is all gradients. Null until <see cref="Seal"/>.</summary>
    public Tensor? Weights { get; private set; }

    /// <summary>Number of elements under L2, which come first.</summary>
    public long DecayLength { get; private set; }

    /// <summary>The parameters in the order of reservation.</summary>
    public IEnumerable<Tensor> Parameters => parameters.Select(p => p.Parameter);

    /// <summary>Reserves a parameter with its gradient.</summary>
    /// <param name="name">Name in checkpoints.</param>
    /// <param name="rows">Leading dimension.</param>
    /// <param name="columns">Values per row.</param>
    /// <param name="decays">Whether L2 applies to it.</param>
    /// <param name="kind">What its rows stand for, if it is the input of a layer.</param>
    public Tensor Reserve(string name, long rows, int columns, bool decays, RowKind kind = default)
    {
        Tensor t = new(name, rows, columns, kind) { Gradient = new Tensor("d " + name, rows, columns) };
        parameters.Add((t, decays));
        return t;
    }

    /// <summary>Reserves the memory of all parameters in the workspace; no parameter can be added afterwards.</summary>
    public void Seal()
    {
        List<(Tensor Parameter, long Offset)> placed = [];
        long length = 0;
        foreach (bool decays in new[] { true, false })
        {
            foreach ((Tensor parameter, _) in parameters.Where(p => p.Decays == decays))
            {
                placed.Add((parameter, length));
                length += (parameter.Length + Alignment - 1) / Alignment * Alignment;
            }
            if (decays)
                DecayLength = length;
        }
        if (length > int.MaxValue)
            throw new KernelException($"{length} dense parameters are more than {int.MaxValue}; lower --hidden-units or --embedding-dim");
        Weights = workspace.Tensor("dense parameters", 1, (int)length, gradient: true);
        workspace.OnAllocate(() =>
        {
            foreach ((Tensor parameter, long offset) in placed)
            {
                parameter.BindSlice(Weights, offset, workspace.Device);
                parameter.Gradient!.BindSlice(Weights.Gradient!, offset, workspace.Device);
            }
        });
    }
}
