using GpuCtr.SoftCuda.Driver;

namespace GpuCtr.SoftCuda.Streams;

/// <summary>Something that a stream executes, once or, as a node of a graph, at every launch.</summary>
internal interface IWork
{
    /// <summary>For messages.</summary>
    string Name { get; }

    /// <summary>Addresses of the device among its arguments.</summary>
    IEnumerable<ulong> Addresses { get; }

    /// <summary>What it needs and was unloaded; null if all is there.</summary>
    string? Lacks => null;

    /// <summary>Executes it.</summary>
    /// <param name="engine">The device.</param>
    /// <param name="inGraph">Whether it is a node of a graph.</param>
    /// <returns>A fault of the context, or success.</returns>
    /// <exception cref="Refusal">It uses memory that is not there.</exception>
    CudaResult Run(Engine engine, bool inGraph);
}
