"""Membership moves once, not to and fro: hysteresis and dwell against a state machine of the stated rule.

A value enters an interval when it reaches its edge, and leaves it downwards only below edge - hysteresis x |edge|; a cell once
entered is kept for the dwell.
"""

import random
from datetime import datetime, timedelta
from math import log2

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
        self.value = 0.0
        self.due: datetime | None = None

    def leave(self, place: int) -> float:
        """Below this an interval is left downwards."""
        return self.edges[place - 1] - self.hysteresis * abs(self.edges[place - 1])

    def look(self, value: float, at: datetime) -> tuple[str | None, str] | None:
        """Where the customer goes, and from where; what the dwell holds back falls due at its end."""
        entered = sum(value >= edge for edge in self.edges)
        place = entered if self.place is None else max(self.place, entered)
        while place > entered and value < self.leave(place):
            place -= 1
        held = self.place is not None and at - self.since < self.dwell
        self.value, self.due = value, self.since + self.dwell if held and place != self.place else None
        if held or place == self.place:
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
    expected, causes = [], []

    def look(who: object, value: float, at: datetime, cause: str) -> None:
        moved = machines[who].look(value, at)
        if moved:
            expected.append((who, *moved, at))
            causes.append(cause)

    for row in rows:
        while due := [(machine.due, who) for who, machine in machines.items() if machine.due and machine.due <= row["at"]]:
            at, who = min(due, key=lambda one: one[0])
            look(who, machines[who].value, at, "time")
        machines.setdefault(row["who"], Machine(EDGES, LABELS, hysteresis, stay))
        look(row["who"], row["amount"], row["at"], "event")
    engine = engine_of(hysteresis, dwell)
    for first in range(0, len(rows), 1_000):
        engine.observe(rows[first : first + 1_000])
    assert crossed(engine, "tier") == expected and len(expected) > 300
    assert engine.crossings("tier")["cause"] == causes and (causes.count("time") > 20 or not stay)
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


@pytest.mark.parametrize("steps", [1, 60])
def test_time_alone_crosses_when_the_value_leaves_its_band(steps):
    """A sum that decays to v falls out of an interval at v 2^(-t / half-life) = edge - hysteresis x edge, to the microsecond, whether
    the clock moves by events alone and once at the end, or every day besides."""
    rows = [{**row, "amount": abs(row["amount"]) / 4} for row in walks(40, 30, seed=19)]
    half_life, end = timedelta(days=5), START + timedelta(days=60)
    engine = engine_of(0.1, "0d")
    for step in range(steps):
        day, following = (START + (end - START) * part / steps for part in (step, step + 1))
        engine.observe([row for row in rows if day < row["at"] <= following])
        engine.advance_to(following)
    told = engine.crossings("decaying").to_dict()
    for who in {row["who"] for row in rows}:
        machine, expected, causes = Machine([8.0, 20.0], ["cold", "warm", "hot"], 0.1, timedelta()), [], []
        kept, then = 0.0, START
        own = [row for row in rows if row["who"] == who]
        for row, until in zip(own, [*(row["at"] for row in own[1:]), end], strict=True):
            kept, then = kept * 2.0 ** (-((row["at"] - then) / half_life)) + row["amount"], row["at"]
            moved = machine.look(kept, then)
            if moved:
                expected.append((*moved, then))
                causes.append("event")
            while machine.place and (left := then + half_life * log2(kept / machine.leave(machine.place))) <= until:
                expected.append((machine.labels[machine.place], machine.labels[machine.place - 1], left))
                causes.append("time")
                machine.place -= 1
        places = [place for place, customer in enumerate(told["customer"]) if customer == who]
        assert [told["cause"][place] for place in places] == causes
        for place, (before, after, at) in zip(places, expected, strict=True):
            assert (told["from"][place], told["to"][place]) == (before, after)
            assert abs(told["at"][place].replace(tzinfo=None) - at) <= timedelta(microseconds=2)
    assert told["cause"].count("time") > 40 and set(engine.score(columns=["decaying"])["decaying"]) == {"cold"}
