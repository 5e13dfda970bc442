using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Training.Export;

internal sealed partial class OnnxTranslator
{
    /// <summary>x Wᵀ + b. Gemm takes matrices alone; positions go through the general product.</summary>
    private void Translate(Linear l) => values[l.Output] = Rectified(Product(Value(l.Input), l.Weight, l.Bias, l.Output), l.Rectifies);

    private void Translate(DiceLinear d) => values[d.Output] = Product(Activated(d.Tensors, d.Weight.Name), d.Weight, d.Bias, d.Output);

    private string Product(string x, Tensor weight, Tensor? bias, Tensor output)
    {
        if (output.Group == Tensor.BatchRows)
            return g.Node("Gemm", [("transB", 1)], [x, Weight(weight), .. bias is null ? Array.Empty<string>() : [Weight(bias)]]);
        string y = g.Node("MatMul", x, g.Node("Transpose", Weight(weight)));
        return bias is null ? y : g.Node("Add", y, Weight(bias));
    }

    /// <summary>γ (x − μ) / √(σ² + ε) + β as one scale and one shift.</summary>
    private void Translate(BatchNorm n)
    {
        float[] gamma = Read(n.Scale.Gamma), beta = Read(n.Scale.Beta);
        (float[] scale, float[] shift) = Standardize(n.Running.Mean, n.Running.Variance, n.Constants.Epsilon, gamma, beta);
        values[n.Output] = Rectified(Affine(n.Output.Name, Value(n.Input), scale, shift), n.Rectifies);
    }

    private void Translate(Dice d) => values[d.Output] = Activated(d.Tensors, d.Output.Name);

    private string Activated(in DiceTensors d, string name)
    {
        (float[] scale, float[] shift) = Standardize(d.RunningMean, d.RunningVariance, d.Constants.Epsilon, null, null);
        return Gated(name, Value(d.X), Affine(name, Value(d.X), scale, shift), d.Alpha);
    }

    private void Translate(DiceGate d) => values[d.Output] = Gated(d.Output.Name, Value(d.Input), Value(d.Gate), d.Alpha);

    /// <summary>y = x (α + (1 − α) σ(z)).</summary>
    private string Gated(string name, string x, string z, Tensor alpha)
    {
        float[] a = Read(alpha);
        string rest = g.Floats($"{name} 1-α", [a.Length], [.. a.Select(v => 1 - v)]);
        return g.Node("Mul", x, g.Node("Add", Weight(alpha), g.Node("Mul", rest, g.Node("Sigmoid", z))));
    }

    /// <summary>c = x − mean(x),  z = c / √(Σ c² + H ε).</summary>
    private void Translate(FeatureNorm n)
    {
        string x = Value(n.Input), c = g.Node("Sub", x, g.Node("ReduceMean", ("axes", [-1]), keepDims: true, x));
        string squares = g.Node("ReduceSum", [("keepdims", 1)], g.Node("Mul", c, c), g.Integers(-1));
        values[n.Output] = g.Node("Div", c, g.Node("Sqrt", g.Node("Add", squares, g.Number(n.Input.Columns * n.Epsilon))));
    }

    private void Translate(Activation a) => values[a.Output] = a.Kind switch
    {
        ActivationKind.Relu => g.Node("Relu", Value(a.Input)),
        // Its slope below zero is ONNX's own default, 0.01.
        ActivationKind.LeakyRelu => g.Node("LeakyRelu", Value(a.Input)),
        ActivationKind.Sigmoid => g.Node("Sigmoid", Value(a.Input)),
        _ => g.Node("PRelu", Value(a.Input), Weight(a.Alpha!)),
    };

    private string Affine(string name, string x, float[] scale, float[] shift) =>
        g.Node("Add", g.Node("Mul", x, g.Floats($"{name} scale", [scale.Length], scale)), g.Floats($"{name} shift", [shift.Length], shift));

    private (float[] Scale, float[] Shift) Standardize(Tensor mean, Tensor variance, float epsilon, float[]? gamma, float[]? beta)
    {
        float[] m = Read(mean), v = Read(variance), scale = new float[m.Length], shift = new float[m.Length];
        for (int h = 0; h < m.Length; h++)
        {
            double r = (gamma?[h] ?? 1) / Math.Sqrt((double)v[h] + epsilon);
            (scale[h], shift[h]) = ((float)r, (float)((beta?[h] ?? 0) - m[h] * r));
        }
        return (scale, shift);
    }
}
