using System.Collections.Concurrent;
using System.Text.Json;

namespace GpuCtr.Samples;

/// <summary>A pool of rows: a row belongs to one request at a time; all requests share the model.</summary>
internal sealed class RowPool(CtrModel model)
{
    private readonly ConcurrentBag<FeatureRow> idle = [];

    /// <summary>The probability of label 1 for each row.</summary>
    /// <exception cref="ArgumentException">The model does not read a column, or a value has another type than in training.</exception>
    public float[] Score(JsonElement[] bodies)
    {
        FeatureRow[] rows = [.. bodies.Select(_ => idle.TryTake(out FeatureRow? row) ? row : model.NewRow())];
        try
        {
            for (int i = 0; i < rows.Length; i++)
                rows[i].SetJson(bodies[i]);
            return model.Score(rows);
        }
        finally
        {
            foreach (FeatureRow row in rows)
                idle.Add(row);
        }
    }
}
