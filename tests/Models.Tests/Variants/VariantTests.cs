using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests.Variants;

/// <summary>Every preset, and every model as it is here, against a float64 reference of its own, on every device.</summary>
public sealed class VariantTests
{
    private const double H = 1e-5;

    public static TheoryData<string> Cases => new(VariantModel.References.Keys);

    private static IEnumerable<Device> Devices => TestDevices.Names.Select(TestDevices.Find).OfType<Device>();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_in_evaluation_and_running_statistics_after_a_step_match(string variant)
    {
        foreach (Device device in Devices)
        {
            using VariantModel v = new(device, variant);
            float[] logits = new float[VariantData.B];
            v.Model.Predict(v.Batch, logits);
            Close.Assert(v.Reference.Logits(VariantData.Rows, training: false), logits, $"{variant} on {device}: logit");

            v.Reference.Logits(VariantData.Rows, training: true);
            v.Model.TrainStep(v.Batch, learningRate: 0);
            Tensor[] running = v.Model.Weights.Where(w => w.Name.Contains(".running_", StringComparison.Ordinal)).ToArray();
            Assert.Subset(running.Select(t => t.Name).ToHashSet(), v.Reference.Running.Keys.ToHashSet());
            // Where the reference says nothing they stay as they were.
            foreach (Tensor t in running)
                Close.Assert(v.Reference.Running.GetValueOrDefault(t.Name, v.Reference.Weights[t.Name]), t.ToArray(device), $"{variant} on {device}: {t.Name}");
        }
    }

    /// <summary>The reference has the same weights on every device, so that its differences are computed once.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_loss_and_gradients_in_training_match(string variant)
    {
        Dictionary<(string Parameter, int Element), double> slopes = [];
        foreach (Device device in Devices)
        {
            using VariantModel v = new(device, variant);
            v.ForwardBackward();
            Close.Assert(v.Reference.Logits(VariantData.Rows, training: true), v.Model.Recorded.Model.Output.ToArray(device)[..VariantData.B], $"{variant} on {device}: logit");
            Close.Assert([v.Reference.Loss(VariantData.Rows)], [(float)v.Model.TakeLoss()], $"{variant} on {device}: loss");
            AuxiliaryLossMatches(v, $"{variant} on {device}: auxiliary loss");
            Tensor[] parameters = v.Model.Weights.Where(w => w is { Gradient: not null, Length: > 0 }).ToArray();
            Assert.NotEmpty(parameters);
            foreach (Tensor parameter in parameters)
            {
                float[] gradient = parameter.Gradient!.ToArray(device);
                foreach (int i in Pick(gradient))
                {
                    if (!slopes.TryGetValue((parameter.Name, i), out double slope))
                        slopes.Add((parameter.Name, i), slope = Slope(v.Reference, parameter.Name, i));
                    Close.Assert([slope], [gradient[i]], $"{variant} on {device}: d {parameter}[{i}]");
                }
            }
        }
    }

    private static void AuxiliaryLossMatches(VariantModel v, string what)
    {
        double? expected = v.Reference.AuxiliaryLoss(VariantData.Rows), actual = v.Model.TakeAuxiliaryLoss();
        Assert.Equal(expected is null, actual is null);
        if (expected is not null)
            Close.Assert([expected.Value], [(float)actual!.Value], what);
    }

    /// <summary>The largest elements, and some others.</summary>
    private static IEnumerable<int> Pick(float[] gradient)
    {
        Random random = new(gradient.Length);
        IEnumerable<int> largest = Enumerable.Range(0, gradient.Length).OrderByDescending(i => Math.Abs(gradient[i])).Take(5);
        return largest.Concat(Enumerable.Range(0, 5).Select(_ => random.Next(gradient.Length))).Distinct();
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
