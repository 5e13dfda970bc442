using System.Numerics;

namespace GpuCtr.SoftCuda.Execution.Counting;

/// <summary>Counts requests of warps to global memory, and the sectors of 32 bytes that each of them touches.</summary>
internal sealed unsafe class TrafficCount
{
    private const int Slots = 64;

    // A request touches at most 32 sectors: half of the slots stay free.
    private readonly ulong[] sectors = new ulong[Slots];
    private readonly uint[] touched = new uint[Slots], request = new uint[Slots];
    private uint number;

    /// <summary>The sums.</summary>
    public Traffic Sums { get; private set; }

    /// <summary>Adds a request; an access of one lane lies in one sector, because it is aligned.</summary>
    public void Add(ulong* addresses, uint lanes, int bytes, bool sideBySide)
    {
        if (sideBySide)
        {
            ulong end = addresses[0] + (ulong)(Lanes.Count * bytes) - 1;
            Sums += new Traffic(1, Lanes.Count * bytes, (long)((end >> 5) - (addresses[0] >> 5)) + 1, bytes);
            return;
        }
        number++;
        int count = 0;
        uint whole = (1u << bytes) - 1;
        ulong lastSector = ulong.MaxValue;
        int slot = 0;
        for (uint rest = lanes; rest != 0; rest &= rest - 1)
        {
            ulong address = addresses[Lanes.First(rest)], sector = address >> 5;
            if (sector != lastSector)
            {
                lastSector = sector;
                slot = (int)(sector * 0x9E3779B97F4A7C15 >> 58);
                while (request[slot] == number && sectors[slot] != sector)
                    slot = (slot + 1) % Slots;
                if (request[slot] != number)
                {
                    (request[slot], sectors[slot], touched[slot]) = (number, sector, 0);
                    count++;
                }
            }
            touched[slot] |= whole << (int)(address & 31);
        }
        int needed = 0;
        for (int i = 0; i < Slots; i++)
            if (request[i] == number)
                needed += BitOperations.PopCount(touched[i]);
        Sums += new Traffic(1, (long)bytes * BitOperations.PopCount(lanes), count, (needed + 31) / 32);
    }
}
