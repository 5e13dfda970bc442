using static GpuCtr.Tests.CommandRunner;

namespace GpuCtr.Training.Tests.NextItems;

/// <summary>A run of each model that predicts items, trained until it knows the rule.</summary>
public sealed class NextItemRuns : OwnFolder
{
    public static readonly string[] Small = ["--embedding-dim", "16", "--max-history", "6", "--dropout", "0", "--batch-size", "32", "--lr", "0.003", "--device", "cpu", "--json"];

    private readonly Dictionary<string, CommandOutcome> outcomes;

    public NextItemRuns()
    {
        Train = PlantedSequences.File(Folder, "train.parquet", PlantedSequences.Of(300, seed: 1));
        outcomes = new[] { "sasrec", "bert4rec" }.ToDictionary(
            model => model, model => Run(["train", Train, "--model", model, "--out", Folder.File(model), "--epochs", model == "sasrec" ? "15" : "40", "--patience", "0", .. Small]).Succeeded());
    }

    /// <summary>Users with their items, 4 to 9 each.</summary>
    public string Train { get; }

    public CommandOutcome Of(string model) => outcomes[model];
}
