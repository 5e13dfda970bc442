using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using GpuCtr.Data.Features;
using GpuCtr.Data.Lists;
using GpuCtr.Data.Shards;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Optimizers;
using GpuCtr.Kernels.Ranks;
using GpuCtr.Kernels.Recurrent;
using GpuCtr.Models;
using GpuCtr.Models.Features;

namespace GpuCtr.Data;

/// <summary>The format of <see cref="JsonText"/> for types whose code is generated when this is built: what a model is loaded from. No reflection, so that programs compiled ahead of time can score.</summary>
internal static class GeneratedJson
{
    /// <summary>Options for a <see cref="JsonSerializerContext"/>.</summary>
    /// <remarks>One converter for each enumeration: one for all would generate code while the program runs.</remarks>
    public static JsonSerializerOptions Options() => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        IgnoreReadOnlyProperties = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters =
        {
            Words<Activations>(), Words<AttentionNormalization>(), Words<BlockNorm>(), Words<Collective>(), Words<DiceNormalizations>(), Words<EmbeddingUpdate>(),
            Words<Evolutions>(), Words<FirstOrders>(), Words<GruReset>(), Words<InterestScores>(), Words<ItemHeads>(), Words<KeyRule>(), Words<L2Scope>(), Words<ListForm>(),
            Words<ListLoss>(), Words<NextItemForms>(), Words<NumericInputs>(), Words<NumericTransform>(), Words<OptimizerKind>(), Words<PairAverages>(), Words<PoolingKind>(),
            Words<SequenceRole>(), Words<ValueKind>(),
        },
    };

    /// <summary>Reads JSON.</summary>
    /// <exception cref="JsonException">The text is not JSON of this type.</exception>
    public static T Parse<T>(string text, JsonTypeInfo<T> type) => JsonSerializer.Deserialize(text, type) ?? throw new JsonException("it is empty");

    private static JsonStringEnumConverter<T> Words<T>() where T : struct, Enum => new(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);
}
