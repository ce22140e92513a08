"""As of: a training set reads what was known, as it would have been read then, and nothing of what came after."""

import random
from datetime import datetime, timedelta

import bactrian as bt
import polars as pl
import pytest

START = datetime(2024, 1, 1)
DAY = timedelta(days=1)
US = timedelta(microseconds=1)

DEFINITION = """
[time]
lateness = "2d"

[event.buy]
customer = "who"
at       = "at"
amount   = "amount"
channel  = "channel"

[trait]
city = "category"

[feature.n]
count = "event"
[feature.sum]
sum = "amount"
[feature.fresh]
sum       = "amount"
half_life = "9d"
[feature.swing]
variance = "amount"
[feature.last]
last = "amount"
[feature.seen]
last_time = "event"
[feature.week]
sum    = "amount"
window = "7d"
[feature.ten]
count  = "event"
window = "10d"
hop    = "exact"
[feature.session]
count   = "event"
session = "12h"
[feature.five]
mean = "amount"
last = 5
[feature.gap]
gap_mean = "event"
[feature.median]
quantile = "amount"
q        = 0.5
[feature.habit]
top       = "channel"
half_life = "9d"
[feature.city_sum]
sum = "amount"
by  = "city"

[score.rfm]
model  = "rfm"
on     = "buy"
amount = "amount"
bins   = 4
"""
FEATURES = ["n", "sum", "fresh", "swing", "last", "seen", "week", "ten", "session", "five", "gap", "median", "habit", "city_sum"]
FITTED = """
[segment.tier]
axis.value = { of = "fresh", quantiles = [0.3, 0.7], labels = ["low", "mid", "high"] }
hysteresis = 0.1
"""
CELLS = """
[segment.pace]
axis.week  = { of = "week", edges = [30.0, 120.0], labels = ["slow", "even", "fast"] }
axis.fresh = { of = "fresh", edges = [50.0, 300.0], labels = ["low", "mid", "high"] }
hysteresis = 0.1
dwell      = "6h"

[segment.way]
axis.way  = { of = "habit" }
axis.city = { of = "city" }
"""
CITIES = {f"c{number}": ["Ghent", "Lyon", "Bern"][number % 3] for number in range(40)}


def stream(count: int, seed: int) -> list[dict[str, object]]:
    chance = random.Random(seed)
    return [
        {
            "who": f"c{int(40 * chance.random() ** 2)}",
            "at": START + timedelta(seconds=second),
            "amount": chance.randint(1, 200) / 4,
            "channel": chance.choice(["web", "shop", "mail"]),
        }
        for second in sorted(chance.sample(range(60 * 86_400), count))
    ]


def begun(more: str = "") -> bt.Engine:
    engine = bt.Engine(bt.Definition.from_toml(DEFINITION + more))
    engine.identify([{"customer": who, "city": city, "at": START} for who, city in CITIES.items()])
    return engine


def sorted_rows(table: bt.Table) -> pl.DataFrame:
    return table.to_polars().sort("customer")


@pytest.fixture(scope="module")
def batches() -> list[list[dict[str, object]]]:
    """Rows in the order of arrival, up to six days late, in calls of up to twenty."""
    chance = random.Random(5)
    rows = sorted(stream(3_000, 4), key=lambda row: row["at"] + chance.random() ** 3 * 6 * DAY)
    made = []
    while rows:
        size = chance.randint(1, 20)
        made.append(rows[:size])
        rows = rows[size:]
    return made


@pytest.mark.parametrize("behind", [None, timedelta(), -3 * DAY, DAY, 3 * DAY, 30 * DAY])
def test_known_at_is_an_engine_fed_only_what_was_known_by_then(batches, behind):
    """To the bit, at four moments: `known_at` before, at and after the moment, or everything. Of a call those rows are known that
    came while the clock stood no later: a call is its rows by time."""
    full = begun()
    for batch in batches:
        full.observe(batch)
    differ = 0
    for day in (10, 25, 40, 55):
        at = START + day * DAY + timedelta(hours=7)
        known = datetime.max if behind is None else at + behind
        only, clock = begun(), datetime.min
        for batch in batches:
            given = []
            for row in sorted(batch, key=lambda row: row["at"]):
                clock = max(clock, row["at"])
                given += [row] * (clock <= known)
            only.observe([row for row in given if row["at"] < at])
            # The clock of both has gone on to the moment, but no further.
            only.advance_to(min(clock, at - US))
        told = full.training_set(at, columns=FEATURES, known_at=None if behind is None else known)
        assert sorted_rows(told).equals(sorted_rows(only.score(columns=FEATURES, at=at - US)), null_equal=True)
        differ += not sorted_rows(told).equals(sorted_rows(full.training_set(at, columns=FEATURES)), null_equal=True)
    # Corrections that came later make a difference.
    assert (differ == 0) if behind in (None, 30 * DAY) else differ > 0


@pytest.mark.parametrize("reopened", [False, True])
def test_what_was_known_at_a_moment_is_what_was_read_then(batches, reopened, tmp_path):
    """Every column, cells included, of reads that were made between late rows: told again once all has come, to the bit."""
    made = bt.Definition.from_toml(DEFINITION + CELLS)
    path = tmp_path / "shop.bactrian"
    engine = bt.Engine.open(path, made) if reopened else bt.Engine(made)
    engine.identify([{"customer": who, "city": city, "at": START} for who, city in CITIES.items()])
    read = {}
    for number, batch in enumerate(batches):
        engine.observe(batch)
        if number % 12 == 7:
            read[engine.now] = engine.score().to_polars()
            # What comes late while the clock stands would be known at that moment too.
            engine.advance_to(engine.now + US)
    if reopened:
        engine.checkpoint()
        engine.close()
        engine = bt.Engine.open(path, read_only=True)
    assert len(read) > 15 and engine.stats().late > 20 and len(engine.crossings()) > 200
    for now, table in read.items():
        told = engine.training_set(now + US, known_at=now).to_polars()
        assert told.sort("customer").equals(table.sort("customer"), null_equal=True), now
    engine.close()


def test_a_read_ahead_is_what_the_clock_will_show(batches):
    """`score(at=)` of every feature at moments to come, and then, once the clock has got there."""
    engine = begun()
    for batch in batches[:60]:
        engine.observe(batch)
    moments = [engine.now + timedelta(hours=hours) for hours in (0, 1, 11, 13, 24, 100, 169, 300, 5_000)]
    ahead = [engine.score(columns=FEATURES, at=at).to_polars() for at in moments]
    for at, told in zip(moments, ahead, strict=True):
        engine.advance_to(at)
        assert engine.score(columns=FEATURES).to_polars().equals(told, null_equal=True)
    changed = [column for column in FEATURES if not ahead[0][column].equals(ahead[-1][column], null_equal=True)]
    assert changed == ["fresh", "week", "ten", "session"]


def test_a_late_correction_is_known_only_after_it_came():
    engine = begun()
    engine.observe({"who": "c1", "at": START + DAY, "amount": 10.0})
    engine.advance_to(START + 5 * DAY)
    engine.observe({"who": "c1", "at": START + DAY, "amount": 32.0})
    engine.observe({"who": "c1", "at": START + 9 * DAY, "amount": 64.0})
    read = lambda **more: engine.training_set(START + 5 * DAY, columns=["sum"], customers=["c1"], **more)["sum"]  # noqa: E731
    assert read() == [42.0]
    assert read(known_at=START + 4 * DAY) == [10.0]
    assert read(known_at=START + 6 * DAY) == [42.0]
    assert engine.training_set(START + 10 * DAY, columns=["sum"], customers=["c1"])["sum"] == [106.0]


def test_a_trait_learnt_later_is_not_known_before():
    engine = begun()
    engine.observe({"who": "c1", "at": START + DAY, "amount": 10.0})
    engine.identify({"customer": "c1", "city": "Oslo", "at": START + 5 * DAY})
    for days, city in ((2, "Lyon"), (5, "Lyon"), (6, "Oslo")):
        assert engine.training_set(START + days * DAY, columns=["city"], customers=["c1"])["city"] == [city]


def test_a_label_never_sees_itself():
    """Before each of 60 events its customer has the events before it and no other; polars counts them."""
    rows = stream(2_000, 6)
    engine = begun()
    engine.observe(rows)
    before = pl.DataFrame(rows).with_columns(
        n=(pl.col("who").cum_count() - 1).over("who").cast(pl.Float64),
        sum=(pl.col("amount").cum_sum() - pl.col("amount")).over("who"),
        last=pl.col("amount").shift().over("who"),
    )
    for label in random.Random(7).sample(before.rows(named=True), 60):
        told = engine.training_set(label["at"], columns=["n", "sum", "last"], customers=[label["who"]])
        assert (told["n"], told["sum"], told["last"]) == ([label["n"]], [label["sum"]], [label["last"]])
        after = engine.training_set(label["at"] + US, columns=["n", "last"], customers=[label["who"]])
        assert (after["n"], after["last"]) == ([label["n"] + 1], [label["amount"]])


def test_whole_training_sets_hold_no_row_of_the_day_or_after():
    """A future that is changed beyond recognition changes no training set."""
    rows, at = stream(2_000, 8), START + 30 * DAY
    chance = random.Random(9)
    other = [
        row | {"amount": chance.random(), "channel": "mail", "who": f"x{chance.randint(0, 40)}"} if row["at"] >= at else row
        for row in rows
    ]
    told = []
    for future in (rows, other, [row for row in rows if row["at"] < at]):
        engine = begun()
        engine.observe(future)
        told.append(sorted_rows(engine.training_set(at, columns=FEATURES)))
    assert told[0].equals(told[1], null_equal=True) and told[0].equals(told[2], null_equal=True) and len(told[0]) == 40


def test_the_past_is_not_read_by_score():
    engine = begun()
    engine.observe({"who": "c1", "at": START + DAY, "amount": 1.0})
    for read in (engine.score, lambda at: engine.explain("c1", "sum", at=at), lambda at: engine.decide("c1", at=at)):
        with pytest.raises(bt.StateError) as caught:
            read(at=START)
        assert "training_set" in f"{caught.value} {caught.value.hint}"
    with pytest.raises(bt.StateError):
        engine.advance_to(START)
    assert engine.score(["c1"], columns=["sum"], at=START + DAY)["sum"] == [1.0]


def test_a_fit_is_chosen_by_its_date():
    """Reads between fits, recorded as they were made, are the training sets of those moments; a later fit changes none."""
    engine, told, edges = begun(FITTED), {}, []
    rows = stream(3_000, 10)
    # The second half is worth more, so that the fits differ.
    rows = [row | {"amount": row["amount"] * (1 if row["at"] < START + 30 * DAY else 20)} for row in rows]
    previous = START
    for day in range(2, 60, 2):
        at = START + day * DAY
        engine.observe([row for row in rows if previous <= row["at"] < at])
        engine.advance_to(at - US)
        told[at] = engine.score(at=at - US).to_polars()
        if day % 12 == 0:
            # Dated at the clock, a microsecond before `at`.
            report = engine.fit()
            edges.append(tuple(report.columns["tier.value"].diagnostics.values()))
            assert report.at.replace(tzinfo=None) == at - US
            assert sorted_rows(engine.training_set(at)).equals(sorted_rows(engine.score()), null_equal=True)
            assert not engine.score().to_polars().equals(told.pop(at), null_equal=True)
        previous = at
    assert len(edges) == len(set(edges)) == 4 and len(told) == 25
    for at, read in told.items():
        assert engine.training_set(at).to_polars().equals(read, null_equal=True), at
    first = engine.training_set(START + 2 * DAY, columns=["tier", "rfm", "rfm.r"])
    assert set(first["tier"]) == {None} and set(first["rfm.r"]) == {None}
    assert set(engine.training_set(START + 14 * DAY, columns=["tier"])["tier"]) == {"low", "mid", "high"}


@pytest.mark.parametrize("older", [False, True])
def test_traits_and_ties_of_later_moments_are_told_as_they_were_read(older):
    """They move the clock as events do, and time moves customers meanwhile: every column of every moment, cells included, is told
    as it was read live. Traits of earlier moments, where there are some, count from when they came."""
    chance = random.Random(11)
    engine, clock, read = begun("[tie.friend]\nhalf_life = \"9d\"\n" + CELLS), START, {}
    moved = 0
    for row in stream(1_200, 12):
        if row["at"] <= clock:
            continue
        engine.observe(row)
        clock = row["at"]
        if chance.random() < 0.15:
            clock += timedelta(seconds=chance.randint(1, 40_000))
            who, city = f"c{chance.randrange(40)}", chance.choice(["Ghent", "Lyon", "Bern", "Oslo"])
            if chance.random() < 0.7:
                report = engine.identify({"customer": who, "city": city, "at": clock})
            else:
                report = engine.relate({"customer": who, "peer": row["who"], "at": clock}, kind="friend")
            moved += "time" in report.crossings["cause"]
            assert engine.now.replace(tzinfo=None) == clock
        if older and chance.random() < 0.1:
            engine.identify({"customer": row["who"], "city": "Rome", "at": clock - timedelta(days=chance.random() * 9)})
        if chance.random() < 0.05:
            read[engine.now] = engine.score().to_polars()
            # What comes while the clock stands would be known at that moment too.
            clock += US
            engine.advance_to(clock)
    assert moved > 10 and len(read) > 20
    known = [True] if older else [True, False]
    for now, table in read.items():
        for at_once in known:
            told = engine.training_set(now + US, known_at=now if at_once else None)
            assert sorted_rows(told).equals(table.sort("customer"), null_equal=True), now
