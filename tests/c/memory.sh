#!/usr/bin/env bash
# Runs the C and C++ programs under AddressSanitizer, then under Valgrind: no leak, no wrong access.
#
# Build first: cargo build --package bactrian-ffi. A tool that is absent is named and passed over.
set -u
cd "$(dirname "$0")/../.."
library=${CARGO_TARGET_DIR:-$PWD/target}/debug
programs=$library/../memory
mkdir -p "$programs"
bad=0

# build FLAG...: every program, with these flags.
build() {
    local source
    for source in tests/c/*.c tests/cpp/*.cc; do
        case $source in *.c) driver=(cc -std=c99) ;; *) driver=(c++ -std=c++17) ;; esac
        "${driver[@]}" -g "$@" -Iinclude "$source" -o "$programs/$(basename "$source" | tr . _)" -L"$library" -lbactrian \
            -Wl,-rpath,"$library" || return 1
    done
}

# all NAME COMMAND...: runs every program under the command.
all() {
    local name=$1 program
    shift
    for program in "$programs"/*_c "$programs"/*_cc; do
        if "$@" "$program" >"$programs/log" 2>&1; then continue; fi
        bad=$((bad + 1))
        echo "failed under $name: $(basename "$program")"
        tail -n 40 "$programs/log"
    done
}

if echo 'int main(void) { return 0; }' | cc -fsanitize=address -x c - -o "$programs/probe" 2>"$programs/log"; then
    build -fsanitize=address,undefined -fno-sanitize-recover && all AddressSanitizer env ASAN_OPTIONS=detect_stack_use_after_return=1
else
    echo "skipped: AddressSanitizer: the compiler has none"
fi
if command -v valgrind >/dev/null; then
    build && all Valgrind valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,indirect
else
    echo "skipped: Valgrind: not installed"
fi
[ $bad -eq 0 ] && echo "memory: clean"
