using GpuCtr.Engine.Serving;
using Microsoft.Extensions.Logging;

namespace GpuCtr.Engine.Tests.Serving;

[Trait("Speed", "Fast")]
public sealed class LineLoggerTests
{
    [Fact]
    public void A_line_that_cannot_be_written_ends_no_request()
    {
        using LineLogger full = new((_, _) => throw new IOException("No space left on device"));
        full.LogError("a fault");
    }
}
