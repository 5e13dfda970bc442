namespace GpuCtr.Datagen;

/// <summary>What a column of a log says.</summary>
public enum ColumnRole
{
    /// <summary>Who.</summary>
    User,

    /// <summary>What.</summary>
    Item,

    /// <summary>When.</summary>
    Time,

    /// <summary>The kind of item.</summary>
    Category,
}

/// <summary>The names under which public data sets have each role.</summary>
public static class ColumnNames
{
    private static readonly string[] _user = ["user", "userid", "uid", "reviewerid", "customerid", "visitorid"];
    private static readonly string[] _item = ["item", "itemid", "iid", "movieid", "asin", "parentasin", "productid", "adgroupid"];
    private static readonly string[] _time = ["time", "timestamp", "ts", "timems", "datetime", "unixreviewtime", "unixtime"];
    private static readonly string[] _category = ["category", "categoryid", "icategory", "cate", "cateid", "cat", "class", "genre", "genres"];

    /// <summary>The role of a header's name, if any. Case, underscores and a typed suffix (<c>user_id:token</c>) do not matter.</summary>
    public static ColumnRole? RoleOf(string header)
    {
        string name = Untyped(header).Replace("_", "").Replace(" ", "").ToLowerInvariant();
        return _user.Contains(name) ? ColumnRole.User
            : _item.Contains(name) ? ColumnRole.Item
            : _time.Contains(name) ? ColumnRole.Time
            : _category.Contains(name) ? ColumnRole.Category
            : null;
    }

    /// <summary>The name before the type: <c>user_id</c> of <c>user_id:token</c>.</summary>
    public static string Untyped(string header) => header.Split(':')[0].Trim();

    /// <summary>Whether a typed header says that a field holds several words, of which the first one counts.</summary>
    public static bool IsSequence(string header) => header.EndsWith("_seq", StringComparison.Ordinal);
}
