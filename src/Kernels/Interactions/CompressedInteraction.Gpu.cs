using GpuCtr.Kernels.Tensors;
using GpuCtr.Kernels.Tiles;

namespace GpuCtr.Kernels.Interactions;

/// <summary>
/// On GPUs: four products in tiles, with one factor computed on the fly. dz is not stored either; instead, dx and dv are separate products over (h, j) and (h, i):
/// 2·B·D·H·I·J operations more than the least, and no B·D·I·J numbers to write and read.
/// </summary>
public sealed partial class CompressedInteraction
{
    private OpVariant Gpu(Workspace workspace)
    {
        TileProduct<ForwardTile> forward = new(device);
        TileProduct<WeightsTile> weights = new(device);
        TileProduct<MapsTile> toMaps = new(device);
        TileProduct<FieldsTile> toFields = new(device);
        weights.Plan(workspace, $"d {w.Name}", OfWeights(checked((int)y.Rows)));
        return new(
            (in Pass pass) => forward.Run(new(Bind(pass)), new(pass.RowsOf(y), maps, mapCount * fields, ARunsAlongK: true, BRunsAlongK: true), w.View),
            (in Pass pass) =>
            {
                Args args = Bind(pass);
                weights.Run(new(args), OfWeights(args.Rows), w.View);
                if (dx.Target is not null)
                    toMaps.Run(new(args), new(args.Rows, mapCount, maps * fields, ARunsAlongK: true, BRunsAlongK: true), w.View);
                if (dv.Target is not null)
                    toFields.Run(new(args), new(args.Rows, fields, maps * mapCount, ARunsAlongK: true, BRunsAlongK: false), w.View);
            });
    }

    private TileSizes OfWeights(int rows) => new(maps, mapCount * fields, rows, ARunsAlongK: false, BRunsAlongK: false);

    /// <summary>y (B·D, H) = z Wᵀ.</summary>
    public readonly struct ForwardTile(Args a) : ITileProduct
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public float A(int i, int k) => a.Z(i, k);

        /// <inheritdoc/>
        public float B(int k, int j) => a.W[(long)j * a.I * a.J + k];

        /// <inheritdoc/>
        public void Store(int i, int j, float sum) => a.Y[(long)i * a.H + j] = sum;
    }

    /// <summary>dW (H, I·J) = dyᵀ z.</summary>
    public readonly struct WeightsTile(Args a) : ITileProduct
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public float A(int i, int k) => a.Dy[(long)k * a.H + i];

        /// <inheritdoc/>
        public float B(int k, int j) => a.Z(k, j);

        /// <inheritdoc/>
        public void Store(int i, int j, float sum) => a.Dw[(long)i * a.I * a.J + j] = sum;
    }

    /// <summary>dx (B·D, I), k = (h, j).</summary>
    public readonly struct MapsTile(Args a) : ITileProduct
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public float A(int i, int k) => a.Dy[(long)i * a.H + k / a.J] * a.V[(long)i * a.J + k % a.J];

        /// <inheritdoc/>
        public float B(int k, int j) => a.Weight(k / a.J, j, k % a.J);

        /// <inheritdoc/>
        public void Store(int i, int j, float sum) => a.Dx.Write((long)i * a.I + j, sum);
    }

    /// <summary>dv (B·D, J), k = (h, i).</summary>
    public readonly struct FieldsTile(Args a) : ITileProduct
    {
        private readonly Args a = a;

        /// <inheritdoc/>
        public float A(int i, int k) => a.Dy[(long)i * a.H + k / a.I] * a.X[(long)i * a.I + k % a.I];

        /// <inheritdoc/>
        public float B(int k, int j) => a.W[(long)k * a.J + j];

        /// <inheritdoc/>
        public void Store(int i, int j, float sum) => a.Dv.Write((long)i * a.J + j, sum);
    }
}
