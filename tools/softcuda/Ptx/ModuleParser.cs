namespace GpuCtr.SoftCuda.Ptx;

/// <summary>Reads the directives of a module and the heads of its kernels.</summary>
internal sealed class ModuleParser(string text)
{
    private readonly PtxTokens tokens = new(text);
    private readonly List<PtxVariable> shared = [];

    public PtxModule Parse()
    {
        tokens.Expect(".version");
        string version = tokens.Next();
        tokens.Expect(".target");
        string target = tokens.Next();
        tokens.Expect(".address_size");
        tokens.Expect("64");
        List<PtxKernel> kernels = [];
        while (!tokens.AtEnd)
            if (tokens.Accept(".extern"))
                shared.Add(DynamicShared());
            else
                kernels.Add(Kernel());
        return new(version, target, kernels);
    }

    private PtxVariable DynamicShared()
    {
        tokens.Expect(".shared");
        PtxVariable declared = new VariableParser(tokens).Read(StateSpace.Shared);
        tokens.Expect(";");
        return declared.Bytes == 0 ? declared : throw new PtxException(tokens.Line, $"{declared.Name} is external and has a size");
    }

    private PtxKernel Kernel()
    {
        tokens.Accept(".visible");
        tokens.Expect(".entry");
        string name = tokens.Next();
        List<PtxVariable> parameters = Parameters();
        int? maxThreads = null;
        while (tokens.Peek != "{")
            if (tokens.Accept(".maxntid"))
                maxThreads = Sizes().Aggregate(1, (a, b) => a * b);
            else if (tokens.Accept(".minnctapersm"))
                Sizes();
            else
                throw new PtxException(tokens.Line, $"'{tokens.Peek}' of a kernel is not known");
        BodyParser body = new(tokens, [.. parameters, .. shared]);
        body.Parse();
        return new()
        {
            Name = name,
            Parameters = parameters,
            Variables = [.. shared, .. body.Variables],
            Registers = body.Registers,
            Instructions = body.Instructions,
            MaxThreads = maxThreads,
        };
    }

    private List<PtxVariable> Parameters()
    {
        List<PtxVariable> all = [];
        VariableParser variables = new(tokens);
        tokens.Expect("(");
        while (!tokens.Accept(")"))
        {
            if (all.Count > 0)
                tokens.Expect(",");
            tokens.Expect(".param");
            all.Add(variables.Read(StateSpace.Parameter));
        }
        return all;
    }

    private List<int> Sizes()
    {
        List<int> sizes = [tokens.Count()];
        while (tokens.Accept(","))
            sizes.Add(tokens.Count());
        return sizes;
    }
}
