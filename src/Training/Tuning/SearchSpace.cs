using System.Text.Json;
using GpuCtr.Data;
using GpuCtr.Data.Options;
using GpuCtr.Kernels.Numerics;
using GpuCtr.Models;

namespace GpuCtr.Training.Tuning;

/// <summary>The options that a search tries, with the values of each.</summary>
/// <param name="Dimensions">They, in the order in which they are printed.</param>
internal sealed record SearchSpace(IReadOnlyList<Dimension> Dimensions)
{
    // What a draw is for.
    private const uint Kind = 0, Place = 1, Parent = 2, Change = 3;

    /// <summary>Number of options that a child changes.</summary>
    private const int Changes = 2;

    /// <summary>Options for the folder or the length of a run, which the search decides itself.</summary>
    private static readonly string[] own = ["epochs", "seed", "out", "resume", "overwrite", "test", "valid", "config"];

    /// <summary>The space of a file: a JSON object from names of options to their values.</summary>
    /// <exception cref="GpuCtrException">Usage: no such file, not JSON, an unknown option or a value that it cannot have. InputOutput: unreadable.</exception>
    public static SearchSpace Read(string path)
    {
        IReadOnlyList<Option> known = Option.Of(typeof(TrainOptions));
        return ConfigFile.ReadJson("--space", path, root => root.ValueKind == JsonValueKind.Object
            ? new SearchSpace([.. root.EnumerateObject().Select(p => Dimension.Of(Known(p.Name), p.Value))])
            : throw GpuCtrException.UsageError($"--space {path}: expected a JSON object such as {{\"lr\": {{\"from\": 1e-4, \"to\": 1e-2, \"log\": true}}, \"dropout\": [0, 0.2]}}"));

        Option Known(string name)
        {
            string flag = $"--{name.Replace('_', '-')}";
            Option option = known.FirstOrDefault(o => o.Flag == flag) ?? throw GpuCtrException.UsageError($"--space {path}: unknown option '{name}'{Spelling.Suggest(flag, known.Select(o => o.Flag))}");
            return own.Contains(option.Name) ? throw GpuCtrException.UsageError($"--space {path}: {name} cannot be searched: it controls the search, not the model") : option;
        }
    }

    /// <summary>The space that is searched unless --space names another.</summary>
    /// <param name="histories">Whether the rows have histories.</param>
    /// <param name="rows">Training rows: no batch is larger than a fiftieth of them.</param>
    public static SearchSpace Default(bool histories, long rows)
    {
        int[] batches = [256, 512, 1024, 2048, 4096, 8192];
        List<Dimension> all =
        [
            Choices("model", histories ? ["din", "bst", "embedding-mlp"] : ["deepfm", "dcn-v2", "pnn", "wide-deep"]),
            Range("lr", 2e-4, 1e-2),
            Choices("batch-size", [.. batches.Where(b => b == batches[0] || b <= rows / 50).Select(b => $"{b}")]),
            Choices("embedding-dim", ["4", "8", "10", "16", "32"]),
            Choices("hidden-units", ["64,32", "128,64", "200,80", "256,128,64", "400,400,400"]),
            Choices("dropout", ["0", "0.1", "0.2", "0.3", "0.5"]),
            Choices("batch-norm", ["false", "true"]),
            Choices("lr-plateau", ["1", "0.3"]),
            Range("embedding-l2", 1e-7, 1e-2, or: "0"),
            Range("mba-lambda", 1e-3, 10, or: "0"),
        ];
        return new(all);
    }

    /// <summary>The space without options that the user has fixed, entirely or for some columns.</summary>
    public SearchSpace Without(OptionValues given) => new([.. Dimensions.Where(d => !given.IsGiven(d.Option) && !given.ByName.ContainsKey(d.Option.Declaration.ForColumns ?? ""))]);

    /// <summary>The values of a trial, by the names of options; those of trial 0 are the defaults, so there are none.</summary>
    /// <param name="seed">Of the search.</param>
    /// <param name="trial">Its number.</param>
    /// <param name="best">Values of the best trials so far. Every second of the later trials is a child of one: it has its values but for two.</param>
    /// <param name="model">The model where no value says it.</param>
    public IReadOnlyDictionary<string, object?> Draw(ulong seed, int trial, IReadOnlyList<IReadOnlyDictionary<string, object?>> best, string model)
    {
        if (trial == 0 || Dimensions.Count == 0)
            return new Dictionary<string, object?>();
        double Unit(uint of, int i) => Philox.Unit(Philox.Generate((uint)trial, (uint)i, of, 0, (uint)seed, (uint)(seed >> 32)).X);
        Dictionary<string, object?> values = Dimensions.Index().ToDictionary(d => d.Item.Option.Name, d => (object?)d.Item.Draw(Unit(Kind, d.Index), Unit(Place, d.Index)));
        if (best.Count > 0 && trial % 2 == 0)
        {
            IReadOnlyDictionary<string, object?> parent = best[Math.Min((int)(Unit(Parent, 0) * best.Count), best.Count - 1)];
            string[] changed = [.. Enumerable.Range(0, Changes).Select(i => Dimensions[Math.Min((int)(Unit(Change, i) * Dimensions.Count), Dimensions.Count - 1)].Option.Name)];
            foreach (string name in values.Keys.Except(changed).ToArray())
            {
                if (parent.TryGetValue(name, out object? inherited))
                    values[name] = inherited;
                else
                    values.Remove(name);
            }
        }
        string used = values.TryGetValue("model", out object? drawn) ? (string)drawn! : model;
        foreach (Dimension d in Dimensions.Where(d => !d.Option.IsReadBy(used)))
            values.Remove(d.Option.Name);
        return values;
    }

    private static Option Named(string name) => Option.Of(typeof(TrainOptions)).First(o => o.Name == name);

    private static Dimension Choices(string name, string[] choices) => new(Named(name), choices);

    private static Dimension Range(string name, double from, double to, params string[] or) => new(Named(name), or, from, to, Log: true);
}
