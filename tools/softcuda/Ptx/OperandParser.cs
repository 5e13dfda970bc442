using System.Globalization;

namespace GpuCtr.SoftCuda.Ptx;

/// <summary>Reads operands.</summary>
internal sealed class OperandParser(PtxTokens tokens, Names names)
{
    private static readonly Dictionary<string, SpecialRegister> specials = new()
    {
        ["%tid.x"] = SpecialRegister.TidX,
        ["%tid.y"] = SpecialRegister.TidY,
        ["%tid.z"] = SpecialRegister.TidZ,
        ["%ntid.x"] = SpecialRegister.NtidX,
        ["%ntid.y"] = SpecialRegister.NtidY,
        ["%ntid.z"] = SpecialRegister.NtidZ,
        ["%ctaid.x"] = SpecialRegister.CtaidX,
        ["%ctaid.y"] = SpecialRegister.CtaidY,
        ["%ctaid.z"] = SpecialRegister.CtaidZ,
        ["%nctaid.x"] = SpecialRegister.NctaidX,
        ["%nctaid.y"] = SpecialRegister.NctaidY,
        ["%nctaid.z"] = SpecialRegister.NctaidZ,
        ["%laneid"] = SpecialRegister.LaneId,
        ["%dynamic_smem_size"] = SpecialRegister.DynamicSharedBytes,
    };

    public PtxOperand Read()
    {
        if (tokens.Accept("{"))
            return Vector();
        return tokens.Accept("[") ? Address() : Single();
    }

    private PtxVector Vector()
    {
        List<PtxOperand> elements = [Single()];
        while (tokens.Accept(","))
            elements.Add(Single());
        tokens.Expect("}");
        return new(elements);
    }

    private PtxAddress Address()
    {
        int line = tokens.Line;
        PtxOperand at = Single();
        if (at is not (PtxRegister or PtxSymbol))
            throw new PtxException(line, "an address begins with neither a register nor a variable");
        int sign = tokens.Accept("-") ? -1 : tokens.Accept("+") ? tokens.Accept("-") ? -1 : 1 : 0;
        int offset = sign == 0 ? 0 : sign * tokens.Count();
        tokens.Expect("]");
        return new(at, offset);
    }

    private PtxOperand Single()
    {
        int line = tokens.Line;
        bool negative = tokens.Accept("-");
        string text = tokens.Next();
        if (negative || char.IsAsciiDigit(text[0]))
            return Number(text, negative) ?? throw new PtxException(line, $"'{text}' is no number");
        if (specials.TryGetValue(text, out SpecialRegister kind))
            return new PtxSpecial(kind);
        PtxOperand named = names.Find(text);
        return named is PtxLabel && text[0] == '%' ? throw new PtxException(line, $"register {text} is not declared") : named;
    }

    private static PtxImmediate? Number(string text, bool negative)
    {
        string digits = text.TrimEnd('U');
        bool read;
        ulong value;
        if (text.StartsWith("0f", StringComparison.OrdinalIgnoreCase) || text.StartsWith("0d", StringComparison.OrdinalIgnoreCase))
        {
            int bytes = text[1] is 'f' or 'F' ? 4 : 8;
            return !negative && text.Length == 2 + 2 * bytes && ulong.TryParse(text.AsSpan(2), NumberStyles.HexNumber, null, out value) ? new(value, bytes) : null;
        }
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            read = ulong.TryParse(digits.AsSpan(2), NumberStyles.HexNumber, null, out value);
        else
            read = ulong.TryParse(digits, NumberStyles.None, null, out value) && !(digits.Length > 1 && digits[0] == '0');
        return read ? new(negative ? 0 - value : value, 0) : null;
    }
}
