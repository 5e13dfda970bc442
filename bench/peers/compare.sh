#!/usr/bin/env bash
# compare.sh [ROUNDS] [NAME…]: our training steps and libtorch's, in turns, from memory; prints one table last.
# NAME: deepfm256, deepfm256-zipf, deepfm400, din, dien, bert4rec; all of them by default. libtorch stops where its losses are not ours.
# UPDATES: table updates to compare, "lazy dense" by default; bert4rec predicts all items, so its table is always updated as a whole.
# BATCH: rows of a batch, by default those of the workload. Nothing is dropped, so that both compute the same.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-3}; shift || true
names=("$@"); [ ${#names[@]} -gt 0 ] || names=(deepfm256 deepfm256-zipf deepfm400 din dien bert4rec)
dotnet build bench -v q -clp:ErrorsOnly >&2
dotnet build bench/peers/torchsharp -v q -clp:ErrorsOnly >&2
bench=(dotnet bench/bin/Release/net10.0/bench.dll)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
for name in "${names[@]}"; do
  options=(--only "$name" --threads 2 --dropout 0 ${BATCH:+--batch-size "$BATCH"})
  updates=${UPDATES:-lazy dense}; [ "$name" != bert4rec ] || updates=dense
  "${bench[@]}" export "${options[@]}" --embedding-update dense --out "$work/workload"
  for ((round = 0; round < rounds; round++)); do
    for update in $updates; do
      # libtorch at its best: keeping large blocks makes it 20 to 60 % faster, and 30 % slower where it moves whole tables of DeepFM.
      case "$name $update" in deepfm*" dense") keep=0 ;; *) keep=1 ;; esac
      ours=$("${bench[@]}" step "${options[@]}" --embedding-update "$update" | tail -1)
      theirs=$(KEEP_BLOCKS=$keep bench/peers/torchsharp/run.sh "$work/workload" --update "$update" --threads 2)
      printf '%s|%s|%s|%s\n' "$name" "$update" "$ours" "$theirs" | tee -a "$work/rounds" >&2
    done
  done
done
# Fields: name, update, –, step, B, ids, median, spread, launched, fraction of the floor, –, –, libtorch, B, ids, median, spread, parity
awk -F ' *[|] *' '
  function middle(list,   n, v, m) { m = median(list); sub(/ .*/, "", m); return m }
  function median(list,   n, i, j, t, v) {
    n = split(list, v, " ")
    for (i = 2; i <= n; i++) for (j = i; j > 1 && v[j] + 0 < v[j-1] + 0; j--) { t = v[j]; v[j] = v[j-1]; v[j-1] = t }
    return sprintf("%.2f (%.2f–%.2f)", n % 2 ? v[(n + 1) / 2] : (v[n/2] + v[n/2+1]) / 2, v[1], v[n])
  }
  {
    key = $4 " | " $5 " | " $6 " | " $2
    if (!(key in ours)) order[++count] = key
    ours[key] = ours[key] " " $7; theirs[key] = theirs[key] " " $16; ratio[key] = ratio[key] " " ($16 > 0 ? $7 / $16 : 0); floor[key] = floor[key] " " $10
    if ($18 + 0 > parity[key]) parity[key] = $18 + 0
  }
  END {
    print "| step | B | ids | table update | ours, 1000 rows/s | libtorch, 1000 rows/s | ratio | ours, fraction of the floor | losses differ by |"
    print "|---|---|---|---|---|---|---|---|---|"
    for (i = 1; i <= count; i++) { k = order[i]; printf "| %s | %s | %s | %s | %s | %.0e |\n", k, median(ours[k]), median(theirs[k]), median(ratio[k]), middle(floor[k]), parity[k] }
  }' "$work/rounds"
