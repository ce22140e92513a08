"""Recency, frequency and monetary value of 10M rows from raw columns, against polars."""

import functools

from harness import fastest, row

ROWS, CUSTOMERS, DAY = 10_000_000, 500_000, 86_400_000_000


@functools.cache
def lines():
    """Customer, time in microseconds and amount; one line in three is of the same instant as the one before."""
    import numpy as np

    chance = np.random.default_rng(0)
    customer = np.sort(chance.integers(0, CUSTOMERS, ROWS)).astype(np.uint64)
    at = chance.integers(0, 700 * DAY, ROWS)
    same = np.flatnonzero(chance.random(ROWS - 1) < 1 / 3) + 1
    at[same] = at[same - 1]
    order = np.argsort(at, kind="stable")
    return customer[order], at[order], chance.gamma(2.0, 10.0, ROWS)


@functools.cache
def frame():
    import polars as pl

    customer, at, amount = lines()
    return pl.DataFrame({"customer": customer, "at": at, "amount": amount}).with_columns(pl.col("at").cast(pl.Datetime("us")))


def rfm() -> float:
    import bactrian as bt

    table = frame()
    return fastest(lambda: bt.clv.summary(table, amount="amount"), 2)


def rfm_peer() -> float:
    import polars as pl

    table = frame()

    def work():
        occasions = table.group_by("customer", "at").agg(pl.col("amount").sum())
        by = occasions.group_by("customer")
        return by.agg(pl.col("at").min().alias("first"), pl.col("at").max().alias("last"), pl.len(), pl.col("amount").sum())

    return fastest(work, 2)


row("RFM of 10M rows, 500k customers, by occasions", "s", rfm, peer=("polars", rfm_peer), times=1)
