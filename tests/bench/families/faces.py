"""What a call costs at the edge: from C, from Python, and a table across."""

import subprocess
import tempfile
import timeit
from pathlib import Path

from harness import ROOT, TARGET, row

DEFINITION = '[event.purchase]\ncustomer = "customer"\nat = "at"\namount = "amount"\n\n[feature.spend]\nsum = "amount"\non = "purchase"\n'
# A call that does nothing but cross: it checks its handle and returns a number.
PROGRAM = r"""
#include <bactrian.h>
#include <stdio.h>
#include <time.h>

int main(void) {
    const char *columns[] = {"spend"};
    bactrian_definition *definition;
    bactrian_engine *engine;
    bactrian_reader *reader;
    struct timespec from, to;
    double best = 1e9;
    size_t sum = 0;
    if (bactrian_definition_from_toml(DEFINITION, &definition)) return 1;
    if (bactrian_engine_open(NULL, definition, NULL, &engine)) return 1;
    if (bactrian_reader_prepare(engine, columns, 1, &reader)) return 1;
    for (int round = 0; round < 10; round++) {
        clock_gettime(CLOCK_MONOTONIC, &from);
        for (int i = 0; i < 10000000; i++) sum += bactrian_reader_columns(reader);
        clock_gettime(CLOCK_MONOTONIC, &to);
        double seconds = (to.tv_sec - from.tv_sec) + (to.tv_nsec - from.tv_nsec) / 1e9;
        if (seconds < best) best = seconds;
    }
    if (sum != 100000000) return 1;
    printf("%.3f\n", best * 100);
    return 0;
}
"""


def c_call() -> float:
    with tempfile.TemporaryDirectory() as folder:
        source, program, release = Path(folder) / "call.c", Path(folder) / "call", TARGET / "release"
        quoted = DEFINITION.replace('"', '\\"').replace("\n", "\\n")
        source.write_text(f'#define DEFINITION "{quoted}"\n{PROGRAM}')
        link = [f"-I{ROOT / 'include'}", f"-L{release}", "-lbactrian", f"-Wl,-rpath,{release}"]
        subprocess.run(["cc", "-O2", "-o", program, source, *link], check=True, capture_output=True)
        return float(subprocess.run([program], check=True, capture_output=True, text=True).stdout)


def shop():
    import bactrian as bt

    engine = bt.Engine(bt.Definition.from_toml(DEFINITION))
    engine.observe({"customer": 7, "at": 0.0, "amount": 8.0}, kind="purchase")
    return engine


def best(call, number: int) -> float:
    """Seconds a call, the best of seven rounds."""
    return min(timeit.repeat(call, number=number, repeat=7)) / number


def python_call() -> float:
    return best(shop().score().__len__, 1_000_000) * 1e9


def python_read() -> float:
    customer = shop()[7]
    return best(lambda: customer["spend"], 200_000) * 1e6


def arrow_in() -> float:
    import pyarrow as pa

    schema = pa.schema({"customer": pa.uint64(), "at": pa.timestamp("us"), "amount": pa.float64()})
    engine, nothing = shop(), pa.table({name: [] for name in schema.names}, schema=schema)
    return best(lambda: engine.observe(nothing, kind="purchase"), 10_000) * 1e6


def arrow_out() -> float:
    import pyarrow as pa

    table = shop().score()
    return best(lambda: pa.RecordBatchReader.from_stream(table).read_all(), 10_000) * 1e6


row("C call", "ns", c_call, goal=2)
row("typed Python call", "ns", python_call, goal=60)
row("a column of one customer from Python", "us", python_read)
row("Arrow crossing, in", "us", arrow_in, goal=10)
row("Arrow crossing, out", "us", arrow_out, goal=10)
