using GpuCtr.Kernels.Devices;
using GpuCtr.Kernels.Embedding;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Tests;

namespace GpuCtr.Kernels.Tests.Embedding;

/// <summary>The device's sort gives the same result as the host's, in every position.</summary>
public sealed class LookupSortTests
{
    private const int Columns = 5;

    public static TheoryData<string, int, int, string> Cases
    {
        get
        {
            TheoryData<string, int, int, string> rows = [];
            foreach ((int count, int tableRows, string ids) in new[]
            {
                (1, 1, "random"), (1, 2, "padding"), (3, 40, "random"), (15, 16, "distinct"), (16, 17, "random"), (17, 300, "distinct"), (1023, 1024, "distinct"), (1024, 15, "random"),
                (1025, 4097, "random"), (3000, 70_000, "distinct"), (3000, 70_000, "one hot"), (2048, 9, "padding"), (2999, 1 << 20, "random"), (2500, int.MaxValue, "random"), (2500, 5000, "skewed"),
            })
                rows.Add("tiled", count, tableRows, ids);
            rows.Add("opencl tiled", 1_200_001, 300_000, "skewed");
            return rows;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Device_sorts_as_the_host_does(string deviceName, int count, int tableRows, string ids)
    {
        Random random = new(count);
        int[] rows = [.. Enumerable.Range(0, count).Select(i => ids switch
        {
            "padding" => 0,
            "one hot" => tableRows - 1,
            "distinct" => (int)(i * 7919L % count),
            "skewed" => (int)(tableRows * Math.Pow(random.NextDouble(), 6)),
            _ => i % 100 == 99 ? tableRows - 1 : random.Next(tableRows),
        })];
        Check(TestDevices.Get(deviceName), [(rows, 0, count)], tableRows);
    }

    /// <summary>Fields, a list of which only a part is in use, a history that is empty, and one behind it.</summary>
    [Fact]
    public void Sources_follow_one_another_up_to_what_they_have()
    {
        Random random = new(3);
        int[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(50))];
        Check(TestDevices.Get("tiled"), [(Draw(700), 3, 700), (Draw(900), 0, 411), (Draw(20), 0, 0), (Draw(333), 7, 333)], 50);
    }

    /// <summary>Every source has a field of five columns. The device sees all its rows and uses the first of them; row Padding is not trained.</summary>
    private static void Check(Device device, (int[] Rows, int Padding, int Used)[] sources, int tableRows)
    {
        using Workspace workspace = new(device);
        int capacity = sources.Sum(s => s.Rows.Length);
        SortedLookups positions = new(workspace, capacity), expected = new(workspace, capacity);
        DeviceArray<int>[] rows = [.. sources.Select((s, i) => workspace.Array<int>($"rows {i}", s.Rows.Length))];
        DeviceArray<int>[] padding = [.. sources.Select((_, i) => workspace.Array<int>($"padding {i}", 1))];
        DeviceArray<int>[] offsets = [.. sources.Select((_, i) => workspace.Array<int>($"offsets {i}", 2))];
        LookupSort sort = new(workspace, [.. sources.Select((s, i) => new LookupSource(rows[i], 0, _ => s.Rows.Length, padding[i], Columns, 10_000 * i, offsets[i]))], tableRows, positions);
        workspace.Allocate();
        workspace.Poison();
        LookupSorter host = new(capacity);
        for (int i = 0; i < sources.Length; i++)
        {
            (int[] of, int untrained, int used) = sources[i];
            rows[i].Write(device, of);
            padding[i].Write(device, [untrained]);
            offsets[i].Write(device, [0, used]);
            for (int p = 0; p < used; p++)
                if (of[p] != untrained)
                    host.Add(of[p], 10_000 * i + p * Columns);
        }
        expected.Write(device, host, tableRows);
        for (int run = 0; run < 2; run++)
        {
            sort.Run(new(1, Training: true));
            int segments = positions.Count.ToArray(device)[0];
            Assert.Equal(expected.Segments, segments);
            Assert.Equal(expected.SegmentRow.ToArray(device)[..segments], positions.SegmentRow.ToArray(device)[..segments]);
            int[] start = positions.SegmentStart.ToArray(device)[..(segments + 1)];
            Assert.Equal(expected.SegmentStart.ToArray(device)[..(segments + 1)], start);
            Assert.Equal(expected.Order.ToArray(device)[..start[^1]], positions.Order.ToArray(device)[..start[^1]]);
            int blocks = SortedLookups.Blocks(start[^1]);
            Assert.Equal(expected.SegmentOfBlock.ToArray(device)[..blocks], positions.SegmentOfBlock.ToArray(device)[..blocks]);
        }
    }
}
