namespace GpuCtr.Datagen;

/// <summary>Users, items and categories: their frequencies, ids, and effects on the logit.</summary>
/// <remarks>
/// Item numbers run from 0; item j belongs to category j mod C and is the (j / C + 1)-th commonest of it. Numbers of
/// users and categories are ranks of their distributions less one.
/// </remarks>
public sealed class AmazonCatalogue
{
    // Flatter than clicks on advertisements: a category that is in most histories would teach nothing about relatedness.
    private const double _userExponent = 0.6, _categoryExponent = 0.4, _itemExponent = 0.6;

    private readonly ZipfTable _users, _categories, _itemsOfLarge, _itemsOfSmall;
    private readonly IdScramble _userIds, _itemIds, _categoryIds;
    private readonly int _large;   // categories with one item more than the others

    /// <summary>Draws a catalogue.</summary>
    public AmazonCatalogue(CounterStream stream, AmazonShape shape)
    {
        Shape = shape;
        var draws = new DrawSequence(stream);
        _users = new ZipfTable(shape.Users, _userExponent);
        _categories = new ZipfTable(shape.Categories, _categoryExponent);
        _large = shape.Items % shape.Categories;
        _itemsOfSmall = new ZipfTable(shape.Items / shape.Categories, _itemExponent);
        _itemsOfLarge = new ZipfTable((shape.Items / shape.Categories) + 1, _itemExponent);
        (_userIds, _itemIds, _categoryIds) = (new IdScramble(40, draws), new IdScramble(40, draws), new IdScramble(31, draws));

        Affinity = new double[shape.Items];
        ItemEffect = new double[shape.Items];
        CategoryEffect = new double[shape.Categories];
        for (int j = 0; j < shape.Items; j++)
            (Affinity[j], ItemEffect[j]) = (draws.Uniform(0.75, 1.25), draws.Normal());
        for (int c = 0; c < shape.Categories; c++)
            CategoryEffect[c] = draws.Normal();
    }

    /// <summary>The sizes.</summary>
    public AmazonShape Shape { get; }

    /// <summary>How much an item in the history says about its category: 0.75 … 1.25. (items)</summary>
    public double[] Affinity { get; }

    /// <summary>Standard normal effect of the target item. (items)</summary>
    public double[] ItemEffect { get; }

    /// <summary>Standard normal effect of the target's category. (categories)</summary>
    public double[] CategoryEffect { get; }

    /// <summary>The category of an item.</summary>
    public int CategoryOf(int item) => item % Shape.Categories;

    /// <summary>The user that random bits stand for.</summary>
    public int DrawUser(ulong bits) => _users.Draw(bits) - 1;

    /// <summary>The category that random bits stand for.</summary>
    public int DrawCategory(ulong bits) => _categories.Draw(bits) - 1;

    /// <summary>The item of a category that random bits stand for.</summary>
    public int DrawItem(int category, ulong bits) =>
        category + (Shape.Categories * ((category < _large ? _itemsOfLarge : _itemsOfSmall).Draw(bits) - 1));

    /// <summary>The stored id of a user.</summary>
    public long UserId(int user) => _userIds.Id(user);

    /// <summary>The stored id of an item.</summary>
    public long ItemId(int item) => _itemIds.Id(item);

    /// <summary>The stored id of a category.</summary>
    public int CategoryId(int category) => (int)_categoryIds.Id(category);
}
