namespace GpuCtr.Kernels.Interactions;

/// <summary>The pairs i &lt; j of the fields of a row, and the bucket of each pair: hash(i, value of i, j, value of j) mod N (POLY2; Chang et al., JMLR 2010; Juan et al., RecSys 2016).</summary>
/// <remarks>
/// The key of a value is its field · 2³² + its row within the vocabulary of the field. Vocabularies are saved with a run and keep their rows when they grow, so buckets stay the same.
/// The OOV row, which moves when a vocabulary grows, has a row number of its own, and a numeric field has one key. With odd 64-bit constants, and modulo 2⁶⁴,
/// h = A key_i + B key_j,   h ← M (h + ⌊h / 2³²⌋),   h ← h (2 ⌊h / 2³²⌋ + 1), without which it would be nearly linear in the ids,   bucket = ⌊h / 2³²⌋ mod N: sums, products and quotients, which ONNX computes as well, and no exclusive or, which it lacks.
/// </remarks>
/// <param name="fields">(F) first row in the table, and rows, of the vocabulary of each categorical field.</param>
/// <param name="numbers">N: numeric fields, which follow the categorical ones.</param>
/// <param name="firstRow">Row of the table that holds bucket 0.</param>
/// <param name="buckets">Number of buckets.</param>
public sealed class FieldPairs(IReadOnlyList<(int First, int Rows)> fields, int numbers, int firstRow, int buckets)
{
    /// <summary>A, B and M.</summary>
    internal const ulong Left = 0x9E3779B97F4A7C15, Right = 0xC2B2AE3D27D4EB4F, Mixer = 0xFF51AFD7ED558CCD;

    /// <summary>Bits of a key below its field.</summary>
    internal const int FieldBits = 32;

    /// <summary>Row number of OOV in a key.</summary>
    internal const uint Oov = uint.MaxValue;

    private readonly ulong[] left = new ulong[fields.Count + numbers], right = new ulong[fields.Count + numbers];
    private readonly float[] x = new float[fields.Count + numbers];

    /// <summary>(F) first row in the table, and rows, of the vocabulary of each categorical field.</summary>
    public IReadOnlyList<(int First, int Rows)> Fields => fields;

    /// <summary>N.</summary>
    public int Numbers => numbers;

    /// <summary>C = F + N.</summary>
    public int C => left.Length;

    /// <summary>Row of the table that holds bucket 0.</summary>
    public int FirstRow => firstRow;

    /// <summary>Number of buckets.</summary>
    public int Buckets => buckets;

    /// <summary>P = C (C − 1) / 2.</summary>
    public int Count => InnerProducts.PairsOf(C);

    /// <summary>The row for pairs of padding values: the padding row of the first vocabulary, which is never trained; −1: there are none.</summary>
    public int PaddingRow => fields.Count > 0 ? 0 : -1;

    /// <summary>Computes table row and value of each pair of a row of the batch, in the order (0, 1), (0, 2), …, (1, 2), ….</summary>
    /// <param name="tableRows">(F) table rows of its categorical fields.</param>
    /// <param name="numeric">(N) its numeric fields.</param>
    /// <param name="pairRows">(P) table rows.</param>
    /// <param name="values">(P) x_i x_j, x = 1 for categorical fields and 0 for padding.</param>
    public void Fill(ReadOnlySpan<int> tableRows, ReadOnlySpan<float> numeric, Span<int> pairRows, Span<float> values)
    {
        for (int f = 0; f < left.Length; f++)
        {
            int id = f < fields.Count ? tableRows[f] - fields[f].First : 0;
            ulong key = (ulong)f << FieldBits | (f < fields.Count && id == fields[f].Rows - 1 ? Oov : (uint)id);
            (left[f], right[f], x[f]) = (key * Left, key * Right, f >= fields.Count ? numeric[f - fields.Count] : id == 0 ? 0 : 1);
        }
        for (int i = 0, p = 0; i < left.Length; i++)
            for (int j = i + 1; j < left.Length; j++, p++)
            {
                bool padding = i < fields.Count && x[i] == 0 || j < fields.Count && x[j] == 0;
                (pairRows[p], values[p]) = (padding ? PaddingRow : firstRow + Bucket(left[i] + right[j]), padding ? 0 : x[i] * x[j]);
            }
    }

    private int Bucket(ulong h)
    {
        h = (h + (h >> 32)) * Mixer;
        h *= 2 * (h >> 32) + 1;
        return (int)((uint)(h >> 32) % (uint)buckets);
    }
}
