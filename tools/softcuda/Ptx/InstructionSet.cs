using System.Collections.Concurrent;

namespace GpuCtr.SoftCuda.Ptx;

/// <summary>A mnemonic in parts, and what its operands must be.</summary>
internal sealed record InstructionForm(string Opcode, string[] Modifiers, PtxType[] Types, OperandShape Shape);

/// <summary>Every instruction that the machine executes: what ILGPU emits for kernels of this project, and tensor cores. All else is an error.</summary>
internal static class InstructionSet
{
    private const string Integers = "u32|s32|u64|s64", Bits = "b32|b64", Narrow = "b8|b16|b32|u8|u16|u32|s8|s16|s32|f32", Memory = $"{Narrow}|b64|u64|s64", All = "u8|s8|u16|s16|u32|s32|u64|s64";

    // Parts between dots; alternatives between bars; a part with a question mark may be absent. Shapes: see OperandShape.
    private static readonly (string Pattern, string Shape)[] forms =
    [
        ($"mov.pred|{Bits}|{Integers}|f32", "d m"),
        ($"ld.param.{Memory}", "x @"),
        ($"ld.global|shared|local.v2?.{Memory}", "x @"),
        ($"ld.global|shared|local.v4.{Narrow}", "x @"),
        ($"st.global|shared|local.v2?.{Memory}", "@ y"),
        ($"st.global|shared|local.v4.{Narrow}", "@ y"),
        ("cvta.to?.global|shared|local.u64", "d s"),
        ($"cvt.{All}.{All}", "x z"),
        ($"cvt.rn.f32.{All}", "d z"),
        ($"cvt.rni|rzi|rmi|rpi.{All}.f32", "x z"),
        ("cvt.rni|rzi|rmi|rpi.f32.f32", "d z"),
        ("cvt.rna.tf32.f32", "d z"),
        ("cvt.rn.bf16x2.f32", "d z z"),
        ($"add|sub.{Integers}", "d s s"),
        ($"mul.lo|hi.{Integers}", "d s s"),
        ("mul.wide.u32|s32", "D s s"),
        ($"mad.lo.{Integers}", "d s s s"),
        ($"div|rem|min|max.{Integers}", "d s s"),
        ("neg|abs.s32|s64", "d s"),
        ($"and|or|xor.pred|{Bits}", "d s s"),
        ($"not.pred|{Bits}", "d s"),
        ($"shl.{Bits}", "d s u"),
        ($"shr.{Bits}|{Integers}", "d s u"),
        ("add|sub|mul.rn?.f32", "d s s"),
        ("fma.rn.f32", "d s s s"),
        ("div.rn.f32", "d s s"),
        ("min|max.f32", "d s s"),
        ("neg|abs.f32", "d s"),
        ("sqrt|rcp.rn.f32", "d s"),
        ("ex2|lg2.approx.f32", "d s"),
        ("testp.finite|infinite|number|notanumber.f32", "q s"),
        ($"setp.eq|ne.{Bits}", "q s s"),
        ($"setp.eq|ne|lt|le|gt|ge.{Integers}", "q s s"),
        ($"setp.eq|ne|lt|le|gt|ge.and|or|xor.{Integers}|f32", "q s s p"),
        ("setp.lo|ls|hi|hs.u32|u64", "q s s"),
        ("setp.eq|ne|lt|le|gt|ge|equ|neu|ltu|leu|gtu|geu|num|nan.f32", "q s s"),
        ($"selp.{Bits}|{Integers}|f32", "d s s p"),
        ("bra.uni?", "l"),
        ("ret.uni?", ""),
        ("exit", ""),
        ("bar.sync", "i"),
        ("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", "4x4 4x4 4x2 4x4"),
        ("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", "4x4 4x4 4x2 4x4"),
    ];

    private static readonly ILookup<string, (string[] Parts, OperandShape Shape)> byOpcode = forms
        .SelectMany(f => f.Pattern.Split('.')[0].Split('|').Select(opcode => (opcode, Form: (f.Pattern.Split('.')[1..], new OperandShape(f.Shape)))))
        .ToLookup(f => f.opcode, f => f.Form);

    private static readonly ConcurrentDictionary<string, InstructionForm> found = [];

    /// <summary>Takes a mnemonic apart.</summary>
    /// <exception cref="PtxException">The machine does not execute it.</exception>
    public static InstructionForm Find(string mnemonic, int line) => found.TryGetValue(mnemonic, out InstructionForm? form) ? form : found[mnemonic] = Read(mnemonic, line);

    /// <summary>All mnemonics of the instruction set.</summary>
    public static IEnumerable<string> Mnemonics() => forms.SelectMany(f => f.Pattern.Split('.').Aggregate<string, IEnumerable<string>>([""], Append));

    private static InstructionForm Read(string mnemonic, int line)
    {
        string[] parts = mnemonic.Split('.');
        if (!byOpcode.Contains(parts[0]))
            throw new PtxException(line, $"'{parts[0]}' is no instruction that this machine executes");
        foreach ((string[] pattern, OperandShape shape) in byOpcode[parts[0]])
            if (Fits(pattern, parts.AsSpan(1)))
            {
                ILookup<bool, string> named = parts.Skip(1).ToLookup(p => PtxTypes.TryParse(p, out _));
                return new(parts[0], [.. named[false]], [.. named[true].Select(p => PtxTypes.TryParse(p, out PtxType type) ? type : default)], shape);
            }
        throw new PtxException(line, $"'{mnemonic}' has a modifier or type that this machine does not execute");
    }

    private static IEnumerable<string> Append(IEnumerable<string> begun, string part)
    {
        string[] ways = [.. part.TrimEnd('?').Split('|').Select(w => "." + w), .. part.EndsWith('?') ? [""] : Array.Empty<string>()];
        return begun.SelectMany(b => ways.Select(w => (b + w).TrimStart('.')));
    }

    private static bool Fits(ReadOnlySpan<string> pattern, ReadOnlySpan<string> parts)
    {
        if (pattern.IsEmpty)
            return parts.IsEmpty;
        bool here = !parts.IsEmpty && pattern[0].TrimEnd('?').Split('|').Contains(parts[0]) && Fits(pattern[1..], parts[1..]);
        return here || pattern[0].EndsWith('?') && Fits(pattern[1..], parts);
    }
}
