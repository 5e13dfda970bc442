// A service that scores JSON rows with a trained model:
//   dotnet run --project samples/scoring-service -- --model runs/first --urls http://localhost:5000
//   curl localhost:5000/score -H 'content-type: application/json' -d '{"C1": 1, "I1": 2.5}'
using System.Text.Json;
using GpuCtr;
using GpuCtr.Samples;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
using var model = CtrModel.Load(builder.Configuration["model"] ?? throw new InvalidOperationException("--model RUN is missing: a run or checkpoint folder"));
RowPool rows = new(model);
WebApplication app = builder.Build();

app.MapGet("/model", () => new { Model = model.Architecture, model.Step, Columns = model.Columns.Select(c => new { c.Name, Values = $"{c.Values}", Use = $"{c.Use}" }) });

// One row (an object) gives {"score": p}; several (an array) give {"scores": [p, …]}.
app.MapPost("/score", (JsonElement body) =>
{
    try
    {
        return body.ValueKind == JsonValueKind.Array
            ? Results.Json(new { Scores = rows.Score([.. body.EnumerateArray()]) })
            : Results.Json(new { Score = rows.Score([body])[0] });
    }
    catch (ArgumentException e)
    {
        // The message names the column and what the model was trained with.
        return Results.Problem(e.Message, statusCode: StatusCodes.Status400BadRequest);
    }
});

app.Run();
