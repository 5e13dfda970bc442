using System.ComponentModel.DataAnnotations.Schema;
using System.Data.Common;
using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json;

namespace GpuCtr.Data.Rows;

/// <summary>The columns of a type of rows.</summary>
internal static class RowColumns
{
    private const string Types = "use string, an integer, float, double, decimal, bool, an enum, Guid, DateTime, DateTimeOffset, DateOnly, or a list of them";

    private static readonly MethodInfo ofValues = Method(nameof(Values)), ofLists = Method(nameof(Lists));

    /// <summary>Makes empty columns: one for each public property that can be read, in the order of their declaration.</summary>
    /// <exception cref="ArgumentException">No property; one of a type that is no column; two with one name.</exception>
    public static Func<RowColumn<T>[]> Of<T>()
    {
        ParameterExpression row = Expression.Parameter(typeof(T), "row");
        return Of<T>($"{typeof(T).Name}", "[NotMapped] leaves it out", row, [.. Properties(typeof(T)).Select(p => (NameOf(p), p.Name, (Expression)Expression.Property(row, p)))]);
    }

    /// <summary>Makes empty columns: those of a query.</summary>
    /// <exception cref="ArgumentException">No column; one of a type that is no column here; two with one name.</exception>
    public static Func<RowColumn<DbDataReader>[]> Of(DbDataReader reader)
    {
        ParameterExpression row = Expression.Parameter(typeof(DbDataReader), "row");
        return Of<DbDataReader>("the query", "leave it out of the query", row, [.. Enumerable.Range(0, reader.FieldCount).Select(i => (reader.GetName(i), reader.GetName(i), FieldOf(row, i, reader.GetFieldType(i))))]);
    }

    private static Func<RowColumn<TRow>[]> Of<TRow>(string of, string elseDo, ParameterExpression row, (string Name, string Told, Expression Value)[] columns)
    {
        if (columns.Length == 0)
            throw new ArgumentException($"{of} has no column: a row needs public properties", nameof(columns));
        if (columns.GroupBy(c => c.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"{of}: {string.Join(" and ", twice.Select(c => c.Told))} both are the column '{twice.Key}'; give one another name by [Column]", nameof(columns));
        Func<RowColumn<TRow>>[] made = [.. columns.Select(c => Of<TRow>(c.Name, c.Value, row)
            ?? throw new ArgumentException($"{of}.{c.Told}: a {c.Value.Type.Name} is no column; {Types}, or {elseDo}", nameof(columns)))];
        return () => [.. made.Select(m => m())];
    }

    /// <summary>Makes a column of values or lists; null if the type is neither.</summary>
    private static Func<RowColumn<TRow>>? Of<TRow>(string name, Expression value, ParameterExpression row)
    {
        if (StoredValue.Of(value.Type) is { } form)
            return (Func<RowColumn<TRow>>)ofValues.MakeGenericMethod(typeof(TRow), form.Type).Invoke(null, [name, form, value, row])!;
        Type? entry = EntryOf(value.Type);
        return entry is null || StoredValue.Of(entry) is not { } stored ? null
            : (Func<RowColumn<TRow>>)ofLists.MakeGenericMethod(typeof(TRow), entry, stored.Type).Invoke(null, [name, stored, value, row])!;
    }

    private static Func<RowColumn<TRow>> Values<TRow, TStored>(string name, StoredValue form, Expression value, ParameterExpression row) where TStored : struct
    {
        Func<TRow, TStored?> read = Expression.Lambda<Func<TRow, TStored?>>(form.Convert(value), row).Compile();
        return () => new RowValues<TRow, TStored>(form.Field(name), read);
    }

    private static Func<RowColumn<TRow>> Lists<TRow, T, TStored>(string name, StoredValue form, Expression value, ParameterExpression row) where TStored : struct
    {
        ParameterExpression entry = Expression.Parameter(typeof(T), "entry");
        Func<TRow, IEnumerable<T>?> read = Expression.Lambda<Func<TRow, IEnumerable<T>?>>(Expression.Convert(value, typeof(IEnumerable<T>)), row).Compile();
        Func<T, TStored?> store = Expression.Lambda<Func<T, TStored?>>(form.Convert(entry), entry).Compile();
        return () => new RowListValues<TRow, T, TStored>(name, form.Field("element"), read, store);
    }

    private static IEnumerable<PropertyInfo> Properties(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(p => p.GetMethod is { IsPublic: true } && p.GetIndexParameters().Length == 0 && !p.IsDefined(typeof(NotMappedAttribute)));

    private static string NameOf(PropertyInfo property) => property.GetCustomAttribute<ColumnAttribute>()?.Name ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);

    /// <summary>The type of the entries of a list; null if it is none. Bytes are no list of numbers.</summary>
    private static Type? EntryOf(Type type) => type == typeof(byte[]) ? null
        : type.GetInterfaces().Prepend(type).FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0];

    /// <summary>The value of a field of a query as a nullable one.</summary>
    private static Expression FieldOf(ParameterExpression row, int field, Type type)
    {
        Type nullable = type.IsValueType ? typeof(Nullable<>).MakeGenericType(type) : type;
        ConstantExpression at = Expression.Constant(field);
        return Expression.Condition(
            Expression.Call(row, nameof(DbDataReader.IsDBNull), null, at), Expression.Default(nullable),
            Expression.Convert(Expression.Call(row, nameof(DbDataReader.GetFieldValue), [type], at), nullable));
    }

    private static MethodInfo Method(string name) => typeof(RowColumns).GetMethod(name, BindingFlags.Static | BindingFlags.NonPublic)!;
}
