using GpuCtr.Data;
using GpuCtr.Data.Features;
using GpuCtr.Data.Shards;
using GpuCtr.Kernels.Tensors;
using GpuCtr.Models;
using GpuCtr.Training.Checkpoints;
using static System.FormattableString;

namespace GpuCtr.Training;

/// <summary>A vector from elsewhere.</summary>
/// <param name="Place">File and row, for messages.</param>
/// <param name="Row">The row of its id in the vocabulary; the OOV row if the id does not occur in the training rows.</param>
/// <param name="Numbers">It.</param>
internal readonly record struct IdVector(DataPlace Place, int Row, float[] Numbers);

/// <summary>Initializes the embeddings of a column from a file of vectors by id: <c>--init-embedding COL=FILE</c>.</summary>
internal sealed class InitialEmbedding
{
    private readonly string column, path;
    private readonly IVectorFile file;

    private InitialEmbedding(string column, string path, IVectorFile file) => (this.column, this.path, this.file) = (column, path, file);

    /// <summary>Opens the file, of which only the beginning or the end is read.</summary>
    /// <exception cref="GpuCtrException">Usage: no such file, or it is ambiguous which column has the ids or the vectors. Data: invalid content.</exception>
    public static InitialEmbedding Open(string column, string path) =>
        new(column, path, path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) ? SafeTensorsVectors.Open(path) : ParquetVectors.Open(path, column));

    /// <summary>Writes the vectors into a new model, and prints how many ids were found.</summary>
    /// <param name="model">The model.</param>
    /// <param name="encoder">Its vocabularies.</param>
    /// <param name="kept">Rows that keep the weights of another run; null: none.</param>
    /// <param name="log">Told the counts.</param>
    /// <exception cref="GpuCtrException">Usage: the column has no embeddings, vectors have another width, or no id is found. Data: a bad vector, or an id twice.</exception>
    public void Write(TrainableModel model, FeatureEncoder encoder, RowMap? kept, RunLog log)
    {
        int vocabulary = VocabularyOf(encoder);
        VocabularyTable values = encoder.Vocabularies[vocabulary];
        if (values.Computed is { Any: true, Identity: false })
            throw Wrong("its values are hashed into buckets, which have no ids; leave out --hash-buckets");
        Tensor table = TableOf(model);
        long first = model.Spec.Offsets()[vocabulary];
        VectorTable rows = VectorTable.Of(model.Device, model.Spec, table, vocabulary);
        bool[] found = new bool[values.Rows];
        long unknown = 0, begun = 0;
        foreach (IdVector vector in file.Read(values))
        {
            Check(vector, rows.Width);
            if (vector.Row == values.OovRow)
            {
                unknown++;
                continue;
            }

            if (found[vector.Row])
                throw GpuCtrException.DataError(vector.Place, $"the id {values.Describe(vector.Row)} has a vector already; keep one of them");
            found[vector.Row] = true;
            if (kept?.Has(first + vector.Row) == true)
                continue;
            rows.Set(vector.Row, vector.Numbers);
            begun++;
        }

        if (!found.Contains(true))
            throw Wrong($"none of its {unknown} ids occurs in the training rows; are they ids of this column, in the same form?");
        if (model.Options.Freeze.Contains(column))
            FillWithMean(rows, row => !found[row] && kept?.Has(first + row) != true, found);
        rows.Write();
        log.Line(Invariant($"vectors  {begun:N0} of {values.Distinct:N0} values of {Printable(column)} start with vectors from {path}; {unknown:N0} of its ids do not occur in the training rows{(kept is null ? "" : Invariant($", {found.Count(true) - begun:N0} keep the weights of the other run"))}"));
    }

    /// <summary>A frozen vector should not be random: rows without a vector in the file, except padding, get the mean of the others.</summary>
    private static void FillWithMean(VectorTable rows, Func<int, bool> lacks, bool[] found)
    {
        int[] with = [.. Enumerable.Range(0, found.Length).Where(row => found[row])], without = [.. Enumerable.Range(VocabularyTable.NullRow, found.Length - VocabularyTable.NullRow).Where(lacks)];
        for (int j = 0; j < rows.Width; j++)
        {
            float mean = (float)with.Average(row => (double)rows.At(row, j));
            foreach (int row in without)
                rows.At(row, j) = mean;
        }
    }

    private static string Printable(string name) => Screens.Printable.Of(name);

    private int VocabularyOf(FeatureEncoder encoder)
    {
        FittedFeatures state = encoder.State;
        return state.Categorical.FirstOrDefault(c => c.Column == column && c.Rule is KeyRule.Value or KeyRule.RealId)?.Vocabulary
            ?? state.Sequences.FirstOrDefault(s => s.Column == column)?.Vocabulary
            ?? throw Wrong($"no column of ids that the model reads{Spelling.Suggest(column, [.. state.Categorical.Select(c => c.Column), .. state.Sequences.Select(s => s.Column)])}");
    }

    private Tensor TableOf(TrainableModel model) =>
        model.Embedding is not { } table || model.Options.EmbeddingDim != table.Columns ? throw Wrong($"{model.Options.Model} does not have one vector per id; choose another model, such as deepfm") : table;

    private void Check(IdVector vector, int width)
    {
        if (vector.Numbers.Length != width)
            throw Wrong($"its vectors have {vector.Numbers.Length} numbers ({vector.Place}), and those of the model {width}: add --embedding-dim {vector.Numbers.Length}, or --column-dim {ColumnNames.InShell(column)}={vector.Numbers.Length} for models that allow it");
        if (!Array.TrueForAll(vector.Numbers, float.IsFinite))
            throw GpuCtrException.DataError(vector.Place, $"a number of the vector is missing or not finite; leave the row out");
    }

    private GpuCtrException Wrong(string what) => GpuCtrException.UsageError($"--init-embedding {ColumnNames.InShell(column)}={path}: {what}");
}

/// <summary>A file with vectors by id.</summary>
internal interface IVectorFile
{
    /// <summary>Reads all of them, in the order of the file.</summary>
    /// <param name="values">Says which row an id has.</param>
    /// <exception cref="GpuCtrException">Data: broken. Usage: its ids are of another kind.</exception>
    IEnumerable<IdVector> Read(VocabularyTable values);
}
