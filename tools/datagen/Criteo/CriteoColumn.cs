using System.Buffers;
using Parquet;
using Parquet.Schema;

namespace GpuCtr.Datagen;

/// <summary>A column of the file: maps drawn values to stored values.</summary>
internal sealed class CriteoColumn
{
    private readonly Func<ParquetRowGroupWriter, CriteoRows, DataField, CancellationToken, Task> _write;

    private CriteoColumn(DataField field, Func<ParquetRowGroupWriter, CriteoRows, DataField, CancellationToken, Task> write)
    {
        (Field, _write) = (field, write);
    }

    public DataField Field { get; }

    public static CriteoColumn Of(NumericField field, int n) =>
        Of(field.Name, field.NullRate > 0, rows => rows.Values[n], static value => value, float.IsNaN);

    public static CriteoColumn Of(CategoricalField field, int f)
    {
        bool nullable = field.NullRate > 0;
        return field.Storage switch
        {
            CategoryStorage.Int32 => Of(field.Name, nullable, rows => rows.Ranks[f], rank => (int)field.Id(rank), IsNull),
            CategoryStorage.Int64 => Of(field.Name, nullable, rows => rows.Ranks[f], field.Id, IsNull),
            _ => OfTokens(field, f),
        };
    }

    public Task WriteAsync(ParquetRowGroupWriter group, CriteoRows rows, CancellationToken stop) => _write(group, rows, Field, stop);

    private static bool IsNull(int rank) => rank == 0;

    private static CriteoColumn Of<TDrawn, TStored>(
        string name, bool nullable, Func<CriteoRows, TDrawn[]> drawnOf, Func<TDrawn, TStored> stored, Func<TDrawn, bool> isNull)
        where TStored : unmanaged =>
        new(new DataField<TStored>(name, nullable), async (group, rows, field, stop) =>
        {
            var drawn = drawnOf(rows);
            if (nullable)
            {
                var values = ArrayPool<TStored?>.Shared.Rent(rows.Count);
                for (int i = 0; i < rows.Count; i++)
                    values[i] = isNull(drawn[i]) ? null : stored(drawn[i]);
                await group.WriteAsync<TStored>(field, values.AsMemory(0, rows.Count), cancellationToken: stop);
                ArrayPool<TStored?>.Shared.Return(values);
            }
            else
            {
                var values = ArrayPool<TStored>.Shared.Rent(rows.Count);
                for (int i = 0; i < rows.Count; i++)
                    values[i] = stored(drawn[i]);
                await group.WriteAsync<TStored>(field, values.AsMemory(0, rows.Count), cancellationToken: stop);
                ArrayPool<TStored>.Shared.Return(values);
            }
        });

    private static CriteoColumn OfTokens(CategoricalField source, int f) =>
        new(new DataField(source.Name, typeof(string), isNullable: source.NullRate > 0), async (group, rows, field, stop) =>
        {
            string?[] values = ArrayPool<string?>.Shared.Rent(rows.Count);
            for (int i = 0; i < rows.Count; i++)
                values[i] = rows.Ranks[f][i] == 0 ? null : source.Token(rows.Ranks[f][i]);
            await group.WriteAsync(field, new ArraySegment<string?>(values, 0, rows.Count));
            ArrayPool<string?>.Shared.Return(values, clearArray: true);
        });
}
