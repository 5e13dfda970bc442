using System.Text.Json.Nodes;
using GpuCtr.Data;
using GpuCtr.Data.Batches;
using GpuCtr.Data.Shards;
using GpuCtr.Training.Checkpoints;

namespace GpuCtr.Training;

/// <summary>diverged.json: the rows of the batch at which training gave up, so that they can be inspected in the shards.</summary>
internal static class DivergedBatch
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "diverged.json";

    /// <summary>Writes the file; returns its path.</summary>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public static string Write(RunFolder folder, Trainer trainer, RowSource train, ulong seed)
    {
        (long first, long last) = trainer.BatchRows;
        JsonObject shards = [];
        using (EpochReader reader = train.Data.Read(train.Part, EpochOrder.Shuffle(seed, trainer.Epoch)))
        {
            reader.Skip(first);
            foreach (IGrouping<string, long> shard in reader.Locate(last - first + 1).GroupBy(r => train.Data.Shards.Shards[r.Group.Shard].Path, r => r.Group.FirstRow + r.Row))
                shards[shard.Key] = new JsonArray([.. shard.Order().Select(row => (JsonNode)row)]);
        }

        JsonObject batch = new() { ["step"] = trainer.Position(epochDone: false).Step, ["epoch"] = trainer.Epoch, ["first_row"] = first, ["last_row"] = last, ["rows_by_shard"] = shards };
        string path = folder.File(FileName);
        Disk.ReplaceText(path, batch.ToJsonString() + "\n");
        return path;
    }
}
