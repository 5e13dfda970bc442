namespace GpuCtr.SoftCuda.Ptx;

/// <summary>What the names in a kernel stand for.</summary>
internal sealed class Names
{
    private readonly Dictionary<string, PtxOperand> operands = [];
    private readonly Dictionary<string, PtxLabel> labels = [];
    private readonly List<PtxRegister> registers = [];

    public Names(IEnumerable<PtxVariable> outer)
    {
        foreach (PtxVariable variable in outer)
            AddVariable(variable, 0);
    }

    public IReadOnlyList<PtxRegister> Registers => registers;

    /// <summary>What a name stands for; a name that is not declared is a label.</summary>
    public PtxOperand Find(string name) => operands.GetValueOrDefault(name) ?? Label(name);

    /// <summary>Declares <c>name0</c> to <c>name(count-1)</c>.</summary>
    public void AddRegisters(string name, int count, PtxType type, int line)
    {
        for (int i = 0; i < count; i++)
            AddRegister($"{name}{i}", type, line);
    }

    public void AddRegister(string name, PtxType type, int line)
    {
        PtxRegister register = new(name, type, registers.Count);
        Add(name, register, line);
        registers.Add(register);
    }

    public void AddVariable(PtxVariable variable, int line) => Add(variable.Name, new PtxSymbol(variable), line);

    /// <summary>Gives a label its place; branches to it may stand before.</summary>
    public void Place(string label, int target, int line)
    {
        PtxLabel placed = Label(label);
        if (placed.Target >= 0)
            throw new PtxException(line, $"label {label} stands twice");
        placed.Target = target;
    }

    private PtxLabel Label(string name) => labels.TryGetValue(name, out PtxLabel? known) ? known : labels[name] = new(name);

    private void Add(string name, PtxOperand operand, int line)
    {
        if (!operands.TryAdd(name, operand))
            throw new PtxException(line, $"{name} is declared twice");
    }
}
