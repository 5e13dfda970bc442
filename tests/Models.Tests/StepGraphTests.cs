using GpuCtr.Kernels.Attention;
using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Models.Features;
using GpuCtr.Tests;

namespace GpuCtr.Models.Tests;

/// <summary>Steps as one recording: a list of launches stands in for the CUDA graph, with the same rule that arguments are those of the recording.</summary>
public sealed class StepGraphTests
{
    private const int B = 48, Steps = 24;

    public static TheoryData<string, string> Cases
    {
        get
        {
            TheoryData<string, string> rows = [];
            foreach (string device in TestDevices.Names.Except(["cpu simd"]))
                foreach (string model in new[] { "deepfm lazy", "deepfm replay", "deepfm dense", "din lazy", "bst lazy" })
                    rows.Add(device, model);
            return rows;
        }
    }

    /// <summary>Batches differ in every id, in how many rows of the tables they touch, in learning rate and step; some are smaller.</summary>
    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Replayed_step_gives_the_bits_of_a_launched_one(string deviceName, string model)
    {
        Device device = TestDevices.Get(deviceName);
        (int[] launched, StepGraph none) = Train(device, null, model);
        (int[] replayed, StepGraph steps) = Train(device, new LaunchList(device), model);
        Assert.Equal(0, none.LaunchedSteps);
        Assert.Null(steps.Refusal);
        Assert.True(steps.LaunchedSteps >= Steps / 2, $"{steps.LaunchedSteps} of {Steps} steps were replayed");
        Assert.Equal(launched, replayed);
    }

    [Fact]
    public void A_shape_is_launched_the_first_time_and_recorded_the_second()
    {
        using Device device = Device.Open("cpu", KernelChoice.Portable);
        device.Recorder = new LaunchList(device);
        using StepGraph steps = new(device);
        List<string> seen = [];
        foreach ((int rows, int[]? tokens) in new (int, int[]?)[] { (8, null), (8, null), (8, null), (3, null), (8, null), (8, [5]), (8, [6]), (8, [6]), (8, [6]), (8, null) })
        {
            int before = steps.LaunchedSteps;
            bool launched = false;
            steps.Run(new(rows, true, tokens), side: 0, () => launched = true);
            seen.Add($"{(launched ? "launched" : "")}{(steps.LaunchedSteps > before ? "+replayed" : "")}");
        }
        Assert.Equal(["launched", "launched+replayed", "+replayed", "launched", "+replayed", "launched", "launched", "launched+replayed", "+replayed", "launched"], seen);
    }

    [Fact]
    public void Recorder_that_fails_is_not_asked_again_and_costs_no_step()
    {
        using Device device = Device.Open("cpu", KernelChoice.Portable);
        Broken recorder = new();
        (int[] launched, _) = Train(device, null, "deepfm lazy");
        (int[] bits, StepGraph steps) = Train(device, recorder, "deepfm lazy");
        Assert.Equal(launched, bits);
        Assert.Equal(1, recorder.Asked);
        Assert.Equal(0, steps.LaunchedSteps);
        Assert.Equal("cuStreamBeginCapture_v2 failed with status 900", steps.Refusal);
    }

    private static (int[] Bits, StepGraph Steps) Train(Device device, ILaunchRecorder? recorder, string name)
    {
        string[] words = name.Split(' ');
        // Histories are padded, so that every batch has the same number of positions.
        bool histories = ModelCatalog.ReadsHistories(words[0]);
        FeatureSpec spec = SmallData.Spec(histories) with { PadHistories = histories };
        ModelOptions options = ModelCatalog.Defaults(words[0]) with
        {
            EmbeddingDim = 8,
            EmbeddingInitStd = 0.05,
            HiddenUnits = [20, 10],
            AttentionUnits = [12, 6],
            AttentionNormalization = AttentionNormalization.None,
            EmbeddingUpdate = Enum.Parse<EmbeddingUpdate>(words[1], ignoreCase: true),
            BatchNorm = words[0] == "deepfm",
            Dropout = 0.2,
            ClipNorm = 0.5,
            TransformerBlocks = 2,
            PadHistories = histories,
        };
        using TrainableModel model = new(device, spec, options, B);
        device.Recorder = recorder;
        try
        {
            for (int step = 0; step < Steps; step++)
            {
                using Batch batch = SmallData.Batch(device, spec, step % 9 == 8 ? B / 3 : B, seed: step, capacity: B);
                model.TrainStep(batch, learningRate: 0.01 / (1 + step));
                if (step % 10 == 9)
                    model.Predict(batch, new float[B]);
            }
        }
        finally
        {
            device.Recorder = null;
        }
        model.ApplyDeferred();
        return ([.. model.Weights.Concat(model.OptimizerStates).SelectMany(w => w.ToArray(device)).Select(BitConverter.SingleToInt32Bits)], model.Graph);
    }

    private sealed class Broken : ILaunchRecorder
    {
        public int Asked { get; private set; }

        public IRecordedLaunches Record(Action work)
        {
            Asked++;
            throw new DeviceException("cuStreamBeginCapture_v2 failed with status 900");
        }
    }
}
