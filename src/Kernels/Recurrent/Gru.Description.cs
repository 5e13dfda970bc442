using GpuCtr.Kernels.Onnx;

namespace GpuCtr.Kernels.Recurrent;

public sealed partial class Gru
{
    /// <inheritdoc/>
    public Work ForwardWork(in Pass pass) => Products(pass, 1);

    /// <inheritdoc/>
    public Work BackwardWork(in Pass pass) => Products(pass, 2);

    /// <inheritdoc/>
    public void Export(IOnnxGraph g) => throw new NotSupportedException();

    /// <summary>x and h are read or written once in each direction, with their gradients backward.</summary>
    private Work Products(in Pass pass, int count)
    {
        double positions = pass.RowsOf(Output), inputs = Weights.Inputs, units = Weights.Units;
        return Work.Floats(count * positions * (inputs + units), 6 * count * positions * units * (inputs + units));
    }
}
