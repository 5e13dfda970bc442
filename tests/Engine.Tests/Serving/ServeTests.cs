using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading.RateLimiting;
using GpuCtr.Engine.Commands;
using GpuCtr.Engine.Serving;

namespace GpuCtr.Engine.Tests.Serving;

/// <summary>gpu-ctr serve, in this process and over HTTP.</summary>
public sealed class ServeTests(TwoSmallRuns runs) : IClassFixture<TwoSmallRuns>, IAsyncLifetime
{
    private const string Row = """{"item": 3, "tags": [1, 2]}""";

    private readonly ServedRun served = new();
    private readonly ConcurrentQueue<string> log = [];
    private ModelServer server = null!;
    private HttpClient client = null!;

    public async Task InitializeAsync()
    {
        served.Publish(runs.All[0]);
        server = await ModelServer.Start(Options, (level, text) => log.Enqueue($"{level}: {text}"));
        client = new HttpClient { BaseAddress = new Uri(server.Address) };
    }

    public async Task DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
        served.Dispose();
    }

    private ServeOptions Options => new() { Model = served.Path, Port = 0, Threads = 2, MaxRows = 5, MaxBody = 2000, Poll = 3600 };

    [Fact]
    public async Task Rows_and_candidates_have_the_scores_of_the_library()
    {
        Assert.Equal([Expected(3, 1, 2)], await Scores("/score", Row));
        Assert.Equal([Expected(3, 1, 2), Expected(5)], await Scores("/score", $$"""[{{Row}}, {"item": "5", "label": 1}]"""));
        Assert.Empty(await Scores("/score", "[]"));
        Assert.Equal([Expected(3, 1, 2), Expected(5, 1, 2)], await Scores("/rank", """{"context": {"tags": ["1", 2]}, "candidates": [{"item": 3}, {"item": 5}]}"""));
        JsonElement model = await Get("/model");
        Assert.Equal("item", model.GetProperty("columns")[0].GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("/score", "{", 400, "the body is not JSON")]
    [InlineData("/score", "", 400, "the body is not JSON")]
    [InlineData("/score", "3", 400, "a row is a JSON object")]
    [InlineData("/score", """{"itme": 3}""", 400, "column 'itme': the model reads no such column, did you mean 'item'?")]
    [InlineData("/score", """[{"item": 3}, {"item": 3.5}]""", 400, "row 1: column 'item'")]
    [InlineData("/score", "[{},{},{},{},{},{}]", 400, "6 rows, and a request has at most 5")]
    [InlineData("/rank", "[]", 400, "the body is {")]
    [InlineData("/rank", """{"context": {}}""", 400, "the body is {")]
    [InlineData("/rank", """{"context": {}, "candidates": {}}""", 400, "the body is {")]
    [InlineData("/rank", """{"context": {}, "candidates": [], "top": 3}""", 400, "it has no 'top'")]
    [InlineData("/rank", """{"context": {}, "candidates": [{}, {"item": "x"}]}""", 400, "candidate 1: column 'item'")]
    [InlineData("/rank", """{"context": 1, "candidates": []}""", 400, "context: a row is a JSON object")]
    public async Task What_does_not_fit_is_refused_and_says_why(string path, string body, int status, string said)
    {
        HttpResponseMessage refused = await Post(path, body);
        Assert.Equal(status, (int)refused.StatusCode);
        string text = await refused.Content.ReadAsStringAsync();
        Assert.DoesNotContain("\\u0027", text);
        Assert.Contains(said, JsonDocument.Parse(text).RootElement.GetProperty("error").GetString());
        Assert.Equal([Expected(3, 1, 2)], await Scores("/score", Row));
    }

    [Fact]
    public async Task What_is_too_large_or_elsewhere_is_refused()
    {
        HttpResponseMessage large = await Post("/score", new string(' ', 3000) + Row);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        Assert.Contains("--max-body", await large.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await client.GetAsync("/score")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/")).StatusCode);
    }

    [Fact]
    public async Task Models_follow_each_other_while_requests_go_on_and_a_broken_one_is_told()
    {
        Task<float>[] before = [.. Enumerable.Range(0, 40).Select(_ => One())];
        string checkpoint = served.Publish(runs.All[1]);
        while ((await Get("/health")).GetProperty("checkpoint").GetString() != checkpoint)
            Assert.Contains(await One(), new[] { Expected(3, 1, 2), Expected(runs.All[1]) });
        Assert.Equal(Expected(runs.All[1]), await One());
        Assert.All(await Task.WhenAll(before), s => Assert.Contains(s, new[] { Expected(3, 1, 2), Expected(runs.All[1]) }));

        served.Publish(runs.All[0], copy => ServedRun.ChangeScores(copy, score => 1 - score));
        JsonElement health;
        do
            health = await Get("/health");
        while (health.GetProperty("status").GetString() == "healthy");
        Assert.Equal("degraded", health.GetProperty("status").GetString());
        Assert.Contains("do not have the scores", health.GetProperty("failure").GetString());
        Assert.Equal(Expected(runs.All[1]), await One());
        Assert.Contains("Error: still serving", Assert.Single(log, l => l.StartsWith("Error", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task More_requests_than_may_wait_are_told_to_come_again()
    {
        await using ModelServer busy = await ModelServer.Start(Options with { Queue = 1 }, (_, _) => { });
        client.Dispose();
        client = new HttpClient { BaseAddress = new Uri(busy.Address) };
        using (RateLimitLease all = busy.Turns.AttemptAcquire(2))
        {
            Task<float> waits = One();
            Patience.Ends(() => SpinWait.SpinUntil(() => busy.Turns.GetStatistics()!.CurrentQueuedCount == 1));
            HttpResponseMessage refused = await Post("/score", Row);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.Equal("1", Assert.Single(refused.Headers.GetValues("Retry-After")));
            Assert.Equal("healthy", (await Get("/health")).GetProperty("status").GetString());
            all.Dispose();
            Assert.Equal(Expected(3, 1, 2), await waits);
        }

        Assert.Equal(Expected(3, 1, 2), await One());
    }

    [Fact]
    public void The_verb_needs_a_model()
    {
        CommandOutcome without = CommandRunner.Run("serve", "--port", "0");
        Assert.Equal((int)ErrorKind.Usage, without.Code);
        Assert.Contains("serve needs --model", without.Error);
    }

    [Fact]
    public async Task Metrics_are_prometheus_text()
    {
        await Scores("/score", $"[{Row}, {Row}]");
        string[] lines = (await client.GetStringAsync("/metrics")).Split('\n');
        Assert.All(lines, l => Assert.Matches("^$|^# (HELP|TYPE) [a-z_]+ .+$|^[a-z_]+([{][a-z_]+=\"[^\"]*\"(,[a-z_]+=\"[^\"]*\")*[}])? [-+.0-9EInf]+$", l));
        Assert.Contains("# TYPE gpu_ctr_rows_total counter", lines);
        Assert.Contains("# TYPE gpu_ctr_score_time_seconds histogram", lines);
        Assert.Contains(lines, l => l.StartsWith("gpu_ctr_rows_total{phase=\"score\"} ", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("gpu_ctr_score_time_seconds_bucket{le=\"+Inf\"} ", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("http_server_request_duration_seconds_count{", StringComparison.Ordinal) && l.Contains("http_route=\"/score\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task It_listens_to_this_machine_only_and_a_taken_port_is_told()
    {
        Uri address = new(server.Address);
        Assert.True(IPAddress.IsLoopback(IPAddress.Parse(address.Host)));
        Assert.Contains($"--port {address.Port}: another program listens there", (await Assert.ThrowsAsync<GpuCtrException>(() => ModelServer.Start(Options with { Port = address.Port }, (_, _) => { }))).Message);
        Assert.Contains("expected an IP address", (await Assert.ThrowsAsync<GpuCtrException>(() => ModelServer.Start(Options with { Host = "example" }, (_, _) => { }))).Message);
        Assert.Contains("no such run", (await Assert.ThrowsAsync<GpuCtrException>(() => ModelServer.Start(Options with { Model = "nowhere" }, (_, _) => { }))).Message);
    }

    [Fact]
    public async Task A_request_that_is_on_its_way_is_answered_before_the_end()
    {
        using TcpClient slow = new();
        Uri address = new(server.Address);
        await slow.ConnectAsync(address.Host, address.Port);
        NetworkStream stream = slow.GetStream();
        byte[] request = Encoding.ASCII.GetBytes($"POST /score HTTP/1.1\r\nHost: x\r\nContent-Length: {Row.Length}\r\nConnection: close\r\n\r\n{Row}");
        await stream.WriteAsync(request.AsMemory(0, request.Length - 5));
        await stream.FlushAsync();
        // The request is known to the server once another one behind it was answered.
        await One();
        ValueTask end = server.DisposeAsync();
        await stream.WriteAsync(request.AsMemory(request.Length - 5));
        Assert.Contains("\"score\":", await new StreamReader(stream).ReadToEndAsync());
        await end;
        Assert.DoesNotContain(log, l => l.StartsWith("Error", StringComparison.Ordinal));
        server = await ModelServer.Start(Options, (_, _) => { });
    }

    private async Task<float> One() => Assert.Single(await Scores("/score", Row));

    private async Task<float[]> Scores(string path, string body)
    {
        HttpResponseMessage response = await Post(path, body);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        JsonElement answer = JsonDocument.Parse(text).RootElement;
        return answer.TryGetProperty("score", out JsonElement one) ? [one.GetSingle()] : [.. answer.GetProperty("scores").EnumerateArray().Select(s => s.GetSingle())];
    }

    private Task<HttpResponseMessage> Post(string path, string body) => client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));

    private async Task<JsonElement> Get(string path) => JsonDocument.Parse(await client.GetStringAsync(path)).RootElement;

    private float Expected(long item, params long[] tags) => Expected(runs.All[0], item, tags);

    private static float Expected(string run) => Expected(run, 3, [1, 2]);

    private static float Expected(string run, long item, long[] tags)
    {
        using CtrModel model = CtrModel.Load(run, new() { Concurrency = 1 });
        FeatureRow row = model.NewRow().Set("item", item);
        return model.Score(tags.Length > 0 ? row.Set("tags", tags) : row);
    }
}
