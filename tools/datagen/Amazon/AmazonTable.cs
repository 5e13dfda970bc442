using System.Text.Json.Nodes;
using Parquet.Schema;

namespace GpuCtr.Datagen;

/// <summary>The Amazon-like table of a seed: a target item with its category, and the history before it.</summary>
public sealed class AmazonTable : ISyntheticTable
{
    /// <summary>Draws catalogue and truth.</summary>
    public AmazonTable(CounterStream stream, AmazonShape shape)
    {
        Catalogue = new AmazonCatalogue(stream.Child(0), shape);
        Interest = shape.Drift ? new DriftingInterest(Catalogue) : new MixedInterests(Catalogue, stream.Child(2));
        Truth = new AmazonTruth(Catalogue, Interest, stream.Child(1));
        Schema = new ParquetSchema([LabelField, UserField, ItemField, CategoryField, HistoryItems.Field, HistoryCategories.Field]);
    }

    /// <summary>Users, items and categories.</summary>
    public AmazonCatalogue Catalogue { get; }

    /// <summary>The truth from which labels are drawn.</summary>
    public AmazonTruth Truth { get; }

    /// <summary>What users want.</summary>
    public IInterest Interest { get; }

    /// <inheritdoc/>
    public ParquetSchema Schema { get; }

    /// <inheritdoc/>
    public Baseline Baseline => Interest.Baseline;

    internal DataField LabelField { get; } = new DataField<int>("label", nullable: false);

    internal DataField UserField { get; } = new DataField<long>("user", nullable: false);

    internal DataField ItemField { get; } = new DataField<long>("item", nullable: false);

    internal DataField CategoryField { get; } = new DataField<int>("category", nullable: false);

    internal ListColumn<long> HistoryItems { get; } = new("hist_item");

    internal ListColumn<int> HistoryCategories { get; } = new("hist_category");

    /// <inheritdoc/>
    public IRowBlock NewBlock(int capacity) => new AmazonBlock(this, capacity);

    /// <inheritdoc/>
    public JsonObject Describe() => new()
    {
        ["columns"] = new JsonObject
        {
            ["user"] = new JsonObject { ["type"] = "int64", ["cardinality"] = Catalogue.Shape.Users },
            ["item"] = new JsonObject { ["type"] = "int64", ["cardinality"] = Catalogue.Shape.Items },
            ["category"] = new JsonObject { ["type"] = "int32", ["cardinality"] = Catalogue.Shape.Categories },
            ["hist_item"] = new JsonObject { ["type"] = "list<int64>", ["longest"] = Catalogue.Shape.MaxHistory },
            ["hist_category"] = new JsonObject { ["type"] = "list<int32>", ["longest"] = Catalogue.Shape.MaxHistory },
        },
        ["planted"] = new JsonObject
        {
            ["related"] = Interest.Words,
            ["logit"] = "s / (s + 1), scaled, plus small effects of item and category",
        },
    };
}
