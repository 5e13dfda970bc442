// A service that scores JSON rows with the best model of a run, and with a better one as soon as there is one:
//   dotnet run --project samples/scoring-service -- --model runs/first --urls http://localhost:5000
//   curl localhost:5000/score -H 'content-type: application/json' -d '{"C1": 1, "I1": 2.5}'
using System.Text.Json;
using GpuCtr;
using GpuCtr.Hosting;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
builder.Services.AddCtrModel(new CtrModelHostOptions { Model = builder.Configuration["model"] ?? throw new InvalidOperationException("--model RUN is missing: name a run or checkpoint folder") });
builder.Services.AddHealthChecks().AddCheck<CtrModelHealthCheck>("model");
WebApplication app = builder.Build();

app.MapHealthChecks("/health");
app.MapGet("/model", (CtrModelHost host) =>
{
    using ModelLease lease = host.Rent();
    return new { Model = lease.Model.Architecture, lease.Model.Step, Columns = lease.Model.Columns.Select(c => new { c.Name, Values = $"{c.Values}", Use = $"{c.Use}" }) };
});

// One row (an object) gives {"score": p}; several (an array) give {"scores": [p, …]}.
app.MapPost("/score", (JsonElement body, CtrModelHost host) => Answer(() => body.ValueKind == JsonValueKind.Array
    ? Results.Json(new { Scores = Score(host, [.. body.EnumerateArray()]) })
    : Results.Json(new { Score = Score(host, [body])[0] })));

// {"context": {…}, "candidates": [{…}, …]} gives {"scores": [p, …]}: columns that a candidate does not set are taken from the context.
app.MapPost("/rank", (JsonElement body, CtrModelHost host) => Answer(() =>
{
    using ModelLease lease = host.Rent();
    FeatureRow[] candidates = [.. body.GetProperty("candidates").EnumerateArray().Select(c => lease.NewRow().SetJson(c))];
    float[] scores = new float[candidates.Length];
    lease.Model.Rank(lease.NewRow().SetJson(body.GetProperty("context")), candidates, scores);
    return Results.Json(new { Scores = scores });
}));

app.Run();

// The request keeps the model until its lease ends, even if a newer model is loaded.
static float[] Score(CtrModelHost host, JsonElement[] bodies)
{
    using ModelLease lease = host.Rent();
    return lease.Model.Score([.. bodies.Select(b => lease.NewRow().SetJson(b))]);
}

static IResult Answer(Func<IResult> answer)
{
    try
    {
        return answer();
    }
    catch (Exception e) when (e is ArgumentException or KeyNotFoundException or InvalidOperationException)
    {
        // The message names the column and the type in training.
        return Results.Problem(e.Message, statusCode: StatusCodes.Status400BadRequest);
    }
}
