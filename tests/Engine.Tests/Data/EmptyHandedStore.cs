using System.Net;
using System.Net.Sockets;
using System.Text;

namespace GpuCtr.Engine.Tests.Data;

/// <summary>A store with one object, which closes some connections after the response headers, before the first byte of the body.</summary>
internal sealed class EmptyHandedStore : IDisposable
{
    public const string Etag = "e7a9";

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly byte[] content;
    private readonly int breaks;
    private int asked;

    public EmptyHandedStore(byte[] content, int breaks)
    {
        (this.content, this.breaks) = (content, breaks);
        listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Requests so far.</summary>
    public int Asked => asked;

    public void Dispose() => listener.Stop();

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                using TcpClient client = await listener.AcceptTcpClientAsync();
                await AnswerAsync(client.GetStream());
            }
            catch (IOException)
            {
                // The client has gone.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        using StreamReader reader = new(stream, Encoding.ASCII, leaveOpen: true);
        int from = 0, to = content.Length - 1;
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            if (line.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase) && line[13..].Split('-') is [var first, var last])
                (from, to) = (int.Parse(first), Math.Min(to, int.Parse(last)));
        }

        string head = $"HTTP/1.1 206 Partial Content\r\nContent-Length: {to - from + 1}\r\nContent-Range: bytes {from}-{to}/{content.Length}\r\nETag: \"{Etag}\"\r\nConnection: close\r\n\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
        if (++asked > breaks)
            await stream.WriteAsync(content.AsMemory(from, to - from + 1));
    }
}
