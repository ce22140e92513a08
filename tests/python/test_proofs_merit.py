"""Who brought whom, who told whom, and what others' experience is good for: on real data and on trees of closed form."""

import os
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.optimize import least_squares

import bactrian as bt

DATA = Path(os.environ.get("BACTRIAN_DATA", Path(__file__).resolve().parents[3] / "shared/data"))
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def table(name):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return pl.read_csv(path)


def column(engine, name):
    read = engine.score(columns=[name])
    return dict(zip(read["customer"], read[name], strict=True))


REFERRALS = """
[event.referral]
customer = "by"
peer     = "of"
at       = "at"
flag     = { anyway = "anyway" }
[trait]
worth = "number"
[score.merit]
model  = "referrals"
on     = "referral"
value  = "worth"
anyway = "anyway"
CREDIT
[score.cev]
model     = "engagement"
lifetime  = "worth"
referrals = ["referral"]
anyway    = "anyway"
"""


def referred(pairs, worth, credit="", anyway=None):
    """An engine with referrals in order, one a minute."""
    engine = bt.Engine(bt.Definition.from_toml(REFERRALS.replace("CREDIT", credit)))
    rows = pl.DataFrame(pairs, schema=["by", "of"], orient="row").with_columns(
        at=pl.Series([EPOCH + timedelta(minutes=i) for i in range(len(pairs))]),
        anyway=pl.Series(anyway if anyway is not None else [False] * len(pairs)),
    )
    engine.observe(rows, kind="referral")
    engine.identify({"customer": list(worth), "worth": list(worth.values())})
    return engine, engine.fit().columns["merit"].diagnostics


@pytest.mark.parametrize(
    ("pairs", "n", "longest", "virality", "intermediaries"),
    [
        ([(0, leaf) for leaf in range(1, 41)], 41, 1, 2 * 40 / 41, 0),
        ([(node, node + 1) for node in range(30)], 31, 30, 32 / 3, 29),
        ([((node - 1) // 2, node) for node in range(1, 63)], 63, 5, None, 30),
    ],
    ids=["star", "chain", "binary tree"],
)
def test_cascades_of_closed_form(pairs, n, longest, virality, intermediaries):
    """R0 = (n - 1) / n; the mean distance is 2 (n - 1) / n in a star and (n + 1) / 3 in a chain (Goel and others 2016)."""
    engine, figures = referred(pairs, dict.fromkeys(range(n), 1.0))
    assert figures["reproduction"] == pytest.approx((n - 1) / n, rel=1e-12)
    assert (figures["longest"], figures["intermediaries"], figures["cascades"]) == (longest, intermediaries, 1)
    if virality is None:
        import igraph

        tree = igraph.Graph(n, pairs)
        virality = np.array(tree.distances()).sum() / (n * (n - 1))
    assert all(value == pytest.approx(virality, rel=1e-12) for value in column(engine, "merit.virality").values())
    below = column(engine, "merit.descendants")
    assert below[0] == n - 1 and sum(below.values()) == sum(column(engine, "merit.depth").values())


@pytest.mark.parametrize("credit", ["", 'credit = "nearest"', 'credit = "decay"\ndecay = 0.4'], ids=["equal", "nearest", "decay"])
def test_no_referral_is_credited_twice(credit):
    """A random forest of 3,000: credits sum to the value of those who were brought and would not have come anyway."""
    rng = np.random.default_rng(12)
    pairs = [(int(rng.integers(0, node)), node) for node in range(5, 3_000)]
    worth = {node: float(value) for node, value in enumerate(rng.gamma(2.0, 50.0, 3_000))}
    anyway = (rng.random(len(pairs)) < 0.2).tolist()
    engine, figures = referred(pairs, worth, credit, anyway)
    brought = sum(worth[of] for (_, of), came in zip(pairs, anyway, strict=True) if not came)
    merit = column(engine, "merit")
    assert sum(merit.values()) == pytest.approx(brought, rel=1e-12) == figures["value"]
    # Intermediaries: who was referred and referred in turn; the depth of mediation is the steps above.
    parent = {of: by for by, of in pairs}
    between = {node for node in parent.values() if node in parent}
    assert figures["intermediaries"] == len(between)
    chains = {node: 0 for node in range(5)}
    for node in range(5, 3_000):
        chains[node] = chains[parent[node]] + 1
    assert column(engine, "merit.depth") == chains
    # CRV of one generation (Kumar, Petersen and Leone 2010): what it adds is taken from those who were brought.
    crv, debited = column(engine, "cev.referral"), column(engine, "cev.debited")
    assert sum(crv.values()) <= brought * (1 + 1e-12)
    assert sum(crv.values()) == pytest.approx(sum(debited.values()), rel=1e-12)
    assert sum(column(engine, "cev.net").values()) == pytest.approx(sum(worth.values()), rel=1e-12)


def nominated(name, first, last, groups):
    """A study of diffusion: who adopted when, and who named whom, as places in the table."""
    rows = table(f"social/diffusion_classics/{name}.csv.gz").with_row_index("node")
    inside = {(row[groups], row["id"]): row["node"] for row in rows.iter_rows(named=True)}
    nets = [column for column in rows.columns if column.startswith(first)]
    ties = {
        (row["node"], inside[row[groups], int(row[net])])
        for row in rows.iter_rows(named=True)
        for net in nets
        if row[net] is not None and (row[groups], int(row[net])) in inside
    }
    ties = sorted(tie for tie in ties if tie[0] != tie[1])
    adopted = np.where(rows["toa"].to_numpy() < last, rows["toa"].to_numpy(), 0)
    return ties, adopted


def test_adoption_among_doctors():
    """Medical innovations (Coleman, Katz and Menzel): thresholds and hazards are numpy's, Bass is scipy's least squares."""
    ties, adopted = nominated("medInnovations", "net", 18, "city")
    counts = np.bincount(adopted[adopted > 0], minlength=18)[1:]
    assert counts.tolist() == [11, 9, 9, 11, 11, 11, 13, 7, 4, 1, 5, 3, 3, 4, 4, 2, 1]
    text = """
    [event.prescription]
    customer = "who"
    at       = "at"
    [trait]
    doctor = "bool"
    [tie.names]
    [score.threshold]
    model  = "adoption"
    layers = "names"
    on     = "prescription"
    period = "1d"
    """
    engine = bt.Engine(bt.Definition.from_toml(text))
    n = len(adopted)
    engine.identify({"customer": list(range(n)), "doctor": [True] * n, "at": [EPOCH] * n})
    ends = pl.DataFrame(ties, schema=["customer", "peer"], orient="row")
    engine.relate(ends.with_columns(at=pl.lit(EPOCH)), kind="names")
    rows = [(int(who), EPOCH + int(adopted[who]) * DAY) for who in np.flatnonzero(adopted)]
    engine.observe(pl.DataFrame(rows, schema=["who", "at"], orient="row").sort("at"), kind="prescription")
    figures = engine.fit().columns["threshold"].diagnostics
    near = defaultdict(list)
    for a, b in ties:
        near[a].append(b)
    threshold, exposed, hazard = (column(engine, name) for name in ("threshold", "threshold.exposure", "threshold.hazard"))
    left = n - np.concatenate([[0], np.cumsum(counts)[:-1]])
    for who in range(n):
        on = [0 < adopted[b] <= adopted[who] for b in near[who]]
        expected = np.mean(on) if adopted[who] and on else None
        assert threshold[who] == (pytest.approx(expected, abs=1e-12) if expected is not None else None)
        ever = [adopted[b] > 0 for b in near[who]]
        assert exposed[who] == (pytest.approx(np.mean(ever), abs=1e-12) if ever else None)
        if adopted[who]:
            period = adopted[who] - 1
            assert hazard[who] == pytest.approx(counts[period] / left[period], rel=1e-12)
    assert [figures[f"hazard_{period}"] for period in range(1, 18)] == pytest.approx((counts / left).tolist(), rel=1e-12)

    def share(t, p, q):
        return (1 - np.exp(-(p + q) * t)) / (1 + q / p * np.exp(-(p + q) * t))

    t = np.arange(1, 18)
    found = least_squares(lambda x: x[2] * (share(t, x[0], x[1]) - share(t - 1, x[0], x[1])) - counts, [0.05, 0.3, 120], xtol=1e-15, ftol=1e-15)
    assert [figures[name] for name in ("p", "q", "market")] == pytest.approx(found.x.tolist(), rel=1e-4)
    assert figures["squares"] <= 2 * found.cost * (1 + 1e-9)


@pytest.fixture(scope="module")
def reviews():
    rows = table("social/ciao/reviews.csv.gz").with_columns(
        at=pl.from_epoch("ts", time_unit="s").dt.replace_time_zone("UTC"),
        product=pl.col("product_id").cast(pl.String),
        category=pl.col("category_id").cast(pl.String),
        rating=pl.col("rating").cast(pl.Float64),
    )
    return rows.sort("ts", "user_id", "product_id")


@pytest.fixture(scope="module")
def trust():
    return table("social/ciao/trust.csv.gz").rename({"truster": "customer", "trustee": "peer"})


def test_categories_flow_over_trust(reviews, trust):
    """Ciao: who takes up a category after whom it trusts, and who brokers it, against plain Python; and still no influence."""
    text = """
    [event.review]
    customer = "user_id"
    at       = "at"
    need     = "category"
    [tie.trust]
    [score.passed]
    model  = "flow"
    layers = "trust"
    on     = "review"
    window = "365d"
    """
    engine = bt.Engine(bt.Definition.from_toml(text))
    engine.relate(trust.with_columns(at=pl.lit(reviews["at"][0])), kind="trust")
    engine.observe(reviews.select("user_id", "at", "category"), kind="review")
    report = engine.fit().columns["passed"]
    first = {(user, item): at for user, item, at in reviews.group_by("user_id", "category").agg(pl.col("ts").min()).rows()}
    looks = defaultdict(set)
    for a, b in trust.rows():
        looks[a].add(b)
    before = {
        (user, item): [b for b in looks[user] if at - 365 * 86_400 <= first.get((b, item), at) < at] for (user, item), at in first.items()
    }
    passed, taken, brokered = defaultdict(float), defaultdict(float), defaultdict(float)
    for (user, item), peers in before.items():
        taken[user] += bool(peers)
        for peer in peers:
            passed[peer] += 1 / len(peers)
            brokered[peer] += bool(before[peer, item]) / len(peers)
    ours = {name: column(engine, name) for name in ("passed", "passed.taken", "passed.brokered")}
    for name, theirs in zip(ours, (passed, taken, brokered), strict=True):
        assert all(value == pytest.approx(theirs[user], abs=1e-9) for user, value in ours[name].items())
    assert sum(ours["passed"].values()) == pytest.approx(sum(taken.values()), rel=1e-9) and sum(taken.values()) > 5_000
    assert 0.3 < sum(brokered.values()) / sum(passed.values()) < 1.0
    assert report.verdicts["influence"].claim == "no evidence"


def test_experience_is_ones_own_and_ones_peers(reviews, trust):
    """Ciao, the first four fifths by time: the decayed mean, the last and the worst of everyone's ratings; and what those
    whom a reviewer trusts say of an item. Alone that is worse than the mean of all (RMSE 1.184 against 1.000: one or two
    say anything); with the mean of all it is better than that (.974)."""
    cut = len(reviews) * 4 // 5
    past, later = reviews[:cut], reviews[cut:]
    text = """
    [event.review]
    customer = "user"
    peer     = "item"
    at       = "at"
    amount   = "rating"
    [tie.trust]
    [feature.felt]
    mean      = "amount"
    on        = "review"
    half_life = "365d"
    [feature.latest]
    last = "amount"
    on   = "review"
    [feature.worst]
    min = "amount"
    on  = "review"
    [feature.told]
    mean      = "amount"
    on        = "review"
    direction = "in"
    [feature.tellers]
    count     = "event"
    on        = "review"
    direction = "in"
    [feature.rating]
    mean   = "amount"
    on     = "review"
    toward = "peer"
    [score.heard]
    model  = "exposure"
    layers = "trust"
    of     = "rating"
    """
    engine = bt.Engine(bt.Definition.from_toml(text))
    named = lambda letter, column: (pl.lit(letter) + pl.col(column).cast(pl.String))
    engine.relate(
        trust.select(named("u", "customer").alias("customer"), named("u", "peer").alias("peer"), at=pl.lit(past["at"][0])), kind="trust"
    )
    events = past.select(named("u", "user_id").alias("user"), named("p", "product_id").alias("item"), "at", "rating")
    engine.observe(events, kind="review")
    assert reviews["rating"].mean() == pytest.approx(4.16080, abs=5e-6)
    now = past["at"][-1]
    weight = 2.0 ** (-((pl.lit(now) - pl.col("at")).dt.total_microseconds() / 86_400e6) / 365.0)
    own = past.with_columns(weight=weight).group_by("user_id", maintain_order=True).agg(
        felt=(pl.col("weight") * pl.col("rating")).sum() / pl.col("weight").sum(), worst=pl.col("rating").min(),
        latest=pl.col("rating").filter(pl.col("ts") == pl.col("ts").max()),
    )
    felt, latest, worst = (column(engine, name) for name in ("felt", "latest", "worst"))
    for user, mean, least, last in own.rows():
        assert felt[f"u{user}"] == pytest.approx(mean, rel=1e-9)
        assert worst[f"u{user}"] == least and latest[f"u{user}"] in last
    rated = defaultdict(list)
    for user, item, rating in past.select("user_id", "product_id", "rating").rows():
        rated[user, item].append(rating)
    looks = defaultdict(list)
    for a, b in trust.rows():
        looks[a].append(b)
    told, tellers = column(engine, "told"), column(engine, "tellers")
    overall = past["rating"].mean()
    errors = []
    for user, item, rating in later.select("user_id", "product_id", "rating").rows():
        peers = [np.mean(rated[peer, item]) for peer in looks[user] if (peer, item) in rated]
        if not peers:
            continue
        heard = engine[f"u{user}"].toward(f"p{item}")["heard"]
        assert heard == pytest.approx(np.mean(peers), rel=1e-12)
        mean, count = told[f"p{item}"], tellers[f"p{item}"]
        shrunk = (count * mean + 5 * overall) / (count + 5)
        errors.append([rating - mean, rating - heard, rating - (len(peers) * heard + 3 * shrunk) / (len(peers) + 3)])
    of_item, of_peers, of_both = np.sqrt((np.array(errors) ** 2).mean(0))
    assert len(errors) == 2_728
    assert of_item == pytest.approx(0.9998, abs=5e-4) and of_peers == pytest.approx(1.184, abs=1e-3)
    assert of_both == pytest.approx(0.9738, abs=1e-3)


def test_recommendations_beat_popularity(reviews, trust):
    """Ciao, split in time, new products of 942 reviewers with a past: recall in 20 better than popularity's, item-kNN's and
    trusted peers' alone, and it names many more products than what is popular anyway."""
    cut = len(reviews) * 4 // 5
    past, later = reviews[:cut], reviews[cut:]
    text = """
    [event.review]
    customer = "user_id"
    at       = "at"
    need     = "product"
    [tie.trust]
    [needs.taste]
    on     = "review"
    topics = 2
    """
    engine = bt.Engine(bt.Definition.from_toml(text))
    engine.relate(trust.with_columns(at=pl.lit(past["at"][0])), kind="trust")
    engine.observe(past.select("user_id", "at", "product"), kind="review")
    known = {user: set(products) for user, products in past.group_by("user_id").agg("product").rows()}
    wanted = {user: set(products) - known.get(user, set()) for user, products in later.group_by("user_id").agg("product").rows()}
    asked = sorted(user for user, products in wanted.items() if products and user in known)
    popular = past.select("user_id", "product").unique().group_by("product").len().sort(["len", "product"], descending=[True, False])
    popular = popular["product"].to_list()
    looks, holders = defaultdict(list), defaultdict(list)
    for a, b in trust.rows():
        looks[a].append(b)
    for user, products in known.items():
        for product in products:
            holders[product].append(user)

    def by_peers(user):
        votes = defaultdict(float)
        for peer in looks[user]:
            for product in known.get(peer, ()):
                votes[product] += 1.0
        return votes

    def by_items(user):
        votes = defaultdict(float)
        for product in known[user]:
            for other in holders[product]:
                for item in known[other]:
                    votes[item] += 1.0 / (len(holders[product]) * len(holders[item])) ** 0.5
        return votes

    def best(votes, user):
        new = [(-score, product) for product, score in votes.items() if product not in known[user]]
        return [product for _, product in sorted(new)[:20]]

    recall, seen, reasons = defaultdict(list), defaultdict(set), 0
    for user in asked:
        advice = engine.recommend(user, 20)
        assert advice["score"] == sorted(advice["score"], reverse=True) and not set(advice["need"]) & known[user]
        lists = {
            "ours": advice["need"],
            "popularity": [product for product in popular[: 20 + len(known[user])] if product not in known[user]][:20],
            "peers": best(by_peers(user), user),
        }
        if user % 4 == 0:
            lists["items"] = best(by_items(user), user)
        for name, products in lists.items():
            recall[name].append(len(set(products) & wanted[user]) / len(wanted[user]))
            seen[name] |= set(products)
        named = [peer for names in advice["because"] for peer in names.split(", ") if peer]
        assert {int(peer) for peer in named} <= set(looks[user])
        reasons += bool(named)
    mean = {name: float(np.mean(values)) for name, values in recall.items()}
    assert len(asked) == 942
    assert mean["ours"] > 1.1 * mean["popularity"] and mean["ours"] > 2 * mean["peers"] and mean["ours"] > mean["items"], mean
    assert len(seen["ours"]) > 5 * len(seen["popularity"]) and reasons > 0.5 * len(asked)
    # Whoever is new is told what is popular.
    engine.relate({"customer": [10**9], "peer": [10**9 + 1], "at": [past["at"][-1]]}, kind="trust")
    assert engine.recommend(10**9, 3)["need"][0] == popular[0]
