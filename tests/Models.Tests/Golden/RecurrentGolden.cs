using GpuCtr.Kernels;
using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Recurrent;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests.Golden;

/// <summary>The parts of DIEN alone against float64 libtorch, forward and backward: GRUs with attention in every form, attention over states, the auxiliary loss.</summary>
public sealed class RecurrentGolden
{
    public static TheoryData<string, string> Recurrences => TestDevices.Times(GoldenFile.Of("gru"));

    public static TheoryData<string, string> Attentions => TestDevices.Times(GoldenFile.Of("dien_attention"));

    public static TheoryData<string, string> Losses => TestDevices.Times(GoldenFile.Of("dien_auxiliary"));

    [SkippableTheory]
    [MemberData(nameof(Recurrences))]
    public void Gru_matches_states_and_gradients(string deviceName, string caseName)
    {
        GoldenFile golden = GoldenFile.Read(caseName);
        using Setup s = new(TestDevices.Get(deviceName), golden, "x");
        int units = golden.Shape("inputs", "upstream")[2];
        GruReset reset = golden.Flag("reset_after") ? GruReset.After : GruReset.Before;
        Tensor x = s.OverPositions("x"), h;
        if (golden.Word("evolution") == "gru")
            h = s.Builder.Gru("gru", s.History, x, units, reset);
        else
            h = s.Builder.Evolve("gru", s.History, x, s.OverPositions("a", "a"), units, Enum.Parse<Evolutions>(golden.Word("evolution")!.Replace("_", "", StringComparison.Ordinal), ignoreCase: true), reset);
        Tensor last = s.Builder.LastState("last", s.History, h);
        // Stands for an op behind, with the upstream gradient of the states.
        h.Consume();
        s.Run(last, () =>
        {
            s.Write(h.Gradient!, "upstream");
            last.Gradient!.Write(s.Device, golden.Input("upstream_last").ToFloats());
        });
        s.Check("h", h);
        Close.Assert(golden.Expected("last"), last.ToArray(s.Device), "last");
        s.CheckGradients();
    }

    [SkippableTheory]
    [MemberData(nameof(Attentions))]
    public void Attention_matches_scores_weights_and_gradients(string deviceName, string caseName)
    {
        GoldenFile golden = GoldenFile.Read(caseName);
        using Setup s = new(TestDevices.Get(deviceName), golden, "h");
        Tensor h = s.OverPositions("h"), q = s.OverRows("q");
        Tensor scores = golden.Word("attention") == "bilinear" ? s.Builder.BilinearScores("att", s.History, h, q) : s.Builder.UnitScores("att", s.History, h, q);
        Tensor weights = s.Builder.PositionSoftmax("weight", s.History, scores);
        // Stands for the second GRU, which reads the states too.
        h.Consume();
        s.Run(weights, () => s.Write(weights.Gradient!, "upstream"));
        s.Check("score", scores);
        s.Check("weight", weights);
        s.CheckGradients(but: "att.out.bias");
    }

    [SkippableTheory]
    [MemberData(nameof(Losses))]
    public void Auxiliary_loss_matches_in_every_average_with_logits_and_gradients(string deviceName, string caseName)
    {
        GoldenFile golden = GoldenFile.Read(caseName);
        foreach ((PairAverages average, string expected) in new[] { (PairAverages.Pairs, "loss_pairs"), (PairAverages.Padded, "loss_padded"), (PairAverages.Rows, "loss") })
        {
            using Setup s = new(TestDevices.Get(deviceName), golden, "h");
            NextItemForms form = golden.Word("auxiliary") switch { "inner" => NextItemForms.Inner, "mlp1" => NextItemForms.Mlp, _ => NextItemForms.Mlp2 };
            NextItemLoss loss = s.Builder.NextItemLoss("aux", s.History, s.OverPositions("h"), s.OverPositions("e"), s.OverPositions("neg"), form, golden.Sizes("hidden"), average, alpha: 1);
            s.Run(loss.Input, () => { });
            Close.Assert(golden.Expected(expected), loss.Loss.ToArray(s.Device)[..1], expected);
            float[] z = loss.Input.ToArray(s.Device), logits = loss.Input.Columns == 1 ? z : [.. z.Chunk(2).Select(o => o[0] - o[1])];
            // At the last position of a history nothing is expected.
            int[] paired = [.. s.Valid.Select((place, position) => (place, position)).Where(p => s.Valid.Contains(p.place + 1) && (p.place + 1) % s.Longest != 0).Select(p => p.position)];
            Close.Assert([.. paired.Select(p => golden.Expected("logit_click")[s.Valid[p]])], [.. paired.Select(p => logits[2 * p])], "logit_click");
            Close.Assert([.. paired.Select(p => golden.Expected("logit_negative")[s.Valid[p]])], [.. paired.Select(p => logits[2 * p + 1])], "logit_negative");
            if (average == PairAverages.Rows)
                s.CheckGradients();
        }
    }

    /// <summary>A batch with the histories of a golden file, and a builder for what is to be recorded over them.</summary>
    private sealed class Setup : IDisposable
    {
        private readonly GoldenFile golden;
        private readonly int rows;
        private readonly List<(string Name, Tensor Tensor, bool Positions)> inputs = [];
        private RecordedModel? model;

        /// <param name="device">The device.</param>
        /// <param name="golden">The file.</param>
        /// <param name="padded">An input of (B, T, ·).</param>
        public Setup(Device device, GoldenFile golden, string padded)
        {
            (Device, this.golden, rows, Longest) = (device, golden, golden.Shape("inputs", padded)[0], golden.Shape("inputs", padded)[1]);
            FeatureSpec spec = new([new Vocabulary("item", 3)], [new CategoricalField("item", 0)], [], [new SequenceField("hist_item", 0, SequenceRole.History, 0, Longest)]);
            Builder = new(device, spec, new ModelOptions { EmbeddingDim = 1, AttentionUnits = [.. golden.Sizes("hidden").DefaultIfEmpty(1)], AttentionActivation = Activations.Sigmoid }, rows);
            Tensor vectors = Builder.FieldVectors(1);
            vectors.Consume();
            History = Builder.History(vectors, 0);
            Valid = [.. golden.Input("length").SelectMany((length, b) => Enumerable.Range(b * Longest, (int)length))];
        }

        public Device Device { get; }

        public ModelBuilder Builder { get; }

        public BehaviourHistory History { get; }

        /// <summary>T of the padded inputs.</summary>
        public int Longest { get; }

        /// <summary>For each position its place among the padded ones.</summary>
        public int[] Valid { get; }

        /// <summary>(T, ·) an input of (B, T, ·), or of (B, T) numbers.</summary>
        public Tensor OverPositions(string name, string? number = null) => Input(name, History.MaxTokens, number is null ? golden.Shape("inputs", name)[2] : 1, History.PositionRows, true);

        /// <summary>(B, ·) an input of that shape.</summary>
        public Tensor OverRows(string name) => Input(name, rows, golden.Shape("inputs", name)[1], RowKind.Batch, false);

        /// <summary>Forward and, once <paramref name="upstream"/> has written the gradients to begin with, backward.</summary>
        public void Run(Tensor output, Action upstream)
        {
            model = Builder.Build(output);
            model.Workspace.Allocate();
            model.Initialize(1);
            foreach (Tensor t in model.Arena.Parameters.Where(t => golden.Has("parameters", t.Name)))
                t.Write(Device, golden.Parameter(t.Name).ToFloats());
            foreach ((string name, Tensor tensor, bool positions) in inputs)
                if (positions)
                    Write(tensor, name);
                else
                    tensor.Write(Device, golden.Input(name).ToFloats());
            using Batch batch = new(Device, Builder.Spec, rows) { Rows = rows };
            for (int b = 0; b < rows; b++)
            {
                batch.SetId(b, 0, 1);
                batch.Sequences[0].SetIds(b, [.. Enumerable.Repeat(1, (int)golden.Input("length")[b])]);
            }
            batch.Prepare();
            batch.Upload(Device, model.Inputs);
            Pass pass = new(rows, Training: true, batch.Tokens);
            foreach (IOp op in model.Ops)
                op.Forward(pass);
            upstream();
            foreach (IOp op in model.Ops.Reverse())
                op.Backward(pass);
        }

        /// <summary>Writes a padded input to a tensor over positions.</summary>
        public void Write(Tensor tensor, string name) => tensor.Write(Device, Packed(golden.Input(name), tensor.Columns).ToFloats());

        /// <summary>Compares a tensor over positions with a padded value.</summary>
        public void Check(string name, Tensor tensor) =>
            Close.Assert(Packed(golden.Expected(name), tensor.Columns), tensor.ToArray(Device)[..(Valid.Length * tensor.Columns)], name);

        /// <summary>Compares the gradients of inputs and parameters.</summary>
        /// <param name="but">A parameter whose gradient is 0 by symmetry: only noise.</param>
        public void CheckGradients(string but = "")
        {
            foreach ((string name, Tensor tensor, bool positions) in inputs)
                if (positions)
                    Check($"grad.{name}", tensor.Gradient!);
                else
                    Close.Assert(golden.Expected($"grad.{name}"), tensor.Gradient!.ToArray(Device), $"grad.{name}");
            string[] names = [.. golden.Names("parameters").Where(name => name != but)];
            Tensor[] parameters = [.. model!.Arena.Parameters.Where(p => names.Contains(p.Name))];
            Assert.Equal(names.Order(), parameters.Select(p => p.Name).Order());
            foreach (Tensor parameter in parameters)
                Close.Assert(golden.Expected($"grad.{parameter.Name}"), parameter.Gradient!.ToArray(Device), parameter.Name);
        }

        public void Dispose() => model?.Dispose();

        private double[] Packed(double[] padded, int columns) => [.. Valid.SelectMany(place => padded[(place * columns)..((place + 1) * columns)])];

        private Tensor Input(string name, long count, int columns, RowKind kind, bool positions)
        {
            Tensor t = Builder.Workspace.Tensor(name, count, columns, gradient: true, kind);
            inputs.Add((name, t, positions));
            return t;
        }
    }
}
