namespace GpuCtr.SoftCuda.Ptx;

/// <summary>Reads declarations of variables of one space behind the name of the space, and lays them out one behind the other.</summary>
internal sealed class VariableParser(PtxTokens tokens)
{
    private int end;

    /// <summary>Reads <c>.align 8 .b8 name[56]</c> or <c>.f32 name</c>; no size is one of the launch.</summary>
    public PtxVariable Read(StateSpace space)
    {
        int? alignment = tokens.Accept(".align") ? tokens.Count() : null;
        int line = tokens.Line;
        string typeName = tokens.Next();
        if (!PtxTypes.TryParse(typeName.TrimStart('.'), out PtxType type) || type == PtxType.Pred)
            throw new PtxException(line, $"'{typeName}' is no type of a variable");
        string name = tokens.Next();
        int count = tokens.Accept("[") ? Size() : 1, align = alignment ?? type.Bytes();
        PtxVariable read = new(name, space, (end + align - 1) / align * align, count * type.Bytes(), align);
        end = read.Offset + read.Bytes;
        return read;
    }

    private int Size()
    {
        int count = tokens.Peek == "]" ? 0 : tokens.Count();
        tokens.Expect("]");
        return count;
    }
}
