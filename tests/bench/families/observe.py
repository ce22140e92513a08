"""Taking events, and reading a score after one: a million customers, sums over four half-lives and a 30-day window."""

import functools
import os
from datetime import datetime, timedelta

from harness import fastest, row, rust

CUSTOMERS = 1_000_000
HALF_LIVES = (1, 7, 30, 90)
START = datetime(1970, 1, 1)


def rate(name: str) -> float:
    """Events a second of a row in Rust."""
    return 1.0 / rust(name)


def micros(name: str) -> float:
    return rust(name) * 1e6


def python_row() -> float:
    import bactrian as bt

    text = '[event.purchase]\ncustomer = "customer"\nat = "at"\namount = "amount"\n'
    for days in HALF_LIVES:
        text += f'[feature.d{days}]\nsum = "amount"\non = "purchase"\nhalf_life = "{days}d"\n'
    text += '[feature.recent]\nsum = "amount"\non = "purchase"\nwindow = "30d"\n'
    engine = bt.Engine(bt.Definition.from_toml(text))
    rows = [{"customer": i * 7919 % 10_007, "at": float(i), "amount": i % 97 + 0.5} for i in range(100_000)]

    def observe() -> None:
        for line in rows:
            engine.observe(line, kind="purchase")

    return len(rows) / fastest(observe, 3)


@functools.cache
def river() -> float:
    """Rows a second: a dict of customers, each with four decayed means and a sum over 30 days."""
    from river import stats, utils

    rows = [(i * 7919 % 10_007, START + timedelta(seconds=i), i % 97 + 0.5) for i in range(30_000)]

    def observe() -> None:
        known: dict[int, tuple[list[stats.EWMean], utils.TimeRolling]] = {}
        for customer, at, amount in rows:
            kept = known.get(customer)
            if kept is None:
                decays = [stats.EWMean(1 - 0.5 ** (1 / days)) for days in HALF_LIVES]
                kept = known[customer] = decays, utils.TimeRolling(stats.Sum(), timedelta(days=30))
            for decay in kept[0]:
                decay.update(amount)
            kept[1].update(amount, t=at)

    return len(rows) / fastest(observe, 3)


def polars() -> float:
    """Events a second of a recompute from all events, on one thread."""
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    import numpy as np
    import polars as pl

    count = 2 * CUSTOMERS
    chance = np.random.default_rng(0)
    events = pl.DataFrame({
        "customer": chance.integers(0, CUSTOMERS, count, dtype=np.uint64),
        "at": np.arange(count, dtype=np.float64) / 86_400,
        "amount": chance.integers(0, 97, count) + 0.5,
    })  # fmt: skip
    age, amount = count / 86_400 - pl.col("at"), pl.col("amount")
    sums = [(amount * (age * (-np.log(2.0) / days)).exp()).sum().alias(f"d{days}") for days in HALF_LIVES]
    recent = amount.filter(age < 30.0).sum().alias("recent")
    return count / fastest(lambda: events.group_by("customer").agg(*sums, recent), 2)


row("observe from Arrow, in memory", "events/s", lambda: rate("observe"), peer=("polars recompute", polars), goal=8e6)
row("observe from Arrow, 10,000 rows a commit", "events/s", lambda: rate("observe-durable"), peer=("river", river), goal=4e6)
row("observe from Arrow, 12 segment axes on features", "events/s", lambda: rate("observe-segments"), goal=1e6)
row("observe one row, Rust, in memory", "rows/s", lambda: rate("row"), peer=("river", river), goal=1.5e6, times=3)
row("observe one row, Rust, a commit each", "rows/s", lambda: rate("row-commit"))
row("observe one row, Rust, commits of groups", "rows/s", lambda: rate("row-interval"))
row("observe one row, Python, in memory", "rows/s", python_row, peer=("river", river), goal=1e6, times=3)
row("observe + score one customer, p50", "us", lambda: micros("row-and-score-p50"), goal=1.5)
row("observe + score one customer, p99", "us", lambda: micros("row-and-score-p99"), goal=10)
