using System.CommandLine;

namespace GpuCtr.Datagen;

/// <summary>The options of one <c>--schema</c>.</summary>
internal interface IShapeOptions
{
    /// <summary>Name of the schema.</summary>
    string Schema { get; }

    /// <summary>The options, in the order of the help text.</summary>
    IReadOnlyList<Option> Options { get; }

    /// <summary>The shape that was asked for.</summary>
    TableShape Shape(ParseResult result);
}
