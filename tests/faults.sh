#!/usr/bin/env bash
# The fault tests with every point enumerated: tests/faults.sh [kills], 200 if nothing is said. Needs strace, and root for the tmpfs.
set -euo pipefail
cd "$(dirname "$0")/.."
GPU_CTR_CAMPAIGN="${1:-200}" dotnet test tests/Engine.Tests --filter "FullyQualifiedName~Engine.Tests.Faults" --logger "console;verbosity=normal"
