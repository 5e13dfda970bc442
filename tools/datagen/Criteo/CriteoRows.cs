namespace GpuCtr.Datagen;

/// <summary>A block of drawn rows, column by column, before they are given labels and written.</summary>
/// <remarks>Reused from block to block: filling it allocates nothing.</remarks>
public sealed class CriteoRows
{
    private readonly CriteoSchema _schema;

    /// <summary>Room for <paramref name="capacity"/> rows.</summary>
    public CriteoRows(CriteoSchema schema, int capacity)
    {
        _schema = schema;
        Capacity = capacity;
        Values = [.. schema.Numeric.Select(_ => new float[capacity])];
        Ranks = [.. schema.Categorical.Select(_ => new int[capacity])];
    }

    /// <summary>Most rows of a block.</summary>
    public int Capacity { get; }

    /// <summary>Rows in the block now.</summary>
    public int Count { get; private set; }

    /// <summary>Values of each numeric field; NaN means null. (N)(rows)</summary>
    public float[][] Values { get; }

    /// <summary>Ranks of each categorical field, from 1; 0 means null. (F)(rows)</summary>
    public int[][] Ranks { get; }

    /// <summary>Draws rows <paramref name="first"/> … first + count − 1 of a stream; each cell depends only on its own position.</summary>
    public void Fill(CounterStream stream, long first, int count)
    {
        Count = count;
        for (int n = 0; n < Values.Length; n++)
        {
            var field = _schema.Numeric[n];
            CounterStream draws = stream.Child((ulong)n), nulls = draws.Child(1);
            float[] values = Values[n];
            for (int i = 0; i < count; i++)
            {
                ulong row = (ulong)(first + i);
                bool isNull = field.NullRate > 0 && nulls.Uniform(row) < field.NullRate;
                values[i] = isNull ? float.NaN : field.Value(draws.Uniform(row));
            }
        }
        for (int f = 0; f < Ranks.Length; f++)
        {
            var field = _schema.Categorical[f];
            CounterStream draws = stream.Child(1_000_000 + (ulong)f), nulls = draws.Child(1);
            int[] ranks = Ranks[f];
            for (int i = 0; i < count; i++)
            {
                ulong row = (ulong)(first + i);
                bool isNull = field.NullRate > 0 && nulls.Uniform(row) < field.NullRate;
                ranks[i] = isNull ? 0 : field.Ranks.Draw(draws.Bits(row));
            }
        }
    }
}
