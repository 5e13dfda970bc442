using GpuCtr.SoftCuda.Execution;
using GpuCtr.SoftCuda.Ptx;

namespace GpuCtr.SoftCuda.Tests.Execution;

/// <summary>What the parser accepts, the executor executes.</summary>
[Trait("Speed", "Fast")]
public sealed class InstructionSetTests
{
    [Fact]
    public void Every_mnemonic_of_the_instruction_set_decodes()
    {
        PtxKernel kernel = Bench.Kernel(string.Join('\n', InstructionSet.Mnemonics().Select(Instruction)) + "\nEND:", ".shared .align 16 .b8 tile[64];\n.local .align 16 .b8 depot[64];");
        Program program = new(kernel, contracts: true);
        Assert.Equal(kernel.Instructions.Count + 1, program.Operations.Length);
        Assert.True(kernel.Instructions.Count > 300);
    }

    // With operands of the right kinds, as its shape has them.
    private static string Instruction(string mnemonic)
    {
        InstructionForm form = InstructionSet.Find(mnemonic, 1);
        int width = mnemonic.Contains(".v4.", StringComparison.Ordinal) ? 4 : mnemonic.Contains(".v2.", StringComparison.Ordinal) ? 2 : 1;
        string symbol = mnemonic.Contains(".shared", StringComparison.Ordinal) ? "tile" : mnemonic.Contains(".local", StringComparison.Ordinal) ? "depot" : mnemonic.Contains(".param", StringComparison.Ordinal) ? "b0" : "d0";
        return $"{mnemonic} {string.Join(", ", form.Shape.Letters.Select(Operand))};";

        string Operand(string letter) => letter switch
        {
            "d" or "s" or "m" => Register(form.Types[0], 0),
            "D" => "d5",
            "x" or "y" => width == 1 ? Register(form.Types[0], 0) : $"{{{string.Join(", ", Enumerable.Range(1, width).Select(i => Register(form.Types[0], i)))}}}",
            "z" => Register(form.Types[^1], 0),
            "u" => "r3",
            "p" or "q" => "p1",
            "@" => $"[{symbol}]",
            "l" => "END",
            "i" => "0",
            _ => $"{{{string.Join(", ", Enumerable.Range(0, letter[2] - '0').Select(i => $"r{i}"))}}}",
        };
    }

    private static string Register(PtxType type, int number) =>
        (type == PtxType.Pred ? "p" : type == PtxType.F32 ? "f" : type.Bytes() == 8 ? "d" : "r") + number;
}
