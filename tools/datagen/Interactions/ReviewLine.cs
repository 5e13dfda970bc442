using System.Text.Json;

namespace GpuCtr.Datagen;

/// <summary>A review as a line of JSON, with the names that the releases of Amazon's reviews have (2014, 2018, 2023).</summary>
internal static class ReviewLine
{
    private static readonly string[][] _names = [["reviewerID", "user_id"], ["asin", "parent_asin"], ["unixReviewTime", "timestamp"]];

    /// <summary>User, item and time; empty if the line is not a JSON object.</summary>
    public static IReadOnlyList<string> Fields(string line)
    {
        try
        {
            using var review = JsonDocument.Parse(line);
            return review.RootElement.ValueKind == JsonValueKind.Object ? [.. _names.Select(names => Value(review.RootElement, names))] : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static string Value(JsonElement review, string[] names)
    {
        foreach (string name in names)
        {
            if (review.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Number)
                return value.ToString();
        }
        return "";
    }
}
