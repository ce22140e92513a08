"""Places to meet, reach across the globe, flash communities, and the vaster, faster and heavier customer, on real data."""

import os
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import igraph
import leidenalg
import numpy as np
import polars as pl
import pytest
import scipy.sparse as sparse

import bactrian as bt

DATA = Path(os.environ.get("BACTRIAN_DATA", Path(__file__).resolve().parents[3] / "shared/data"))
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def data(name):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path)


def column(engine, name):
    read = engine.score(columns=[name])
    return dict(zip(read["customer"], read[name], strict=True))


def related(engine, ties, layer):
    engine.relate(ties.with_columns(at=pl.lit(EPOCH)), kind=layer)


def projected(visits, most):
    """Newman's projection by scipy: of each place of n <= most visitors, 1 / (n - 1) to every pair."""
    people, places = (sorted(set(visits[name])) for name in ("customer", "peer"))
    row, place = ({name: at for at, name in enumerate(names)} for names in (people, places))
    ones = np.ones(len(visits))
    meets = sparse.csr_matrix((ones, ([row[a] for a in visits["customer"]], [place[p] for p in visits["peer"]])))
    crowd = np.asarray(meets.sum(0)).ravel()
    share = np.where((crowd > 1) & (crowd <= most), 1 / np.maximum(crowd - 1, 1), 0)
    ties = (meets @ sparse.diags(share) @ meets.T).tolil()
    ties.setdiag(0)
    ties = ties.tocsr()
    ties.eliminate_zeros()
    return ties, people, row


def test_listeners_meet_at_artists():
    """Last.fm, 1,892 listeners and 17,632 artists: the layer of meeting is Newman's projection (2001), and friends meet."""
    heard = data("social/lastfm2k/user_artists.csv.gz").select(customer="user_id", peer="artist_id")
    heard = heard.with_columns(("u" + pl.col("customer").cast(pl.String)).alias("customer"), ("a" + pl.col("peer").cast(pl.String)).alias("peer"))
    most = 100
    text = f"""
    [tie.hears]
    [tie.meets]
    through = "hears"
    most    = {most}
    [community.scene]
    layers = "meets"
    [score.met]
    model  = "strength"
    layers = "meets"
    """
    engine = bt.Engine(bt.Definition.from_toml(text))
    related(engine, heard, "hears")
    figures = engine.fit().columns["scene"].diagnostics
    ties, people, row = projected(heard, most)
    met = column(engine, "met")
    np.testing.assert_allclose([met[person] for person in people], np.asarray(ties.sum(1)).ravel(), rtol=1e-9)
    rng = np.random.default_rng(4)
    for person in rng.choice(people, 25, replace=False):
        near = ties[row[person]]
        assert set(engine.peers(person, "meets")) == {people[other] for other in near.indices}
        for other, weight in list(zip(near.indices, near.data, strict=True))[:10]:
            assert engine[person].toward(people[other])["meets"] == pytest.approx(weight, rel=1e-9)
    # Communities of those who meet are as good as leidenalg's on the same ties.
    upper = sparse.triu(ties).tocoo()
    theirs = igraph.Graph(len(people), list(zip(upper.row.tolist(), upper.col.tolist(), strict=True)))
    kind = leidenalg.ModularityVertexPartition
    peer = leidenalg.find_partition(theirs, kind, weights=upper.data.tolist(), n_iterations=3, seed=1)
    assert figures["quality"] >= 0.99 * peer.quality()
    # Friends meet in the same places far more often than chance has it.
    friends = data("social/lastfm2k/user_friends.csv.gz")
    pairs = [(row[f"u{a}"], row[f"u{b}"]) for a, b in friends.rows() if f"u{a}" in row and f"u{b}" in row]
    among = np.mean([ties[a, b] for a, b in pairs])
    chance = ties.sum() / (len(people) * (len(people) - 1))
    assert among > 3 * chance
    with pytest.raises(bt.SchemaError, match="places in common"):
        engine.seeds(3, layer="meets")


def test_followers_meet_at_topics():
    """Social marketing: a topic is a place for whoever posts on it ten times or more."""
    counts = data("social/social_marketing/social_marketing.csv.gz")
    first = counts.columns[0]
    long = counts.head(1_500).unpivot(index=first, variable_name="peer", value_name="weight").filter(pl.col("weight") > 0)
    long = long.select(customer=first, peer="peer", weight=pl.col("weight").cast(pl.Float64))
    text = '[tie.posts]\nleast = 10.0\n[tie.shares]\nthrough = "posts"\nmost = 60\n'
    engine = bt.Engine(bt.Definition.from_toml(text))
    related(engine, long, "posts")
    ties, people, row = projected(long.filter(pl.col("weight") >= 10), 60)
    tied = [person for person in people if ties[row[person]].nnz][:60]
    assert len(tied) == 60
    for person in tied:
        near = ties[row[person]]
        assert set(engine.peers(person, "shares")) == {people[other] for other in near.indices}
        for other, weight in list(zip(near.indices, near.data, strict=True))[:5]:
            assert engine[person].toward(people[other])["shares"] == pytest.approx(weight, rel=1e-9)


@pytest.fixture(scope="module")
def messages():
    rows = data("streams/collegemsg/messages.csv.gz")
    return rows.with_columns(time=pl.from_epoch("time", time_unit="s").dt.replace_time_zone("UTC")).sort("time")


STORM = """
[event.message]
customer = "src"
peer     = "dst"
at       = "time"
[flash.storm]
on    = "message"
fast  = "6h"
slow  = "10d"
young = 0.5
"""


def by_windows(rows, at, *, burst=3.0, core=2, size=4, density=0.3, young=0.5):
    """Flash sets at a moment by brute force: every message weighed anew, every tie tested, the core peeled by hand."""
    fast, slow = defaultdict(float), defaultdict(float)
    for a, b, then in rows:
        hours = (at - then).total_seconds() / 3600
        pair = (min(a, b), max(a, b))
        if a != b:
            fast[pair] += 2 ** (-hours / 6)
            slow[pair] += 2 ** (-hours / 240)
    ratio = 6 / 240
    expected = {pair: max(slow[pair] - fast[pair], 0) * ratio for pair in fast}
    near = defaultdict(set)
    for (a, b), now in fast.items():
        if (now - expected[a, b]) / max(expected[a, b], 1) ** 0.5 >= burst:
            near[a].add(b)
            near[b].add(a)
    while loose := [node for node in near if len(near[node]) < core]:
        for node in loose:
            for other in near.pop(node):
                if other in near:
                    near[other].discard(node)
    sets, seen = set(), set()
    for start in near:
        if start in seen:
            continue
        part, edge = {start}, [start]
        while edge:
            new = near[edge.pop()] - part
            part |= new
            edge.extend(new)
        seen |= part
        ties = [(a, b) for a in part for b in near[a] if a < b]
        share = sum(fast[tie] for tie in ties) / sum(slow[tie] for tie in ties)
        if len(part) >= size and 2 * len(ties) / (len(part) * (len(part) - 1)) >= density and share >= young:
            sets.add(frozenset(part))
    return sets


def storms(engine):
    found = defaultdict(set)
    for person, storm in column(engine, "storm").items():
        if storm is not None:
            found[storm].add(person)
    return {frozenset(members) for members in found.values()}


def test_flash_communities_of_the_busiest_day_are_those_of_brute_force(messages):
    """CollegeMsg, 2004-05-27 with 2,678 messages and the day before: a look an hour, each equal to brute-force windows."""
    days = messages.group_by(pl.col("time").dt.date().alias("day")).len().sort("len", descending=True)
    assert days.row(0) == (datetime(2004, 5, 27).date(), 2678)
    begin = datetime(2004, 5, 26, tzinfo=UTC)
    engine = bt.Engine(bt.Definition.from_toml(STORM.replace("young = 0.5", "young = 0.2") + "burst = 1.0\nsize = 3\ncore = 1\ndensity = 0.1\n"))
    engine.observe(messages.filter(pl.col("time") <= begin), kind="message")
    found = 0
    for hour in range(1, 49):
        at = begin + timedelta(hours=hour)
        engine.observe(messages.filter(pl.col("time").is_between(at - timedelta(hours=1), at, closed="right")), kind="message")
        engine.advance_to(at)
        engine.fit(["storm"])
        expected = by_windows(messages.filter(pl.col("time") <= at).select("src", "dst", "time").iter_rows(), at, burst=1.0, size=3, core=1, density=0.1, young=0.2)
        assert storms(engine) == expected
        found += len(expected)
    assert found > 10


def test_planted_bursts_are_found_and_nothing_else(messages):
    """Eight circles of strangers planted into CollegeMsg, its times shuffled so that no burst of its own is left."""
    rng = np.random.default_rng(8)
    rows = messages.filter(pl.col("time") < datetime(2004, 6, 10, tzinfo=UTC))
    rows = rows.with_columns(time=pl.Series(rng.permutation(rows["time"].dt.epoch("us").to_numpy())))
    rows = rows.with_columns(pl.from_epoch("time", time_unit="us").dt.replace_time_zone("UTC"))
    people = rng.permutation(rows["src"].unique().sort().to_numpy())
    planted, extra = [], []
    for circle in range(8):
        members = people[circle * 8 : circle * 8 + 6 + circle % 3].tolist()
        begin = datetime(2004, 5, 12, 12, tzinfo=UTC) + timedelta(days=3 * circle)
        planted.append((begin, frozenset(members)))
        for a in members:
            for b in members:
                if a < b and rng.random() < 0.9:
                    extra += [(a, b, begin + timedelta(minutes=int(rng.integers(0, 120)))) for _ in range(6)]
    extra = pl.DataFrame(extra, schema={"src": pl.Int64, "dst": pl.Int64, "time": pl.Datetime("us", "UTC")}, orient="row")
    rows = pl.concat([rows.select(extra.columns).cast(extra.schema), extra]).sort("time")
    engine = bt.Engine(bt.Definition.from_toml(STORM))
    at = datetime(2004, 5, 12, tzinfo=UTC)
    engine.observe(rows.filter(pl.col("time") <= at), kind="message")
    told, seen = [], set()
    while at < datetime(2004, 6, 7, tzinfo=UTC):
        step = at + timedelta(hours=4)
        engine.observe(rows.filter(pl.col("time").is_between(at, step, closed="right")), kind="message")
        engine.advance_to(step)
        notes = engine.fit(["storm"]).columns["storm"].notes
        told += [note.split(":")[0] for note in notes.values()]
        seen |= storms(engine)
        at = step
    alike = lambda a, b: len(a & b) / len(a | b) > 0.6
    recall = np.mean([any(alike(members, found) for found in seen) for _, members in planted])
    precision = np.mean([any(alike(members, found) for _, members in planted) for found in seen])
    assert recall == 1.0 and precision >= 0.9, (recall, precision)
    births = sum("birth" in note for note in told)
    assert births == 8 and sum("dissolved" in note for note in told) == 8


VECTOR = """
[event.message]
customer = "src"
peer     = "dst"
at       = "time"
[tie.talk]
on = "message"
[feature.latency]
quantile = "reply_seconds"
q        = 0.5
on       = "message"
[feature.sent]
count = "event"
on    = "message"
[score.speed]
value = "1.0 / (latency + 1.0)"
[community.circle]
layers = "talk"
[score.reach]
model     = "reach"
layers    = "talk"
hops      = 2
community = "circle"
[score.mass]
model     = "mass"
of        = "sent"
community = "circle"
[score.pace]
model     = "mass"
of        = "speed"
community = "circle"
"""


def reached(contacts, source, hops):
    """Whom a whisper reaches, each step later than the one before."""
    first = {source: [-1] + [None] * hops}
    for at, a, b in contacts:
        knows = first.get(a)
        for step in range(hops if knows else 0):
            if knows[step] is not None and knows[step] < at:
                there = first.setdefault(b, [None] * (hops + 1))
                if there[step + 1] is None or at < there[step + 1]:
                    there[step + 1] = at
    return {node for node, steps in first.items() if node != source and any(at is not None for at in steps)}


def test_mass_reach_and_speed_of_anyone_and_any_community_day_by_day(messages):
    """CollegeMsg, day by day: the vector of everyone and of every community is that of all messages up to that day."""
    engine = bt.Engine(bt.Definition.from_toml(VECTOR))
    begin = messages["time"][0].replace(hour=0, minute=0, second=0)
    rng = np.random.default_rng(3)
    for day in range(1, 31):
        at = begin + timedelta(days=day)
        today = messages.filter(pl.col("time").is_between(at - timedelta(days=1), at, closed="left"))
        engine.observe(today, kind="message")
        engine.advance_to(at)
        engine.fit()
        if day % 10:
            continue
        names = ["reach", "reach.rank", "reach.together", "reach.growth", "speed", "sent", "circle", "mass", "mass.rank", "pace.mean"]
        read = pl.DataFrame(engine.score(columns=names).to_dict())
        past = messages.filter(pl.col("time") < at)
        sent = dict(past.group_by("src").len().rows())
        assert all(n == sent.get(person, 0) for person, n in read.select("customer", "sent").rows())
        # Mass adds up over the communities; their speed is the mean of those who have answered.
        inside = read.drop_nulls("circle")
        by_circle = inside.group_by("circle").agg(
            pl.col("sent").sum(), pl.col("mass").first(), pl.col("speed").mean(), pl.col("pace.mean").first(), pl.col("mass.rank").first()
        )
        np.testing.assert_allclose(by_circle["mass"], by_circle["sent"], rtol=1e-12)
        np.testing.assert_allclose(by_circle["pace.mean"].fill_nan(None).drop_nulls(), by_circle["speed"].drop_nulls(), rtol=1e-9)
        order = by_circle["mass"].rank("average").to_numpy()
        np.testing.assert_allclose(by_circle["mass.rank"], (order - 1) / (len(order) - 1), atol=1e-12)
        # Reach of persons and of communities, against an exact search along time: exact up to 127, sketched beyond.
        contacts = list(past.select(pl.col("time").to_physical(), "src", "dst").rows())
        some = read.filter(pl.col("sent") > 0).sample(40, seed=int(rng.integers(1_000)))
        exact = np.array([len(reached(contacts, person, 2)) for person in some["customer"]])
        few = exact < 128
        assert few.any() and (some["reach"].to_numpy()[few] == exact[few]).all()
        assert np.corrcoef(exact, some["reach"])[0, 1] > 0.97
        assert few.all() or np.median(np.abs(some["reach"].to_numpy() / exact.clip(1) - 1)[~few]) < 0.2
        order = read["reach"].rank("average").to_numpy()
        np.testing.assert_allclose(read["reach.rank"], (order - 1) / (len(order) - 1), atol=1e-12)
        circle = inside.group_by("circle").len().sort("len", "circle").row(0)[0]
        members = inside.filter(pl.col("circle") == circle)
        together = set().union(*(reached(contacts, person, 2) for person in members["customer"])) - set(members["customer"])
        assert members["reach.together"][0] == pytest.approx(len(together), rel=0.4)
        small = inside.group_by("circle").len().filter(pl.col("len").is_between(2, 5)).sort("circle")
        for circle in small["circle"][:5]:
            members = inside.filter(pl.col("circle") == circle)
            told = set().union(*(reached(contacts, person, 2) for person in members["customer"]))
            if len(told | set(members["customer"])) <= 128:
                assert members["reach.together"][0] == len(told - set(members["customer"]))
        assert read["reach.growth"].drop_nulls().fill_nan(0).max() > 0


def test_ties_across_the_globe():
    """Online Retail: customers of 37 countries who buy what few others buy; assortativity by country is igraph's."""
    lines = data("purchases/online_retail/online_retail.parquet")
    lines = lines.drop_nulls("CustomerID").select(customer=pl.col("CustomerID").cast(pl.Int64), peer=pl.col("StockCode").cast(pl.String), country="Country")
    assert lines["country"].n_unique() == 37
    home = lines.group_by("customer").agg(pl.col("country").first()).sort("customer")
    bought = lines.select("customer", "peer").unique().sort("customer", "peer")
    text = """
    [trait]
    country = "category"
    [tie.buys]
    [tie.meets]
    through = "buys"
    most    = 20
    [score.abroad]
    model  = "across"
    layers = "meets"
    of     = "country"
    """
    engine = bt.Engine(bt.Definition.from_toml(text))
    related(engine, bought, "buys")
    engine.identify(lines.group_by("customer", maintain_order=True).agg(pl.col("country").first()))
    engine.fit()
    home = column(engine, "country")
    ties, people, row = projected(bought, 20)
    names = sorted({home[person] for person in people})
    kinds = np.array([names.index(home[person]) for person in people])
    upper = sparse.triu(ties).tocoo()
    theirs = igraph.Graph(len(people), list(zip(upper.row.tolist(), upper.col.tolist(), strict=True)))
    figures = engine.fit().columns["abroad"].diagnostics
    assert figures["assortativity"] == pytest.approx(theirs.assortativity_nominal(kinds.tolist(), directed=False), abs=1e-9)
    assert figures["assortativity"] > 0.02 and figures["names"] == 37
    abroad, others = column(engine, "abroad"), column(engine, "abroad.names")
    for person in people[::40]:
        near = ties[row[person]]
        away = kinds[near.indices] != kinds[row[person]]
        if near.nnz:
            assert abroad[person] == pytest.approx(near.data[away].sum() / near.data.sum(), rel=1e-9)
            assert others[person] == len(set(kinds[near.indices][away]))
        else:
            assert abroad[person] is None


def test_reach_into_other_regions(messages):
    """CollegeMsg cut into four time zones: whom a whisper reaches elsewhere, against an exact search along time."""
    past = messages.filter(pl.col("time") < datetime(2004, 5, 1, tzinfo=UTC))
    people = sorted(set(past["src"]) | set(past["dst"]))
    zone = {person: f"UTC+{person * 7 % 4}" for person in people}
    text = """
    [event.message]
    customer = "src"
    peer     = "dst"
    at       = "time"
    [trait]
    zone = "category"
    [tie.talk]
    on = "message"
    [score.abroad]
    model  = "reach"
    layers = "talk"
    hops   = 2
    across = "zone"
    """
    engine = bt.Engine(bt.Definition.from_toml(text))
    engine.observe(past, kind="message")
    engine.identify({"customer": people, "zone": [zone[person] for person in people]})
    engine.fit()
    contacts = list(past.select(pl.col("time").to_physical(), "src", "dst").rows())
    ours = column(engine, "abroad")
    exact = {person: sum(zone[other] != zone[person] for other in reached(contacts, person, 2)) for person in people[::6]}
    pairs = np.array([(ours[person], n) for person, n in exact.items()])
    assert np.corrcoef(pairs.T)[0, 1] > 0.97
    few = pairs[:, 1] <= 128
    assert few.any() and (pairs[few, 0] == pairs[few, 1]).all()
    assert few.all() or np.median(np.abs(pairs[:, 0] / pairs[:, 1].clip(1) - 1)[~few]) < 0.2
