using GpuCtr.Data.Features;
using GpuCtr.Engine.Screens;
using GpuCtr.Models;
using GpuCtr.Training;

namespace GpuCtr.Engine.Commands;

/// <summary>The flags of <c>completion</c>.</summary>
internal sealed record CompletionOptions
{
    /// <summary>What every verb prints on request.</summary>
    [Options]
    public TraceOptions Trace { get; init; } = new();
}

/// <summary><c>completion SHELL</c></summary>
internal static class CompletionCommand
{
    private static readonly Dictionary<string, string> scripts = new()
    {
        ["bash"] = """
            _gpu_ctr() {
                local IFS=$'\n'
                COMPREPLY=($(gpu-ctr complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
            }
            complete -o default -F _gpu_ctr gpu-ctr
            """,
        ["zsh"] = """
            _gpu_ctr() {
                local -a found
                found=(${(f)"$(gpu-ctr complete "${(@)words[2,CURRENT]}" 2>/dev/null)"})
                if (( ${#found} )); then compadd -a found; else _files; fi
            }
            (( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
            compdef _gpu_ctr gpu-ctr
            """,
        ["fish"] = """
            function __gpu_ctr_complete
                set -l words (commandline -opc) (commandline -ct | string collect --allow-empty)
                gpu-ctr complete $words[2..-1] 2>/dev/null
            end
            complete -c gpu-ctr -a '(__gpu_ctr_complete)'
            """,
        ["pwsh"] = """
            Register-ArgumentCompleter -Native -CommandName gpu-ctr -ScriptBlock {
                param($word, $line, $cursor)
                $words = @($line.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
                if ($word -eq '') { $words += '' }
                gpu-ctr complete @words 2>$null | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
            }
            """,
    };

    /// <summary>The verb.</summary>
    public static Verb<CompletionOptions> Verb { get; } = new(
        "completion", "prints a script that lets a shell complete verbs, options and their values",
        [
            "eval \"$(gpu-ctr completion bash)\"                           # in ~/.bashrc",
            "eval \"$(gpu-ctr completion zsh)\"                            # in ~/.zshrc",
            "gpu-ctr completion fish | source                            # in ~/.config/fish/config.fish",
            "gpu-ctr completion pwsh | Out-String | Invoke-Expression    # in $PROFILE",
        ],
        Execute)
    { Values = string.Join('|', scripts.Keys), Words = [.. scripts.Keys] };

    private static ExitCode Execute(CompletionOptions options, Arguments arguments, Terminal terminal)
    {
        if (arguments.Values is not [string shell] || !scripts.TryGetValue(shell, out string? script))
            throw GpuCtrException.UsageError($"completion {string.Join(' ', arguments.Values)}: expected one of {string.Join(", ", scripts.Keys)}");
        terminal.Out.WriteLine(script);
        return ExitCode.Done;
    }
}
