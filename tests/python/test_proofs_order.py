"""Order and time: late rows, batches, reopening. Complete Journey's lines, and answers of the quantum community."""

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import bactrian as bt
import polars as pl
import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLD = """
[event.purchase]
customer = "household_id"
at       = "transaction_timestamp"
amount   = "sales_value"
need     = "product_category"
tier     = "brand"

[event.answer]
customer = "person"
peer     = "peer"
at       = "at"
"""
ADDED = {
    "sum": 'sum = "amount"\n',
    "sum_private": "sum = \"amount\"\nwhere = 'tier == \"Private\"'\n",
    "sum_d5": 'sum = "amount"\nhalf_life = "5d"\n',
    "count_d30": 'count = "event"\nhalf_life = "30d"\n',
    "mean_d90": 'mean = "amount"\nhalf_life = "90d"\n',
    "entropy": 'entropy = "need"\n',
}
EXACT = {
    "count": 'count = "event"\n',
    "min": 'min = "amount"\n',
    "max": 'max = "amount"\n',
    "first_time": 'first_time = "event"\n',
    "last_time": 'last_time = "event"\n',
    "distinct": 'distinct = "need"\n',
    "median": 'quantile = "amount"\nq = 0.5\n',
}


def shipped(name: str) -> pl.DataFrame:
    return pl.read_csv(ROOT / f"python/bactrian/data/complete_journey_{name}.csv.gz", schema_overrides={"basket_id": pl.String})


@pytest.fixture(scope="module")
def lines() -> pl.DataFrame:
    return shipped("lines").with_columns(pl.col("transaction_timestamp").str.to_datetime(time_unit="us"))


@pytest.fixture(scope="module")
def grocery() -> bt.Definition:
    return bt.Definition.from_file(ROOT / "tests/golden/grocery.toml")


def seen(engine: bt.Engine) -> tuple[int, str, str]:
    """Everything known, to the bit: the state, every column of every customer, every crossing."""
    return engine.digest(), repr(engine.score().to_dict()), repr(engine.crossings().to_dict())


def test_shuffled_and_late_equals_sorted(lines):
    features = "".join(f'[feature.{name}]\n{text}on = "purchase"\n' for name, text in (ADDED | EXACT).items())
    definition = bt.Definition.from_toml(FOLD + features)
    lines = lines.head(30_000)
    shuffled = lines.sample(fraction=1.0, shuffle=True, seed=7)
    sorted_, late = bt.Engine(definition), bt.Engine(definition)
    sorted_.observe(lines, kind="purchase")
    reports = [late.observe(part, kind="purchase") for part in shuffled.iter_slices(1_500)]
    assert sum(report.accepted for report in reports) == 30_000 and sum(report.late for report in reports) > 20_000
    customers = sorted_.score(columns=[])["customer"]
    one, other = (engine.score(customers).to_polars() for engine in (sorted_, late))
    for name in EXACT:
        assert one[name].equals(other[name]), name
    for name in ADDED:
        assert ((one[name] - other[name]).abs() / other[name].abs().clip(1.0)).max() <= 1e-12, name


def test_shuffled_ties_equal_sorted():
    """Sums of a pair, and with them the score toward a peer, do not depend on the order."""
    text = '[feature.to]\nsum = "hours"\non = "answer"\ntoward = "peer"\nhalf_life = "30d"\n'
    text += '[score.warmth]\nmean = "hours"\non = "answer"\ntoward = "peer"\n'
    definition = bt.Definition.from_toml(FOLD + "number = { hours = \"score\" }\n" + text)
    events = pl.read_csv(ROOT / "tests/data/quantum_community/interactions.csv.gz").filter(pl.col("kind") == "answer").drop_nulls(["person", "peer"])
    sorted_, late = bt.Engine(definition), bt.Engine(definition)
    sorted_.observe(events)
    for part in events.sample(fraction=1.0, shuffle=True, seed=7).iter_slices(100):
        late.observe(part)
    fits = [engine.fit().columns["warmth"].diagnostics["mean"] for engine in (sorted_, late)]
    assert fits[0] == pytest.approx(fits[1], rel=1e-12)
    for person, peer in events.select("person", "peer").unique().rows():
        one, other = (engine.score([person], columns=["to", "warmth"], toward=peer).to_dict() for engine in (sorted_, late))
        assert one["to"] == pytest.approx(other["to"], rel=1e-12, abs=1e-12) and one["warmth"] == pytest.approx(other["warmth"], rel=1e-9)


def test_a_batch_equals_its_rows(lines, grocery):
    """Crossings and the decisions that they cause included."""
    past, rest = lines.head(20_000), lines.slice(20_000, 3_000)
    engines = [bt.Engine(grocery, seed=3) for _ in range(2)]
    for engine in engines:
        engine.observe(past, kind="purchase")
        engine.fit()
    report = engines[0].observe(rest, kind="purchase")
    singly = [decision for line in rest.iter_rows(named=True) for decision in engines[1].observe(line, kind="purchase").decisions]
    assert len(report.crossings) > 100 and len(singly) == len(report.decisions) > 100
    assert [(one.id, one.action, one.why) for one in singly] == [(one.id, one.action, one.why) for one in report.decisions]
    # The digest is of numbered ids and names, and a batch numbers its names column by column.
    assert seen(engines[0])[1:] == seen(engines[1])[1:]


def test_reopening_gives_the_same_bits(lines, grocery, tmp_path):
    memory, path = bt.Engine(grocery, seed=3), tmp_path / "shop.bactrian"
    for round_, part in enumerate(lines.head(20_000).iter_slices(2_500)):
        with bt.Engine.open(path, grocery, seed=3) as file:
            for engine in (memory, file):
                engine.observe(part, kind="purchase")
                if round_ % 3 == 2:
                    engine.fit()
                engine.decide_batch(part["household_id"].unique().sort().head(50).to_list())
            if round_ == 4:
                file.checkpoint()
            live = seen(file)
        with bt.Engine.open(path, read_only=True) as file:
            assert seen(file) == live == seen(memory)


@pytest.mark.parametrize("date", ["2017-02-15", "2017-04-01 12:00:00", "2017-06-20"])
def test_a_training_set_is_what_an_engine_fed_only_the_past_reads(lines, grocery, full, date):
    """Every column that needs no peer, segments and fitted columns included."""
    at = datetime.fromisoformat(date)
    past = fed(bt.Engine(grocery), lines.filter(pl.col("transaction_timestamp") < at))
    past.advance_to(at - timedelta(microseconds=1))  # what time alone moves is found when the clock moves
    told = full.training_set(at)
    assert told.to_dict() == past.score(at=at - timedelta(microseconds=1)).to_dict() and len(told) > 1_000


@pytest.fixture(scope="module")
def full(lines, grocery) -> bt.Engine:
    return fed(bt.Engine(grocery), lines.filter(pl.col("transaction_timestamp") < datetime(2017, 8, 1)))


def fed(engine: bt.Engine, lines: pl.DataFrame) -> bt.Engine:
    """Fed two months at a time, and fitted after each that is over."""
    bounds = [datetime(2017, month, 1) for month in (1, 3, 5, 7, 9)]
    for start, end in pairwise(bounds):
        engine.observe(lines.filter(pl.col("transaction_timestamp").is_between(start, end, closed="left")), kind="purchase")
        if lines["transaction_timestamp"].max() >= end:
            engine.fit()
    return engine
