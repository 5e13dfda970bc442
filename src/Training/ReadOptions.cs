using System.Text.Json.Nodes;
using GpuCtr.Data.Features;
using GpuCtr.Data.Options;
using GpuCtr.Models;

namespace GpuCtr.Training;

/// <summary>Refuses options that the model of a run does not read: they define rows and metrics, so ignoring them silently would train something other than requested.</summary>
internal static class ReadOptions
{
    /// <summary>Checks the options about rows and metrics; unused model options are allowed, since models are often swapped.</summary>
    /// <exception cref="GpuCtrException">Usage.</exception>
    public static void Check(RunRequest request, TrainSettings settings)
    {
        string model = settings.Model.Model;
        foreach (object record in new object[] { request.Options, request.Options.Features })
        {
            if (Option.DeclaredBy(record.GetType()).FirstOrDefault(o => !o.IsReadBy(model) && !IsDefault(o, record)) is { } unread)
                throw GpuCtrException.UsageError($"{unread} has no meaning for {model}, which predicts {(settings.PredictsItems ? "items" : "clicks")}: leave it out");
        }

        string[] metrics = settings.PredictsItems ? ["ndcg", "hr", "mrr"] : ["auc", "logloss", "gauc", "ndcg"];
        if (!metrics.Contains(settings.Monitor))
            throw GpuCtrException.UsageError($"--monitor {settings.Monitor} is no metric of {model}, which predicts {(settings.PredictsItems ? "items" : "clicks")}: choose {string.Join(", ", metrics)}");
        if (!settings.PredictsItems && settings.Monitor == "ndcg" && settings.Features.GroupId is null && !ModelCatalog.RanksLists(model))
            throw GpuCtrException.UsageError("--monitor ndcg needs --group-id, the column that groups rows into lists");
    }

    private static bool IsDefault(Option option, object record) => JsonNode.DeepEquals(OptionText.ToJson(option, option.ValueIn(record)), OptionText.ToJson(option, option.Default));
}
