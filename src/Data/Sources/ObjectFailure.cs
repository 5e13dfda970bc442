using System.Net;
using Amazon.Runtime;
using GpuCtr.Data.Shards;

namespace GpuCtr.Data.Sources;

/// <summary>What the AWS SDK throws, as one line that says which object and what to do.</summary>
internal static class ObjectFailure
{
    /// <summary>Runs a request.</summary>
    /// <param name="path">What is asked for.</param>
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

    /// <summary>The object is not the one that was listed.</summary>
    public static GpuCtrException Changed(string path, Exception? inner = null) =>
        GpuCtrException.DataError($"{path}: the object changed during the run; start again with objects that stay as they are", inner);

    /// <summary>The failure for an exception.</summary>
    public static GpuCtrException Of(string path, Exception e) => e switch
    {
        AmazonServiceException { ErrorCode: "NoSuchBucket" } =>
            GpuCtrException.UsageError($"{path}: no such bucket; check its name, the region (AWS_REGION) and the server (AWS_ENDPOINT_URL)"),
        AmazonServiceException { StatusCode: HttpStatusCode.NotFound } =>
            GpuCtrException.IoError($"{path}: the object disappeared during the run; restore it and resume", e),
        AmazonServiceException { StatusCode: HttpStatusCode.PreconditionFailed } => Changed(path, e),
        AmazonServiceException { StatusCode: HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized } refused =>
            GpuCtrException.IoError($"{path}: the store refuses access ({Line(refused)}); check the credentials (AWS_PROFILE, AWS_ACCESS_KEY_ID …) and that they allow s3:ListBucket and s3:GetObject", e),
        AmazonServiceException { StatusCode: not 0 } answer =>
            GpuCtrException.IoError($"{path}: the store answers {(int)answer.StatusCode} ({Line(answer)}); try again later, or check the server (AWS_ENDPOINT_URL)", e),
        _ when e.Message.Contains("RegionEndpoint", StringComparison.Ordinal) =>
            GpuCtrException.IoError($"{path}: neither region nor server is known; set AWS_REGION, or AWS_ENDPOINT_URL for a server of your own", e),
        _ when e.Message.Contains("credentials", StringComparison.OrdinalIgnoreCase) =>
            GpuCtrException.IoError($"{path}: no credentials found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give this machine a role", e),
        _ => GpuCtrException.IoError($"{path}: the store cannot be reached ({Line(e.InnerException is HttpRequestException inner ? inner : e)}); check the network and the server (AWS_ENDPOINT_URL)", e),
    };

    private static string Line(Exception e) =>
        e is AmazonServiceException { ErrorCode.Length: > 0 } s && s.ErrorCode != s.Message ? $"{s.ErrorCode}: {ShardReader.Reason(s)}" : ShardReader.Reason(e);
}
