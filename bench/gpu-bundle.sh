#!/usr/bin/env bash
# gpu-bundle.sh [linux-x64|win-x64 …]: packs gpu-ctr and bench for machines with a GPU and without an SDK or a network.
# Both programs share one runtime. Unpack the file there and run gpu-box.sh (gpu-box.cmd); it leaves results.md and results.json.
set -euo pipefail
cd "$(dirname "$0")/.."
platforms=("$@"); [ ${#platforms[@]} -gt 0 ] || platforms=(linux-x64 win-x64)
out=$PWD/bench/bundle
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
for platform in "${platforms[@]}"; do
  top="$work/$platform/gpu-ctr"
  # Built in a folder of its own: the repository stays as it is.
  for project in src/Engine bench; do
    dotnet publish "$project" -r "$platform" --self-contained --artifacts-path "$work/build-$platform" -o "$top/app" -v q -clp:ErrorsOnly \
      -p:Bundle=true -p:SatelliteResourceLanguages=en -p:GenerateDocumentationFile=false
  done
  rm -f "$top"/app/*.pdb
  mkdir -p "$top/peers" "$top/samples"
  cp bench/peers/pytorch.py "$top/peers/"
  cp -r samples/criteo-small "$top/samples/"
  if [[ $platform == win-* ]]; then
    cp bench/gpu-box.cmd "$top/"
    (cd "$work/$platform" && python3 -c 'import shutil, sys; shutil.make_archive(sys.argv[1], "zip", ".", "gpu-ctr")' "$out/gpu-ctr-$platform")
  else
    cp bench/gpu-box.sh "$top/"
    tar -C "$work/$platform" -cJf "$out/gpu-ctr-$platform.tar.xz" gpu-ctr
  fi
  du -h "$out/gpu-ctr-$platform".* | sed "s|$PWD/||"
done
