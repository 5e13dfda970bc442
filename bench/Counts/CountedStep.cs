using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;
using GpuCtr.SoftCuda;
using GpuCtr.SoftCuda.Execution.Counting;
using GpuCtr.Tests;

namespace GpuCtr.Bench.Counts;

/// <summary>The launches of a training step, by kernel.</summary>
/// <param name="Kernels">In the order of their first launch.</param>
/// <param name="All">Every launch, in order.</param>
/// <param name="GraphLaunches">Kernels of the graph that a repeated step becomes.</param>
internal sealed record CountedStep(IReadOnlyList<KernelCounts> Kernels, IReadOnlyList<LaunchCounts> All, int GraphLaunches)
{
    /// <summary>Launches of the step.</summary>
    public int Launches => All.Count;

    /// <summary>Runs steps until one is a graph: with two sides of inputs, the third step.</summary>
    public static CountedStep Of(Machine machine, Workload workload)
    {
        string[] names = NamesOf(workload);
        List<Launched> launched = [];
        void Note(Launched launch) => launched.Add(launch);
        machine.Launch += Note;
        try
        {
            using Device device = Device.Open("cuda", KernelChoice.Tiled);
            using TrainableModel model = new(device, workload.Spec, workload.Options, workload.BatchSize);
            Batch[] batches = workload.Batches(device, 3);
            List<Launched[]> steps = [];
            foreach (Batch batch in batches)
            {
                launched.Clear();
                model.TrainStep(batch, 1e-3);
                device.Synchronize();
                steps.Add([.. launched]);
                batch.Dispose();
            }
            return Of(names, steps[1], steps[2].Count(l => l.InGraph));
        }
        finally
        {
            machine.Launch -= Note;
        }
    }

    /// <summary>The sum over launches of the time of each kernel running alone on the GPU, in microseconds.</summary>
    /// <param name="gpu">The GPU.</param>
    /// <param name="least">Shortest time of a launch.</param>
    public double Floor(GpuFloor gpu, double least) => All.Sum(counts => Math.Max(least, gpu.Microseconds(counts)));

    private static CountedStep Of(string[] names, Launched[] step, int graphLaunches)
    {
        if (names.Length != step.Length)
            throw new InvalidOperationException($"the machine ran {step.Length} launches of a step that has {names.Length}");
        IEnumerable<KernelCounts> kernels = names.Zip(step).GroupBy(l => l.First).Select(g => new KernelCounts(g.Key, g.Select(l => l.Second.Counts).Aggregate((a, b) => a + b)));
        return new([.. kernels], [.. step.Select(l => l.Counts)], graphLaunches);
    }

    /// <summary>The kernels of a step in order, from a device that notes instead of running them: names in PTX leave out the type of a kernel.</summary>
    private static string[] NamesOf(Workload workload)
    {
        using Device device = Device.Open("cuda", KernelChoice.Tiled);
        device.Noted = [];
        using TrainableModel model = new(device, workload.Spec, workload.Options, workload.BatchSize);
        using Batch batch = workload.Batches(device, 1)[0];
        device.Noted.Clear();
        model.TrainStep(batch, 1e-3);
        return [.. device.Noted.Select(KernelName.Of)];
    }
}
