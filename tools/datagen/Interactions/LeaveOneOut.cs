namespace GpuCtr.Datagen;

/// <summary>The set that a row belongs to.</summary>
public enum ImportSplit
{
    /// <summary>Everything before the last two.</summary>
    Train,

    /// <summary>The last interaction but one.</summary>
    Valid,

    /// <summary>The last interaction.</summary>
    Test,
}

/// <summary>Which interactions become rows, and of which set: the next item is predicted from all before it.</summary>
/// <remarks>The first interaction of a user has no history and makes no row.</remarks>
public static class LeaveOneOut
{
    /// <summary>The first position, from 0, that makes a row.</summary>
    public const int FirstPosition = 1;

    /// <summary>The set of a position of a sequence.</summary>
    public static ImportSplit SplitOf(int position, int length) =>
        position == length - 1 ? ImportSplit.Test : position == length - 2 ? ImportSplit.Valid : ImportSplit.Train;

    /// <summary>Positions of a sequence that train.</summary>
    public static int TrainPositions(int length) => Math.Max(0, length - 2 - FirstPosition);
}
