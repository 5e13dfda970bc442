using System.Text.Json.Nodes;
using Parquet.Schema;

namespace GpuCtr.Datagen;

/// <summary>Lists of items with a category, a quality and a price. An item is likely to be clicked if it is a bargain, unless the list has a better one of its category.</summary>
public sealed class ListsTable : ISyntheticTable
{
    /// <summary>k of NDCG@k.</summary>
    public const int Top = 5;

    internal ListsTable(ListsShape shape)
    {
        Shape = shape;
        Schema = new ParquetSchema([LabelField, RequestField, CategoryField, QualityField, PriceField]);
    }

    /// <summary>Its sizes.</summary>
    public ListsShape Shape { get; }

    /// <inheritdoc/>
    public ParquetSchema Schema { get; }

    /// <inheritdoc/>
    public Baseline Baseline { get; } = new("bargain_auc", "items judged by themselves");

    internal DataField LabelField { get; } = new DataField<int>("label", nullable: false);

    internal DataField RequestField { get; } = new DataField<long>("request", nullable: false);

    internal DataField CategoryField { get; } = new DataField<long>("category", nullable: false);

    internal DataField QualityField { get; } = new DataField<float>("quality", nullable: false);

    internal DataField PriceField { get; } = new DataField<float>("price", nullable: false);

    /// <inheritdoc/>
    public IRowBlock NewBlock(int capacity) => new ListsBlock(this, capacity);

    /// <inheritdoc/>
    public JsonObject Describe() => new()
    {
        ["columns"] = new JsonObject
        {
            ["request"] = new JsonObject { ["type"] = "int64", ["rows"] = "5 to 15, one after the other" },
            ["category"] = new JsonObject { ["type"] = "int64", ["cardinality"] = Shape.Categories },
            ["quality"] = new JsonObject { ["type"] = "float" },
            ["price"] = new JsonObject { ["type"] = "float" },
        },
        ["planted"] = new JsonObject
        {
            ["bargain"] = "w = quality − price",
            ["logit"] = "1 + w/2 − 3 (highest w of its category in the list − w)",
            ["best_ndcg"] = $"NDCG@{Top} of the order of the true probabilities, over the lists with a click",
        },
    };
}
