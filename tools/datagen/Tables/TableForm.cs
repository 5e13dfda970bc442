namespace GpuCtr.Datagen;

/// <summary>The format of a public table.</summary>
internal abstract class TableForm
{
    /// <summary>The form in words, for the user to check.</summary>
    public abstract string Describe();

    /// <summary>A parser with its own columns, one per thread.</summary>
    public abstract TableParser NewParser();
}

/// <summary>Turns lines into values of columns.</summary>
internal abstract class TableParser
{
    /// <summary>The columns.</summary>
    public abstract IReadOnlyList<TableColumn> Columns { get; }

    /// <summary>Adds a line to all columns; returns why it is bad, or null. A bad line is not added.</summary>
    public abstract string? Add(ReadOnlyMemory<byte> line);
}
