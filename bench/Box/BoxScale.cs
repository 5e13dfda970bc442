namespace GpuCtr.Bench.Box;

/// <summary>How much the box runs.</summary>
/// <param name="Cases">Op cases whose name contains this.</param>
/// <param name="Shards">Shards of samples/criteo-small to train on.</param>
/// <param name="Training">Flags of the trainings.</param>
/// <param name="Workloads">Models whose steps are measured.</param>
/// <param name="Sizes">Batch sizes in fp32.</param>
/// <param name="TensorSizes">Batch sizes on tensor cores.</param>
/// <param name="PartSize">Batch size at which parts of a step are measured.</param>
/// <param name="PeerSizes">Batch sizes of the steps that PyTorch runs too.</param>
/// <param name="Patience">Factor of all time limits.</param>
internal sealed record BoxScale(string Cases, string Shards, string[] Training, string Workloads, int[] Sizes, int[] TensorSizes, int PartSize, int[] PeerSizes, int Patience)
{
    /// <summary>Everything, for a GPU.</summary>
    public static BoxScale Full { get; } = new("", "shard*.parquet", ["--epochs", "2", "--batch-size", "1024"], "deepfm400,din", [1024, 4096, 16384, 65536], [4096, 16384], 4096, [4096, 16384], 1);

    /// <summary>Every part on small sizes, for a device a thousand times slower than a GPU, to test the bundle itself.</summary>
    public static BoxScale Small { get; } = new(
        "linear B7", "shard-0.parquet", ["--epochs", "1", "--batch-size", "512", "--hidden-units", "16", "--embedding-dim", "4"], "small", [16], [16], 16, [16], 5);

    /// <summary>full or small.</summary>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public static BoxScale Of(string name) => name switch
    {
        "full" => Full,
        "small" => Small,
        _ => throw new ArgumentException($"--scale {name}: not full or small"),
    };
}
