using Parquet.Schema;

namespace GpuCtr.Datagen;

/// <summary>The columns of imported files: label, user, item, category, hist_item, hist_category; without categories, four of them.</summary>
internal sealed class ImportColumns
{
    public ImportColumns(InteractionLog log)
    {
        HasCategories = log.Categories.Count > 0;
        bool someLack = Enumerable.Range(0, log.Items.Count).Any(item => log.CategoryOf(item) < 0);
        User = CodeColumn.Of("user", log.Users, nullable: false);
        Item = CodeColumn.Of("item", log.Items, nullable: false);
        Category = CodeColumn.Of("category", log.Categories, someLack);
        HistoryItems = CodeColumn.OfLists("hist_item", log.Items, nullable: false);
        HistoryCategories = CodeColumn.OfLists("hist_category", log.Categories, someLack);
        Schema = HasCategories
            ? new ParquetSchema([Label, User.Field, Item.Field, Category.Field, HistoryItems.Field, HistoryCategories.Field])
            : new ParquetSchema([Label, User.Field, Item.Field, HistoryItems.Field]);
    }

    public bool HasCategories { get; }

    public DataField Label { get; } = new DataField<int>("label", nullable: false);

    public CodeColumn User { get; }

    public CodeColumn Item { get; }

    public CodeColumn Category { get; }

    public CodeColumn HistoryItems { get; }

    public CodeColumn HistoryCategories { get; }

    public ParquetSchema Schema { get; }
}
