#!/usr/bin/env bash
# gpu-box.sh [DEVICE] [FOLDER] [OPTION…]: checks, measures and compares DEVICE (cuda by default; opencl, cpu) within eight minutes.
# Leaves results.md and results.json in FOLDER (results by default). OPTION: of `bench box`, as --scale small. Needs the driver alone; PyTorch is compared where python3 has it.
exec "$(dirname "$0")/app/bench" box --device "${1:-cuda}" --out "${2:-results}" "${@:3}"
