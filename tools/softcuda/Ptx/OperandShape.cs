namespace GpuCtr.SoftCuda.Ptx;

/// <summary>What the operands of an instruction must be, one letter an operand.</summary>
/// <remarks>
/// Written: <c>d</c> a register of the first type's size, <c>D</c> of twice that, <c>x</c> of at least that size, or a vector of such, <c>q</c> a predicate.
/// Read: <c>s</c> a value of the first type's size, <c>m</c> that or the address of a variable, <c>u</c> of 4 bytes, <c>y</c> and <c>z</c> of at least the
/// first and last type's size (<c>y</c> also a vector), <c>p</c> a predicate, <c>@</c> an address, <c>l</c> a label, <c>i</c> a constant. <c>4xN</c> is a vector of N registers of 4 bytes.
/// </remarks>
internal sealed class OperandShape(string shape)
{
    private readonly string[] letters = shape.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>One for each operand.</summary>
    public IReadOnlyList<string> Letters => letters;

    /// <summary>Operands at the front that are written.</summary>
    public int Results => letters is [("d" or "D" or "x" or "q" or "4x4"), ..] ? 1 : 0;

    /// <summary>Throws unless the operands are of this shape.</summary>
    public void Check(string mnemonic, PtxType[] types, List<PtxOperand> operands, int line)
    {
        if (operands.Count != letters.Length)
            throw new PtxException(line, $"{mnemonic} has {letters.Length} operands, not {operands.Count}");
        int vector = mnemonic.Contains(".v4.", StringComparison.Ordinal) ? 4 : mnemonic.Contains(".v2.", StringComparison.Ordinal) ? 2 : 1;
        for (int i = 0; i < letters.Length; i++)
            if (!Fits(letters[i], operands[i], types, vector, isResult: i < Results))
                throw new PtxException(line, $"operand {i + 1} of {mnemonic} has the wrong kind or size");
    }

    private static bool Fits(string letter, PtxOperand operand, PtxType[] types, int vector, bool isResult) => letter switch
    {
        "d" or "s" => HasBytes(operand, types[0].Bytes(), isResult, exact: true),
        "D" => HasBytes(operand, 2 * types[0].Bytes(), isResult, exact: true),
        "u" => HasBytes(operand, 4, isResult, exact: true),
        "m" => operand is PtxSymbol ? types[0].Bytes() == 8 : HasBytes(operand, types[0].Bytes(), isResult, exact: true),
        "x" or "y" => vector == 1
            ? HasBytes(operand, types[0].Bytes(), isResult, exact: false)
            : operand is PtxVector v && v.Elements.Count == vector && v.Elements.All(e => HasBytes(e, types[0].Bytes(), isResult, exact: false)),
        "z" => HasBytes(operand, types[^1].Bytes(), isResult, exact: false),
        "p" or "q" => operand is PtxRegister { Type: PtxType.Pred },
        "@" => operand is PtxAddress { Base: PtxSymbol or PtxRegister { Type: PtxType.B64 or PtxType.U64 or PtxType.S64 } },
        "l" => operand is PtxLabel,
        "i" => operand is PtxImmediate,
        _ => operand is PtxVector w && w.Elements.Count == letter[2] - '0' && w.Elements.All(e => e is PtxRegister r && r.Type.Bytes() == 4),
    };

    private static bool HasBytes(PtxOperand operand, int bytes, bool isResult, bool exact) => operand switch
    {
        PtxRegister r => r.Type.Bytes() == bytes || !exact && r.Type.Bytes() > bytes,
        PtxImmediate i => !isResult && (i.FloatBytes == 0 || i.FloatBytes == bytes),
        PtxSpecial => !isResult && bytes == 4,
        _ => false,
    };
}
