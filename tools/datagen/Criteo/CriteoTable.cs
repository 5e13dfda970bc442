using System.Text.Json.Nodes;
using Parquet.Schema;

namespace GpuCtr.Datagen;

/// <summary>The Criteo-like table of a seed: columns and truth.</summary>
public sealed class CriteoTable : ISyntheticTable
{
    private readonly CriteoColumn[] _columns;

    /// <summary>Draws columns and truth; both depend only on the seed and the shape of the table.</summary>
    public CriteoTable(CounterStream stream, int numericCount, int categoricalCount, int maxCardinality)
    {
        Fields = CriteoSchema.Draw(stream.Child(0), numericCount, categoricalCount, maxCardinality);
        Truth = PlantedTruth.Plant(Fields, stream.Child(1));
        _columns =
        [
            .. Fields.Numeric.Select((field, n) => CriteoColumn.Of(field, n)),
            .. Fields.Categorical.Select((field, f) => CriteoColumn.Of(field, f)),
        ];
        Schema = new ParquetSchema([LabelField, .. _columns.Select(column => column.Field)]);
    }

    /// <summary>The label: int32, 0 or 1.</summary>
    public static DataField LabelField { get; } = new DataField<int>("label", nullable: false);

    /// <summary>Columns and their distributions.</summary>
    public CriteoSchema Fields { get; }

    /// <summary>The truth from which labels are drawn.</summary>
    public PlantedTruth Truth { get; }

    /// <inheritdoc/>
    public ParquetSchema Schema { get; }

    /// <inheritdoc/>
    public Baseline Baseline { get; } = new("first_order_auc", "first-order part alone");

    /// <inheritdoc/>
    public IRowBlock NewBlock(int capacity) => new CriteoBlock(this, _columns, capacity);

    /// <inheritdoc/>
    public JsonObject Describe()
    {
        var columns = new JsonObject();
        foreach (var field in Fields.Numeric)
        {
            columns[field.Name] = new JsonObject { ["type"] = "float", ["null_rate"] = Math.Round(field.NullRate, 4) };
        }
        foreach (var field in Fields.Categorical)
        {
            columns[field.Name] = new JsonObject
            {
                ["type"] = field.Storage switch { CategoryStorage.Int32 => "int32", CategoryStorage.Int64 => "int64", _ => "string" },
                ["cardinality"] = field.Cardinality,
                ["null_rate"] = Math.Round(field.NullRate, 4),
            };
        }
        var truth = new JsonObject();
        foreach (var part in Truth.Parts.Skip(1))
            truth[part.Name] = new JsonArray([.. part.Terms.Select(term => (JsonNode)term)]);
        return new JsonObject { ["columns"] = columns, ["planted"] = truth };
    }
}
