using GpuCtr.Kernels.Devices;

namespace GpuCtr.Kernels.Verification;

/// <summary>The results of checking cases on a device.</summary>
/// <param name="Agreed">Number of cases that agree with their references.</param>
/// <param name="Problems">One line for each case that does not.</param>
/// <param name="End">Which case ended the device, and how many were not run after it; null if all were run.</param>
public sealed record OpSweep(int Agreed, IReadOnlyList<string> Problems, string? End)
{
    /// <summary>Checks cases until a fault that the device does not survive: after an access out of bounds, drivers fail every call of all following cases.</summary>
    /// <param name="cases">The cases.</param>
    /// <param name="device">The device.</param>
    /// <param name="before">Called before every case.</param>
    /// <param name="told">Called with every problem when it is found.</param>
    public static OpSweep Run(IReadOnlyList<OpCase> cases, Device device, Action before, Action<string> told) =>
        Run(cases, c => OpCheck.Run(c, device), device.FindFailure, before, told);

    /// <summary>The same with another check, and another question whether the device still works.</summary>
    internal static OpSweep Run(IReadOnlyList<OpCase> cases, Func<OpCase, string?> check, Func<string?> failure, Action before, Action<string> told)
    {
        List<string> problems = [];
        for (int i = 0; i < cases.Count; i++)
        {
            before();
            if (check(cases[i]) is not { } problem)
                continue;
            problems.Add(problem);
            told(problem);
            if (failure() is { } reason)
                return new(i + 1 - problems.Count, problems, $"case {cases[i]} ended the device ({reason}): {cases.Count - i - 1} cases after it were not run");
        }
        return new(cases.Count - problems.Count, problems, null);
    }
}
