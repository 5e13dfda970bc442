using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace GpuCtr.Peers;

/// <summary>libtorch's GRU over full histories, forward and backward, with the sizes of `bench gru`: its line "Gru, after, 51200".</summary>
internal static class GruPeer
{
    private const int E = 64, H = 64, T = 50, B = 1024, Rounds = 9, StepsPerRound = 3;

    /// <summary>Prints a row of the table of `bench gru`, by the clock.</summary>
    public static int Run()
    {
        GRU gru = GRU(E, H, batchFirst: true);
        Tensor x = rand(B, T, E).requires_grad_(true), dh = rand(B, T, H);
        Step();
        Console.WriteLine($"| libtorch | after | {B * T} | {Rates.Cells(Rounds, StepsPerRound, B, "F1", _ => Step())} |");
        return 0;

        void Step()
        {
            using DisposeScope scope = NewDisposeScope();
            (Tensor h, _) = gru.forward(x, null);
            h.backward([dh]);
            gru.zero_grad();
            x.grad!.zero_();
        }
    }
}
