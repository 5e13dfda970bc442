using Amazon.Runtime;

using Amazon.S3;
using Amazon.S3.Model;

namespace GpuCtr.Engine.Tests.Data;

/// <summary>An S3-compatible server of this machine (s3rver, from npm) with one empty bucket; gone after the tests.</summary>
public sealed class LocalStore : IDisposable
{
    public const string Bucket = "shards";

    private const string Key = "S3RVER"; // the one account that the server knows
    private readonly ChildProcess? server;
    private readonly TempFolder folder = new();
    private readonly AmazonS3Client? client;

    public LocalStore()
    {
        string? program = ChildProcess.Find("s3rver");
        if (program is null)
            return;
        server = ChildProcess.Start(program, "--directory", folder.Path, "--port", "0", "--silent", "--no-vhost-buckets", "--configure-bucket", Bucket);
        string? line = "";
        while (line is not null && !line.Contains("listening", StringComparison.Ordinal))
            line = server.Out.ReadLine();
        Port = line is not null ? int.Parse(line[(line.LastIndexOf(':') + 1)..]) : throw new InvalidOperationException($"s3rver: {server.Error.ReadToEnd()}");
        PointAt(Port);
        client = new AmazonS3Client(new BasicAWSCredentials(Key, Key), new AmazonS3Config
        {
            ServiceURL = $"http://127.0.0.1:{Port}",
            ForcePathStyle = true,
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
        });
    }

    public int Port { get; }

    /// <summary>The environment variables that point clients to the store.</summary>
    public static void PointAt(int port)
    {
        Environment.SetEnvironmentVariable("AWS_ENDPOINT_URL", $"http://127.0.0.1:{port}");
        Environment.SetEnvironmentVariable("AWS_REGION", "us-east-1");
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", Key);
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", Key);
    }

    public void SkipIfAbsent() => Skip.If(server is null, "no S3-compatible server: npm install --global s3rver@3.7.1");

    /// <summary>Puts a file into the store; returns its address.</summary>
    public string Put(string file, string key)
    {
        client!.PutObjectAsync(new PutObjectRequest { BucketName = Bucket, Key = key, FilePath = file, UseChunkEncoding = false }).GetAwaiter().GetResult();
        return $"s3://{Bucket}/{key}";
    }

    public void Remove(string key) => client!.DeleteObjectAsync(Bucket, key).GetAwaiter().GetResult();

    public void Dispose()
    {
        client?.Dispose();
        server?.Dispose();
        folder.Dispose();
    }
}
