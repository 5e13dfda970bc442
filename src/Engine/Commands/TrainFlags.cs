using GpuCtr.Models;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of <c>train</c>, in the order of its help.</summary>
internal static class TrainFlags
{
    private static readonly string[] activations = ["relu", "sigmoid", "prelu", "leakyrelu", "dice"];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Flag> All { get; } =
    [
        new("--valid", "SHARDS…", "", "shards to validate on after every epoch", FlagArity.Several),
        new("--valid-fraction", "X", "0.1", "without --valid: share of the rows to validate on, chosen by a hash"),
        new("--test", "SHARDS…", "", "shards to test the best checkpoint on at the end", FlagArity.Several),
        new("--config", "FILE.json", "", "options by name from a file; flags override it"),

        .. FeatureFlags.All,

        new("--model", "NAME", "", $"{string.Join(", ", ModelCatalog.Names)} [din with a history, else deepfm]") { Choices = [.. ModelCatalog.Names] },
        new("--variant", "NAME", "", $"{string.Join(", ", Variants.Names)}: model and training as others have them; flags override it") { Choices = [.. Variants.Names] },
        new("--embedding-dim", "D", "", "width of an embedding; ffm has one for each field [16; ffm 4]"),
        new("--embedding-init-std", "X", "", "standard deviation of new embeddings [1e-4; din, base, bst 0.01; or the variant's]"),
        new("--pooling", "sum|mean|max", "mean", "how the vectors of a list column become one"),
        new("--fm-numeric", "on|off", "on", "numeric fields take part in the factorization machine"),
        new("--hidden-units", "N,…", "", "widths of the hidden layers [400,400,400; din, base, bst 200,80; or the variant's]", FlagArity.Several),
        new("--activation", "NAME", "", "relu, sigmoid, prelu, leakyrelu or dice [relu; din, base dice; bst leakyrelu; or the variant's]") { Choices = activations },
        new("--cross-layers", "N", "3", "cross layers (dcn, dcn-v2)"),
        new("--cross-rank", "N", "0", "rank of their matrices (dcn-v2); 0 = full"),
        new("--transformer-blocks", "N", "1", "blocks of self-attention (bst)"),
        new("--attention-heads", "N", "0", "heads of each (bst); 0 = the largest of 8, 4, 2 and 1 that divides the width of an item"),
        new("--attention-units", "N,…", "", "widths of the attention unit (din) [80,40; or the variant's]", FlagArity.Several),
        new("--attention-activation", "NAME", "", "its activation [dice; or the variant's]") { Choices = activations },
        new("--attention-normalization", "NAME", "", "none, softmax, sigmoid or scaledsoftmax: how its scores become weights [softmax; or the variant's]") { Choices = ["none", "softmax", "sigmoid", "scaledsoftmax"] },
        new("--dropout", "P", "0", "share of hidden units dropped in training"),
        new("--batch-norm", "", "", "batch normalization before every activation", FlagArity.Switch),

        new("--epochs", "N", "1", "passes over the training rows"),
        new("--batch-size", "B", "4096", "rows of a step"),
        new("--optimizer", "NAME", "", "sgd, adagrad, rowwise-adagrad (one number of state for each row of a table; adagrad for what is no table), adam or adamw [adam; din-official sgd]") { Choices = ["sgd", "adagrad", "rowwise-adagrad", "adam", "adamw"] },
        new("--momentum", "X", "0", "momentum of sgd, in [0, 1)"),
        new("--first-order-ftrl", "α,λ₁,λ₂,β", "", "FTRL-proximal for the first-order weights of ids, which then begin at 0, and with λ₁ stay there without evidence; β may be left out [1]", FlagArity.Several),
        new("--lr", "X", "", "learning rate; 1 for din-official [1e-3]"),
        new("--lr-warmup", "STEPS", "0", "steps over which the learning rate rises from 0"),
        new("--lr-plateau", "F", "", "factor on the learning rate after an epoch without a better value; 1 = off [1; fuxictr 0.1]"),
        new("--lr-steps", "EPOCH:F,…", "", "factors on the learning rate from the named epochs on", FlagArity.Several),
        new("--embedding-update", "lazy|dense|replay", "", "move the rows of the batch, or every row in every step; replay ends where dense does at nearly the cost of lazy [lazy; or the variant's]"),
        new("--l2", "λ", "0", "L2 on the weights of dense layers"),
        new("--embedding-l2", "λ", "0", "L2 on embeddings and first-order weights"),
        new("--embedding-l2-scope", "touched|full", "", "on the rows of the batch, or on whole tables (needs --embedding-update dense) [touched; fuxictr full]"),
        new("--mba-lambda", "λ", "0", "mini-batch aware regularization: λ w / n for each row of the batch, n its occurrences"),
        new("--clip-norm", "X", "", "largest norm of the gradient; 0 = no clipping [0; fuxictr 10, din-official 5]"),
        new("--monitor", "auc|logloss|gauc", "auc", "validation metric that says which epoch is best"),
        new("--patience", "N", "", "stop after so many epochs in a row without a better value; 0 = never [2; or the variant's]"),
        new("--seed", "N", "1", "decides initial weights, shuffling and dropout"),

        .. DeviceFlags.All,
        new("--memory", "SIZE", "", "most memory of the whole process; rows that do not fit are streamed, from the run folder after the first epoch [4GB for rows, and what the model needs]"),
        new("--fit-cache", "DIR|off", "", "folder of vocabularies and statistics of earlier runs, reused for the same rows [that of this user, or $GPU_CTR_CACHE]"),
        new("--out", "DIR", "", "run folder (without: runs/<date-time>)"),
        new("--resume", "", "", "continue the run that --out holds, with its own options; with shards, begin it if there is none", FlagArity.Switch),
        new("--allow-changed", "FIELD,…", "", "with --resume: options, train_shards or valid_shards that may differ from what the run began with", FlagArity.Several),
        new("--init-from", "RUN", "", "begin with the weights of another run; its values keep their rows, new ones get new rows"),
        new("--checkpoint-every", "N|Ts", "0", "also save the last checkpoint every N steps or T seconds; 0 = after every epoch"),
        new("--overwrite", "", "", "replace the run that --out holds", FlagArity.Switch),
        new("--json", "", "", "final metrics as one line of JSON on standard output", FlagArity.Switch),
        new("--verbose", "", "", "all buffers of the memory plan; stacks with errors", FlagArity.Switch),
    ];
}
