using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Sources;

/// <summary>
/// An S3 store: lists objects and reads ranges of them. Credentials, region and server come from where the AWS SDK looks for
/// them: environment (AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_REGION, AWS_ENDPOINT_URL …), ~/.aws, the role of the machine.
/// </summary>
/// <remarks>Safe for several threads. Everything that the SDK throws leaves here as a <see cref="GpuCtrException"/> (see <see cref="ObjectFailure"/>).</remarks>
internal sealed class ObjectStore
{
    private readonly AmazonS3Client client;
    private readonly ConcurrentDictionary<string, ObjectSource[]> listed = new(StringComparer.Ordinal);

    /// <summary>Configures the client, without a request.</summary>
    /// <exception cref="GpuCtrException">InputOutput: neither region nor server is known.</exception>
    public ObjectStore()
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

        client = ObjectFailure.Explained(Scheme, () => new AmazonS3Client(config));
    }

    /// <summary>Prefix of the paths of objects.</summary>
    public const string Scheme = "s3://";

    /// <summary>Path of an object.</summary>
    public static string PathOf(string bucket, string key) => $"{Scheme}{bucket}/{key}";

    /// <summary>The objects whose keys begin with <paramref name="prefix"/>, in ordinal order.</summary>
    public IReadOnlyList<ObjectSource> List(string bucket, string prefix) =>
        listed.GetOrAdd(PathOf(bucket, prefix), _ => [.. Pages(bucket, prefix).OrderBy(o => o.Key, StringComparer.Ordinal)]);

    /// <summary>The same, one page at a time; empty if listing is not allowed. Uses earlier listings if possible.</summary>
    public IEnumerable<ObjectSource> MayList(string bucket, string prefix)
    {
        string path = PathOf(bucket, prefix);
        string? known = listed.Keys.FirstOrDefault(k => path.StartsWith(k, StringComparison.Ordinal));
        return known is null ? Pages(bucket, prefix, mayBeRefused: true) : Under(listed[known], prefix);
    }

    private static IEnumerable<ObjectSource> Under(ObjectSource[] sorted, string prefix)
    {
        int from = 0;
        for (int to = sorted.Length; from < to;)
        {
            int middle = (from + to) / 2;
            (from, to) = string.CompareOrdinal(sorted[middle].Key, prefix) < 0 ? (middle + 1, to) : (from, middle);
        }

        return sorted.Skip(from).TakeWhile(o => o.Key.StartsWith(prefix, StringComparison.Ordinal));
    }

    private IEnumerable<ObjectSource> Pages(string bucket, string prefix, bool mayBeRefused = false)
    {
        var request = new ListObjectsV2Request { BucketName = bucket, Prefix = prefix };
        bool more = true;
        while (more)
        {
            ListObjectsV2Response? page = ObjectFailure.Explained(PathOf(bucket, prefix), () => Page(request, mayBeRefused));
            foreach (S3Object o in page?.S3Objects ?? [])
                yield return new ObjectSource(this, bucket, o.Key, o.Size ?? 0, Bare(o.ETag));
            more = page?.IsTruncated == true;
            request.ContinuationToken = page?.NextContinuationToken;
        }
    }

    private ListObjectsV2Response? Page(ListObjectsV2Request request, bool mayBeRefused)
    {
        try
        {
            return client.ListObjectsV2Async(request).GetAwaiter().GetResult();
        }
        catch (AmazonS3Exception e) when (mayBeRefused && e.StatusCode == HttpStatusCode.Forbidden)
        {
            return null;
        }
    }

    /// <summary>The object of that key; null if there is none.</summary>
    public ObjectSource? Find(string bucket, string key) => ObjectFailure.Explained(PathOf(bucket, key), () =>
    {
        try
        {
            GetObjectMetadataResponse head = client.GetObjectMetadataAsync(bucket, key).GetAwaiter().GetResult();
            return new ObjectSource(this, bucket, key, head.ContentLength, Bare(head.ETag));
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    });

    /// <summary>Reads a range, up to its end or until the connection breaks; returns the number of bytes.</summary>
    /// <param name="bucket">Bucket.</param>
    /// <param name="key">Key.</param>
    /// <param name="etag">The expected version.</param>
    /// <param name="at">First byte.</param>
    /// <param name="target">Not empty.</param>
    /// <param name="mayFail">False to throw if nothing is received.</param>
    /// <exception cref="GpuCtrException">Data: the object has changed. InputOutput: it is gone or cannot be read.</exception>
    public int Read(string bucket, string key, string etag, long at, Span<byte> target, bool mayFail)
    {
        int count = 0;
        try
        {
            var request = new GetObjectRequest { BucketName = bucket, Key = key, ByteRange = new ByteRange(at, at + target.Length - 1), EtagToMatch = $"\"{etag}\"" };
            using GetObjectResponse response = client.GetObjectAsync(request).GetAwaiter().GetResult();
            if (Bare(response.ETag) != etag)
                throw ObjectFailure.Changed(PathOf(bucket, key)); // not every server supports If-Match
            for (int read = 1; read > 0 && count < target.Length; count += read)
                read = response.ResponseStream.Read(target[count..]);
        }
        catch (Exception e) when (e is not GpuCtrException)
        {
            if (count == 0 && !(mayFail && e is IOException))
                throw ObjectFailure.Of(PathOf(bucket, key), e);
        }

        return count;
    }

    /// <summary>The whole object as UTF-8.</summary>
    public string ReadText(string bucket, string key) => ObjectFailure.Explained(PathOf(bucket, key), () =>
    {
        using GetObjectResponse response = client.GetObjectAsync(bucket, key).GetAwaiter().GetResult();
        using var reader = new StreamReader(response.ResponseStream, Encoding.UTF8);
        return reader.ReadToEnd();
    });

    /// <summary>Writes an object.</summary>
    public void WriteText(string bucket, string key, string text) => ObjectFailure.Explained(PathOf(bucket, key), () =>
        client.PutObjectAsync(new PutObjectRequest { BucketName = bucket, Key = key, ContentBody = text, UseChunkEncoding = false }).GetAwaiter().GetResult());

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string Bare(string? etag) => etag?.Trim('"') ?? "";
}

/// <summary>Turns exceptions of the AWS SDK into one-line errors that name the object and what to do.</summary>
internal static class ObjectFailure
{
    /// <summary>Runs a request.</summary>
    /// <param name="path">The requested object.</param>
    /// <param name="request">The request.</param>
    /// <exception cref="GpuCtrException">Any exception of the request.</exception>
    public static T Explained<T>(string path, Func<T> request)
    {
        try
        {
            return request();
        }
        catch (Exception e) when (e is not GpuCtrException)
        {
            throw Of(path, e);
        }
    }

    /// <summary>The error for an object that changed since it was listed.</summary>
    public static GpuCtrException Changed(string path, Exception? inner = null) =>
        GpuCtrException.DataError(new DataPlace(path), "the object changed during the run; start again with objects that stay as they are", inner);

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
