using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using GpuCtr.Data.Features;
using GpuCtr.Data.Options;
using GpuCtr.Engine.Commands;
using GpuCtr.Models;
using GpuCtr.Training;

namespace GpuCtr.Engine.Tests.Commands;

/// <summary>What holds for every declared option, found by reflection: a new one cannot be forgotten.</summary>
public sealed class DeclaredOptionTests
{
    private static readonly Option[] train = [.. Option.Of(typeof(TrainCommandOptions))];
    private static readonly Type[] records = [typeof(TrainOptions), typeof(FeatureOptions), typeof(ModelOptions), typeof(DeviceOptions)];

    public static TheoryData<string> Train => new(train.Select(o => o.Name));

    public static TheoryData<string> Verbs => new(CommandLine.Verbs.Select(v => v.Name));

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Every_option_of_a_verb_has_a_name_help_and_something_that_stands_for_its_value(string verb)
    {
        IReadOnlyList<Option> options = CommandLine.Verbs.Single(v => v.Name == verb).Options;
        Assert.Equal(options.Count, options.Select(o => o.Name).Distinct().Count());
        foreach (Option option in options)
        {
            Assert.True(option.Declaration.Help.Length > 0 && option.Name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'), $"{option}");
            Assert.True(option.Type != typeof(string) || option.Words.Count > 0 || option.Declaration.Value is not null, $"{option}: help says X where any text is meant; name the value");
            Assert.True(!option.IsNumber || HasRange(option.Declaration), $"{option} is a number without a range");
            Assert.True(option.Type != typeof(bool) || option.IsSwitch || option.Words.Contains(option.Declaration.True), $"{option}: which word is true?");
        }
    }

    /// <summary>A property that no option declares would be neither checked nor compared when a run is resumed or starts warm.</summary>
    [Fact]
    public void Every_property_of_the_model_is_declared_and_every_number_in_it_has_a_range()
    {
        foreach (Type record in new[] { typeof(ModelOptions), typeof(DiceForm), typeof(FtrlOptions) })
        {
            Option[] declared = [.. Option.DeclaredBy(record)];
            Assert.All(declared.Where(o => o.IsNumber), o => Assert.True(HasRange(o.Declaration), $"{record.Name}.{o.Property} is a number without a range"));
            PropertyInfo[] properties = [.. record.GetProperties().Where(p => record == typeof(ModelOptions) || p.PropertyType == typeof(double))];
            Assert.Equal(properties.Select(p => p.Name), declared.Select(o => o.Property));
        }
    }

    [Theory]
    [MemberData(nameof(Train))]
    public void A_value_survives_config_json(string name)
    {
        Option option = train.Single(o => o.Name == name);
        object value = OptionText.Parse(option, Sample(option));
        JsonObject json = new() { [option.Key] = OptionText.ToJson(option, value) };
        OptionValues read = ConfigFile.Of("config.json", JsonSerializer.SerializeToElement(json), train, asTyped: false).Given;
        Assert.True(read.IsGiven(option));
        Assert.Equal(json[option.Key]!.ToJsonString(), read.ToJson(option, null)!.ToJsonString());
        if (option.HasDefault && option.Default is { } initial && OptionText.Of(option, initial) is { Length: > 0 } text)
            Assert.Equal(text, OptionText.Of(option, OptionText.Parse(option, [text])));
    }

    [Theory]
    [MemberData(nameof(Train))]
    public void A_number_out_of_its_range_is_refused_by_name_typed_in_a_file_and_in_a_program(string name)
    {
        Option option = train.Single(o => o.Name == name);
        if (!option.IsNumber)
            return;
        string low = option.Declaration.Least is var least && !double.IsNaN(least) ? $"{least - 1}" : $"{option.Declaration.Above}";
        string high = double.IsFinite(option.Declaration.Below) ? $"{option.Declaration.Below}" : double.IsFinite(option.Declaration.Most) ? $"{option.Declaration.Most + 1}" : low;
        foreach (string text in new[] { low, high })
        {
            string typed = Refused(() => OptionText.Parse(option, [text]));
            Assert.StartsWith($"{option.Flag} {text}: expected a {(option.IsWhole ? "whole " : "")}number ", typed);
            Assert.Equal(typed, Refused(() => ConfigFile.Of("c.json", JsonSerializer.SerializeToElement(new JsonObject { [option.Key] = text }), train, asTyped: false)));
            if (option.Type != typeof(ulong))
                Assert.Equal(typed, Refused(() => OptionCheck.Check(With(option, double.Parse(text)))));
        }
    }

    [Theory]
    [MemberData(nameof(Train))]
    public void Text_that_cannot_be_is_refused_by_name(string name)
    {
        Option option = train.Single(o => o.Name == name);
        if (!option.IsSwitch && (option.Type != typeof(string) || option.Words.Count > 0))
            Assert.StartsWith($"{option.Flag} no such value: ", Refused(() => OptionText.Parse(option, ["no such value"])));
    }

    /// <summary>The flags that may change on resume, freely or if accepted; any other, including every new one, is compared and refused.</summary>
    [Fact]
    public void What_may_change_when_a_run_goes_on_is_listed()
    {
        Assert.Equal(
            "valid test epochs patience importance device kernels threads slices fit_cache out init_from prm_from checkpoint_every json verbose", Keys(OnResume.Free));
        Assert.Equal(
            "valid_fraction valid_last valid_by test_last bad_rows mask_share last_mask_share dropout batch_size lr lr_warmup lr_plateau lr_steps embedding_update l2 embedding_l2 embedding_l2_scope mba_lambda clip_norm monitor top seed precision memory",
            Keys(OnResume.Accepted));
        Assert.Equal("config resume allow_changed overwrite", Keys(OnResume.Momentary));
    }

    [Fact]
    public void What_may_differ_from_the_run_whose_weights_are_taken_over_is_listed()
    {
        string Properties(OnWarmStart rule) => string.Join(' ', Option.DeclaredBy(typeof(ModelOptions)).Where(o => o.Declaration.OnWarmStart == rule).Select(o => o.Property).Order());
        Assert.Equal(
            "ClipNorm Dropout EmbeddingInitStd EmbeddingL2 EmbeddingL2Scope EmbeddingUpdate HiddenInitStd L2 LastMaskShare MaskShare MbaLambda Momentum NegativeSampling Optimizer ProbabilityEpsilon Seed", Properties(OnWarmStart.Free));
        Assert.Equal("Activation BatchNorm Dice FirstOrderFtrl FmNumeric HiddenUnits InputNorm Model", Properties(OnWarmStart.AboveEmbeddings));
    }

    [Fact]
    public void Options_of_some_models_name_models_of_the_catalogue() => Assert.Equal(
        "leave-one-out: sasrec, bert4rec; user: sasrec, bert4rec; item: sasrec, bert4rec; timestamp: sasrec, bert4rec; second-hidden-units: finalmlp; first-gate: finalmlp; second-gate: finalmlp; gate-units: finalmlp; fusion-heads: finalmlp; cin-layers: xdeepfm; cin-split: xdeepfm; cross-layers: dcn, dcn-v2; cross-rank: dcn-v2; poly2-buckets: poly2; transformer-blocks: bst, sasrec, bert4rec, prm; sampled-softmax: sasrec, bert4rec; mask-share: bert4rec; last-mask-share: bert4rec; block-norm: bert4rec; item-head: bert4rec; feed-forward: bert4rec, prm; attention-layers: autoint; attention-width: autoint, prm; attention-heads: bst, sasrec, bert4rec, autoint, prm; head-width: prm; list-places: prm; list-loss: prm; gru-hidden: dien; evolution-hidden: dien; gru-reset: dien; evolution: dien; interest-scores: dien; auxiliary-loss: dien; auxiliary-form: dien; auxiliary-average: dien; attention-units: din, dien; attention-activation: din, dien; attention-normalization: din; prm-from: prm",
        string.Join("; ", train.Where(o => o.Readers.Count > 0).Select(o => $"{o.Name}: {string.Join(", ", o.Readers.Intersect(ModelCatalog.Names))}")));

    /// <summary>Including eleven that once overwrote a preset even if they were not given.</summary>
    [Fact]
    public void Only_what_is_given_overrides_a_preset()
    {
        ModelOptions preset = new() { Dropout = 0.5, CrossLayers = 7, Pooling = PoolingOf("max"), FmNumeric = false, L2 = 1, EmbeddingL2 = 2, MbaLambda = 3, Momentum = 0.9, Seed = 11, AttentionHeads = 2 };
        Assert.Equal(preset, OptionValues.None.Over(preset));
        Assert.Equal(preset with { L2 = 0 }, Parse("--l2", "0").Over(preset));
        TrainOptions options = Parse("--l2", "0").Over(new TrainCommandOptions()).Run;
        Assert.Equal(preset with { L2 = 0 }, options.Model(preset));
    }

    [Fact]
    public void A_program_says_what_is_not_as_it_was()
    {
        TrainOptions changed = new()
        {
            Epochs = 7,
            LrSteps = [new(3, 0.1)],
            Features = new() { Label = "clicked" },
            Device = new() { Device = "cpu" },
            Model = m => m with { EmbeddingDim = 16, HiddenUnits = [64], Dropout = new ModelOptions().Dropout, Pooling = new ModelOptions().Pooling },
        };
        OptionValues said = OptionValues.Of(changed, new TrainOptions());
        // The dropout and the pooling are those of the defaults, but the program sets them.
        Assert.Equal("label embedding-dim pooling hidden-units dropout epochs lr-steps device", string.Join(' ', train.Where(said.IsGiven).Select(o => o.Name)));
        Assert.Empty(OptionValues.Of(new TrainOptions(), new TrainOptions()).ByName);
        Assert.Equal("l2", string.Join(' ', OptionValues.Of(new TrainOptions { Model = m => m with { L2 = m.L2 + 1, Dropout = m.Dropout } }, new TrainOptions()).ByName.Keys));
    }

    [Fact]
    public void A_program_is_refused_in_the_words_of_the_flag()
    {
        TrainSettings Settings(TrainOptions o) => TrainSettings.Of(o with { Shards = ["x.parquet"] });
        Assert.Equal("--dropout 1.5: expected a number of at least 0 and below 1", Refused(() => Settings(new() { Model = m => m with { Dropout = 1.5 } })));
        Assert.Equal("--epochs 0: expected a whole number from 1 to 1000000", Refused(() => Settings(new() { Epochs = 0 })));
        Assert.Equal("--max-history 0: expected a whole number from 1 to 65536", Refused(() => Settings(new() { Features = new() { MaxHistory = 0 } })));
        Assert.StartsWith("--momentum 0.5 needs --optimizer sgd", Refused(() => Settings(new() { Model = m => m with { Momentum = 0.5 } })));
        Assert.Equal("dice with epsilon -1: expected a number of at least 0", Refused(() => Settings(new() { Model = m => m with { Dice = new(Epsilon: -1) } })));
        Assert.Equal(0.25, Settings(new() { Variant = "fuxictr", Model = m => m with { Dropout = 0.25 } }).Model.Dropout);
    }

    private static bool HasRange(OptionAttribute declared) => !double.IsNaN(declared.Least) || !double.IsNaN(declared.Above);

    private static string Keys(OnResume rule) => string.Join(' ', train.Where(o => o.Declaration.OnResume == rule).Select(o => o.Key));

    private static Kernels.Embedding.PoolingKind PoolingOf(string word) => Enum.Parse<Kernels.Embedding.PoolingKind>(word, ignoreCase: true);

    private static OptionValues Parse(params string[] flags) => FlagParser.Parse(TrainCommand.Verb, flags).Given;

    private static string Refused(Action action)
    {
        GpuCtrException e = Assert.Throws<GpuCtrException>(action);
        Assert.Equal(ErrorKind.Usage, e.Kind);
        return e.Message;
    }

    /// <summary>A value as one would type it.</summary>
    private static string[] Sample(Option option) =>
        option.IsSwitch ? [] : option.Words.Count > 0 ? [option.Words[^1]]
        : option.IsWhole ? [$"{Math.Max(option.Declaration.Least, 3)}"] : option.IsNumber ? ["0.25"]
        : option.Name switch
        {
            "first-order-ftrl" => ["0.1,0.5", "2"],
            "lr-steps" => ["2:0.5,4:0.25"],
            "column-dim" => ["item=32,\"b,c=\"=64"],
            "memory" => ["1.5GB"],
            "checkpoint-every" => ["60s"],
            "bad-rows" => ["7%"],
            "list-separator" => ["space"],
            "valid-last" or "test-last" => ["\"a:b\":2.5%"],
            _ => option.IsList ? ["a", "\"b,c\"=d"] : ["7"],
        };

    /// <summary>A record as a program would set it.</summary>
    private static object With(Option option, double number)
    {
        object record = Activator.CreateInstance(records.Single(option.IsOf))!;
        object value = Convert.ChangeType(number, option.Type);
        option.SetIn(record, option.Entries is null ? value : new List<int> { (int)number });
        return record;
    }
}
