namespace GpuCtr.Datagen;

/// <summary>How the ids of a categorical column are stored.</summary>
public enum CategoryStorage
{
    /// <summary>31-bit ids in an int32 column.</summary>
    Int32,

    /// <summary>40-bit ids in an int64 column.</summary>
    Int64,

    /// <summary>32-bit ids as eight hexadecimal digits in a string column.</summary>
    HexToken,
}
