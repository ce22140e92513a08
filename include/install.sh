#!/usr/bin/env bash
# Installs headers, libraries, and the files for pkg-config and CMake: include/install.sh PREFIX [PROFILE]
#
# Build first: cargo build --package bactrian-ffi --release. PROFILE is the folder under target: release by default.
set -eu
prefix=$(realpath -m "${1:?usage: include/install.sh PREFIX [PROFILE]}")
built=$(realpath "${CARGO_TARGET_DIR:-$(dirname "$0")/../target}")/${2:-release}
cd "$(dirname "$0")"
mkdir -p "$prefix/include" "$prefix/lib/pkgconfig" "$prefix/lib/cmake/bactrian"
mkdir -p "$prefix/include/bactrian"
cp bactrian.h bactrian.hpp "$prefix/include/"
cp bactrian/*.hpp "$prefix/include/bactrian/"
cp bactrian.pc "$prefix/lib/pkgconfig/"
cp bactrian-config.cmake bactrian-config-version.cmake "$prefix/lib/cmake/bactrian/"
for library in libbactrian.so libbactrian.dylib bactrian.dll libbactrian.a bactrian.lib; do
    if [ -e "$built/$library" ]; then cp "$built/$library" "$prefix/lib/"; fi
done
