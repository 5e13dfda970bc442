using System.Reflection;
using ILGPU.Frontend;

namespace GpuCtr.Kernels.Tests.Ptx;

/// <summary>Which arguments, locals and results of a method may be constants, and its comparisons of floats with one on the left.</summary>
/// <remarks>The stack is followed in the order of the text; a block that only jumps reach begins with the stack of the jump.</remarks>
internal sealed class MethodConstants(ConstantComparisons all, DisassembledMethod body)
{
    private const int NoLocal = -1;

    private static readonly Item nothing = new(false, false);

    private readonly bool[] arguments = new bool[body.Method.GetParameters().Length + 1];
    private readonly bool[] locals = new bool[body.Method.GetMethodBody()!.LocalVariables.Count];
    private readonly SortedSet<int> found = [];
    private bool result;

    /// <summary>A value on the stack.</summary>
    /// <param name="IsFloat">Whether it is a float.</param>
    /// <param name="MayBeConstant">Whether it may be a constant.</param>
    /// <param name="IsLiteral">Whether it is one for certain: two constants are compared at once, and rightly.</param>
    /// <param name="Address">It is the address of this local; else <see cref="NoLocal"/>.</param>
    private readonly record struct Item(bool IsFloat, bool MayBeConstant, bool IsLiteral = false, int Address = NoLocal);

    /// <summary>The comparisons.</summary>
    public IEnumerable<string> Found => found.Select(offset => $"{body.Method.DeclaringType?.Name}.{body.Method.Name}, IL {offset:X4}: a constant may stand on the left of a comparison of floats");

    /// <summary>Follows all values once.</summary>
    public void Follow()
    {
        Stack<Item> stack = [];
        Dictionary<int, Item[]> jumps = [];
        foreach (ILInstruction i in body)
        {
            if (jumps.TryGetValue(i.Offset, out Item[]? there))
                stack = new(there.Reverse());
            // ILGPU counts no operand of a return.
            Item[] popped = new Item[i.InstructionType == ILInstructionType.Ret ? stack.Count : i.PopCount];
            for (int p = popped.Length - 1; p >= 0; p--)
                popped[p] = stack.TryPop(out Item item) ? item : nothing;
            Item pushed = Execute(i, popped);
            for (int p = 0; p < i.PushCount; p++)
                stack.Push(pushed);
            foreach (int target in (i.Argument as ILInstructionBranchTargets)?.GetTargetOffsets() ?? [])
                jumps.TryAdd(target, [.. stack]);
            if (i.InstructionType is ILInstructionType.Br or ILInstructionType.Ret)
                stack = [];
        }
    }

    private Item Execute(ILInstruction i, Item[] popped)
    {
        switch (i.InstructionType)
        {
            case ILInstructionType.LdR4 or ILInstructionType.LdR8:
                return new(true, true, IsLiteral: true);
            case ILInstructionType.LdI4 or ILInstructionType.LdI8:
                return new(false, true);
            case ILInstructionType.Ldarg:
                return new(IsFloat(ArgumentType((int)i.Argument!)), arguments[(int)i.Argument]);
            case ILInstructionType.Starg:
                all.Learn(ref arguments[(int)i.Argument!], popped[0].MayBeConstant);
                return nothing;
            case ILInstructionType.Ldloc:
                return new(IsFloat(body.Method.GetMethodBody()!.LocalVariables[(int)i.Argument!].LocalType), locals[(int)i.Argument]);
            case ILInstructionType.Ldloca:
                return new(false, false, Address: (int)i.Argument!);
            case ILInstructionType.Stloc:
                all.Learn(ref locals[(int)i.Argument!], popped[0].MayBeConstant);
                return nothing;
            case ILInstructionType.Initobj:
                Store(popped[0], true);
                return nothing;
            case ILInstructionType.Stfld or ILInstructionType.Stobj or ILInstructionType.Stind:
                Store(popped[0], popped[^1].MayBeConstant);
                return nothing;
            case ILInstructionType.Ldfld:
                return new(IsFloat(((FieldInfo)i.Argument!).FieldType), IsConstant(popped[0]));
            case ILInstructionType.Ldsfld:
                return new(IsFloat(((FieldInfo)i.Argument!).FieldType), true);
            case ILInstructionType.Ldind or ILInstructionType.Ldobj or ILInstructionType.Ldelem:
                return new(IsFloat(i.Argument as Type), popped[0].Address != NoLocal && IsConstant(popped[0]));
            case ILInstructionType.Conv:
                return new(IsFloat(i.Argument as Type), popped[0].MayBeConstant);
            case ILInstructionType.Dup:
                return popped[0];
            case ILInstructionType.Call or ILInstructionType.Callvirt or ILInstructionType.Newobj:
                return Call(i, popped);
            case ILInstructionType.Ret:
                all.Learn(ref result, popped is [var returned] && returned.MayBeConstant);
                return nothing;
            case ILInstructionType.Clt or ILInstructionType.Cgt or ILInstructionType.Blt or ILInstructionType.Bgt or ILInstructionType.Ble or ILInstructionType.Bge:
                if (popped is [{ IsFloat: true, MayBeConstant: true }, { IsFloat: true, IsLiteral: false }])
                    found.Add(i.Offset);
                return nothing;
            default:
                return new(popped.Any(p => p.IsFloat), popped.Length > 0 && popped.All(p => p.MayBeConstant));
        }
    }

    private Item Call(ILInstruction i, Item[] popped)
    {
        MethodBase called = Implementation((MethodBase)i.Argument!, i.FlagsContext.Argument as Type);
        Type type = called is MethodInfo { ReturnType: var returned } ? returned : called.DeclaringType!;
        if (all.Of(called) is not { } known)
            return new(IsFloat(type), popped.Length > 0 && popped.All(p => p.MayBeConstant));
        // A constructor has the new object as its first argument.
        int first = i.InstructionType == ILInstructionType.Newobj ? 1 : 0;
        for (int p = 0; p < popped.Length; p++)
            all.Learn(ref known.arguments[p + first], IsConstant(popped[p]));
        return new(IsFloat(type), i.InstructionType == ILInstructionType.Newobj ? popped.Any(IsConstant) : known.result);
    }

    /// <summary>The method of a type that a constraint names.</summary>
    private static MethodBase Implementation(MethodBase called, Type? constraint)
    {
        if (constraint is null || called.DeclaringType is not { IsInterface: true } declaring || called is not MethodInfo method)
            return called;
        InterfaceMapping map = constraint.GetInterfaceMap(declaring);
        MethodInfo general = method.IsGenericMethod ? method.GetGenericMethodDefinition() : method;
        MethodInfo own = map.TargetMethods[Array.IndexOf(map.InterfaceMethods, general)];
        return method.IsGenericMethod ? own.MakeGenericMethod(method.GetGenericArguments()) : own;
    }

    private bool IsConstant(Item item) => item.MayBeConstant || item.Address != NoLocal && locals[item.Address];

    private void Store(Item address, bool constant)
    {
        if (address.Address != NoLocal)
            all.Learn(ref locals[address.Address], constant);
    }

    private Type? ArgumentType(int index)
    {
        ParameterInfo[] parameters = body.Method.GetParameters();
        int parameter = body.Method.IsStatic ? index : index - 1;
        return parameter >= 0 ? parameters[parameter].ParameterType : null;
    }

    private static bool IsFloat(Type? type) => type == typeof(float) || type == typeof(double);
}
