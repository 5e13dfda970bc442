using GpuCtr.Kernels.Tensors;

namespace GpuCtr.Kernels.Verification;

public sealed partial class Trial
{
    /// <summary>The tensors in the order in which the case made them.</summary>
    internal IReadOnlyList<Tracked> Tensors => tracked;

    /// <summary>Poisons all memory, fills the inputs, and runs forward, backward and commit.</summary>
    /// <returns>Values and gradient of each tensor; a gradient that does not exist is empty.</returns>
    internal (float[] Values, float[] Gradient)[] Run()
    {
        Workspace.Poison();
        foreach (Tracked t in tracked)
            Fill(t);
        foreach (Action upload in uploads)
            upload();
        Launch();
        Device.Synchronize();
        return tracked.Select(t => (t.Tensor.ToArray(Device), t.Tensor.Gradient?.ToArray(Device) ?? [])).ToArray();
    }

    /// <summary>Forward, backward and commit on the current contents of the memory.</summary>
    internal void Launch()
    {
        foreach (IOp op in ops)
            op.Forward(Pass);
        foreach (IOp op in ops.AsEnumerable().Reverse())
            op.Backward(Pass);
        foreach (IOp op in ops)
            op.Commit(Pass, StepFactor);
    }

    /// <summary>Evaluates the reference at the start values, after <paramref name="move"/> has changed some.</summary>
    internal double Loss(ReferenceValues values, Action? move = null)
    {
        values.Reset(tracked);
        move?.Invoke();
        reference!(values);
        ReferenceOfReaders(values);
        double loss = 0;
        foreach (Tracked t in tracked)
        {
            double[] y = values[t.Tensor];
            for (int i = 0; i < t.Upstream?.Length; i++)
                loss += values.Of(t.Upstream[i]) * y[i];
        }
        return loss;
    }

    private void Fill(Tracked t)
    {
        t.Tensor.Write(Device, t.Start);
        // The gradient of a state is not checked: where it matters, it is a separate tensor of the trial.
        if (t.Tensor.Gradient is not { } gradient || t.Role == TensorRole.State)
            return;
        if (t.Upstream is not null)
            gradient.Write(Device, t.Upstream);
        else if (!float.IsNaN(t.GradientStart))
            gradient.Write(Device, Enumerable.Repeat(t.GradientStart, (int)gradient.Length).ToArray());
    }
}
