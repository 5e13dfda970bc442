using System.Globalization;
using GpuCtr.Data.Features;
using GpuCtr.Kernels;
using GpuCtr.Kernels.Devices;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Bench.Ops;

/// <summary>The cases of <see cref="OpBench"/>, by name: "device kernels | workload | part".</summary>
internal sealed class OpCases : IDisposable
{
    private const int SmallBatch = 64, SmallVocabulary = 1000;

    private readonly Dictionary<string, (string Device, string Kernels, Workload Workload)> sources = [];
    private readonly Dictionary<string, Work> works = [];
    private readonly Dictionary<string, Roofline> rooflines = [];
    private readonly HashSet<Type> recorded = [];
    private (string Prefix, Device Device, TrainableModel Model, Batch Batch, StepPart[] Parts)? open;

    /// <param name="devices">Devices.</param>
    /// <param name="kernels">Kernels on each.</param>
    /// <param name="small">Small shapes.</param>
    public OpCases(string[] devices, string[] kernels, bool small)
    {
        foreach (string device in devices)
        {
            using (Device best = Device.Open(device))
                rooflines.Add(device, Roofline.Measure(best));
            foreach (string choice in kernels)
                foreach ((string name, Workload workload) in Workloads)
                    Add($"{device} {choice} | {name} | ", (device, choice, small ? Small(workload) : workload));
        }
    }

    /// <summary>The workloads; together they record every op.</summary>
    public static IReadOnlyList<(string Name, Workload Workload)> Workloads { get; } =
    [
        ("deepfm256", Workload.DeepFm256(1.05)), ("deepfm400", Workload.DeepFm400(1.05)), ("frappe", Workload.Frappe()), ("din", Workload.Din(1.05)), ("bst", Workload.Bst()), ("bst2", Workload.Bst(blocks: 2)),
        ("nfm", Workload.DeepFmFields("nfm", 1.05)), ("pnn", Workload.DeepFmFields("pnn", 1.05)), ("dcn", Workload.DeepFmFields("dcn", 1.05)), ("ffm", Workload.Ffm(1.05)),
        ("poly2", Workload.DeepFmFields("poly2", 1.05)), ("xdeepfm", Workload.DeepFmFields("xdeepfm", 1.05)), ("autoint", Workload.DeepFmFields("autoint", 1.05)), ("finalmlp", Workload.DeepFmFields("finalmlp", 1.05)),
        ("dien", Workload.Histories("dien", null)), ("dien-official", Workload.Histories("dien", "dien-official")), ("dien-aigru", Workload.Dien(Evolutions.Aigru)),
        ("embedding-mlp", Workload.Histories("embedding-mlp", null)), ("din-official", Workload.Histories("din", "din-official", dropout: 0.2)), ("rechub", Workload.Histories("din", "rechub")), ("prm", Workload.Prm()),
        ("sasrec", Workload.NextItems("sasrec")), ("bert4rec", Workload.NextItems("bert4rec")), ("sasrec-sampled", Workload.SampledItems()),
    ];

    /// <summary>All names.</summary>
    public IEnumerable<string> Names => sources.Keys;

    /// <summary>Ops that no workload records.</summary>
    public string[] Missing => [.. typeof(IOp).Assembly.GetExportedTypes().Where(t => t.IsClass && t.IsAssignableTo(typeof(IOp)) && !recorded.Contains(t)).Select(t => t.Name)];

    /// <summary>The best possible rates, one line per device.</summary>
    public string Rooflines => string.Join('\n', rooflines.Select(r => string.Create(CultureInfo.InvariantCulture,
        $"{r.Key} at best: copies {r.Value.CopyBytesPerSecond / 1e9:F1} GB/s, computes {r.Value.FlopsPerSecond / 1e9:F0} GFLOP/s")));

    /// <summary>The minimum work of a case, and the best possible rates of its device; available after the case was opened.</summary>
    public (Work Work, Roofline Best) FloorOf(string name) => (works.GetValueOrDefault(name), rooflines[sources[name].Device]);

    /// <summary>The part of a case, ready to run.</summary>
    public StepPart Open(string name)
    {
        (string device, string kernels, Workload workload) = sources[name];
        string prefix = name[..^name.Split(" | ")[^1].Length];
        if (open?.Prefix != prefix)
        {
            Close();
            Device opened = Device.Open(device, Enum.Parse<KernelChoice>(kernels, ignoreCase: true));
            TrainableModel model = new(opened, workload.Spec, workload.Options, workload.BatchSize);
            Batch batch = workload.Batches(opened, 1)[0];
            new MemorySteps(model, [batch]).Seconds(2);
            open = (prefix, opened, model, batch, [.. Parts(model, batch)]);
        }
        StepPart part = open!.Value.Parts.First(p => prefix + p.Name == name);
        works[name] = part.Work;
        return part;
    }

    /// <summary>Waits for the device of the open case.</summary>
    public void Synchronize() => open!.Value.Device.Synchronize();

    /// <inheritdoc/>
    public void Dispose() => Close();

    private static IEnumerable<StepPart> Parts(TrainableModel model, Batch batch) => StepPart.Of(model, batch).Concat(StepPart.Products(model, batch));

    private void Add(string prefix, (string Device, string Kernels, Workload Workload) source)
    {
        // Recorded with one row per batch: the names do not depend on the size.
        Workload least = Small(source.Workload) with { BatchSize = 1 };
        using Device device = Device.Open(source.Device, Enum.Parse<KernelChoice>(source.Kernels, ignoreCase: true));
        using TrainableModel model = new(device, least.Spec, least.Options, least.BatchSize);
        using Batch batch = least.Batches(device, 1)[0];
        recorded.UnionWith(model.Recorded.Model.Ops.Select(o => (o is LossOnly only ? only.Op : o).GetType()));
        foreach (StepPart part in Parts(model, batch))
            sources.TryAdd(prefix + part.Name, source);
    }

    private static Workload Small(Workload w)
    {
        FeatureSpec spec = w.Spec with { Vocabularies = [.. w.Spec.Vocabularies.Select(v => v with { Rows = Math.Min(v.Rows, SmallVocabulary) })] };
        if (spec.Items is not null)
            spec = ModelCatalog.Adapt(spec with { Items = new(1, SmallVocabulary - 2, SmallVocabulary - 1) }, w.Options, training: true);
        return w with { BatchSize = SmallBatch, Spec = spec };
    }

    private void Close()
    {
        if (open is { } last)
        {
            last.Batch.Dispose();
            last.Model.Dispose();
            last.Device.Dispose();
        }
        open = null;
    }
}
