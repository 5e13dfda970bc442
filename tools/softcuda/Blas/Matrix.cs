using GpuCtr.SoftCuda.Driver;

namespace GpuCtr.SoftCuda.Blas;

/// <summary>A matrix of floats on the device, column after column.</summary>
/// <param name="Address">Of element (0, 0).</param>
/// <param name="Rows">Rows as they are stored.</param>
/// <param name="Columns">Columns as they are stored.</param>
/// <param name="Leading">Elements from a column to the next ("ld").</param>
internal readonly record struct Matrix(ulong Address, int Rows, int Columns, int Leading)
{
    /// <summary>Bytes from the first element to the last.</summary>
    public long Bytes => Rows == 0 || Columns == 0 ? 0 : ((long)Leading * (Columns - 1) + Rows) * sizeof(float);

    /// <summary>A copy without gaps (Rows, Columns), rounded; optionally transposed. Every element must have been written.</summary>
    public unsafe float[] Read(Engine engine, string reader, Rounding rounding, bool transposes)
    {
        Place place = engine.Use(Address, Bytes, writes: false);
        float[] read = new float[Rows * Columns];
        for (int j = 0; j < Columns; j++)
        {
            Place column = place with { Data = place.Data + (nint)j * Leading * sizeof(float), Offset = place.Offset + (long)j * Leading * sizeof(float) };
            engine.CheckWritten(column, (long)Rows * sizeof(float), reader);
            for (int i = 0; i < Rows; i++)
                read[transposes ? i * Columns + j : j * Rows + i] = rounding.Apply(((float*)column.Data)[i]);
        }
        return read;
    }

    /// <summary>Writes all elements (Rows, Columns).</summary>
    public unsafe void Write(Engine engine, float[] values)
    {
        Place place = engine.Use(Address, Bytes, writes: true);
        for (int j = 0; j < Columns; j++)
        {
            long gap = (long)j * Leading * sizeof(float);
            values.AsSpan(j * Rows, Rows).CopyTo(new Span<float>((void*)(place.Data + (nint)gap), Rows));
            place.Buffer?.MarkWritten(place.Offset + gap, (long)Rows * sizeof(float));
        }
    }
}
