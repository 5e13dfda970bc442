using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace GpuCtr.EndToEnd.Tests.Samples;

/// <summary>samples/scoring-service, over HTTP.</summary>
public sealed class ScoringServiceTests(ScoringServiceTests.RunningService running) : IClassFixture<ScoringServiceTests.RunningService>
{
    private HttpClient Client => running.Client;

    [Fact]
    public async Task Rows_have_the_scores_of_the_library()
    {
        Assert.Equal(Expected(1, 2.5), await One(1, 2.5), 1e-6f);
        JsonElement many = await Ok(await Client.PostAsJsonAsync("/score", new[] { Row(1, 2.5), Row(2, -1) }));
        Assert.Equal([Expected(1, 2.5), Expected(2, -1)], many.GetProperty("scores").EnumerateArray().Select(s => s.GetSingle()));
        Assert.Equal("deepfm", (await Client.GetFromJsonAsync<JsonElement>("/model")).GetProperty("model").GetString());
    }

    [Fact]
    public async Task Candidates_are_laid_over_their_context_and_the_service_is_healthy()
    {
        JsonElement ranked = await Ok(await Client.PostAsJsonAsync("/rank", new { context = new Dictionary<string, object> { ["I1"] = 2.5 }, candidates = new[] { 1, 2 }.Select(c => new Dictionary<string, object> { ["C1"] = c }) }));
        Assert.Equal([Expected(1, 2.5), Expected(2, 2.5)], ranked.GetProperty("scores").EnumerateArray().Select(s => s.GetSingle()));
        Assert.Equal(HttpStatusCode.BadRequest, (await Client.PostAsJsonAsync("/rank", new { context = Row(1, 2.5) })).StatusCode);
        Assert.Equal("Healthy", await Client.GetStringAsync("/health"));
    }

    [Fact]
    public async Task The_command_answers_the_same_and_a_signal_ends_it()
    {
        using ChildProcess serve = ChildProcess.Start(ChildProcess.DotNet, Path.Combine(AppContext.BaseDirectory, "gpu-ctr.dll"), "serve", "--model", running.Run, "--port", "0");
        string? listening;
        do
            listening = serve.Error.ReadLine();
        while (listening?.StartsWith("listening on ", StringComparison.Ordinal) == false);
        using HttpClient client = new() { BaseAddress = new Uri(listening!.Split(' ', ';')[2]) };
        Assert.Equal(Expected(1, 2.5), (await Ok(await client.PostAsJsonAsync("/score", Row(1, 2.5)))).GetProperty("score").GetSingle());
        Assert.Equal(0, serve.Stop("TERM").Code);
    }

    [Fact]
    public async Task Requests_at_once_do_not_mix()
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, 400), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
            Assert.Equal(Expected(i % 6, i * 0.01), await One(i % 6, i * 0.01), 1e-6f));
    }

    [Fact]
    public async Task A_bad_row_is_a_bad_request_that_says_why()
    {
        HttpResponseMessage refused = await Client.PostAsJsonAsync("/score", Row("one", 1));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("column 'C1'", await refused.Content.ReadAsStringAsync());
        HttpResponseMessage misspelt = await Client.PostAsJsonAsync("/score", new Dictionary<string, object> { ["C1"] = 1, ["I11"] = 2.5 });
        Assert.Equal(HttpStatusCode.BadRequest, misspelt.StatusCode);
        Assert.Contains("column 'I11'", await misspelt.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.BadRequest, (await Client.PostAsync("/score", new StringContent("{", null, "application/json"))).StatusCode);
        Assert.Equal(Expected(1, 2.5), await One(1, 2.5), 1e-6f);
    }

    private async Task<float> One(int c1, double i1) => (await Ok(await Client.PostAsJsonAsync("/score", Row(c1, i1)))).GetProperty("score").GetSingle();

    private static Dictionary<string, object> Row(object c1, double i1) => new() { ["C1"] = c1, ["I1"] = i1 };

    private float Expected(int c1, double i1) => running.Model.Score(running.Model.NewRow().Set("C1", c1).Set("I1", i1));

    private static async Task<JsonElement> Ok(HttpResponseMessage response)
    {
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>The service with a small model, shared by all tests, and the model itself.</summary>
    public sealed class RunningService : IDisposable
    {
        private readonly SampleModel sample = new();
        private readonly ChildProcess service;

        public RunningService()
        {
            Model = CtrModel.Load(sample.Run);
            string program = Repository.File("samples", "scoring-service", "bin", Repository.Configuration, "net10.0", "ScoringService.dll");
            service = ChildProcess.StartIn(sample.Folder.Path, ChildProcess.DotNet, program, "--model", sample.Run, "--urls", "http://127.0.0.1:0");
            Client = new HttpClient { BaseAddress = Address(service) };
        }

        public string Run => sample.Run;

        public CtrModel Model { get; }

        public HttpClient Client { get; }

        public void Dispose()
        {
            Client.Dispose();
            service.Dispose();
            Model.Dispose();
            sample.Dispose();
        }

        /// <summary>The service says where it listens when it is ready.</summary>
        private static Uri Address(ChildProcess service)
        {
            const string said = "Now listening on: ";
            while (service.Out.ReadLine() is { } line)
            {
                if (line.IndexOf(said, StringComparison.Ordinal) is >= 0 and int at)
                    return new Uri(line[(at + said.Length)..].Trim());
            }
            throw new InvalidOperationException(service.Error.ReadToEnd());
        }
    }
}
