namespace GpuCtr.Data.Shards;

/// <summary>What a row is for.</summary>
public enum RowSide
{
    /// <summary>Training.</summary>
    Train,

    /// <summary>Validation.</summary>
    Valid,

    /// <summary>The test at the end.</summary>
    Test,
}
