using GpuCtr.Kernels.Dense;
using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Models;

public sealed partial class ModelBuilder
{
    /// <summary>Batch normalization; optionally followed by a rectifier and then the dropout of the options.</summary>
    public Tensor BatchNorm(string name, Tensor x, bool relu) => BatchNorm(name, x, relu, BatchNormConstants.Default);

    /// <summary>The fixed norm before an MLP, if the options have one.</summary>
    private Tensor InputNorm(string name, Tensor x) => Options.InputNorm ? BatchNorm($"{name}.norm", x, relu: false, BatchNormConstants.Inference) : x;

    private Tensor BatchNorm(string name, Tensor x, bool relu, BatchNormConstants constants)
    {
        Tensor gamma = Ones($"{name}.gamma", x.Columns), beta = Zeros($"{name}.beta", x.Columns);
        (Tensor mean, Tensor variance) = RunningMoments(name, x.Columns);
        Tensor y = Activation($"{name}.out", x.Columns, x);
        Append(new BatchNorm(Workspace, x, gamma, beta, mean, variance, y, relu, constants, relu && Options.Dropout > 0 ? NextDropout() : null, Control.Scalars));
        return y;
    }

    /// <summary>An activation with its parameters, α from 0 for Dice and 0.25 for PReLU.</summary>
    public Tensor Activate(string name, Tensor x, Activations kind)
    {
        if (kind == Activations.Dice)
            return Options.Dice.Normalization == DiceNormalizations.Units ? Dice(name, x, Options.Dice) : GatedDice(name, x, Options.Dice);
        if (kind == Activations.PRelu)
            return PRelu(name, x, 0.25f);
        Tensor y = Activation($"{name}.{kind}", x.Columns, x);
        ActivationKind elementWise = kind switch
        {
            Activations.Relu => ActivationKind.Relu,
            Activations.Sigmoid => ActivationKind.Sigmoid,
            Activations.Tanh => ActivationKind.Tanh,
            Activations.Gelu => ActivationKind.Gelu,
            _ => ActivationKind.LeakyRelu,
        };
        Append(new Activation(Workspace, elementWise, x, null, y));
        return y;
    }

    /// <summary>PReLU with α from <paramref name="start"/>.</summary>
    private Tensor PRelu(string name, Tensor x, float start)
    {
        Tensor y = Activation($"{name}.{Activations.PRelu}", x.Columns, x), alpha = Zeros($"{name}.alpha", x.Columns);
        initializers.Add(i => i.Constant(alpha, start));
        Append(new Activation(Workspace, ActivationKind.PRelu, x, alpha, y));
        return y;
    }

    /// <summary>A linear layer over an activation of x; Dice and the following layer are one op.</summary>
    /// <param name="activation">Prefix of the names of the activation's parameters.</param>
    /// <param name="x">(R, K).</param>
    /// <param name="kind">The activation.</param>
    /// <param name="name">Prefix of the names of the layer's parameters.</param>
    /// <param name="units">N.</param>
    /// <param name="bias">Add a bias.</param>
    /// <param name="deviation">Standard deviation of the first weights.</param>
    private Tensor ActivatedLinear(string activation, Tensor x, Activations kind, string name, int units, bool bias, double deviation)
    {
        if (kind != Activations.Dice || Options.Dice.Normalization != DiceNormalizations.Units || OtherFirstLayer is not null)
            return Linear(name, Activate(activation, x, kind), units, bias: bias, deviation: deviation);
        DiceTensors dice = DiceParameters(activation, x, Options.Dice);
        Tensor w = Weight($"{name}.weight", units, x.Columns, deviation);
        Tensor? b = bias ? Zeros($"{name}.bias", units) : null;
        Tensor y = Activation(name, units, x);
        Append(new DiceLinear(Workspace, dice, w, b, y));
        return y;
    }

    private Tensor Dice(string name, Tensor x, DiceForm form)
    {
        Tensor y = Activation($"{name}.{Activations.Dice}", x.Columns, x);
        Append(new Dice(Workspace, DiceParameters(name, x, form), y));
        return y;
    }

    private DiceTensors DiceParameters(string name, Tensor x, DiceForm form)
    {
        (Tensor mean, Tensor variance) = RunningMoments(name, x.Columns);
        return new DiceTensors(x, DiceAlpha(name, x.Columns, form), mean, variance, new((float)form.Epsilon, (float)form.Momentum, form.UnbiasedVariance));
    }

    /// <summary>A normalization as a separate op, followed by the gate.</summary>
    private Tensor GatedDice(string name, Tensor x, DiceForm form)
    {
        bool features = form.Normalization == DiceNormalizations.Features;
        Tensor z;
        if (features)
            Append(new FeatureNorm(Workspace, x, z = Activation($"{name}.normalized", x.Columns, x), (float)form.Epsilon));
        else
            z = BatchNorm($"{name}.dice", x, relu: false, new((float)form.Epsilon, (float)form.Momentum));
        Tensor y = Activation($"{name}.{Activations.Dice}", x.Columns, x);
        Append(new DiceGate(Device, x, z, DiceAlpha(name, features ? 1 : x.Columns, form), y));
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
