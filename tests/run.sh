#!/usr/bin/env bash
# Runs every suite, also after one has failed, and closes with the sums. `make test` builds first, then calls this.
#
# A test that lacks its data says `skipped: NAME: REASON` and passes; such lines are shown, and counted as skipped.
set -u
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}
logs=$target/test
mkdir -p "$logs"
passed=0 failed=0 skipped=0

# count WORD FILE: the sum of the numbers that stand before WORD in the runners' closing lines.
count() { grep -E '^test result: |^[0-9]+ (passed|failed|skipped|error)' "$2" | grep -oE "[0-9]+ $1" | awk '{ sum += $1 } END { print sum + 0 }'; }

# suite NAME COMMAND...: runs it into a log; on failure the log is shown.
suite() {
    local name=$1 log=$logs/$1.log good bad gone
    shift
    "$@" >"$log" 2>&1
    local status=$?
    good=$(count passed "$log") bad=$(($(count failed "$log") + $(count error "$log")))
    grep -E '^ *(skipped: |SKIPPED )' "$log"
    gone=$(grep -cE '^ *skipped: ' "$log")
    good=$((good - gone)) gone=$((gone + $(count skipped "$log") + $(count ignored "$log")))
    [ $status -ne 0 ] && [ $bad -eq 0 ] && bad=1
    [ $bad -gt 0 ] && tail -n 300 "$log"
    printf '%-8s %5d passed, %d failed, %d skipped\n' "$name" "$good" "$bad" "$gone"
    passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + gone))
}

# programs DRIVER FOLDER EXTENSION FLAG...: builds each file against the header and the library, and runs it; exit code 0 passes.
programs() {
    local driver=$1 folder=$2 extension=$3 good=0 bad=0 source program
    shift 3
    mkdir -p "$target/$folder"
    for source in "tests/$folder"/*."$extension"; do
        [ -e "$source" ] || continue
        program=$target/$folder/$(basename "$source" ".$extension")
        if "$driver" "$@" -Wall -Wextra -Werror -pedantic -Iinclude "$source" -o "$program" \
            -L"$target/debug" -lbactrian -Wl,-rpath,"$target/debug" && "$program"; then
            good=$((good + 1))
        else
            echo "failed: $source"
            bad=$((bad + 1))
        fi
    done
    echo "$good passed, $bad failed"
    [ $bad -eq 0 ]
}

# Each header stands alone.
headers() {
    local good=0 bad=0 header
    for header in include/*.hpp include/bactrian/*.hpp; do
        if c++ -std=c++17 -Wall -Wextra -Werror -pedantic -fsyntax-only -x c++ -include "$header" /dev/null; then
            good=$((good + 1))
        else
            bad=$((bad + 1))
        fi
    done
    echo "$good passed, $bad failed"
    [ $bad -eq 0 ]
}

# No test collected is no failure here: the sums tell.
python() { .venv/bin/python -m pytest -c python/pyproject.toml --rootdir . -q -rs python/bactrian tests/python || [ $? -eq 5 ]; }

suite rust cargo test --workspace --exclude bactrian-python --no-fail-fast -- --show-output
suite c programs cc c c -std=c99
suite headers headers
suite cpp programs c++ cpp cc -std=c++17
suite memory tests/c/memory.sh plugin_c
suite python python

echo
cat "$target/aggregates.txt" 2>/dev/null
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
