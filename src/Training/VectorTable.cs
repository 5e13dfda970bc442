using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;

namespace GpuCtr.Training;

/// <summary>The embeddings of a vocabulary in host memory: for wider columns, all vectors of an id concatenated.</summary>
internal sealed class VectorTable
{
    private readonly Device device;
    private readonly Tensor table;
    private readonly IReadOnlyList<int> first;
    private readonly float[][] parts; // (rows, D) for each vector of an id

    private VectorTable(Device device, Tensor table, IReadOnlyList<int> first, int rows)
    {
        (this.device, this.table, this.first) = (device, table, first);
        parts = [.. first.Select(row =>
        {
            float[] part = new float[(long)rows * table.Columns];
            table.Read(device, part, (long)row * table.Columns);
            return part;
        })];
    }

    /// <summary>Reads them.</summary>
    /// <param name="device">Where the table is.</param>
    /// <param name="spec">The columns of the model.</param>
    /// <param name="table">(ΣV, D) its vectors.</param>
    /// <param name="vocabulary">Which vocabulary.</param>
    public static VectorTable Of(Device device, FeatureSpec spec, Tensor table, int vocabulary) =>
        new(device, table, spec.FirstRows(vocabulary), spec.Vocabularies[vocabulary].Rows);

    /// <summary>Numbers of the embedding of an id.</summary>
    public int Width => parts.Length * table.Columns;

    /// <summary>A number of the embedding of an id.</summary>
    public ref float At(int row, int i) => ref parts[i / table.Columns][(long)row * table.Columns + i % table.Columns];

    /// <summary>Copies the embedding of an id.</summary>
    public void CopyTo(Span<float> to, int row)
    {
        foreach ((int k, float[] part) in parts.Index())
            part.AsSpan(row * table.Columns, table.Columns).CopyTo(to[(k * table.Columns)..]);
    }

    /// <summary>Sets the embedding of an id.</summary>
    public void Set(int row, ReadOnlySpan<float> numbers)
    {
        foreach ((int k, float[] part) in parts.Index())
            numbers.Slice(k * table.Columns, table.Columns).CopyTo(part.AsSpan(row * table.Columns));
    }

    /// <summary>Writes all of them to the device.</summary>
    public void Write()
    {
        foreach ((float[] part, int row) in parts.Zip(first))
            table.Write(device, part, (long)row * table.Columns);
    }
}
