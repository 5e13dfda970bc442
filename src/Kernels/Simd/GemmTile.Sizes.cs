namespace GpuCtr.Kernels.Simd;

/// <summary>The sizes of 512-bit tiles as types, so that each size is compiled with constants and without code for absent rows and columns.</summary>
internal static unsafe partial class GemmTile
{
    private interface IColumns
    {
        /// <summary>512-bit registers per row; 0 = half a register, which takes half the time on processors that split 512-bit operations.</summary>
        static abstract int Registers { get; }

        /// <summary>Whether the registers are full, so that no mask is needed.</summary>
        static abstract bool Whole { get; }
    }

    /// <summary>Rows of a tile, or of any other loop with one register per row.</summary>
    internal interface IRows
    {
        static abstract int Count { get; }
    }

    private readonly struct Columns32 : IColumns
    {
        public static int Registers => 2;

        public static bool Whole => true;
    }

    private readonly struct Columns17To31 : IColumns
    {
        public static int Registers => 2;

        public static bool Whole => false;
    }

    private readonly struct Columns16 : IColumns
    {
        public static int Registers => 1;

        public static bool Whole => true;
    }

    private readonly struct Columns9To15 : IColumns
    {
        public static int Registers => 1;

        public static bool Whole => false;
    }

    private readonly struct Columns8 : IColumns
    {
        public static int Registers => 0;

        public static bool Whole => true;
    }

    private readonly struct Columns1To7 : IColumns
    {
        public static int Registers => 0;

        public static bool Whole => false;
    }

    private readonly struct Rows12 : IRows
    {
        public static int Count => 12;
    }

    private readonly struct Rows10 : IRows
    {
        public static int Count => 10;
    }

    private readonly struct Rows8 : IRows
    {
        public static int Count => 8;
    }

    private readonly struct Rows6 : IRows
    {
        public static int Count => 6;
    }

    internal readonly struct Rows4 : IRows
    {
        public static int Count => 4;
    }

    private readonly struct Rows2 : IRows
    {
        public static int Count => 2;
    }

    internal readonly struct Rows1 : IRows
    {
        public static int Count => 1;
    }
}
