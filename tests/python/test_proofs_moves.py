"""How customers move between cells, against pandas and scikit-learn: Complete Journey, month by month."""

from pathlib import Path

import bactrian as bt
import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
MONTHS = pd.date_range("2017-02-01", "2017-12-01", freq="MS")
DEFINITION = """
[event.purchase]
customer = "household_id"
at       = "transaction_timestamp"
amount   = "sales_value"

[feature.spend]
sum       = "amount"
on        = "purchase"
half_life = "60d"

[segment.tier]
axis.value = { of = "spend", edges = [10, 40], labels = ["low", "mid", "high"] }
"""


@pytest.fixture(scope="module")
def told():
    """An engine fed month by month, and where everyone stood at each month's begin."""
    lines = pd.read_csv(ROOT / "python/bactrian/data/complete_journey_lines.csv.gz", dtype={"basket_id": str})
    lines = lines.assign(at=pd.to_datetime(lines.transaction_timestamp)).sort_values("at", kind="stable")
    engine = bt.Engine(bt.Definition.from_toml(DEFINITION))
    stood, start = {}, lines["at"].min()
    for month in MONTHS:
        engine.observe(lines[(lines["at"] >= start) & (lines["at"] <= month)].drop(columns="at"), kind="purchase")
        engine.advance_to(month)
        cells = engine.score(columns=["tier"]).to_pandas().set_index("customer").tier
        stood[month], start = cells, month + pd.Timedelta("1us")
    everyone = stood[MONTHS[-1]].index
    return engine, pd.DataFrame({month: cells.reindex(everyone).fillna("unknown") for month, cells in stood.items()})


def matrix(table) -> pd.DataFrame:
    return table.to_pandas().pivot(index="from", columns="to", values="count").fillna(0).astype(int)


@pytest.mark.parametrize(("since", "until"), [(0, 1), (2, 7), (0, 10), (9, 10)])
def test_transitions_are_a_crosstab_of_memberships(told, since, until):
    engine, stood = told
    theirs = pd.crosstab(stood[MONTHS[since]], stood[MONTHS[until]])
    found = engine.transitions("tier", MONTHS[since], MONTHS[until])
    ours = matrix(found).loc[theirs.index]
    assert ours.loc[:, ours.sum() > 0].to_numpy().tolist() == theirs.to_numpy().tolist()
    shares = found.to_pandas()
    assert shares.groupby("from").probability.sum().to_numpy() == pytest.approx(1.0)
    known = shares[shares["count"] > 0]
    expected = theirs.div(theirs.sum(axis=1), axis=0).stack()
    assert known.probability.to_numpy() == pytest.approx(expected.loc[list(zip(known["from"], known.to, strict=True))].to_numpy())


def test_transitions_over_spans_are_counted_together(told):
    engine, _ = told
    start = MONTHS[0]
    spans = [start + pd.Timedelta(days=days) for days in range(0, 300, 31)]
    total: dict = {}
    for a, b in zip(spans, spans[1:], strict=False):
        rows = engine.transitions("tier", a, b).to_pandas()
        for origin, target, count in zip(rows["from"], rows.to, rows["count"], strict=True):
            total[origin, target] = total.get((origin, target), 0) + count
    whole = engine.transitions("tier", start, spans[-1], every="31d").to_pandas()
    ours = {(origin, target): count for origin, target, count in zip(whole["from"], whole.to, whole["count"], strict=True)}
    assert {key: count for key, count in ours.items() if count} == {key: count for key, count in total.items() if count}


def test_steps_are_powers(told):
    engine, _ = told
    found = {steps: engine.transitions("tier", MONTHS[0], MONTHS[-1], every="30d", steps=steps).to_pandas() for steps in (1, 2, 5)}
    cells = sorted(set(found[1]["from"]) | set(found[1].to))
    square = {
        steps: rows.pivot(index="from", columns="to", values="probability").reindex(index=cells, columns=cells).fillna(0).to_numpy()
        for steps, rows in found.items()
    }
    for steps, power in square.items():
        assert power == pytest.approx(np.linalg.matrix_power(square[1], steps), abs=1e-12)


def test_stability_is_scikit_learns(told):
    metrics = pytest.importorskip("sklearn.metrics")
    engine, stood = told
    for since, until in ((0, 1), (3, 9)):
        before, after = stood[MONTHS[since]], stood[MONTHS[until]]
        both = (before != "unknown") & (after != "unknown")
        found = {name: values[0] for name, values in engine.stability("tier", MONTHS[since], MONTHS[until]).to_dict().items()}
        assert found["customers"] == both.sum()
        assert found["stayed"] == pytest.approx((before[both] == after[both]).mean())
        assert found["adjusted_rand"] == pytest.approx(metrics.adjusted_rand_score(before[both], after[both]))
        counts = pd.crosstab(before[both], after[both])
        row = counts.div(counts.sum(axis=1), axis=0).to_numpy()
        entropy = -(row * np.log(np.where(row > 0, row, 1))).sum(axis=1) @ (counts.sum(axis=1).to_numpy() / both.sum())
        assert found["transition_entropy"] == pytest.approx(entropy)
        sizes = [side[side != "unknown"].value_counts().reindex(["high", "low", "mid"]) for side in (after, before)]
        p, q = ((size + 0.5) / (size.sum() + 1.5) for size in sizes)
        index = ((p - q) * np.log(p / q)).sum()
        assert found["stability_index"] == pytest.approx(index)
        assert found["drift"] == ("stable" if index < 0.1 else "shifting" if index < 0.25 else "moved")


def test_intervals_that_are_none(told):
    engine, _ = told
    for since, until, every in (
        (MONTHS[1], MONTHS[1], None),
        (MONTHS[1], MONTHS[0], None),
        (MONTHS[0], MONTHS[1], "60d"),
        (MONTHS[0], MONTHS[1], "1s"),
    ):
        with pytest.raises(bt.SchemaError):
            engine.transitions("tier", since, until, every=every)
    with pytest.raises(bt.UnknownNameError, match="teir"):
        engine.transitions("teir", MONTHS[0])
    with pytest.raises(bt.UnknownNameError, match="teir"):
        engine.stability("teir", MONTHS[0])
