using System.Net;
using System.Runtime.CompilerServices;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Sources;

/// <summary>
/// An S3 store: lists objects and reads ranges of them. Credentials, region and server come from where the AWS SDK looks for
/// them: environment (AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_REGION, AWS_ENDPOINT_URL …), ~/.aws, the role of the machine.
/// </summary>
/// <remarks>Safe for several threads. What the SDK throws is explained by <see cref="ObjectFailure"/>. The name of an object is its bucket, a slash and its key.</remarks>
internal sealed class ObjectStore : ShardStore
{
    /// <summary>The scheme of its addresses.</summary>
    public const string S3 = "s3";

    private readonly AmazonS3Client client;

    /// <summary>Configures the client, without a request.</summary>
    /// <exception cref="GpuCtrException">InputOutput: neither region nor server is known.</exception>
    public ObjectStore()
        : base(S3)
    {
        var config = new AmazonS3Config { Timeout = TimeSpan.FromMinutes(1), MaxErrorRetry = 4 };
        if ((Variable("AWS_ENDPOINT_URL_S3") ?? Variable("AWS_ENDPOINT_URL")) is { } server)
        {
            config.ServiceURL = server;
            config.AuthenticationRegion = Variable("AWS_REGION") ?? Variable("AWS_DEFAULT_REGION") ?? "us-east-1";
            // Self-hosted servers rarely have a host name per bucket, and may not support the newer checksums.
            config.ForcePathStyle = true;
            config.RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED;
            config.ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED;
        }

        try
        {
            client = new AmazonS3Client(config);
        }
        catch (Exception e)
        {
            throw ObjectFailure.Of(ShardStores.Address(S3, ""), e);
        }
    }

    /// <summary>Large, because a request takes tens of milliseconds until its first byte.</summary>
    public override int BytesPerRead => 4 << 20;

    /// <inheritdoc/>
    public override ValueTask<Stream?> OpenAsync(StoredShard shard, CancellationToken cancellationToken) => new(new ObjectStream(this, shard));

    /// <inheritdoc/>
    public override async IAsyncEnumerable<StoredShard> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        (string bucket, string key) = Parts(prefix);
        if (bucket.Length == 0 || !IsFolder(prefix))
            throw GpuCtrException.UsageError($"{ShardStores.Address(S3, prefix)}: no bucket is named; write s3://bucket/folder/*.parquet");
        var request = new ListObjectsV2Request { BucketName = bucket, Prefix = key };
        for (bool more = true; more;)
        {
            ListObjectsV2Response page = await client.ListObjectsV2Async(request, cancellationToken).ConfigureAwait(false);
            foreach (S3Object o in page.S3Objects ?? [])
                yield return new StoredShard($"{bucket}/{o.Key}", o.Size ?? 0, Bare(o.ETag));
            more = page.IsTruncated == true;
            request.ContinuationToken = page.NextContinuationToken;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<StoredShard?> FindAsync(string name, CancellationToken cancellationToken)
    {
        (string bucket, string key) = Parts(name);
        if (bucket.Length == 0 || key.Length == 0)
            return null;
        try
        {
            GetObjectMetadataResponse head = await client.GetObjectMetadataAsync(bucket, key, cancellationToken).ConfigureAwait(false);
            return new StoredShard(name, head.ContentLength, Bare(head.ETag));
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    internal override bool IsFolder(string prefix) => prefix.Contains('/');

    internal override bool IsRefusal(Exception e) => e is AmazonS3Exception { StatusCode: HttpStatusCode.Forbidden };

    internal override GpuCtrException Explain(string path, Exception e) => ObjectFailure.Of(path, e);

    internal override void WriteText(string name, string text)
    {
        (string bucket, string key) = Parts(name);
        client.PutObjectAsync(new PutObjectRequest { BucketName = bucket, Key = key, ContentBody = text, UseChunkEncoding = false }).GetAwaiter().GetResult();
    }

    /// <summary>Reads a range, up to its end or until the connection breaks; returns the number of bytes.</summary>
    /// <param name="shard">The object, and the expected version.</param>
    /// <param name="at">First byte.</param>
    /// <param name="target">Not empty.</param>
    /// <param name="mayFail">False to throw if nothing is received.</param>
    /// <exception cref="GpuCtrException">Data: the object has changed. InputOutput: it is gone or cannot be read.</exception>
    public int Read(StoredShard shard, long at, Span<byte> target, bool mayFail)
    {
        (string bucket, string key) = Parts(shard.Name);
        int count = 0;
        try
        {
            var request = new GetObjectRequest { BucketName = bucket, Key = key, ByteRange = new ByteRange(at, at + target.Length - 1), EtagToMatch = $"\"{shard.Version}\"" };
            using GetObjectResponse response = client.GetObjectAsync(request).GetAwaiter().GetResult();
            if (Bare(response.ETag) != shard.Version)
                throw ObjectFailure.Changed(ShardStores.Address(S3, shard.Name)); // not every server supports If-Match
            for (int read = 1; read > 0 && count < target.Length; count += read)
                read = response.ResponseStream.Read(target[count..]);
        }
        catch (Exception e) when (e is not GpuCtrException)
        {
            if (count == 0 && !(mayFail && e is IOException))
                throw ObjectFailure.Of(ShardStores.Address(S3, shard.Name), e);
        }

        return count;
    }

    private static (string Bucket, string Key) Parts(string name) => name.Split('/', 2) is [var bucket, var key] ? (bucket, key) : (name, "");

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string Bare(string? etag) => etag?.Trim('"') ?? "";
}

/// <summary>An object as a stream that can seek. Every read requests a range of this version of the object; no connection is held.</summary>
/// <param name="store">Where it is.</param>
/// <param name="shard">The object.</param>
internal sealed class ObjectStream(ObjectStore store, StoredShard shard) : Stream
{
    // Connections may break. Received bytes are kept, so only reads that receive nothing count as failed tries.
    private const int Tries = 4;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => shard.LengthBytes!.Value;

    public override long Position { get; set; }

    public override int Read(Span<byte> target)
    {
        target = target[..(int)Math.Min(target.Length, Math.Max(0, Length - Position))];
        for (int tried = 1; !target.IsEmpty; tried++)
        {
            int count = store.Read(shard, Position, target, mayFail: tried < Tries);
            Position += count;
            if (count > 0)
                return count;
        }

        return 0;
    }

    public override int Read(byte[] target, int offset, int count) => Read(target.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => Position + offset, _ => Length + offset };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] source, int offset, int count) => throw new NotSupportedException();
}

/// <summary>Turns exceptions of the AWS SDK into one-line errors that name the object and what to do.</summary>
internal static class ObjectFailure
{
    /// <summary>The error for an object that changed since it was listed.</summary>
    public static GpuCtrException Changed(string path, Exception? inner = null) =>
        GpuCtrException.DataError(new DataPlace(path), "the object changed during the run; start again with objects that do not change", inner);

    /// <summary>The error for an exception.</summary>
    public static GpuCtrException Of(string path, Exception e) => e switch
    {
        AmazonServiceException { ErrorCode: "NoSuchBucket" } =>
            GpuCtrException.UsageError($"{path}: no such bucket; check its name, the region (AWS_REGION) and the server (AWS_ENDPOINT_URL)"),
        AmazonServiceException { StatusCode: HttpStatusCode.NotFound } =>
            GpuCtrException.IoError(new DataPlace(path), "the object disappeared during the run; restore it and resume", e),
        AmazonServiceException { StatusCode: HttpStatusCode.PreconditionFailed } => Changed(path, e),
        AmazonServiceException { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized } refused =>
            GpuCtrException.IoError(new DataPlace(path), $"the store refuses access ({Line(refused)}); check the credentials (AWS_PROFILE, AWS_ACCESS_KEY_ID …) and that they allow s3:ListBucket and s3:GetObject", e),
        AmazonServiceException { StatusCode: not 0 } answer =>
            GpuCtrException.IoError(new DataPlace(path), $"the store answers {(int)answer.StatusCode} ({Line(answer)}); try again later, or check the server (AWS_ENDPOINT_URL)", e),
        _ when e.Message.Contains("RegionEndpoint", StringComparison.Ordinal) =>
            GpuCtrException.IoError(new DataPlace(path), "neither region nor server is known; set AWS_REGION, or AWS_ENDPOINT_URL for a server of your own", e),
        _ when e.Message.Contains("credentials", StringComparison.OrdinalIgnoreCase) =>
            GpuCtrException.IoError(new DataPlace(path), "no credentials found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give this machine a role", e),
        _ => GpuCtrException.IoError(new DataPlace(path), $"the store cannot be reached ({Line(e.InnerException is HttpRequestException inner ? inner : e)}); check the network and the server (AWS_ENDPOINT_URL)", e),
    };

    private static string Line(Exception e) =>
        e is AmazonServiceException { ErrorCode.Length: > 0 } s && s.ErrorCode != s.Message ? $"{s.ErrorCode}: {ShardReader.Reason(s)}" : ShardReader.Reason(e);
}
