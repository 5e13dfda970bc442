using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

/// <summary>Golden models over fields: ids (B, F), x (B, N), tables emb.f and lin.f, numeric fields num.V and num.w; everything else has the names that it has here.</summary>
internal static class GoldenFields
{
    /// <summary>The model <paramref name="model"/> with the sizes of the file.</summary>
    public static GoldenModel Of(GoldenFile file, string model)
    {
        int[] cardinalities = file.Sizes("cardinalities");
        int numbers = (int)file.Config("numeric_fields", 0), dim = file.Size("embedding_dim");
        FeatureSpec spec = new(
            [.. cardinalities.Select((c, f) => new Vocabulary($"f{f}", c + 2))], [.. cardinalities.Select((_, f) => new CategoricalField($"f{f}", f))],
            [.. Enumerable.Range(0, numbers).Select(n => $"x{n}")], []);
        ModelOptions options = ModelCatalog.Defaults(model) with
        {
            EmbeddingDim = dim,
            HiddenUnits = file.Sizes("hidden"),
            NumericInput = file.Word("numeric_input") == "values" ? NumericInputs.Values : NumericInputs.Vectors,
            CrossLayers = (int)file.Config("cross_layers", 0),
            CrossRank = (int)file.Config("rank", 0),
        };
        // Rows are as wide as the file has them: those of FFM have a block for each field.
        int width = file.Has("parameters", "emb.0") ? file.Shape("parameters", "emb.0")[1] : 0;
        return new(file, spec, options, (batch, prefix) => Fill(file, batch, prefix)) { Place = name => Place(spec, name, width) };
    }

    private static void Fill(GoldenFile file, Batch batch, string prefix)
    {
        batch.SetIds(0, [.. file.Input($"{prefix}ids").Select(id => (int)id + 1)]);
        if (batch.Spec.N > 0)
            file.Input($"{prefix}x").ToFloats().CopyTo(batch.Numeric);
    }

    private static GoldenPlace Place(FeatureSpec spec, string name, int width)
    {
        string[] part = name.Split('.');
        return part[0] switch
        {
            "emb" => new("embedding", (spec.Offsets()[int.Parse(part[1])] + 1L) * width),
            "lin" => new("first_order", spec.Offsets()[int.Parse(part[1])] + 1),
            "num" => new(part[1] == "V" ? "numeric.vectors" : "numeric.weights"),
            _ => new(name),
        };
    }
}
