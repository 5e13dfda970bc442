using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

public sealed partial class ModelBuilder
{
    /// <summary>Batch normalization, rectified where asked.</summary>
    public Tensor BatchNorm(string name, Tensor x, bool relu) => BatchNorm(name, x, relu, BatchNormConstants.Default);

    private Tensor BatchNorm(string name, Tensor x, bool relu, BatchNormConstants constants)
    {
        Tensor gamma = Arena.Reserve($"{name}.gamma", 1, x.Columns, decays: false), beta = Zeros($"{name}.beta", x.Columns);
        (Tensor mean, Tensor variance) = RunningMoments(name, x.Columns);
        initializers.Add(i => i.Constant(gamma, 1));
        Tensor y = Activation($"{name}.out", x.Columns, x);
        Ops.Add(new BatchNorm(Workspace, x, gamma, beta, mean, variance, y, relu, constants));
        return y;
    }

    /// <summary>An activation with its parameters, α from 0 for Dice and 0.25 for PReLU.</summary>
    public Tensor Activate(string name, Tensor x, Activations kind)
    {
        if (kind == Activations.Dice)
            return Options.Dice.Normalization == DiceNormalizations.Units ? Dice(name, x, Options.Dice) : GatedDice(name, x, Options.Dice);
        Tensor y = Activation($"{name}.{kind}", x.Columns, x);
        Tensor? alpha = null;
        if (kind == Activations.PRelu)
        {
            alpha = Zeros($"{name}.alpha", x.Columns);
            initializers.Add(i => i.Constant(alpha, 0.25f));
        }
        ActivationKind elementWise = kind switch { Activations.Relu => ActivationKind.Relu, Activations.Sigmoid => ActivationKind.Sigmoid, _ => ActivationKind.PRelu };
        Ops.Add(new Activation(Device, elementWise, x, alpha, y));
        return y;
    }

    private Tensor Dice(string name, Tensor x, DiceForm form)
    {
        Tensor y = Activation($"{name}.{Activations.Dice}", x.Columns, x);
        (Tensor mean, Tensor variance) = RunningMoments(name, x.Columns);
        DiceConstants constants = new((float)form.Epsilon, (float)form.Momentum, form.UnbiasedVariance);
        Ops.Add(new Dice(Workspace, x, DiceAlpha(name, x.Columns, form), mean, variance, y, constants));
        return y;
    }

    /// <summary>A normalization as an op of its own, and the gate behind it.</summary>
    private Tensor GatedDice(string name, Tensor x, DiceForm form)
    {
        bool features = form.Normalization == DiceNormalizations.Features;
        Tensor z;
        if (features)
            Ops.Add(new FeatureNorm(Workspace, x, z = Activation($"{name}.normalized", x.Columns, x), (float)form.Epsilon));
        else
            z = BatchNorm($"{name}.dice", x, relu: false, new((float)form.Epsilon, (float)form.Momentum));
        Tensor y = Activation($"{name}.{Activations.Dice}", x.Columns, x);
        Ops.Add(new DiceGate(Device, x, z, DiceAlpha(name, features ? 1 : x.Columns, form), y));
        return y;
    }

    private Tensor DiceAlpha(string name, int columns, DiceForm form)
    {
        Tensor alpha = Zeros($"{name}.alpha", columns);
        if (form.AlphaInitStd > 0)
            initializers.Add(i => i.Normal(alpha, form.AlphaInitStd));
        return alpha;
    }
}
