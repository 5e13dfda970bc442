using System.Globalization;
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Xml.Linq;
using GpuCtr.Engine;

namespace GpuCtr.EndToEnd.Tests.Packages;

public sealed class PackageTests(PackedFolder packed) : IClassFixture<PackedFolder>
{
    private const string FromClone = "dotnet run --project src/Engine -- ";
    private static readonly Guid embeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

    [Theory]
    [InlineData("GpuCtr.Kernels", "lib/net10.0/GpuCtr.Kernels")]
    [InlineData("GpuCtr.Models", "lib/net10.0/GpuCtr.Models")]
    [InlineData("GpuCtr.Data", "lib/net10.0/GpuCtr.Data")]
    [InlineData("GpuCtr", "lib/net10.0/GpuCtr")]
    [InlineData("GpuCtr.Hosting", "lib/net10.0/GpuCtr.Hosting")]
    [InlineData("gpu-ctr", "tools/net10.0/any/gpu-ctr")]
    public void A_package_has_a_readme_documentation_and_symbols_with_sources(string id, string assembly)
    {
        using ZipArchive package = ZipFile.OpenRead(Path.Combine(packed.Packages, $"{id}.{PackedFolder.Version}.nupkg"));
        Assert.Contains("# ", Text(package, "README.md"));
        Assert.NotNull(package.GetEntry($"{assembly}.dll"));
        Assert.NotNull(package.GetEntry($"{assembly}.xml"));
        XElement metadata = XDocument.Parse(Text(package, $"{id}.nuspec")).Root!.Elements().First();
        Assert.Equal("MIT", Value(metadata, "license"));
        Assert.Equal("README.md", Value(metadata, "readme"));
        using ZipArchive symbols = ZipFile.OpenRead(Path.Combine(packed.Packages, $"{id}.{PackedFolder.Version}.snupkg"));
        using MemoryStream pdb = new(Bytes(symbols, $"{assembly}.pdb"));
        MetadataReader reader = MetadataReaderProvider.FromPortablePdbStream(pdb).GetMetadataReader();
        foreach (DocumentHandle document in reader.Documents)
        {
            Assert.True(
                reader.GetCustomDebugInformation(document).Any(h => reader.GetGuid(reader.GetCustomDebugInformation(h).Kind) == embeddedSource),
                $"no source of {reader.GetString(reader.GetDocument(document).Name)}");
        }
    }

    [Fact]
    public void Nothing_else_is_packed() => Assert.Equal(
        ["GpuCtr", "GpuCtr.Data", "GpuCtr.Hosting", "GpuCtr.Kernels", "GpuCtr.Models", "gpu-ctr"],
        Directory.GetFiles(packed.Packages, "*.nupkg").Select(f => Path.GetFileName(f).Replace($".{PackedFolder.Version}.nupkg", "")).Order(StringComparer.Ordinal));

    [Fact]
    public void The_installed_tool_runs_the_command_of_the_readme_and_the_library_scores_with_its_model()
    {
        string command = Repository.Blocks("README.md").First(b => b.Text.StartsWith($"{FromClone}train", StringComparison.Ordinal)).Text.Trim();
        string[] args = [.. command[FromClone.Length..].Split(' ').Select(a => a.Trim('\'')), "--out", packed.Model, "--json"];
        Assert.Contains("\"auc\":0.82", ChildProcess.RunIn(Repository.Root, [packed.Tool, .. args]).Succeeded().Out);

        Folder.Write("consumer/consumer.csproj", Project());
        Folder.Write("consumer/Program.cs", Program());
        ChildProcess.RunIn(Folder.File("consumer"), ChildProcess.DotNet, "build", "-v", "q").Succeeded();
        string[] Consumer(string what) => ChildProcess.RunIn(Folder.File("consumer"), ChildProcess.DotNet, "bin/Debug/net10.0/consumer.dll", what, packed.Model).Succeeded().Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        using CtrModel model = CtrModel.Load(packed.Model);
        float expected = model.Score(model.NewRow().Set("C1", 1).Set("I1", 2.5));
        Assert.Equal(expected.ToString("R", CultureInfo.InvariantCulture), Assert.Single(Consumer("score")));
        Consumer("GpuCtr.Models");
    }

    /// <summary>samples/aot-scoring with the packages. Every warning about trimming or generated code is an error.</summary>
    [SkippableFact]
    public void A_program_compiled_ahead_of_time_gives_the_same_bits()
    {
        string compiler = Path.Combine(GlobalPackages(), $"runtime.{RuntimeInformation.RuntimeIdentifier}.microsoft.dotnet.ilcompiler");
        Skip.IfNot(Directory.Exists(compiler), $"the compiler of Native AOT is not among the packages here: `dotnet restore samples/aot-scoring -r {RuntimeInformation.RuntimeIdentifier}` fetches it");
        Skip.If(ChildProcess.Find("clang", "gcc") is null, "no linker: install clang or gcc");
        Folder.Write("aot/AotScoring.csproj", Project("<PublishAot>true</PublishAot><TrimmerSingleWarn>false</TrimmerSingleWarn><TreatWarningsAsErrors>true</TreatWarningsAsErrors><InvariantGlobalization>true</InvariantGlobalization>"
            + (Avx2.IsSupported ? "<IlcInstructionSet>x86-64-v3</IlcInstructionSet>" : "")));
        Folder.Write("aot/Program.cs", File.ReadAllText(Repository.File("samples", "aot-scoring", "Program.cs")));
        ChildProcess.RunIn(Folder.File("aot"), ChildProcess.DotNet, "publish", "-v", "q", "-r", RuntimeInformation.RuntimeIdentifier, "-o", "out").Succeeded();

        using SampleModel sample = new();
        Folder.Write("aot/rows.jsonl", string.Concat(Enumerable.Range(0, 50).Select(i => $"{{\"C1\": {i % 7}, \"C2\": {i}, \"I1\": {i}.5}}\n")));
        CommandOutcome scored = ChildProcess.RunIn(Folder.File("aot"), Folder.File("aot/out/AotScoring"), sample.Run, "rows.jsonl").Succeeded();
        using CtrModel model = CtrModel.Load(sample.Run);
        Assert.Equal(
            Enumerable.Range(0, 50).Select(i => model.Score(model.NewRow().Set("C1", i % 7).Set("C2", i).Set("I1", i + 0.5)).ToString("R", CultureInfo.InvariantCulture)),
            scored.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("no such run", ChildProcess.RunIn(Folder.File("aot"), Folder.File("aot/out/AotScoring"), "nowhere", "rows.jsonl").FailedWith(1).Error);
    }

    private TempFolder Folder => packed.Folder;

    /// <summary>The packages of this clone in a folder of their own, everything else from where the build took it.</summary>
    /// <param name="more">Further properties.</param>
    private string Project(string more = "") => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
            {more}
            <RestorePackagesPath>{Folder.File("restored")}</RestorePackagesPath>
            <RestoreFallbackFolders>{GlobalPackages()}</RestoreFallbackFolders>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="GpuCtr" Version="{PackedFolder.Version}" />
          </ItemGroup>
        </Project>
        """;

    private string GlobalPackages() => ChildProcess.RunIn(Folder.Path, ChildProcess.DotNet, "nuget", "locals", "global-packages", "--list").Succeeded().Out.Split(':', 2)[1].Trim();

    /// <summary>The code of the packages' READMEs, which has to compile, and a score.</summary>
    private static string Program()
    {
        (string Name, string Code)[] parts =
        [
            .. new[] { "Kernels", "Models", "Data", "Training" }.Select(p => ($"GpuCtr.{p}", Repository.Blocks("src", p, "README.md").Single(b => b.Language == "csharp").Text)),
            ("score", """
                using GpuCtr;
                using System.Globalization;
                using CtrModel model = CtrModel.Load(args[1]);
                Console.WriteLine(model.Score(model.NewRow().Set("C1", 1).Set("I1", 2.5)).ToString("R", CultureInfo.InvariantCulture));
                """),
        ];
        static bool IsImport(string line) => line.StartsWith("using ", StringComparison.Ordinal) && !line.Contains('=');
        IEnumerable<string> imports = parts.SelectMany(p => p.Code.Split('\n')).Where(IsImport).Select(l => l.Trim()).Distinct();
        IEnumerable<string> bodies = parts.Select(p => $"if (args[0] == \"{p.Name}\")\n{{\n{string.Join('\n', p.Code.Split('\n').Where(l => !IsImport(l)))}\n}}");
        return string.Join('\n', imports.Concat(bodies));
    }

    private static string? Value(XElement metadata, string name) => metadata.Elements().FirstOrDefault(e => e.Name.LocalName == name)?.Value;

    private static string Text(ZipArchive archive, string name)
    {
        using StreamReader reader = new(new MemoryStream(Bytes(archive, name)));
        return reader.ReadToEnd();
    }

    private static byte[] Bytes(ZipArchive archive, string name)
    {
        using Stream stream = (archive.GetEntry(name) ?? throw new InvalidOperationException($"no {name} in the package")).Open();
        using MemoryStream copy = new();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
