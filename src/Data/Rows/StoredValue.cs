using System.Linq.Expressions;
using System.Reflection;
using Parquet.Schema;

namespace GpuCtr.Data.Rows;

/// <summary>The form in which Parquet stores values of a type.</summary>
/// <param name="Type">The stored type.</param>
/// <param name="Field">A field of such values by its name.</param>
/// <param name="Convert">From a value, or a nullable one, to a nullable stored one.</param>
internal sealed record StoredValue(Type Type, Func<string, DataField> Field, Func<Expression, Expression> Convert)
{
    // Twenty digits before the point and eighteen behind it, the most that a Parquet decimal of 16 bytes has.
    private const int Precision = 38, Scale = 18;
    private const decimal DecimalLimit = 1e20m;

    private static readonly Type[] asTheyAre = [typeof(bool), typeof(sbyte), typeof(byte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long), typeof(ulong), typeof(float), typeof(double)];

    /// <summary>The form of a type; null if it is no column.</summary>
    public static StoredValue? Of(Type type)
    {
        Type bare = Nullable.GetUnderlyingType(type) ?? type;
        return asTheyAre.Contains(bare) ? new(bare, name => new DataField(name, bare, isNullable: true), value => Expression.Convert(value, typeof(Nullable<>).MakeGenericType(bare)))
            : bare.IsEnum ? Text(typeof(StoredValue).GetMethod(nameof(NameOf), BindingFlags.Static | BindingFlags.NonPublic)!.MakeGenericMethod(bare).CreateDelegate(typeof(Func<,>).MakeGenericType(typeof(Nullable<>).MakeGenericType(bare), typeof(ReadOnlyMemory<char>?))))
            : bare == typeof(string) ? Text((string? s) => s is null ? default(ReadOnlyMemory<char>?) : s.AsMemory())
            : bare == typeof(Guid) ? Text((Guid? g) => g?.ToString().AsMemory())
            : bare == typeof(char) ? Text((char? c) => c?.ToString().AsMemory())
            : bare == typeof(decimal) ? new(bare, name => new DecimalDataField(name, Precision, Scale, isNullable: true), By((decimal? d) => Checked(d)))
            : bare == typeof(DateTime) ? Time((DateTime? t) => t is { Kind: DateTimeKind.Local } local ? local.ToUniversalTime() : t is { } other ? DateTime.SpecifyKind(other, DateTimeKind.Utc) : null)
            : bare == typeof(DateTimeOffset) ? Time((DateTimeOffset? t) => t?.UtcDateTime)
            : bare == typeof(DateOnly) ? new(typeof(DateTime), name => new DateTimeDataField(name, DateTimeFormat.Date, isNullable: true), By((DateOnly? d) => d?.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc)))
            : null;
    }

    private static StoredValue Text(Delegate of) => new(typeof(ReadOnlyMemory<char>), name => new DataField(name, typeof(string), isNullable: true), By(of));

    private static StoredValue Time<T>(Func<T?, DateTime?> of) where T : struct =>
        new(typeof(DateTime), name => new DateTimeDataField(name, DateTimeFormat.DateAndTimeMicros, isNullable: true), By(of));

    /// <summary>Calls a function of a nullable value.</summary>
    private static Func<Expression, Expression> By(Delegate of) => value =>
        Expression.Invoke(Expression.Constant(of), Expression.Convert(value, of.Method.GetParameters()[^1].ParameterType));

    /// <summary>An enum by its name; a value without one by its number.</summary>
    private static ReadOnlyMemory<char>? NameOf<T>(T? value) where T : struct, Enum => value is { } some ? (Enum.GetName(some) ?? some.ToString()).AsMemory() : default(ReadOnlyMemory<char>?); // null alone would be an empty text

    private static decimal? Checked(decimal? value) => value is { } some && Math.Abs(some) >= DecimalLimit
        ? throw new OverflowException(FormattableString.Invariant($"{some} has more than {Precision - Scale} digits before the point; make the column a double"))
        : value;
}
