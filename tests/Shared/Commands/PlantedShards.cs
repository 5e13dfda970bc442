namespace GpuCtr.Tests;

/// <summary>Shards whose labels follow a known logistic model of user, item, their product, a string and two numbers.</summary>
public static class PlantedShards
{
    /// <summary>Writes one shard.</summary>
    public static string Write(string path, int rows, int seed)
    {
        Random random = new(seed);
        long[] user = new long[rows], item = new long[rows];
        string[] site = new string[rows];
        float?[] age = new float?[rows];
        float[] price = new float[rows];
        int[] label = new int[rows];
        for (int i = 0; i < rows; i++)
        {
            (user[i], item[i], site[i]) = (random.Next(200), 1_000_000_007L * random.Next(100), $"site{random.Next(8)}");
            age[i] = random.Next(10) == 0 ? null : random.Next(18, 80);
            price[i] = (float)(random.NextDouble() * 4 - 2);
            double z = Effect(user[i]) + Effect(item[i] + 17) + Effect(site[i].Length + site[i][4]) + 0.5 * price[i] + (Effect(user[i]) * Effect(item[i]));
            label[i] = random.NextDouble() < 1 / (1 + Math.Exp(-z)) ? 1 : 0;
        }

        return new TestShard()
            .Column("label", label).Column("user", user).Column("item", item).Text("site", site).Nullable("age", age).Column("price", price)
            .Write(path, groupRows: 4000);
    }

    /// <summary>A fixed number in ±1.5 for every id.</summary>
    private static double Effect(long id) => Math.Sin((id % 100_003 + 1) * 12.9898) * 1.5;
}
