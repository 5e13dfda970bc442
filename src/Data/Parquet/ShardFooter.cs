using System.IO.Hashing;
using GpuCtr.Data.Shards;
using GpuCtr.Data.Sources;

namespace GpuCtr.Data.Parquet;

/// <summary>Reads the footer of a shard, with a precise error for a file that has none.</summary>
internal static class ShardFooter
{
    private const int LargestFooterBytes = 256 << 20;

    /// <summary>Reads the footer.</summary>
    /// <param name="source">The shard.</param>
    /// <param name="leaves">True for one column per leaf of the schema at any depth, named with dots: add.path.</param>
    /// <exception cref="GpuCtrException">Data: not a Parquet file or a broken one. InputOutput: unreadable.</exception>
    public static Footer Read(IShardSource source, bool leaves = false)
    {
        string path = source.Path;
        try
        {
            using var stream = new ShardStream(source);
            stream.Open();
            byte[] bytes = Bytes(path, stream);
            ThriftValidator.Check(bytes);
            return FooterReader.Read(bytes, leaves);
        }
        catch (UnauthorizedAccessException e)
        {
            throw GpuCtrException.IoError(new DataPlace(path), "no permission to read it", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw GpuCtrException.UsageError($"{path}: no such file; check the path");
        }
        catch (Exception e) when (e is InvalidDataException or ArgumentException or IndexOutOfRangeException)
        {
            throw GpuCtrException.DataError(new DataPlace(path), $"broken Parquet footer ({(e is InvalidDataException ? ShardReader.Reason(e) : "it ends too soon")}); write the file again", e);
        }
        catch (IOException e)
        {
            throw GpuCtrException.IoError(new DataPlace(path), $"cannot be read ({e.Message})", e);
        }
    }

    private static byte[] Bytes(string path, ShardStream stream)
    {
        byte[] bytes = new byte[CheckEnds(path, stream)];
        stream.Position = stream.Length - 8 - bytes.Length;
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static int CheckEnds(string path, ShardStream stream)
    {
        Span<byte> head = stackalloc byte[4], tail = stackalloc byte[8];
        if (stream.Length < 12 || stream.Peek(0, head) < 4 || stream.Peek(stream.Length - 8, tail) < 8)
            throw GpuCtrException.DataError(new DataPlace(path), $"not a Parquet file ({stream.Length} bytes); gpu-ctr import csv turns text into shards (also tsv, jsonl and public logs)");
        if (tail[4..].SequenceEqual("PARE"u8) || head.SequenceEqual("PARE"u8))
            throw GpuCtrException.DataError(new DataPlace(path), "an encrypted Parquet file, which is not supported; decrypt it first");
        if (!head.SequenceEqual("PAR1"u8))
            throw GpuCtrException.DataError(new DataPlace(path), "not a Parquet file (it does not start with PAR1); gpu-ctr import csv turns text into shards (also tsv, jsonl and public logs)");
        if (!tail[4..].SequenceEqual("PAR1"u8))
            throw GpuCtrException.DataError(new DataPlace(path), "incomplete Parquet file (it does not end with PAR1); copy or write it again");
        int footer = BitConverter.ToInt32(tail);
        if (footer <= 0 || footer > stream.Length - 12 || footer > LargestFooterBytes)
            throw GpuCtrException.DataError(new DataPlace(path), $"broken Parquet footer (it declares {footer} bytes, the file has {stream.Length}); write the file again");
        return footer;
    }
}
