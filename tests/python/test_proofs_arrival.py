"""How events arrive changes nothing that it may not change: lateness, batches, ties in time, occasions, both ends, ids.

Random streams against a twin that is looked up by hand: all rows sorted, every value from its definition.
"""

import os
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from math import log
from pathlib import Path

import bactrian as bt
import polars as pl
import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("BACTRIAN_DATA", ROOT.parent / "shared/data"))
START = datetime(2024, 1, 1)
DAY = timedelta(days=1)
LATENESS = 2 * DAY

HEAD = """
[time]
lateness = "2d"
dedupe   = "7d"

[event.buy]
customer = "who"
at       = "at"
id       = "id"
occasion = "basket"
amount   = "amount"
channel  = "channel"
need     = { column = "needs", split = ";" }
"""
# Order-free however late: to the bit, or to rounding.
FOLD_EXACT = {
    "n": 'count = "event"',
    "sum": 'sum = "amount"',  # of quarters, so that no order rounds
    "least": 'min = "amount"',
    "most": 'max = "amount"',
    "first": 'first = "amount"',
    "last": 'last = "amount"',
    "since": 'first_time = "event"',
    "seen": 'last_time = "event"',
    "needs": 'distinct = "need"',
    "median": 'quantile = "amount"\nq = 0.5',
    "entropy": 'entropy = "channel"',
    "web": 'share = "channel"\nof = "web"',
}
FOLD_ROUNDED = {
    "decayed": 'sum = "amount"\nhalf_life = "9d"',
    "decayed_n": 'count = "event"\nhalf_life = "3d"',
    "decayed_mean": 'mean = "amount"\nhalf_life = "3d"',
    "decayed_web": 'share = "channel"\nof = "web"\nhalf_life = "9d"',
    "variance": 'variance = "amount"',
    "swing": 'variance = "amount"\nhalf_life = "9d"',
    "trend": 'velocity = "amount"\nfast = "2d"\nslow = "9d"',
}
ORDERED = {
    "week": 'sum = "amount"\nwindow = "7d"',
    "week_x": 'count = "event"\nwindow = "7d"\nhop = "exact"',
    "week_most": 'max = "amount"\nwindow = "7d"',
    "week_needs": 'distinct = "need"\nwindow = "7d"',
    "session": 'count = "event"\nsession = "6h"',
    "session_sum": 'sum = "amount"\nsession = "6h"',
    "five": 'mean = "amount"\nlast = 5',
    "gap": 'gap_mean = "event"',
    "gap_swing": 'gap_variance = "event"',
    "gap_log": 'gap_log_sum = "event"',
    "week_gap": 'gap_mean = "event"\nwindow = "7d"\nhop = "exact"',
    "baskets": 'count = "occasion"',
    "baskets_week": 'count = "occasion"\nwindow = "7d"',
    "basket_gap": 'gap_mean = "occasion"',
}


def definition(features: dict[str, str], more: str = "") -> bt.Definition:
    declared = "".join(f'\n[feature.{name}]\n{text}\non = "buy"\n' for name, text in features.items())
    return bt.Definition.from_toml(HEAD + declared + more)


def stream(count: int, seed: int, *, ties: bool = False) -> list[dict[str, object]]:
    """Purchases over 60 days, at whole seconds that are all different, or at whole days."""
    chance = random.Random(seed)
    seconds = sorted(chance.choices(range(60), k=count) if ties else chance.sample(range(60 * 86_400), count))
    return [
        {
            "who": f"c{int(40 * chance.random() ** 2)}",
            "at": START + timedelta(days=second) if ties else START + timedelta(seconds=second),
            "amount": chance.randint(1, 200) / 4,
            "channel": chance.choice(["web", "shop", "mail", None]),
            "needs": ";".join(chance.sample(["tea", "milk", "bread", "soap"], chance.randint(0, 3))) or None,
        }
        for second in seconds
    ]


def delayed(rows: list[dict[str, object]], most: timedelta, seed: int) -> list[dict[str, object]]:
    """The same rows, each as late as chance has it."""
    chance = random.Random(seed)
    return sorted(rows, key=lambda row: row["at"] + chance.random() * most)


def chunks(rows: list[dict[str, object]], seed: int, most: int = 400) -> Iterator[list[dict[str, object]]]:
    chance, place = random.Random(seed), 0
    while place < len(rows):
        size = chance.choice([1, 2, 7, chance.randint(1, most)])
        yield rows[place : place + size]
        place += size


def late_by_hand(batches: list[list[dict[str, object]]]) -> list[int]:
    """Of each batch, taken in the order of time: rows further behind the clock than the lateness."""
    clock, counts = datetime.min, []
    for batch in batches:
        late = 0
        for at in sorted(row["at"] for row in batch):
            clock = max(clock, at)
            late += at < clock - LATENESS
        counts.append(late)
    return counts


def compare(one: bt.Engine, other: bt.Engine, exact: dict[str, str], rounded: dict[str, str]) -> None:
    customers = sorted(one.score(columns=[])["customer"])
    at = max(one.now, other.now)
    a, b = (engine.score(customers, at=at).to_dict() for engine in (one, other))
    for name in exact:
        assert a[name] == b[name], name
    for name in rounded:
        for x, y in zip(a[name], b[name], strict=True):
            assert (x is None) == (y is None) and (
                x is None or abs(x - y) <= 1e-12 * max(abs(x), 1e3 if "swing" in name else 1e2)
            ), name


@pytest.mark.parametrize("seed", range(4))
def test_within_the_lateness_order_changes_nothing(seed):
    """Fold and ordered class alike; nothing is late."""
    features = FOLD_EXACT | FOLD_ROUNDED | ORDERED
    rows = stream(6_000, seed)
    sorted_, shuffled = bt.Engine(definition(features)), bt.Engine(definition(features))
    assert sorted_.observe(rows, kind="buy").late == 0
    for batch in chunks(delayed(rows, LATENESS, seed), seed):
        assert shuffled.observe(batch, kind="buy").late == 0
    rounded = FOLD_ROUNDED | {"gap_swing": "", "gap_log": ""}
    compare(sorted_, shuffled, {name: text for name, text in features.items() if name not in rounded}, rounded)


@pytest.mark.parametrize("seed", range(4))
def test_beyond_the_lateness_what_is_late_is_counted_and_the_fold_class_holds(seed):
    features = FOLD_EXACT | FOLD_ROUNDED
    rows = stream(6_000, seed)
    sorted_, shuffled = bt.Engine(definition(features)), bt.Engine(definition(features))
    sorted_.observe(rows, kind="buy")
    batches = list(chunks(delayed(rows, 9 * DAY, seed), seed))
    late = [shuffled.observe(batch, kind="buy").late for batch in batches]
    assert late == late_by_hand(batches) and sum(late) > 500
    assert shuffled.stats().late == sum(late) and shuffled.stats().events == 6_000
    compare(sorted_, shuffled, FOLD_EXACT, FOLD_ROUNDED)


SEGMENT = """
[segment.tier]
axis.value = { of = "sum", edges = [200.0, 600.0, 1500.0], labels = ["low", "mid", "high", "top"] }
axis.week  = { of = "week", edges = [1.0, 50.0], labels = ["none", "some", "much"] }
hysteresis = 0.1
dwell      = "1d"
decide_on  = ["enter"]

[action.offer]
channel  = "email"
eligible = 'tier.week == "much"'
response = "0.1"
value    = "sum"
cost     = 1.0

[contact.email]
at_most = 2
per     = "7d"
"""


@pytest.mark.parametrize("segment", [SEGMENT, ""])
@pytest.mark.parametrize("seed", range(3))
def test_batches_of_any_size_equal_their_rows(seed, segment):
    """Scores, crossings and decisions, to the bit: a batch is its rows by (time, row)."""
    rows = delayed(stream(2_500, seed), 5 * DAY, seed)
    for number, row in enumerate(rows):
        row["id"], row["basket"] = f"e{number // 2 if number % 10 == 1 else number}", f"b{number // 3}"
    features = FOLD_EXACT | FOLD_ROUNDED | ORDERED
    singly, batched = (bt.Engine(definition(features, segment), seed=5) for _ in range(2))
    crossings = decisions = 0
    for batch in chunks(rows, seed + 10, most=900):
        told = batched.observe(batch, kind="buy")
        alone = [singly.observe(row, kind="buy") for row in sorted(batch, key=lambda row: row["at"])]
        assert (told.accepted, told.duplicates, told.late) == tuple(
            sum(getattr(report, name) for report in alone) for name in ("accepted", "duplicates", "late")
        )
        assert [one.id for one in told.decisions] == [one.id for report in alone for one in report.decisions]
        crossings, decisions = crossings + len(told.crossings), decisions + len(told.decisions)
    assert (crossings > 200 and decisions > 200) or not segment
    assert repr(singly.crossings().to_dict()) == repr(batched.crossings().to_dict())
    assert repr(singly.score().to_dict()) == repr(batched.score().to_dict())
    # However the names came to be numbered.
    assert singly.digest() == batched.digest()


@pytest.mark.parametrize("seed", range(3))
def test_of_equal_times_the_earlier_arrival_is_first(seed):
    """A hundred rows a day share one instant; they come in any order, days late but within the lateness."""
    chance = random.Random(seed)
    rows = stream(6_000, seed, ties=True)
    chance.shuffle(rows)
    rows = delayed(rows, LATENESS, seed)
    features = (
        FOLD_EXACT
        | ORDERED
        | {"last3": 'sum = "amount"\nlast = 3', "first_channel": 'first = "channel"', "last_channel": 'last = "channel"'}
    )
    engine = bt.Engine(definition(features))
    order = []  # of arrival, as the engine takes it: each batch by (time, row)
    for batch in chunks(rows, seed):
        engine.observe(batch, kind="buy")
        order += sorted(batch, key=lambda row: row["at"])
    taken = pl.DataFrame(order, infer_schema_length=None).sort("at", maintain_order=True)
    amount, channel, at = pl.col("amount"), pl.col("channel").drop_nulls(), pl.col("at")
    gaps = at.unique().sort().diff().drop_nulls().dt.total_seconds()
    now = taken["at"].max()
    theirs = taken.group_by("who").agg(
        n=pl.len().cast(pl.Float64),
        first=amount.first(),
        last=amount.last(),
        last3=amount.tail(3).sum(),
        five=amount.tail(5).mean(),
        first_channel=channel.first(),
        last_channel=channel.last(),
        baskets=at.n_unique().cast(pl.Float64),
        gap=gaps.mean(),
        week=amount.filter(at > now - 7 * DAY).sum(),
        session=pl.when(at.max() >= now - timedelta(hours=6)).then((at == at.max()).sum()).otherwise(0).cast(pl.Float64),
    )
    ours = engine.score(columns=theirs.columns[1:]).to_polars().rename({"customer": "who"})
    both = ours.join(theirs, on="who", suffix="_twin")
    assert len(both) == len(ours) == taken["who"].n_unique()
    for name in theirs.columns[1:]:
        one, other = both[name], both[f"{name}_twin"]
        same = (one - other).abs() <= 1e-12 * other.abs() if name in ("five", "gap") else one == other
        assert (
            same.fill_null(value=True).all() and (one.fill_nan(None).is_null() == other.is_null()).all()
            if one.dtype.is_numeric()
            else (one == other).all()
        ), name


@pytest.mark.parametrize("seed", range(3))
def test_an_occasion_spans_instants_in_any_order(seed):
    """Lines of a basket lie up to the lateness apart; the basket is at its earliest line. Names come again later."""
    chance = random.Random(seed)
    baskets: dict[object, list[datetime]] = {f"c{number}": [] for number in range(30)}
    rows = []
    for who, begun in baskets.items():
        at = START + timedelta(seconds=chance.randint(0, 86_400))
        for number in range(40):
            at += timedelta(seconds=chance.randint(3_600, 3 * 86_400))
            begun.append(at)
            # The same name is free again once its last use is further back than the lateness.
            name = f"basket {number % 13}"
            spread = [0, *(chance.randint(0, 30_000) for _ in range(chance.randint(0, 3)))]
            rows += [{"who": who, "at": at + timedelta(seconds=late), "basket": name, "amount": 1.0} for late in spread]
    rows.sort(key=lambda row: row["at"])
    engine = bt.Engine(
        definition(ORDERED | {"fresh": 'count = "occasion"\nhalf_life = "9d"', "seven": 'gap_mean = "occasion"\nlast = 7'})
    )
    for batch in chunks(delayed(rows, LATENESS - timedelta(seconds=30_000), seed), seed, most=120):
        engine.observe(batch, kind="buy")
    now = rows[-1]["at"]
    for who, begun in baskets.items():
        gaps = [(after - before).total_seconds() for before, after in pairwise(begun)]
        read = engine.score([who], columns=["baskets", "baskets_week", "fresh", "basket_gap", "seven"])
        tail = (now - 7 * DAY).replace(hour=0, minute=0, second=0)
        assert read["baskets"] == [40.0]
        assert read["baskets_week"] == [sum(at > tail for at in begun)]
        assert read["fresh"][0] == pytest.approx(sum(2.0 ** (-((now - at) / (9 * DAY))) for at in begun), rel=1e-12)
        assert read["basket_gap"][0] == pytest.approx(sum(gaps) / len(gaps), rel=1e-12)
        assert read["seven"][0] == pytest.approx(sum(gaps[-6:]) / 6, rel=1e-12)


BOTH_ENDS = """
[event.answer]
customer = "person"
peer     = "peer"
at       = "at"

[event.vote]
peer = "peer"
at   = "at"

[feature.given]
count     = "event"
on        = "answer"
half_life = "90d"
[feature.taken]
count     = "event"
on        = "answer"
half_life = "90d"
direction = "in"
[feature.any]
count     = "event"
on        = "answer"
direction = "both"
[feature.votes]
count     = "event"
on        = "vote"
direction = "in"
[feature.partners_out]
count     = "event"
on        = "answer"
toward    = "peer"
[feature.partners_in]
count     = "event"
on        = "answer"
toward    = "peer"
direction = "in"
[score.reciprocity]
value = "2 * min(given, taken) / (given + taken)"
"""


def test_both_ends_of_an_event():
    """Answers and votes of the quantum community: `out`, `in`, `both`, events with a peer alone, reciprocity 2 min / (in + out)."""
    table = pl.read_csv(ROOT / "tests/data/quantum_community/interactions.csv.gz")
    events = table.filter(pl.col("kind").is_in(["answer", "vote"]), pl.col("peer").is_not_null())
    events = events.select(
        "kind",
        "peer",
        person=pl.when(pl.col("kind") == "answer").then(pl.col("person")),
        at=pl.col("at").str.to_datetime(time_unit="us", time_zone="UTC"),
    )
    events = events.filter((pl.col("kind") == "vote") | pl.col("person").is_not_null())
    engine = bt.Engine(bt.Definition.from_toml(BOTH_ENDS))
    assert engine.observe(events).accepted == len(events)
    now = events["at"].max()
    weight = (-((pl.lit(now) - pl.col("at")).dt.total_seconds() / (90 * 86_400)) * pl.lit(2.0).log()).exp().sum()
    answers, votes = (events.filter(pl.col("kind") == kind) for kind in ("answer", "vote"))
    theirs = pl.DataFrame({"customer": engine.score(columns=[])["customer"]}, schema={"customer": pl.Int64})
    for part in (
        answers.group_by(customer="person").agg(given=weight, n_out=pl.len()),
        answers.group_by(customer="peer").agg(taken=weight, n_in=pl.len()),
        votes.group_by(customer="peer").agg(votes=pl.len().cast(pl.Float64)),
    ):
        theirs = theirs.join(part, on="customer", how="left", maintain_order="left")
    theirs = theirs.fill_null(0)
    ours = engine.score(columns=["given", "taken", "any", "votes", "reciprocity"]).to_polars()
    for name in ("given", "taken"):
        assert ((ours[name] - theirs[name]).abs() <= 1e-9 * theirs[name].clip(1.0)).all()
    assert (ours["any"] == theirs["n_out"] + theirs["n_in"]).all() and (ours["votes"] == theirs["votes"]).all()
    least, total = pl.min_horizontal("given", "taken"), pl.col("given") + pl.col("taken")
    reciprocity = theirs.select(value=pl.when(total > 0).then(2 * least / total))["value"]
    assert (ours["reciprocity"].is_nan() == reciprocity.is_null()).all() and (reciprocity > 0.5).sum() > 20
    assert ((ours["reciprocity"] - reciprocity).abs() <= 1e-9).all()
    pairs = answers.group_by("person", "peer").len()
    counts = {(person, peer): n for person, peer, n in pairs.rows()}
    for person, peer in counts:
        toward = engine[person].toward(peer)
        assert (toward["partners_out"], toward["partners_in"]) == (counts[person, peer], counts.get((peer, person), 0))


def test_dyad_reciprocity_of_collegemsg():
    """.63638 of the directed ties are returned."""
    path = DATA / "streams/collegemsg/messages.csv.gz"
    if not path.exists():
        pytest.skip(f"CollegeMsg is not at {path}")
    messages = pl.read_csv(path)
    head = '[event.message]\ncustomer = "src"\npeer = "dst"\nat = "time"\n'
    features = "".join(
        f'[feature.{name}]\ncount = "event"\non = "message"\ntoward = "peer"\ndirection = "{direction}"\n'
        for name, direction in (("sent", "out"), ("got", "in"), ("both", "both"))
    )
    engine = bt.Engine(bt.Definition.from_toml(head + features))
    engine.observe(messages, kind="message")
    returned = ties = 0
    for source in messages["src"].unique().to_list():
        view = engine[source]
        for peer in engine.peers(source):
            toward = view.toward(peer)
            sent, got = toward["sent"], toward["got"]
            assert toward["both"] == sent + got
            ties += sent > 0
            returned += sent > 0 and got > 0
    assert ties == messages.select("src", "dst").n_unique() and returned / ties == pytest.approx(0.63638, abs=5e-6)


def test_an_event_id_counts_once_within_its_horizon():
    """Ids belong to their customer; one is remembered for 7 days of the engine's clock since it came, late or not."""
    chance = random.Random(3)
    engine = bt.Engine(definition({"n": 'count = "event"', "sum": 'sum = "amount"'}))
    came: dict[tuple[object, object], datetime] = {}
    clock, kept, total, duplicates = datetime.min, 0, 0.0, 0
    rows = delayed(stream(4_000, 8), 10 * DAY, 8)
    for row in rows:
        row["id"] = f"id {chance.randint(0, 60)}"
    for batch in chunks(rows, 9, most=60):
        report = engine.observe(batch, kind="buy")
        expected = 0
        for row in sorted(batch, key=lambda row: row["at"]):
            name, now = (row["who"], row["id"]), max(clock, row["at"])
            if name in came and came[name] >= now - 7 * DAY:
                expected += 1
                continue
            clock, came[name] = now, now
            kept, total = kept + 1, total + row["amount"]
        assert (report.duplicates, report.accepted) == (expected, len(batch) - expected)
        duplicates += expected
    read = engine.score(columns=["n", "sum"])
    assert (sum(read["n"]), sum(read["sum"])) == (kept, total) and engine.stats().events == kept
    assert duplicates > 400 and kept > 2_000


def test_event_ids_survive_reopening(tmp_path):
    """Everything sent twice, with the file closed and opened between any two calls."""
    rows = [row | {"id": f"e{number}"} for number, row in enumerate(stream(300, 4)) if row["at"] < START + 6 * DAY]
    made = definition({"n": 'count = "event"', "sum": 'sum = "amount"'})
    for checkpoint in (False, True):
        path = tmp_path / f"{checkpoint}.bactrian"
        for batch in (rows, rows, rows[::-1]):
            with bt.Engine.open(path, made) as engine:
                report = engine.observe(batch, kind="buy")
                if checkpoint:
                    engine.checkpoint()
            assert report.duplicates == (0 if batch is rows and report.accepted else len(rows))
        with bt.Engine.open(path) as engine:
            assert [engine.observe(row, kind="buy").duplicates for row in rows] == [1] * len(rows)
            assert engine.observe(rows[0] | {"who": "another"}, kind="buy").accepted == 1
            assert sum(engine.score(columns=["n"])["n"]) == len(rows) + 1 > 20


def test_gap_logs_by_hand():
    """ln of each gap between instants; two rows at one instant leave no gap."""
    engine = bt.Engine(definition({"gap_log": 'gap_log_sum = "event"'}))
    engine.observe([{"who": "a", "at": START + timedelta(seconds=s)} for s in (0, 10, 10, 1_000)], kind="buy")
    assert engine["a"]["gap_log"] == pytest.approx(log(10) + log(990), rel=1e-14)
