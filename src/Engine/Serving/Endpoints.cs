using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Threading.RateLimiting;
using GpuCtr.Engine.Commands;
using GpuCtr.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace GpuCtr.Engine.Serving;

/// <summary>What the server answers.</summary>
/// <remarks>A request is queued for a core only after its body is read, so slow clients hold no core; waiting requests hold no thread.</remarks>
internal sealed class Endpoints(CtrModelHost host, ServeOptions options, PrometheusText metrics) : IDisposable
{
    // Quotes in messages stay readable; nothing here is put into an HTML page.
    private static readonly JsonWriterOptions plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private const int TooMany = StatusCodes.Status503ServiceUnavailable;

    /// <summary>One for each request that is computed.</summary>
    public ConcurrencyLimiter Turns { get; } = new(new()
    {
        PermitLimit = options.Threads > 0 ? options.Threads : Environment.ProcessorCount,
        QueueLimit = options.Queue,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <summary>Adds them to an application.</summary>
    public void Map(WebApplication app)
    {
        app.MapPost("/score", (RequestDelegate)(context => Compute(context, Score)));
        app.MapPost("/rank", (RequestDelegate)(context => Compute(context, Rank)));
        app.MapGet("/model", (RequestDelegate)(context => Write(context, StatusCodes.Status200OK, Model)));
        app.MapGet("/health", (RequestDelegate)Health);
        app.MapGet("/metrics", (RequestDelegate)Metrics);
    }

    /// <summary>A row gives {"score": p}, an array of rows {"scores": [p, …]}.</summary>
    private void Score(JsonElement body, ModelLease lease, Utf8JsonWriter to)
    {
        if (body.ValueKind != JsonValueKind.Array)
        {
            to.WriteNumber("score", lease.Model.Score(lease.NewRow().SetJson(body)));
            return;
        }

        FeatureRow[] rows = Rows(body, lease, "row");
        Write(to, lease.Model.Score(rows));
    }

    /// <summary>{"context": {…}, "candidates": [{…}, …]} gives {"scores": [p, …]}.</summary>
    private void Rank(JsonElement body, ModelLease lease, Utf8JsonWriter to)
    {
        const string form = "the body is {\"context\": {…}, \"candidates\": [{…}, …]}";
        if (body.ValueKind != JsonValueKind.Object)
            throw new ArgumentException($"{form}, not {body.ValueKind.ToString().ToLowerInvariant()}");
        if (body.EnumerateObject().FirstOrDefault(p => p.Name is not ("context" or "candidates")) is { Value.ValueKind: not JsonValueKind.Undefined } other)
            throw new ArgumentException($"{form}; it has no '{other.Name}'");
        if (!body.TryGetProperty("context", out JsonElement context) || !body.TryGetProperty("candidates", out JsonElement candidates) || candidates.ValueKind != JsonValueKind.Array)
            throw new ArgumentException(form);
        FeatureRow[] rows = Rows(candidates, lease, "candidate");
        float[] scores = new float[rows.Length];
        lease.Model.Rank(Row(context, lease, "context"), rows, scores);
        Write(to, scores);
    }

    private FeatureRow[] Rows(JsonElement array, ModelLease lease, string what)
    {
        int count = array.GetArrayLength();
        return count <= options.MaxRows
            ? [.. array.EnumerateArray().Select((row, i) => Row(row, lease, $"{what} {i}"))]
            : throw new ArgumentException($"{count} {what}s, and a request has at most {options.MaxRows}: send several, or serve with a larger --max-rows");
    }

    private static FeatureRow Row(JsonElement row, ModelLease lease, string what)
    {
        try
        {
            return lease.NewRow().SetJson(row);
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"{what}: {e.Message}", e);
        }
    }

    private static void Write(Utf8JsonWriter to, float[] scores)
    {
        to.WriteStartArray("scores");
        foreach (float score in scores)
            to.WriteNumberValue(score);
        to.WriteEndArray();
    }

    private async Task Compute(HttpContext context, Action<JsonElement, ModelLease, Utf8JsonWriter> answer)
    {
        using JsonDocument? body = await Read(context);
        if (body is null)
            return;
        using RateLimitLease turn = await Turns.AcquireAsync(1, context.RequestAborted);
        if (!turn.IsAcquired)
        {
            context.Response.Headers.RetryAfter = "1";
            await Refuse(context, TooMany, "too many requests wait; try again, or serve with more --threads or a longer --queue");
            return;
        }

        try
        {
            using ModelLease lease = host.Rent();
            await Write(context, StatusCodes.Status200OK, to => answer(body.RootElement, lease, to));
        }
        catch (ArgumentException e)
        {
            await Refuse(context, StatusCodes.Status400BadRequest, e.Message);
        }
        catch (GpuCtrException e)
        {
            await Refuse(context, StatusCodes.Status500InternalServerError, e.Message);
        }
    }

    /// <summary>The body; null if it is invalid, and the error response has been sent.</summary>
    private static async Task<JsonDocument?> Read(HttpContext context)
    {
        try
        {
            return await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
        }
        catch (JsonException e)
        {
            await Refuse(context, StatusCodes.Status400BadRequest, $"the body is not JSON: {e.Message}");
        }
        catch (BadHttpRequestException e)
        {
            await Refuse(context, e.StatusCode, e.StatusCode == StatusCodes.Status413PayloadTooLarge ? "the body is larger than --max-body: send several requests" : e.Message);
        }

        return null;
    }

    private void Model(Utf8JsonWriter to)
    {
        using ModelLease lease = host.Rent();
        to.WriteString("model", lease.Model.Architecture);
        to.WriteNumber("step", lease.Model.Step);
        to.WriteStartArray("columns");
        foreach (ModelColumn column in lease.Model.Columns)
        {
            to.WriteStartObject();
            to.WriteString("name", column.Name);
            to.WriteString("values", $"{column.Values}".ToLowerInvariant());
            to.WriteString("use", $"{column.Use}".ToLowerInvariant());
            to.WriteEndObject();
        }

        to.WriteEndArray();
    }

    /// <summary>200 while a model serves; the text says whether it is the newest one.</summary>
    private Task Health(HttpContext context)
    {
        ModelState? state = host.State;
        return Write(context, state is null ? TooMany : StatusCodes.Status200OK, to =>
        {
            to.WriteString("status", state is null ? "unhealthy" : state.Failure is null ? "healthy" : "degraded");
            if (state is null)
                return;
            to.WriteString("model", state.Architecture);
            to.WriteNumber("step", state.Step);
            to.WriteString("checkpoint", state.Checkpoint);
            to.WriteString("since", state.Since);
            if (state.Failure is not null)
                to.WriteString("failure", state.Failure);
        });
    }

    private Task Metrics(HttpContext context)
    {
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        return context.Response.WriteAsync(metrics.Text());
    }

    private static Task Refuse(HttpContext context, int status, string why) => Write(context, status, to => to.WriteString("error", why.ReplaceLineEndings(" ")));

    /// <summary>An object, written as a whole before the first byte is sent, so that a failure within it can still be answered.</summary>
    private static async Task Write(HttpContext context, int status, Action<Utf8JsonWriter> content)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter to = new(bytes, plain))
        {
            to.WriteStartObject();
            content(to);
            to.WriteEndObject();
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = bytes.WrittenCount;
        await context.Response.Body.WriteAsync(bytes.WrittenMemory, context.RequestAborted);
    }

    /// <inheritdoc/>
    public void Dispose() => Turns.Dispose();
}
