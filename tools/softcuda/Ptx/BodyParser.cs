namespace GpuCtr.SoftCuda.Ptx;

/// <summary>Reads what stands in the braces of a kernel: declarations, labels and instructions.</summary>
internal sealed class BodyParser(PtxTokens tokens, IEnumerable<PtxVariable> outer)
{
    private readonly Names names = new(outer);
    private readonly VariableParser shared = new(tokens), local = new(tokens);
    private readonly List<PtxInstruction> instructions = [];

    public IReadOnlyList<PtxRegister> Registers => names.Registers;

    public List<PtxVariable> Variables { get; } = [];

    public IReadOnlyList<PtxInstruction> Instructions => instructions;

    public void Parse()
    {
        tokens.Expect("{");
        while (!tokens.Accept("}"))
            Statement();
        foreach (PtxInstruction i in instructions.Where(i => i.IsBranch && i.Target < 0))
            throw new PtxException(i.Line, $"there is no label {((PtxLabel)i.Operands[0]).Name}");
    }

    private void Statement()
    {
        if (tokens.Accept(".reg"))
            DeclareRegisters();
        else if (tokens.Accept(".shared"))
            Declare(shared.Read(StateSpace.Shared));
        else if (tokens.Accept(".local"))
            Declare(local.Read(StateSpace.Local));
        else if (tokens.IsFollowedBy(":"))
        {
            names.Place(tokens.Next(), instructions.Count, tokens.Line);
            tokens.Expect(":");
        }
        else
            Instruction();
    }

    private void DeclareRegisters()
    {
        int line = tokens.Line;
        string typeName = tokens.Next();
        if (!PtxTypes.TryParse(typeName.TrimStart('.'), out PtxType type) || type != PtxType.Pred && type.Bytes() < 4)
            throw new PtxException(line, $"'{typeName}' is no type of a register that this machine has");
        do
        {
            string name = tokens.Next();
            if (tokens.Accept("<"))
            {
                names.AddRegisters(name, tokens.Count(), type, line);
                tokens.Expect(">");
            }
            else
                names.AddRegister(name, type, line);
        }
        while (tokens.Accept(","));
        tokens.Expect(";");
    }

    private void Declare(PtxVariable variable)
    {
        names.AddVariable(variable, tokens.Line);
        Variables.Add(variable);
        tokens.Expect(";");
    }

    private void Instruction()
    {
        OperandParser operands = new(tokens, names);
        PtxGuard? guard = Guard(operands);
        int line = tokens.Line;
        string mnemonic = tokens.Next();
        InstructionForm form = InstructionSet.Find(mnemonic, line);
        List<PtxOperand> read = [];
        while (!tokens.Accept(";"))
        {
            if (read.Count > 0)
                tokens.Expect(",");
            read.Add(operands.Read());
        }
        form.Shape.Check(mnemonic, form.Types, read, line);
        instructions.Add(new()
        {
            Line = line,
            Mnemonic = mnemonic,
            Opcode = form.Opcode,
            Modifiers = form.Modifiers,
            Types = form.Types,
            Guard = guard,
            Operands = read,
            Results = form.Shape.Results,
        });
    }

    private PtxGuard? Guard(OperandParser operands)
    {
        if (!tokens.Accept("@"))
            return null;
        bool negated = tokens.Accept("!");
        int line = tokens.Line;
        return operands.Read() is PtxRegister { Type: PtxType.Pred } predicate ? new(predicate, negated) : throw new PtxException(line, "a guard is no predicate");
    }
}
