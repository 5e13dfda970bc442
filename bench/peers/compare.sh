#!/usr/bin/env bash
# compare.sh [ROUNDS] [NAME…]: our training steps and libtorch's, in turns, from memory; prints one table last.
# NAME: deepfm256, deepfm256-zipf, deepfm400, din; all of them by default. libtorch stops where its losses are not ours.
# UPDATES: table updates to compare, "lazy dense" by default.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-3}; shift || true
names=("$@"); [ ${#names[@]} -gt 0 ] || names=(deepfm256 deepfm256-zipf deepfm400 din)
dotnet build bench -v q -clp:ErrorsOnly >&2
dotnet build bench/peers/torchsharp -v q -clp:ErrorsOnly >&2
bench=(dotnet bench/bin/Release/net10.0/bench.dll)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
for name in "${names[@]}"; do
  "${bench[@]}" export --only "$name" --threads 2 --out "$work/workload"
  for ((round = 0; round < rounds; round++)); do
    for update in ${UPDATES:-lazy dense}; do
      # libtorch at its best: keeping large blocks makes it 20 to 60 % faster, and 30 % slower where it moves whole tables of DeepFM.
      case "$name $update" in deepfm*" dense") keep=0 ;; *) keep=1 ;; esac
      ours=$("${bench[@]}" step --only "$name" --threads 2 --embedding-update "$update" | tail -1)
      theirs=$(KEEP_BLOCKS=$keep bench/peers/torchsharp/run.sh "$work/workload" --update "$update" --threads 2)
      printf '%s|%s|%s|%s\n' "$name" "$update" "$ours" "$theirs" | tee -a "$work/rounds" >&2
    done
  done
done
# Fields: name, update, –, step, B, ids, median, spread, launched, –, –, libtorch, B, ids, median, spread, parity
awk -F ' *[|] *' '
  function median(list,   n, i, j, t, v) {
    n = split(list, v, " ")
    for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j] + 0 < v[j-1] + 0; j--) { t = v[j]; v[j] = v[j-1]; v[j-1] = t }
    return sprintf("%.1f (%.1f–%.1f)", n % 2 ? v[(n + 1) / 2] : (v[n/2] + v[n/2+1]) / 2, v[1], v[n])
  }
  {
    key = $4 " | " $5 " | " $6 " | " $2
    if (!(key in ours)) order[++count] = key
    ours[key] = ours[key] " " $7; theirs[key] = theirs[key] " " $15; ratio[key] = ratio[key] " " $7 / $15
    if ($17 + 0 > parity[key]) parity[key] = $17 + 0
  }
  END {
    print "| step | B | ids | table update | ours, 1000 rows/s | libtorch, 1000 rows/s | ratio | losses differ by |"
    print "|---|---|---|---|---|---|---|---|"
    for (i = 1; i <= count; i++) { k = order[i]; printf "| %s | %s | %s | %s | %.0e |\n", k, median(ours[k]), median(theirs[k]), median(ratio[k]), parity[k] }
  }' "$work/rounds"
