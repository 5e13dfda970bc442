using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace GpuCtr.Kernels.Simd;

/// <summary>C (M, N) [+]= A (M, K) · B (K, N) on the worker team, each matrix row-major or transposed in place.</summary>
/// <remarks>
/// Blocks of rows are multiplied with panels of 32 columns, 128 steps of K at a time: the packed part of a panel (16 KB) and the rows of a
/// tile (6 KB) stay in the first-level cache. A block of C is one task, so bits do not depend on the number of threads.
/// </remarks>
internal sealed unsafe class Gemm : IDisposable
{
    private const int BlockRows = 96;
    private const int BlockK = 128;

    private readonly WorkerTeam team;
    private readonly bool wide;
    private readonly Action<int> multiply;
    private readonly Action<int> pack;

    private float* packed;
    private nuint packedLength;
    private float* packedFrom;

    // The current job; fields instead of a closure, so that a step allocates nothing.
    private int m, n, k, rowsPerTask, rowBlocks, panels, panelsPerTask;
    private float* a, b, c, bias;
    private nint aRow, aCol, bRow, bCol, ldc;
    private bool accumulate, relu, packAhead;

    /// <param name="team">The threads to use.</param>
    /// <param name="wide">512-bit tiles; false: 256-bit tiles.</param>
    public Gemm(WorkerTeam team, bool? wide = null)
    {
        this.team = team;
        this.wide = wide ?? Vector512.IsHardwareAccelerated;
        multiply = Multiply;
        pack = PackPanel;
    }

    /// <summary>Element (i, j) of a matrix is at Data[i·Row + j·Col]; one of the two strides is 1.</summary>
    public readonly struct Matrix(float* data, nint row, nint col)
    {
        public readonly float* Data = data;
        public readonly nint Row = row, Col = col;

        /// <summary>Row-major with <paramref name="ld"/> columns.</summary>
        public static Matrix RowMajor(float* data, int ld) => new(data, ld, 1);

        /// <summary>The transpose of a row-major matrix with <paramref name="ld"/> columns.</summary>
        public static Matrix Transposed(float* data, int ld) => new(data, 1, ld);
    }

    /// <summary>Computes C; <paramref name="target"/> is row-major.</summary>
    /// <param name="target">(M, N).</param>
    /// <param name="left">(M, K).</param>
    /// <param name="right">(K, N).</param>
    /// <param name="rows">M.</param>
    /// <param name="columns">N.</param>
    /// <param name="depth">K.</param>
    /// <param name="add">Add to C.</param>
    /// <param name="rowBias">(N) added to every row, or null.</param>
    /// <param name="rectify">Replace negative results by 0.</param>
    /// <param name="frozen">B is unchanged since the last product of these sizes: its packed form is reused.</param>
    /// <param name="targetStride">Distance of two rows of C; 0 = N.</param>
    public void Run(
        float* target, in Matrix left, in Matrix right, int rows, int columns, int depth, bool add = false, float* rowBias = null, bool rectify = false, bool frozen = false,
        int targetStride = 0)
    {
        (m, n, k, ldc) = (rows, columns, depth, targetStride == 0 ? columns : targetStride);
        (aRow, aCol, bRow, bCol) = (left.Row, left.Col, right.Row, right.Col);
        (accumulate, relu) = (add, rectify);
        a = left.Data;
        b = right.Data;
        c = target;
        bias = rowBias;
        panels = (n + GemmTile.Width - 1) / GemmTile.Width;
        int blocks = (m + BlockRows - 1) / BlockRows;
        // A tall product reuses each panel in every row block, so panels are packed once. A deep product (weight gradients) packs on the fly,
        // and one task takes all rows of a panel, so that each panel is also packed once.
        packAhead = blocks >= 8 || bRow == 1;
        rowsPerTask = packAhead || panels < 4 * team.Threads ? BlockRows : Math.Max(1, m);
        rowBlocks = (m + rowsPerTask - 1) / rowsPerTask;
        if (packAhead && !(frozen && packedFrom == b))
        {
            packedFrom = b;
            Reserve((nuint)panels * (nuint)k * GemmTile.Width);
            team.Run(panels, pack);
        }
        panelsPerTask = packAhead && rowBlocks >= 4 * team.Threads ? panels : 1;
        team.Run(rowBlocks * ((panels + panelsPerTask - 1) / panelsPerTask), multiply);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(packed);
        packed = null;
    }

    private void Reserve(nuint length)
    {
        if (length <= packedLength)
            return;
        NativeMemory.AlignedFree(packed);
        packed = (float*)NativeMemory.AlignedAlloc(length * sizeof(float), 64);
        packedLength = length;
    }

    private void PackPanel(int panel) =>
        Panel.Pack(packed + (nint)panel * k * GemmTile.Width, b + panel * GemmTile.Width * bCol, bRow, bCol, k, Math.Min(GemmTile.Width, n - panel * GemmTile.Width));

    [SkipLocalsInit]
    private void Multiply(int task)
    {
        float* scratch = stackalloc float[BlockK * GemmTile.Width + 16];
        scratch = (float*)(((nint)scratch + 63) & ~63);
        int rowBlock = task % rowBlocks, firstPanel = task / rowBlocks * panelsPerTask;
        int row0 = rowBlock * rowsPerTask, rows = Math.Min(rowsPerTask, m - row0);
        // One round even if K is 0: C is then the bias.
        for (int k0 = 0; k0 == 0 || k0 < k; k0 += BlockK)
        {
            int depth = Math.Min(BlockK, k - k0);
            for (int panel = firstPanel; panel < Math.Min(panels, firstPanel + panelsPerTask); panel++)
            {
                int column0 = panel * GemmTile.Width, columns = Math.Min(GemmTile.Width, n - column0);
                float* right = packed + ((nint)panel * k + k0) * GemmTile.Width;
                if (!packAhead)
                    Panel.Pack(right = scratch, b + k0 * bRow + column0 * bCol, bRow, bCol, depth, columns);
                PanelTimesRows(right, row0, rows, column0, columns, k0, depth);
            }
        }
    }

    private void PanelTimesRows(float* right, int row0, int rows, int column0, int columns, int k0, int depth)
    {
        float* to = c + row0 * ldc + column0, start = to;
        nint startRow = ldc;
        if (k0 == 0 && !accumulate)
        {
            start = bias == null ? null : bias + column0;
            startRow = 0;
        }
        GemmTile.Rows(rows, a + row0 * aRow + k0 * aCol, aRow, aCol, right, depth, to, ldc, columns, start, startRow, wide);
        if (k0 + depth == k && (relu || accumulate && bias != null))
            Finish(to, rows, columns, accumulate && bias != null ? bias + column0 : null);
    }

    private void Finish(float* to, int rows, int columns, float* rowBias)
    {
        for (int i = 0; i < rows; i++, to += ldc)
            for (int j = 0; j < columns; j += Lanes.Count)
            {
                Vector512<float> x = Lanes.Load(to + j, columns - j);
                if (rowBias != null)
                    x += Lanes.Load(rowBias + j, columns - j);
                Lanes.Store(relu ? Vector512.Max(x, Vector512<float>.Zero) : x, to + j, columns - j);
            }
    }
}
