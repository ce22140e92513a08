"""Membership moves once, not to and fro: hysteresis and dwell against a state machine of the stated rule.

A value enters an interval when it reaches its edge, and leaves it downwards only below edge - hysteresis x |edge|; a cell once
entered is kept for the dwell.
"""

import random
from datetime import datetime, timedelta

import bactrian as bt
import pytest

START = datetime(2024, 1, 1)
LABELS = ["lowest", "low", "mid", "high"]
EDGES = [-20.0, 5.0, 40.0]

DEFINITION = """
[event.reading]
customer = "who"
at       = "at"
amount   = "amount"

[feature.level]
last = "amount"

[feature.kept]
sum       = "amount"
half_life = "5d"

[segment.tier]
axis.level = {{ of = "level", edges = [-20.0, 5.0, 40.0], labels = ["lowest", "low", "mid", "high"] }}
hysteresis = {hysteresis}
dwell      = "{dwell}"

[segment.decaying]
axis.kept = {{ of = "kept", edges = [8.0, 20.0], labels = ["cold", "warm", "hot"] }}
hysteresis = {hysteresis}
"""


class Machine:
    """The rule as it is stated, of one customer and one axis."""

    def __init__(self, edges: list[float], labels: list[str], hysteresis: float, dwell: timedelta):
        self.edges, self.labels, self.hysteresis, self.dwell = edges, labels, hysteresis, dwell
        self.place: int | None = None
        self.since = START

    def look(self, value: float, at: datetime) -> tuple[str | None, str] | None:
        """Where the customer goes, and from where."""
        entered = sum(value >= edge for edge in self.edges)
        place = entered if self.place is None else max(self.place, entered)
        while place > entered and value < self.edges[place - 1] - self.hysteresis * abs(self.edges[place - 1]):
            place -= 1
        if place == self.place or (self.place is not None and at - self.since < self.dwell):
            return None
        before = None if self.place is None else self.labels[self.place]
        self.place, self.since = place, at
        return before, self.labels[place]


def engine_of(hysteresis: float, dwell: str) -> bt.Engine:
    return bt.Engine(bt.Definition.from_toml(DEFINITION.format(hysteresis=hysteresis, dwell=dwell)))


def crossed(engine: bt.Engine, segment: str) -> list[tuple[object, ...]]:
    told = engine.crossings(segment).to_dict()
    return list(zip(told["customer"], told["from"], told["to"], (at.replace(tzinfo=None) for at in told["at"]), strict=True))


def walks(customers: int, steps: int, seed: int) -> list[dict[str, object]]:
    """Random walks across all edges, hours apart; now and then a walk stays for a while at an edge."""
    chance, rows = random.Random(seed), []
    for who in range(customers):
        at, level = START + timedelta(seconds=who), chance.uniform(-40, 60)
        for _ in range(steps):
            at += timedelta(seconds=chance.randint(600, 20_000))
            edge = chance.choice(EDGES)
            level = chance.choice([edge, edge * 0.95, edge * 1.05]) if chance.random() < 0.2 else level + chance.gauss(0, 6)
            level = min(max(level, -60.0), 80.0)
            rows.append({"who": f"w{who}", "at": at, "amount": level})
    return sorted(rows, key=lambda row: row["at"])


@pytest.mark.parametrize(("hysteresis", "dwell"), [(0.0, "0d"), (0.1, "0d"), (0.25, "2d"), (0.0, "1d"), (0.5, "12h")])
def test_crossings_of_random_walks_are_those_of_the_rule(hysteresis, dwell):
    rows = walks(60, 120, seed=17)
    stay = {"d": timedelta(days=1), "h": timedelta(hours=1)}[dwell[-1]] * int(dwell[:-1])
    machines: dict[object, Machine] = {}
    expected = []
    for row in rows:
        machine = machines.setdefault(row["who"], Machine(EDGES, LABELS, hysteresis, stay))
        moved = machine.look(row["amount"], row["at"])
        if moved:
            expected.append((row["who"], *moved, row["at"]))
    engine = engine_of(hysteresis, dwell)
    for first in range(0, len(rows), 1_000):
        engine.observe(rows[first : first + 1_000])
    assert crossed(engine, "tier") == expected and len(expected) > 300
    assert {who: cell for who, cell in zip(*engine.score(columns=["tier"]).to_dict().values(), strict=True)} == {
        who: LABELS[machine.place] for who, machine in machines.items()
    }


def test_less_crosses_with_a_band_and_less_still_with_a_dwell():
    rows = walks(60, 120, seed=18)
    counts = []
    for hysteresis, dwell in ((0.0, "0d"), (0.1, "0d"), (0.25, "0d"), (0.25, "2d")):
        engine = engine_of(hysteresis, dwell)
        engine.observe(rows)
        counts.append(len(engine.crossings("tier")))
    assert counts == sorted(counts, reverse=True) and counts[0] > 2 * counts[3]


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("hysteresis", [0.01, 0.1, 0.3])
def test_inside_the_band_nobody_flaps(edge, hysteresis):
    """A customer who came from above stays above, one who came from below stays below, however long both swing."""
    chance, engine = random.Random(int(edge)), engine_of(hysteresis, "0d")
    band = hysteresis * abs(edge)
    below, above = LABELS[EDGES.index(edge)], LABELS[EDGES.index(edge) + 1]
    at, rows = START, []
    for step in range(1_000):
        at += timedelta(minutes=chance.randint(1, 90))
        inside = edge - band * (chance.choice([1e-9, 1.0 - 1e-9]) if step % 3 else chance.random() * 0.999)
        rows += [{"who": "above", "at": at, "amount": inside if step else edge}, {"who": "below", "at": at, "amount": inside}]
    report = engine.observe(rows)
    assert crossed(engine, "tier") == [("above", None, above, rows[0]["at"]), ("below", None, below, rows[1]["at"])]
    assert [
        cell for cell, segment in zip(report.crossings["to"], report.crossings["segment"], strict=True) if segment == "tier"
    ] == [above, below]
    # One step beyond the band on either side, and both cross once.
    outside = engine.observe(
        [{"who": "above", "at": at, "amount": edge - band * (1 + 1e-9)}, {"who": "below", "at": at, "amount": edge}]
    )
    moved = [row[1:3] for row in crossed(engine, "tier")[2:]]
    assert moved == [(above, below), (below, above)] and outside.accepted == 2


def test_time_alone_crosses_as_the_rule_says():
    """A decaying score is looked at whenever the clock is moved; it falls through the band once."""
    rows = walks(40, 30, seed=19)
    rows = [{**row, "amount": abs(row["amount"]) / 4} for row in rows]
    hysteresis, half_life = 0.1, timedelta(days=5)
    machines = {row["who"]: Machine([8.0, 20.0], ["cold", "warm", "hot"], hysteresis, timedelta()) for row in rows}
    order = list(dict.fromkeys(row["who"] for row in rows))
    kept = dict.fromkeys(order, (0.0, START))
    engine, expected, causes = engine_of(hysteresis, "0d"), [], []

    def level(who: object, at: datetime) -> float:
        value, then = kept[who]
        return value * 2.0 ** (-((at - then) / half_life))

    def look(who: object, at: datetime, cause: str) -> None:
        moved = machines[who].look(level(who, at), at)
        if moved:
            expected.append((who, *moved, at))
            causes.append(cause)

    day, known = START, []
    while day < START + timedelta(days=60):
        following = day + timedelta(days=1)
        for row in (row for row in rows if day < row["at"] <= following):
            engine.observe(row)
            kept[row["who"]] = (level(row["who"], row["at"]) + row["amount"], row["at"])
            known += [row["who"]] * (row["who"] not in known)
            look(row["who"], row["at"], "event")
        engine.advance_to(following)
        for who in known:
            look(who, following, "time")
        day = following
    assert crossed(engine, "decaying") == expected
    assert engine.crossings("decaying")["cause"] == causes and causes.count("time") > 40
    assert {cell for cell in engine.score(columns=["decaying"])["decaying"]} == {"cold"}
