#!/usr/bin/env bash
# Runs the C and C++ programs under AddressSanitizer, then under Valgrind: no leak, no wrong access, no undefined step.
#
#   tests/c/memory.sh            all programs under both tools
#   tests/c/memory.sh plugin_c   the programs named, under Valgrind alone
#
# Build first: cargo build --package bactrian-ffi. A tool that is absent is named and passed over.
set -u
cd "$(dirname "$0")/../.."
library=${CARGO_TARGET_DIR:-$PWD/target}/debug
programs=$library/../memory
mkdir -p "$programs"
good=0 bad=0

# build FLAG...: the programs asked for, with these flags.
build() {
    local source name
    for source in tests/c/*.c tests/cpp/*.cc; do
        name=$(basename "$source" | tr . _)
        [[ " ${asked[*]} " == *" $name "* ]] || continue
        case $source in *.c) driver=(cc -std=c99) ;; *) driver=(c++ -std=c++17) ;; esac
        "${driver[@]}" -g "$@" -Iinclude "$source" -o "$programs/$name" -L"$library" -lbactrian -Wl,-rpath,"$library" && continue
        echo "failed: $source can't be built with $*"
        bad=$((bad + 1))
        return 1
    done
}

# all TOOL COMMAND...: runs each program under the command.
all() {
    local tool=$1 name
    shift
    for name in "${asked[@]}"; do
        if "$@" "$programs/$name" >"$programs/log" 2>&1; then
            good=$((good + 1))
        else
            bad=$((bad + 1))
            echo "failed under $tool: $name"
            tail -n 40 "$programs/log"
        fi
    done
}

asan() {
    echo 'int main(void) { return 0; }' | cc -fsanitize=address,undefined -x c - -o "$programs/probe" 2>"$programs/log" || {
        echo "skipped: AddressSanitizer: the compiler has none"
        return
    }
    build -fsanitize=address,undefined -fno-sanitize-recover && all AddressSanitizer env ASAN_OPTIONS=detect_stack_use_after_return=1
}

valgrind_() {
    command -v valgrind >/dev/null || {
        echo "skipped: Valgrind: not installed"
        return
    }
    build && all Valgrind valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,indirect
}

if [ $# -gt 0 ]; then
    asked=("$@")
else
    mapfile -t asked < <(basename -a tests/c/*.c tests/cpp/*.cc | tr . _)
    asan
fi
valgrind_
echo "$good passed, $bad failed"
[ $bad -eq 0 ]
