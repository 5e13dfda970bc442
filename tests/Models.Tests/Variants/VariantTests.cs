using GpuCtr.Kernels.Tensors;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests.Variants;

/// <summary>Every preset, and every model as it is here, against a float64 reference of its own, on every device.</summary>
public sealed class VariantTests
{
    private const double H = 1e-5;

    public static TheoryData<string, string> Cases => TestDevices.Times(VariantModel.References.Keys);

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Logits_in_evaluation_match(string device, string variant)
    {
        using VariantModel v = new(TestDevices.Get(device), variant);
        float[] logits = new float[VariantData.B];
        v.Model.Predict(v.Batch, logits);
        Close.Assert(v.Reference.Logits(VariantData.Rows, training: false), logits, $"{variant} logit");
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Logits_and_loss_in_training_match(string device, string variant)
    {
        using VariantModel v = new(TestDevices.Get(device), variant);
        v.ForwardBackward();
        Close.Assert(v.Reference.Logits(VariantData.Rows, training: true), v.Model.Recorded.Model.Output.ToArray(v.Model.Device)[..VariantData.B], $"{variant} logit");
        Close.Assert([v.Reference.Loss(VariantData.Rows)], [(float)v.Model.TakeLoss()], $"{variant} loss");
        double? auxiliary = v.Reference.AuxiliaryLoss(VariantData.Rows), ours = v.Model.TakeAuxiliaryLoss();
        Assert.Equal(auxiliary is null, ours is null);
        if (auxiliary is not null)
            Close.Assert([auxiliary.Value], [(float)ours!.Value], $"{variant} auxiliary loss");
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Gradients_match_finite_differences_of_the_reference(string device, string variant)
    {
        using VariantModel v = new(TestDevices.Get(device), variant);
        v.ForwardBackward();
        Tensor[] parameters = v.Model.Weights.Where(w => w is { Gradient: not null, Length: > 0 }).ToArray();
        Assert.NotEmpty(parameters);
        foreach (Tensor parameter in parameters)
        {
            float[] gradient = parameter.Gradient!.ToArray(v.Model.Device);
            Random random = new(gradient.Length);
            IEnumerable<int> largest = Enumerable.Range(0, gradient.Length).OrderByDescending(i => Math.Abs(gradient[i])).Take(5);
            foreach (int i in largest.Concat(Enumerable.Range(0, 5).Select(_ => random.Next(gradient.Length))).Distinct())
                Close.Assert([Slope(v.Reference, parameter.Name, i)], [gradient[i]], $"{variant} d {parameter}[{i}]");
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Running_statistics_after_a_step_match(string device, string variant)
    {
        using VariantModel v = new(TestDevices.Get(device), variant);
        v.Reference.Logits(VariantData.Rows, training: true);
        v.Model.TrainStep(v.Batch, learningRate: 0);
        Tensor[] running = v.Model.Weights.Where(w => w.Name.Contains(".running_", StringComparison.Ordinal)).ToArray();
        Assert.Equal(running.Length, v.Reference.Running.Count);
        foreach (Tensor t in running)
            Close.Assert(v.Reference.Running[t.Name], t.ToArray(v.Model.Device), t.Name);
    }

    /// <summary>(f(−2h) − 8 f(−h) + 8 f(h) − f(2h)) / 12h.</summary>
    private static double Slope(Reference reference, string name, int i)
    {
        double[] w = reference.Weights[name];
        double middle = w[i];
        double At(double step)
        {
            w[i] = middle + step;
            return reference.Objective(VariantData.Rows);
        }
        double slope = (At(-2 * H) - 8 * At(-H) + 8 * At(H) - At(2 * H)) / (12 * H);
        w[i] = middle;
        return slope;
    }
}
