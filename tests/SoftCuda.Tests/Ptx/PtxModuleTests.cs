using GpuCtr.SoftCuda.Ptx;

namespace GpuCtr.SoftCuda.Tests.Ptx;

/// <summary>The decoded form of a module, and errors for all that the machine does not execute.</summary>
[Trait("Speed", "Fast")]
public sealed class PtxModuleTests
{
    private const string Text = """
        // a comment
        .version 7.8
        .target sm_80
        .address_size 64
        .extern .shared .align 16 .b8 extra[];
        .visible .entry scale(
            .param .b32 n,
            .param .align 8 .b8 view[24]
        )
        .maxntid 64, 1, 1
        {
            .local .align 4 .b8 depot[12];
            .shared .align 4 .b8 flags[6];
            .shared .align 16 .b8 tile[256];
            .reg .pred %p<2>;
            .reg .b32 %r<3>;
            .reg .b64 %rd<3>;
            .reg .f32 %f<6>;
            ld.param.b32 %r0, [n];
            ld.param.u64 %rd1, [view+8];
            mov.u32 %r1, %tid.x;
            setp.ge.s32 %p1, %r1, -5;
        L_head:
            @!%p1 bra.uni L_end;
            ld.global.v4.f32 {%f1, %f2, %f3, %f4}, [%rd1+-16];
            mul.f32 %f1, %f1, 0fBF800000;
            st.shared.f32 [tile], %f1;
            mov.u64 %rd2, tile; /* over
            two lines */ bra L_head;
        L_end:
            ret;
        }
        """;

    private readonly PtxKernel kernel = PtxModule.Parse(Text.ReplaceLineEndings("\n")).Find("scale")!;

    [Fact]
    public void Module_tells_its_version_target_and_kernels()
    {
        PtxModule module = PtxModule.Parse(Text);
        Assert.Equal(("7.8", "sm_80", 1), (module.Version, module.Target, module.Kernels.Count));
        Assert.Null(module.Find("other"));
    }

    [Fact]
    public void Parameters_and_variables_lie_one_behind_the_other_at_their_alignment()
    {
        Assert.Equal([("n", 0, 4, 4), ("view", 8, 24, 8)], kernel.Parameters.Select(p => (p.Name, p.Offset, p.Bytes, p.Alignment)));
        Assert.Equal([("extra", 0, 0, 16), ("depot", 0, 12, 4), ("flags", 0, 6, 4), ("tile", 16, 256, 16)], kernel.Variables.Select(v => (v.Name, v.Offset, v.Bytes, v.Alignment)));
        Assert.Equal((32, 272, 12, 64), (kernel.ParameterBytes, kernel.SharedBytes, kernel.LocalBytes, kernel.MaxThreads));
    }

    [Fact]
    public void Instructions_have_lines_guards_operands_and_targets()
    {
        PtxInstruction branch = kernel.Instructions[4], load = kernel.Instructions[5], back = kernel.Instructions[9];
        Assert.Equal((24, true, true, 10), (branch.Line, branch.IsUniform, branch.Guard!.Negated, branch.Target));
        Assert.Equal((29, 4), (back.Line, back.Target));
        Assert.Equal(["global", "v4"], load.Modifiers);
        Assert.Equal((PtxType.F32, StateSpace.Global), (load.Type, load.Space));
        Assert.Equal(["%f1", "%f2", "%f3", "%f4"], load.Writes.Select(r => r.Name));
        Assert.Equal(["%rd1"], load.Reads.Select(r => r.Name));
        Assert.Equal(-16, ((PtxAddress)load.Operands[1]).Offset);
        Assert.Equal(["%p1"], branch.Reads.Select(r => r.Name));
    }

    [Fact]
    public void Constants_keep_their_bits()
    {
        Assert.Equal(new PtxImmediate(unchecked((ulong)-5L), 0), kernel.Instructions[3].Operands[2]);
        Assert.Equal(new PtxImmediate(0xBF800000, 4), kernel.Instructions[6].Operands[2]);
        Assert.Equal(new PtxSpecial(SpecialRegister.TidX), kernel.Instructions[2].Operands[1]);
        Assert.Equal("tile", ((PtxSymbol)kernel.Instructions[8].Operands[1]).Variable.Name);
    }

    [Fact]
    public void A_store_writes_no_register()
    {
        Assert.Empty(kernel.Instructions[7].Writes);
        Assert.Equal(["%f1"], kernel.Instructions[7].Reads.Select(r => r.Name));
    }

    [Theory]
    [InlineData("mul.f32 %f1, %f1, 0fBF800000;", "sin.approx.f32 %f1, %f1;", "'sin' is no instruction")]
    [InlineData("mul.f32 %f1, %f1, 0fBF800000;", "mul.rz.f32 %f1, %f1, %f2;", "'mul.rz.f32' has a modifier or type")]
    [InlineData("mul.f32 %f1, %f1, 0fBF800000;", "mul.f64 %f1, %f1, %f2;", "'mul.f64' has a modifier or type")]
    [InlineData("mul.f32 %f1, %f1, 0fBF800000;", "mul.f32 %f1, %f1;", "3 operands, not 2")]
    [InlineData("mul.f32 %f1, %f1, 0fBF800000;", "mul.f32 %f1, %f1, %rd1;", "operand 3")]
    [InlineData("mul.f32 %f1, %f1, 0fBF800000;", "mul.f32 %f1, %f1, %f6;", "%f6 is not declared")]
    [InlineData("mul.f32 %f1, %f1, 0fBF800000;", "mul.f32 %f1, %f1, 0fBF80;", "'0fBF80' is no number")]
    [InlineData("mul.f32 %f1, %f1, 0fBF800000;", "mul.f32 0fBF800000, %f1, %f1;", "operand 1")]
    [InlineData("mul.f32 %f1, %f1, 0fBF800000;", "ld.global.v2.f32 {%f1, %f2, %f3}, [%rd1];", "operand 1")]
    [InlineData("mul.f32 %f1, %f1, 0fBF800000;", "ld.global.v4.u64 {%rd0, %rd1, %rd2, %rd0}, [%rd1];", "'ld.global.v4.u64' has a modifier or type")]
    [InlineData("mul.f32 %f1, %f1, 0fBF800000;", "ld.f32 %f1, [%rd1];", "'ld.f32' has a modifier or type")]
    [InlineData("mul.f32 %f1, %f1, 0fBF800000;", "bra L_nowhere;", "no label L_nowhere")]
    [InlineData("mul.f32 %f1, %f1, 0fBF800000;", "L_head:", "label L_head stands twice")]
    [InlineData("mul.f32 %f1, %f1, 0fBF800000;", ".reg .b32 %r2;", "%r2 is declared twice")]
    [InlineData("mul.f32 %f1, %f1, 0fBF800000;", "@%f1 mul.f32 %f1, %f1, %f2;", "a guard is no predicate")]
    [InlineData("mul.f32 %f1, %f1, 0fBF800000;", "mul.f32 %f1, %f1 %f2;", "',' is missing before '%f2'")]
    public void What_the_machine_does_not_execute_is_an_error_with_its_line(string line, string instead, string what)
    {
        PtxException e = Assert.Throws<PtxException>(() => PtxModule.Parse(Text.ReplaceLineEndings("\n").Replace(line, instead, StringComparison.Ordinal)));
        Assert.Equal(26, e.Line);
        Assert.Contains(what, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".maxntid 64, 1, 1", ".reqntid 64, 1, 1", "'.reqntid' of a kernel is not known")]
    [InlineData(".address_size 64", ".address_size 32", "'64' is missing before '32'")]
    [InlineData("ret;\n}", "ret;\n", "the text ends too early")]
    public void Heads_that_the_machine_does_not_know_are_errors(string line, string instead, string what) =>
        Assert.Contains(what, Assert.Throws<PtxException>(() => PtxModule.Parse(Text.ReplaceLineEndings("\n").Replace(line, instead, StringComparison.Ordinal))).Message, StringComparison.Ordinal);
}
