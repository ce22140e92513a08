"""The same bits in every build and with any number of threads: the golden stream, run by the wheel.

Run as a program, this file prints the two digests.
"""

import os
import struct
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bactrian as bt
import pytest

GOLDEN = tomllib.loads((Path(__file__).resolve().parents[1] / "golden/stream.toml").read_text())
START = datetime(2024, 1, 1)
UNKNOWN = 0x7FF8000000000000
BASIS, PRIME, WORD = 14_695_981_039_346_656_037, 1_099_511_628_211, (1 << 64) - 1


def draws(seed: int) -> Callable[[int], int]:
    x = seed

    def below(bound: int) -> int:
        nonlocal x
        x = (x * 1_664_525 + 1_013_904_223) % 2**32
        return (x >> 8) % bound

    return below


def events() -> Iterator[tuple[str, dict[str, object], datetime]]:
    """Kind and row of each event, and the running clock."""
    below, clock, people = draws(GOLDEN["seed"]), 0, GOLDEN["people"]
    for _ in range(GOLDEN["events"]):
        clock += below(600)
        delay = below(259_200) if below(8) == 0 else 0
        place = below(people)
        row: dict[str, object] = {"who": f"c{place}", "at": START + timedelta(seconds=clock - delay)}
        if below(4) == 0:
            row |= {"whom": f"c{(place + people - 1 + 2 * below(2)) % people}", "sentiment": (below(2001) - 1000) / 64}
            yield "message", row, START + timedelta(seconds=clock)
        else:
            row |= {
                "amount": below(20_000) / 64,
                "channel": f"channel {below(5)}",
                "need": f"need {(place + below(24) ** 2 // 96) % 9}",
            }
            yield (
                "purchase",
                row | {"basket": f"basket {clock // 3_600}", "id": f"id {below(5_000)}"},
                START + timedelta(seconds=clock),
            )


def fed() -> bt.Engine:
    engine, clock = bt.Engine(bt.Definition.from_toml(GOLDEN["definition"])), START
    for number, (kind, row, clock) in enumerate(events(), start=1):  # noqa: B007
        engine.observe(row, kind=kind)
        if number in GOLDEN["fits"]:
            engine.fit()
    engine.advance_to(clock + timedelta(days=1))
    return engine


def word_of(value: object) -> int:
    match value:
        case None:
            return UNKNOWN
        case str():
            hash_ = BASIS
            for byte in value.encode():
                hash_ = (hash_ ^ byte) * PRIME & WORD
            return hash_
        case datetime():
            return word_of((value - START.replace(tzinfo=UTC)) // timedelta(microseconds=1) + 1_704_067_200_000_000)
        case _:
            return struct.unpack("<Q", struct.pack("<d", float(value)))[0]


def digest_of(rows: list[list[object]]) -> int:
    """Of values row by row."""
    hash_ = BASIS
    for row in rows:
        for value in row:
            mixed = hash_ ^ word_of(value)
            hash_ = (mixed << 23 | mixed >> 41) * PRIME & WORD
    return hash_


def read(engine: bt.Engine) -> list[list[object]]:
    people = [f"c{number}" for number in range(GOLDEN["people"])]
    table = engine.score(people, columns=GOLDEN["columns"]).to_dict()
    rows = [list(row) for row in zip(*(table[name] for name in GOLDEN["columns"]), strict=True)]
    for who, peer in zip(people, people[1:] + people[:1], strict=True):
        toward = engine.score([who], columns=GOLDEN["toward"], toward=peer)
        rows.append([toward[name][0] for name in GOLDEN["toward"]])
    return rows


def test_the_stream_comes_to_its_digests():
    """As in Rust, whose tests are another build: `core/tests/golden/stream.rs`."""
    engine = fed()
    assert [f"{digest:016x}" for digest in (engine.digest(), digest_of(read(engine)))] == [GOLDEN["state"], GOLDEN["scores"]]


def test_the_stream_is_rich():
    """Every column is known of someone and differs between people; things are late, twice, crossed and decided."""
    engine = fed()
    columns = list(zip(*read(engine)[: GOLDEN["people"]], strict=True))
    for name, values in zip(GOLDEN["columns"], columns, strict=True):
        assert len(set(values) - {None}) > 1, name
    warm = [row for row in read(engine)[GOLDEN["people"] :] if row[0] > 0]
    assert len(warm) > 5 and engine.stats().late > 200 and engine.stats().events > GOLDEN["events"]
    assert len(engine.crossings("tier")) > 500


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_any_number_of_threads_gives_the_same_bits(threads):
    environment = os.environ | {"RAYON_NUM_THREADS": str(threads)}
    told = subprocess.run([sys.executable, __file__], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.split() == [GOLDEN["state"], GOLDEN["scores"]]


if __name__ == "__main__":
    shop = fed()
    print(f"{shop.digest():016x} {digest_of(read(shop)):016x}")
