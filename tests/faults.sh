#!/usr/bin/env bash
# The fault tests with every point enumerated: tests/faults.sh [kills, 200] [tests, all]. Needs strace, root for the tmpfs, and Open MPI for ranks.
#   tests/faults.sh 200 KilledRank        kills a rank of four 50 times
set -euo pipefail
cd "$(dirname "$0")/.."
GPU_CTR_CAMPAIGN="${1:-200}" dotnet test tests/Engine.Tests --filter "FullyQualifiedName~Engine.Tests.Faults.${2:-}" --logger "console;verbosity=normal"
