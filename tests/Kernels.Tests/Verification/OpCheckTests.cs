using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Onnx;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Kernels.Verification;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Verification;

/// <summary>The check itself can fail: an op y = 3x with one fault at a time, which must be found and named.</summary>
[Trait("Speed", "Fast")]
public sealed class OpCheckTests
{
    private const int Rows = 50, Columns = 3;

    [Fact]
    public void Sound_op_passes() => Assert.Null(Check(static _ => { }, static _ => { }));

    [Fact]
    public void Unwritten_output_element_is_found() => Expect("y (60, 3)[49, 2] is NaN or was not written", forward: p => p.Y[Rows * Columns - 1] = float.NaN);

    [Fact]
    public void Wrong_output_value_is_found() => Expect("y (60, 3)[1, 1] is 99 instead of", forward: p => p.Y[4] = 99);

    [Fact]
    public void Unwritten_gradient_element_is_found() => Expect("d x (60, 3)[25, 2] is NaN or was not written", backward: p => p.Dx[77] = float.NaN);

    [Fact]
    public void Wrong_gradient_corner_is_found() => Expect("d x (60, 3)[49, 2] is 9 instead of", backward: p => p.Dx[Rows * Columns - 1] = 9);

    [Fact]
    public void Wrong_gradient_outside_the_sample_is_found()
    {
        for (int i = 5; i < 140; i += 9)
            Assert.NotNull(Check(static _ => { }, p => p.Dx[i] += 0.01f));
    }

    [Fact]
    public void Gradient_without_its_factor_is_found() =>
        Expect("instead of", backward: p => { for (int i = 0; i < Rows * Columns; i++) p.Dx[i] /= 3; });

    [Fact]
    public void Different_bits_in_the_second_run_are_found()
    {
        int run = 0;
        Expect("in one run and", forward: p => p.Y[7] = run++ == 0 ? p.Y[7] : MathF.BitIncrement(p.Y[7]));
    }

    [Fact]
    public void Changed_input_is_found() => Expect("input x (60, 3)[0, 2] was changed", forward: p => p.X[2] += 1);

    [Fact]
    public void Write_behind_the_batch_is_found()
    {
        Expect("y (60, 3)[50, 0], behind the rows of the batch", forward: p => p.Y[Rows * Columns] = 0);
        Expect("d x (60, 3)[59, 2], behind the rows of the batch", backward: p => p.Dx[60 * Columns - 1] = 0);
    }

    [Fact]
    public void Read_behind_the_batch_is_found() => Expect("is NaN", forward: p => p.Y[0] += p.X[Rows * Columns]);

    [Fact]
    public void Exception_is_reported() =>
        Expect("InvalidOperationException: no such kernel", forward: _ => throw new InvalidOperationException("no such kernel"));

    private static void Expect(string message, Action<Memory>? forward = null, Action<Memory>? backward = null)
    {
        string? failure = Check(forward ?? (static _ => { }), backward ?? (static _ => { }));
        Assert.NotNull(failure);
        Assert.StartsWith("triple 50x3 on cpu", failure, StringComparison.Ordinal);
        Assert.Contains(message, failure, StringComparison.Ordinal);
    }

    private static string? Check(Action<Memory> forward, Action<Memory> backward) => OpCheck.Run(new OpCase("triple", "50x3", t =>
    {
        (t.Pass, t.Capacity) = (new(Rows, true), 60);
        Tensor x = t.Batch("x", Columns), y = t.Output("y", Columns);
        t.Op(new Triple(t.Device, x, y, forward, backward));
        t.Reference(v =>
        {
            for (int i = 0; i < Rows * Columns; i++)
                v[y][i] = 3 * v[x][i];
        });
    }), TestDevices.Get("cpu simd"));

    private sealed record Memory(float[] X, float[] Y, float[] Dx);

    /// <summary>y = 3x on the host, with a fault put in behind each pass.</summary>
    private sealed class Triple(Device device, Tensor x, Tensor y, Action<Memory> forward, Action<Memory> backward) : IOp
    {
        public string Name => "triple";

        public void Forward(in Pass pass) => Change(forward, pass, m => Scale(m.Y, m.X));

        public void Backward(in Pass pass) => Change(backward, pass, m => Scale(m.Dx, y.Gradient!.ToArray(device)));

        public Work ForwardWork(in Pass pass) => default;

        public Work BackwardWork(in Pass pass) => default;

        public void Export(IOnnxGraph g) => throw new NotSupportedException();

        private static void Scale(float[] to, float[] from)
        {
            for (int i = 0; i < Rows * Columns; i++)
                to[i] = 3 * from[i];
        }

        private void Change(Action<Memory> fault, Pass pass, Action<Memory> compute)
        {
            Memory m = new(x.ToArray(device), y.ToArray(device), x.Gradient!.ToArray(device));
            compute(m);
            fault(m);
            x.Write(device, m.X);
            y.Write(device, m.Y);
            x.Gradient.Write(device, m.Dx);
        }
    }
}
