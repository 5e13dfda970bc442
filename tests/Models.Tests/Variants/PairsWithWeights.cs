using System.Numerics;

namespace GpuCtr.Models.Tests.Variants;

/// <summary>First order and Σ_{i&lt;j} x_i x_j w[bucket of the pair]; the hash in numbers of any size, with remainders in place of overflow.</summary>
internal sealed class PairsWithWeights : Reference
{
    public const int Buckets = 23;

    private static readonly BigInteger word = BigInteger.One << 64, half = BigInteger.One << 32;

    protected override double[] Forward(VariantRow[] rows) => [.. rows.Select(r => FirstOrder(r) + Pairs(r))];

    private double Pairs(VariantRow r)
    {
        // Key and x of each field; the last row of a vocabulary is that of values which training did not see.
        (BigInteger Key, double X)[] fields =
        [
            (Key(0, "user", r.User), 1), (Key(1, "item", r.Item), 1), (Key(2, "category", r.Category), 1), (3 * half, r.Age), (4 * half, r.Price),
        ];
        double[] table = Weights["first_order"];
        int first = table.Length - Buckets;
        double sum = 0;
        for (int i = 0; i < fields.Length; i++)
            for (int j = i + 1; j < fields.Length; j++)
                sum += fields[i].X * fields[j].X * table[first + Bucket(fields[i].Key, fields[j].Key)];
        return sum;
    }

    private static BigInteger Key(int field, string vocabulary, int id) => field * half + (id == VariantData.Size(vocabulary) - 1 ? uint.MaxValue : id);

    private static int Bucket(BigInteger left, BigInteger right)
    {
        BigInteger h = (left * 0x9E3779B97F4A7C15 + right * 0xC2B2AE3D27D4EB4F) % word;
        h = (h + h / half) * 0xFF51AFD7ED558CCD % word;
        h = h * (2 * (h / half) + 1) % word;
        return (int)(h / half % Buckets);
    }
}
