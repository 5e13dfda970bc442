#!/usr/bin/env bash
# run.sh FILE|gru [OPTIONS]: runs torchsharp-peer, after `dotnet build bench/peers/torchsharp`.
# TorchSharp 0.107 needs GLIBCXX_3.4.32, the C++ library of GCC 13; Debian 12 has that of GCC 12. There this script takes
# libc6, libgcc-s1 and libstdc++6 of Debian 13, unpacked under obj/ and seen by this one program. Nothing is installed.
set -euo pipefail
cd "$(dirname "$0")"
# KEEP_BLOCKS=1: glibc keeps large tensors, which its default thresholds return to the system in every step.
if [ "${KEEP_BLOCKS:-}" = 1 ]; then
  export MALLOC_MMAP_THRESHOLD_=4294967296 MALLOC_TRIM_THRESHOLD_=4294967296 MALLOC_TOP_PAD_=268435456
fi
bin=$PWD/bin/Release/net10.0/linux-x64 newer=$PWD/obj/debian13 arch=x86_64-linux-gnu
workload=$1; shift
[ "$workload" = gru ] || workload=$(cd "$OLDPWD" && realpath "$workload")
if grep -q GLIBCXX_3.4.32 /usr/lib/$arch/libstdc++.so.6; then
  exec "$bin/torchsharp-peer" "$workload" "$@"
fi
if [ ! -e "$newer/usr/lib/$arch/libstdc++.so.6" ]; then
  rm -rf "$newer" && mkdir -p "$newer/lists/partial" "$newer/cache/archives/partial"
  # The mirror that this machine uses already; a machine that has not read its package lists yet knows of none.
  mirror() { apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' | sort -u | head -1; }
  [ -n "$(mirror)" ] || apt-get -qq update >&2
  [ -n "$(mirror)" ] || { echo "no Debian mirror among the package lists of this machine; install libstdc++6 of GCC 13 by other means" >&2; exit 1; }
  cat > "$newer/debian13.sources" <<END
Types: deb
URIs: $(mirror)
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
END
  apt=(apt-get -qq -o Dir::Etc::sourcelist="$newer/debian13.sources" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::State::lists="$newer/lists" -o Dir::Cache="$newer/cache")
  (cd "$newer" && "${apt[@]}" update && "${apt[@]}" download libc6/trixie libgcc-s1/trixie libstdc++6/trixie
    for package in *.deb; do dpkg-deb -x "$package" .; done) >&2
fi
# The program looks for its files beside the loader that started it.
cp -L "$newer/usr/lib/$arch/ld-linux-x86-64.so.2" "$bin/"
export DOTNET_ROOT=${DOTNET_ROOT:-$(dirname "$(readlink -f "$(command -v dotnet)")")}
exec "$bin/ld-linux-x86-64.so.2" --library-path "$newer/usr/lib/$arch" "$bin/torchsharp-peer" "$workload" "$@"
