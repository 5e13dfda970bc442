using System.Reflection;

namespace GpuCtr.EndToEnd.Tests;

/// <summary>src/Kernels ← Models ← Data ← Training ← Hosting ← Engine: each project references only those before it.</summary>
[Trait("Speed", "Fast")]
public sealed class ReferenceTests
{
    private static readonly (string Project, string Assembly)[] layers =
        [("Kernels", "GpuCtr.Kernels"), ("Models", "GpuCtr.Models"), ("Data", "GpuCtr.Data"), ("Training", "GpuCtr"), ("Hosting", "GpuCtr.Hosting"), ("Engine", "gpu-ctr")];

    public static TheoryData<int> Layers => [.. Enumerable.Range(0, layers.Length)];

    [Theory]
    [MemberData(nameof(Layers))]
    public void An_assembly_references_only_the_layers_before_it(int layer) =>
        Assert.Empty(References(layer).Intersect(layers[layer..].Select(l => l.Assembly)));

    [Theory]
    [MemberData(nameof(Layers))]
    public void A_project_names_the_layer_before_it_and_no_other(int layer)
    {
        string project = File.ReadAllText(Repository.File("src", layers[layer].Project, $"{layers[layer].Project}.csproj"));
        string[] named = [.. layers.Select(l => l.Project).Where(p => project.Contains($"<ProjectReference Include=\"../{p}/", StringComparison.Ordinal))];
        Assert.Equal(layer == 0 ? [] : [layers[layer - 1].Project], named);
    }

    [Fact]
    public void The_library_knows_neither_a_command_line_nor_a_console_library() =>
        Assert.DoesNotContain(Enumerable.Range(0, layers.Length - 1).SelectMany(References), name => name is "System.CommandLine" or "Spectre.Console");

    [Fact]
    public void Every_project_has_its_layer() =>
        Assert.Equal(layers.Select(l => l.Project).Order(), Directory.GetDirectories(Repository.File("src")).Select(f => Path.GetFileName(f)).Order());

    private static IEnumerable<string> References(int layer) => Assembly.Load(layers[layer].Assembly).GetReferencedAssemblies().Select(r => r.Name!);
}
