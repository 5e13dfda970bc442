using System.Runtime.Intrinsics;

namespace GpuCtr.SoftCuda.Execution.Arithmetic;

/// <summary>mul.wide of 32 bits: the whole product.</summary>
internal sealed unsafe class WideProduct(int d, int a, int b, bool signed) : Operation
{
    public override void Execute(Warp warp)
    {
        byte* r = warp.Registers, active = warp.Mask.Spread(8);
        for (int lane = 0; lane < Lanes.Count; lane += 8)
        {
            Vector256<uint> x = Vector256.Load((uint*)(r + a) + lane), y = Vector256.Load((uint*)(r + b) + lane);
            Vector512<ulong> product = signed ? (Wide(x.AsInt32()) * Wide(y.AsInt32())).AsUInt64() : Wide(x) * Wide(y);
            Lanes.Store(r + d + 8 * lane, active + 8 * lane, product);
        }
    }

    private static Vector512<long> Wide(Vector256<int> x) => Vector512.Create(Vector256.WidenLower(x), Vector256.WidenUpper(x));

    private static Vector512<ulong> Wide(Vector256<uint> x) => Vector512.Create(Vector256.WidenLower(x), Vector256.WidenUpper(x));
}
