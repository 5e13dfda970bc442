namespace GpuCtr.Models.Tests;

/// <summary>A model of the catalogue, with a change to its options.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Change">The change in words.</param>
/// <param name="With">Makes the change; null: there is none.</param>
public sealed record ModelCase(string Model, string Change = "", Func<ModelOptions, ModelOptions>? With = null)
{
    /// <summary>The options with the change.</summary>
    public ModelOptions Of(ModelOptions options) => With?.Invoke(options) ?? options;

    public override string ToString() => $"{Model} {Change}".TrimEnd();
}
