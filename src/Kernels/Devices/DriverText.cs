using System.Reflection;
using System.Text;
using ILGPU.Runtime.Cuda;

namespace GpuCtr.Kernels.Devices;

/// <summary>Makes texts of drivers printable on one line.</summary>
internal static class DriverText
{
    private const int MostOfName = 120, MostOfReason = 400;

    /// <summary>A device name without control characters, with single blanks, of limited length; "unnamed" if nothing is left.</summary>
    public static string Name(string? text)
    {
        string line = Line(text ?? "", MostOfName);
        return line.Length > 0 ? line : "unnamed";
    }

    /// <summary>The first line of the message of an exception of a driver or its wrapper.</summary>
    public static string Reason(Exception e)
    {
        Exception cause = e is TargetInvocationException or TypeInitializationException ? e.InnerException ?? e : e;
        if (cause is CudaException cuda && Enum.TryParse(cuda.Error, out CudaError code))
            return CudaStatus.Describe((int)code, cuda.Message.Split(" at CurrentAPI.")[0]);
        string? first = cause.Message.Split('\n').FirstOrDefault(l => !string.IsNullOrWhiteSpace(l));
        return first is null ? cause.GetType().Name : Line(first, MostOfReason);
    }

    /// <summary>All of a text on one line of limited length.</summary>
    public static string Line(string text, int most)
    {
        StringBuilder line = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool isBlank = Rune.IsControl(rune) || Rune.IsWhiteSpace(rune);
            if (line.Length >= most)
                return $"{line.ToString().TrimEnd()}…";
            if (!isBlank)
                line.Append(rune.ToString());
            else if (line.Length > 0 && line[^1] != ' ')
                line.Append(' ');
        }
        return line.ToString().TrimEnd();
    }
}
