#!/usr/bin/env bash
# One long training run with an evaluation and a checkpoint about every half minute; prints its memory, file handles and speed over time.
#   tests/soak.sh [minutes, 30] [folder, a temporary one]        GPU_CTR=path/to/gpu-ctr uses a program that is built already
# Ends the run with SIGTERM, so it must exit with 143. Fails where memory or handles of the second half exceed those of the first by a tenth.
set -euo pipefail
minutes="${1:-30}"
folder="${2:-$(mktemp -d)}"
cd "$(dirname "$0")/.."
if [ -z "${GPU_CTR:-}" ]; then
  dotnet build src/Engine -v q -clp:ErrorsOnly
  GPU_CTR=src/Engine/bin/Release/net10.0/gpu-ctr
fi
[ -d "$folder/data" ] || dotnet run --project tools/datagen -- synth --rows 3000000 --shards 8 --test-rows 200000 --seed 1 --out "$folder/data"

# A budget below what the decoded rows need: epochs after the first stream from the encoded cache.
"$GPU_CTR" train "$folder/data/shard*.parquet" --valid "$folder/data/test.parquet" --device cpu --memory 320MB \
  --hidden-units 128,64 --epochs 10000 --patience 0 --checkpoint-every 60s --out "$folder/run" --overwrite >"$folder/log" 2>&1 &
run=$!
trap 'kill -9 $run 2>/dev/null || true' EXIT

printf 'seconds\tresident MB\thandles\tepochs\tcheckpoints written\n' | tee "$folder/samples.tsv"
start=$SECONDS
last="" written=0
while [ $((SECONDS - start)) -lt $((minutes * 60)) ]; do
  for _ in $(seq 20); do
    sleep 1
    now="$(cat "$folder/run/last" 2>/dev/null || true)"
    [ "$now" = "$last" ] || { last="$now"; written=$((written + 1)); }
  done
  [ -d "/proc/$run" ] || { tail -5 "$folder/log"; echo "the run ended by itself"; exit 1; }
  epochs=0; [ ! -f "$folder/run/metrics.jsonl" ] || epochs=$(wc -l <"$folder/run/metrics.jsonl")
  printf '%d\t%d\t%d\t%d\t%d\n' $((SECONDS - start)) "$(awk '/VmRSS/ { print int($2 / 1024) }' "/proc/$run/status")" \
    "$(ls "/proc/$run/fd" | wc -l)" "$epochs" "$written" | tee -a "$folder/samples.tsv"
done
kill -TERM "$run"
status=0; wait "$run" || status=$?
[ "$status" = 143 ] || { tail -5 "$folder/log"; echo "exit $status instead of 143"; exit 1; }

number() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p" "$folder/run/metrics.jsonl"; }
printf '\nepoch\trows/s\tloader wait, s\tvalid AUC\n'
paste <(number epoch) <(number rows_per_second | cut -d. -f1) <(number loader_wait_seconds) <(number valid_auc)
awk -F '\t' 'NR > 1 && $4 > 0 { n++; memory[n] = $2; handles[n] = $3 }
  END {
    for (i = 1; i <= n; i++) { h = i <= n / 2 ? 1 : 2; if (memory[i] > m[h]) m[h] = memory[i]; if (handles[i] > f[h]) f[h] = handles[i] }
    printf "\nlargest of the first half: %d MB, %d handles; of the second: %d MB, %d handles\n", m[1], f[1], m[2], f[2]
    exit !(m[2] <= 1.1 * m[1] && f[2] <= 1.1 * f[1])
  }' "$folder/samples.tsv"
