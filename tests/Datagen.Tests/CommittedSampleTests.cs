namespace GpuCtr.Datagen.Tests;

public sealed class CommittedSampleTests : OwnFolder
{
    [Fact]
    public async Task Criteo_small_is_what_the_command_in_its_readme_makes()
    {
        string samples = Repository.File("samples");
        string command = File.ReadLines(Path.Combine(samples, "README.md")).Single(line => line.Contains("-- synth") && line.Contains("criteo-small"));
        string[] arguments = [.. command.Split("-- ", 2)[1].Split(' ').Select(word => word == "samples/criteo-small" ? Folder.File("made") : word)];
        Assert.Equal(0, await DatagenCommandLine.RunAsync(arguments, TextWriter.Null, TextWriter.Null));

        string committed = Path.Combine(samples, "criteo-small");
        string?[] names = [.. Directory.GetFiles(committed).Select(Path.GetFileName).Order(StringComparer.Ordinal)];
        Assert.Equal(names, Directory.GetFiles(Folder.File("made")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        foreach (string? name in names)
            Assert.True(File.ReadAllBytes(Path.Combine(committed, name!)).AsSpan().SequenceEqual(File.ReadAllBytes(Folder.File($"made/{name}"))), name);
    }
}
