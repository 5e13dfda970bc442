using System.Net;
using System.Net.Sockets;

namespace GpuCtr.Engine.Tests.Data;

/// <summary>Forwards connections to a local port and closes each after a given number of response bytes.</summary>
internal sealed class BreakingProxy : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly int to;
    private readonly int breakAfterBytes;
    private int broken;

    public BreakingProxy(int to, int breakAfterBytes)
    {
        (this.to, this.breakAfterBytes) = (to, breakAfterBytes);
        listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public int Broken => broken;

    public void Dispose() => listener.Stop();

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                _ = PassAsync(await listener.AcceptTcpClientAsync());
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task PassAsync(TcpClient from)
    {
        using (from)
        using (TcpClient server = new())
        {
            await server.ConnectAsync(IPAddress.Loopback, to);
            Task asking = from.GetStream().CopyToAsync(server.GetStream());
            byte[] buffer = new byte[1 << 16];
            for (int left = breakAfterBytes, read; left > 0 && (read = await server.GetStream().ReadAsync(buffer)) > 0; left -= read)
                await from.GetStream().WriteAsync(buffer.AsMemory(0, Math.Min(read, left)));
            Interlocked.Increment(ref broken);
        }
    }
}
