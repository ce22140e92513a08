"""How well customers are known, what they want, and how sure each attribute is, on real data."""

import math
import os
from pathlib import Path

import bactrian as bt
import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("BACTRIAN_DATA", ROOT.parent / "shared/data"))


def table(path: str, **how) -> pd.DataFrame:
    if not (DATA / path).exists():
        pytest.skip(f"{DATA / path} is not there")
    return pd.read_csv(DATA / path, **how)


CATEGORIES = [str(category) for category in range(1, 29)]
REVIEWS = """
[event.review]
customer = "user_id"
at       = "at"
need     = "category_id"
number   = { rating = "rating", helped = "helpfulness" }

[feature.home]
top = "need"

[segment.place]
axis.home = { of = "home" }
"""


@pytest.fixture(scope="module")
def reviews() -> pd.DataFrame:
    found = table("social/ciao/reviews.csv.gz", dtype={"category_id": str})
    return found.assign(at=pd.to_datetime(found.ts, unit="s")).sort_values("ts", kind="stable").drop(columns="ts")


@pytest.fixture(scope="module")
def known(reviews):
    """Ciao as of 2005, and the knowledge of its reviewers."""
    text = f'{REVIEWS}[score.known]\nmodel = "knowledge"\ncategories = {CATEGORIES}\n'
    engine = bt.Engine(bt.Definition.from_toml(text))
    engine.observe(reviews[reviews["at"] < "2005"], kind="review")
    report = engine.fit()
    return engine, report.columns["known"].diagnostics


def test_knowledge_is_the_entropy_that_is_gone(known, reviews):
    """Bits, tenure and chances against numpy: everyone's shares, a person's drawn to them."""
    engine, figures = known
    early = reviews[reviews["at"] < "2005"]
    counts = pd.crosstab(early.user_id, early.category_id).reindex(columns=CATEGORIES, fill_value=0)
    prior = (counts.sum() + 0.5) / (counts.to_numpy().sum() + 14)
    special = pytest.importorskip("scipy.special")

    def likelihood(k):
        n = counts.sum(axis=1)
        each = special.gammaln(k * prior.to_numpy() + counts.to_numpy()) - special.gammaln(k * prior.to_numpy())
        return (special.gammaln(k) - special.gammaln(k + n)).sum() + each.sum()

    k = figures["concentration"]
    best = pytest.importorskip("scipy.optimize").minimize_scalar(lambda x: -likelihood(x), bounds=(1, 30), method="bounded")
    assert k == pytest.approx(best.x, rel=1e-4)
    chance = (counts + k * prior).div(counts.sum(axis=1) + k, axis=0)
    entropy = -(chance * np.log2(chance)).sum(axis=1)
    ours = engine.score().to_pandas().set_index("customer").loc[counts.index]
    assert ours["known.entropy"].to_numpy() == pytest.approx(entropy.to_numpy())
    assert ours["known"].to_numpy() == pytest.approx(-(prior * np.log2(prior)).sum() - entropy.to_numpy())
    for place, category in enumerate(CATEGORIES, 1):
        assert ours[f"known.category_{place}"].to_numpy() == pytest.approx(chance[category].to_numpy())
    now = early["at"].max()
    assert ours["known.tenure"].to_numpy() == pytest.approx(((now - early.groupby("user_id")["at"].min()) / pd.Timedelta(days=1)).to_numpy())
    assert (ours["known.events"] == counts.sum(axis=1)).all()
    one = engine.explain(int(counts.index[0]), "known")
    assert sum(one.parts.values()) == pytest.approx(one.value)


def test_who_is_known_longer_is_foretold_better(known, reviews):
    """Log loss of each later review's category, told before it: it falls from tenth to tenth of what was known."""
    engine, figures = known
    ours = engine.score().to_pandas().set_index("customer")
    k = figures["concentration"]
    stranger = pd.DataFrame({f"category_{place}": ours[f"known.category_{place}"] for place in range(1, 29)}).to_numpy()
    counts = stranger * (ours["known.events"].to_numpy() + k)[:, None]
    early = reviews[reviews["at"] < "2005"]
    own = pd.crosstab(early.user_id, early.category_id).reindex(index=ours.index, columns=CATEGORIES, fill_value=0).to_numpy()
    prior = np.median((counts - own) / k, axis=0)
    seen = dict(zip(ours.index, own.astype(float), strict=True))
    loss, before = [], []
    for user, category in reviews[reviews["at"] >= "2005"][["user_id", "category_id"]].itertuples(index=False):
        tally = seen.setdefault(user, np.zeros(28))
        place, n = int(category) - 1, tally.sum()
        loss.append(-math.log2((tally[place] + k * prior[place]) / (n + k)))
        before.append(n)
        tally[place] += 1
    tenths = pd.Series(loss).groupby(pd.qcut(pd.Series(before), 10, labels=False)).mean()
    assert len(tenths) == 10 and tenths.is_monotonic_decreasing
    assert tenths.iloc[0] - tenths.iloc[9] > 1.4


def test_intervals_of_rates_cover_what_comes(reviews):
    """Of each reviewer half the reviews teach the rate of praise; the 90% intervals cover what the other half shows."""
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(7)
    teach = rng.random(len(reviews)) < 0.5
    text = REVIEWS + '[score.praise]\nmodel = "pooled"\nrate = "rating >= 5.0"\nwithin = "place.home"\nconfidence = 0.9\n'
    engine = bt.Engine(bt.Definition.from_toml(text))
    engine.observe(reviews[teach], kind="review")
    engine.fit()
    ours = engine.score().to_pandas().set_index("customer")
    assert (ours["praise.lower"] < ours.praise).all() and (ours.praise < ours["praise.upper"]).all()
    tests = reviews[~teach].assign(good=lambda rows: rows.rating >= 5).groupby("user_id").good.agg(["sum", "size"])
    both = tests.join(ours, how="inner")
    # A beta distribution has one mean and one standard error.
    events = both.praise * (1 - both.praise) / both["praise.standard_error"] ** 2 - 1
    a, b = both.praise * events, (1 - both.praise) * events
    for share, end in ((0.05, "praise.lower"), (0.95, "praise.upper")):
        assert both[end].to_numpy() == pytest.approx(stats.beta.ppf(share, a, b), rel=1e-9, abs=1e-12)
    came = stats.betabinom(both["size"].to_numpy(), a.to_numpy(), b.to_numpy())
    # Counts have no exact quantile: where one falls on the edge of the interval, chance decides.
    below, upto = came.cdf(both["sum"] - 1), came.cdf(both["sum"])
    rank = below + rng.random(len(both)) * (upto - below)
    assert len(both) > 5_000 and 0.88 <= ((rank > 0.05) & (rank < 0.95)).mean() <= 0.92


def test_every_level_is_better_than_the_one_above_in_the_engine(reviews):
    """Everyone's rate, the segment's, the person's: the log loss of later reviews falls; each says which level answers."""
    text = REVIEWS + '[score.praise]\nmodel = "pooled"\nrate = "rating >= 5.0"\nwithin = "place.home"\n'
    engine = bt.Engine(bt.Definition.from_toml(text))
    engine.observe(reviews[reviews["at"] < "2005"], kind="review")
    engine.fit()
    ours = engine.score().to_pandas().set_index("customer")
    later = reviews[reviews["at"] >= "2005"].join(ours, on="user_id", how="inner")
    best = later.rating >= 5
    loss = {
        level: -np.where(best, np.log(later[column]), np.log1p(-later[column])).mean()
        for level, column in (("everyone", "praise.everyone"), ("segment", "praise.segment"), ("person", "praise"))
    }
    assert loss["person"] < loss["segment"] < loss["everyone"]
    assert set(ours["praise.level"]) == {"segment", "person"} or set(ours["praise.level"]) == {"everyone", "segment", "person"}
    assert ours["praise.trials"].groupby(ours["praise.level"]).mean().loc["person"] > 10
    # The same model by hand gives the same rates.
    early = reviews[reviews["at"] < "2005"].assign(good=lambda rows: rows.rating >= 5)
    tally = early.groupby("user_id").good.agg(["sum", "size"]).loc[ours.index]
    pooled = bt.segments.Pooled().fit(ours["place.home"], tally["sum"], tally["size"])
    for customer in ours.index[::500]:
        row = ours.loc[customer]
        one = pooled.estimate(row["place.home"], *map(float, tally.loc[customer]))
        assert row.praise == pytest.approx(one.value, rel=1e-6) and row["praise.level"] == one.level
        told = engine.explain(int(customer), "praise")
        assert sum(told.parts.values()) == pytest.approx(told.value)


@pytest.fixture(scope="module")
def followers() -> pd.DataFrame:
    return table("social/social_marketing/social_marketing.csv.gz").rename(columns={"Unnamed: 0": "customer", "follower_id": "customer"})


NEEDS = """
[event.post]
customer = "customer"
at       = "at"
need     = "need"

[needs.wish]
topics = 8
"""


@pytest.fixture(scope="module")
def wishes(followers):
    """Every post of a follower is an event; chatter and what nobody sorted is no need."""
    posts = followers.melt("customer", var_name="need", value_name="count")
    posts = posts.loc[posts.index.repeat(posts["count"])].drop(columns="count")
    text = NEEDS + 'without = ["chatter", "uncategorized", "spam", "adult"]\n'
    engine = bt.Engine(bt.Definition.from_toml(text))
    assert engine.observe(posts.assign(at="2024-01-01"), kind="post").accepted == 325_802
    report = engine.fit()
    return engine, report.columns["wish"]


def test_needs_of_followers_go_together_as_their_counts_do(wishes, followers):
    engine, fitted = wishes
    interests = followers.drop(columns="customer")
    assert interests.corr().loc["health_nutrition", "personal_fitness"] == pytest.approx(0.8099, abs=5e-5)
    titles = [set(title.split(", ")) for title in fitted.notes.values()]
    assert any({"health_nutrition", "personal_fitness"} <= title for title in titles)
    assert any({"online_gaming", "college_uni"} <= title for title in titles)
    assert any({"cooking", "fashion"} <= title for title in titles)
    fitness = next(topic for topic, title in fitted.notes.items() if "health_nutrition" in title)
    shares = engine.score(columns=[f"wish.{fitness}", "wish.evidence"]).to_pandas().set_index("customer")
    who = followers.set_index("customer").loc[shares.index]
    assert np.corrcoef(shares[f"wish.{fitness}"].fillna(0), who.health_nutrition / who.sum(axis=1))[0, 1] > 0.8
    # Evidence is what was said of needs.
    said = who.drop(columns=["chatter", "uncategorized", "spam", "adult"]).sum(axis=1)
    assert shares["wish.evidence"].fillna(0).to_numpy() == pytest.approx(said.to_numpy())


def perplexity(counts, weights, topics) -> float:
    rates = weights @ topics
    chance = rates / rates.sum(axis=1, keepdims=True)
    seen = counts > 0
    return math.exp(-(counts[seen] * np.log(np.maximum(chance[seen], 1e-12))).sum() / counts.sum())


def test_topics_are_as_good_as_scikit_learns(followers):
    """Objective and perplexity of scikit-learn's NMF on the same matrix; other rows folded in as it transforms them."""
    decomposition = pytest.importorskip("sklearn.decomposition")
    sparse = pytest.importorskip("scipy.sparse")
    counts = followers.drop(columns=["customer", "chatter", "uncategorized", "spam", "adult"]).to_numpy(dtype=float)
    counts = counts[counts.sum(axis=1) > 0]
    roots = np.sqrt(counts)
    theirs = decomposition.NMF(8, init="nndsvd", solver="cd", tol=1e-4, max_iter=500).fit(roots)
    ours = bt.segments.Topics(8).fit(sparse.csr_matrix(roots))
    assert ours.converged_ and ours.objective_ <= theirs.reconstruction_err_ * (1 + 1e-3)
    assert ours.components_.sum(axis=1) == pytest.approx(1)
    folded = ours.transform(roots)
    found = perplexity(roots, folded, ours.components_)
    assert found <= perplexity(roots, theirs.transform(roots), theirs.components_) * 1.002
    assert found < 0.8 * perplexity(roots, np.ones((len(roots), 1)), roots.sum(axis=0)[None, :])
    assert folded == pytest.approx(ours.transform(sparse.csr_matrix(roots)))


def test_mixed_membership_of_listeners():
    """Shares of lastfm's listeners sum to one; dominant topic and entropy are those of numpy; a segment follows them."""
    plays = table("social/lastfm2k/user_artists.csv.gz").rename(columns={"user_id": "customer", "artist_id": "need"})
    text = NEEDS.replace("event.post", "event.play") + "[segment.taste]\naxis.need = { of = \"wish\" }\n"
    engine = bt.Engine(bt.Definition.from_toml(text))
    engine.observe(plays.assign(need=plays.need.astype(str), at="2024-01-01")[["customer", "need", "at"]], kind="play")
    engine.fit()
    ours = engine.score().to_pandas().set_index("customer")
    topics = [f"topic_{topic}" for topic in range(1, 9)]
    shares = ours[[f"wish.{topic}" for topic in topics]].to_numpy()
    # Who listens to nothing that any topic has is of none.
    known = ~np.isnan(shares).any(axis=1)
    assert known.mean() > 0.95 and len(ours) == 1_892
    assert shares[known].sum(axis=1) == pytest.approx(1.0) and (shares[known] >= 0).all()
    assert (ours.wish[known] == np.array(topics)[shares[known].argmax(axis=1)]).all()
    logs = np.log(np.where(shares[known] > 0, shares[known], 1))
    assert ours["wish.entropy"][known].to_numpy() == pytest.approx(-(shares[known] * logs).sum(axis=1), abs=1e-12)
    assert (ours["wish.entropy"][known] > 0.5).mean() > 0.3  # not all have one passion
    assert (ours["taste.need"][known] == ours.wish[known]).all()
    # The score of belonging is the share, uncertain as a share of so many plays is.
    stats = pytest.importorskip("scipy.stats")
    found = engine.belonging("taste").to_pandas().set_index("customer")
    assert set(found.index) == set(ours.index[known])
    own = shares.max(axis=1)[known]
    found = found.loc[ours.index[known]]
    assert found.belonging.to_numpy() == pytest.approx(own)
    n = ours["wish.evidence"][known].to_numpy()
    # Under Jeffreys' prior, so that few plays make nobody certain; the interval holds the score itself.
    low, high = (stats.beta.ppf(share, own * n + 0.5, (1 - own) * n + 0.5) for share in (0.025, 0.975))
    assert found.lower.to_numpy() == pytest.approx(np.minimum(low, own), abs=1e-9)
    assert found.upper.to_numpy() == pytest.approx(np.maximum(high, own), abs=1e-9)


def test_what_friends_listen_to_together():
    """Friends share 8.746 artists, and with the same numbers of friends chance would give 4.594: lift 1.90."""
    igraph = pytest.importorskip("igraph")
    plays = table("social/lastfm2k/user_artists.csv.gz")
    friends = table("social/lastfm2k/user_friends.csv.gz")
    left, right = friends.columns[:2]
    edges = friends[friends[left] < friends[right]]
    engine = bt.Engine(bt.Definition.from_toml("[trait]\nage = \"number\"\n[tie.friend]\ndirected = false\n"))
    engine.relate(edges.rename(columns={left: "customer", right: "peer"}).assign(at="2024-01-01"))
    heard = plays.groupby("user_id").artist_id.agg(set).to_dict()
    everyone = sorted(set(edges[left]) | set(edges[right]))
    pairs = [(one, other) for one in everyone for other in engine.peers(one) if one < other]
    assert len(pairs) == 12_717

    def shared(pairs):
        return np.mean([len(heard.get(a, set()) & heard.get(b, set())) for a, b in pairs])

    together = shared(pairs)
    assert together == pytest.approx(8.746402453408823)
    graph = igraph.Graph.TupleList(pairs)
    chance = []
    for _ in range(3):
        other = graph.copy()
        other.rewire(n=10 * graph.ecount())
        names = other.vs["name"]
        chance.append(shared([(names[a], names[b]) for a, b in other.get_edgelist()]))
    assert together / np.mean(chance) == pytest.approx(1.90, abs=0.06)


def typed(frame: pd.DataFrame) -> dict[str, str]:
    """Numbers as numbers, all else as names."""
    return {name: "number" if frame[name].dtype.kind in "if" else "category" for name in frame.columns}


@pytest.mark.parametrize(
    ("path", "missing"),
    [("models/telco_churn/telco.csv.gz", 11), ("campaigns/bank_marketing/bank-additional-full.csv.gz", 0)],
)
def test_twenty_attributes_of_any_type(path, missing):
    """Telco's and the bank's columns as attributes: names, quantities, what is missing, as pandas counts them."""
    frame = table(path, na_values=[" "]).head(8_000)
    frame = frame.drop(columns=["customerID"], errors="ignore")
    frame.columns = [name.replace(".", "_").replace("-", "_") for name in frame.columns]
    kinds = typed(frame)
    assert len(kinds) >= 20 and {"number", "category"} <= set(kinds.values())
    engine = bt.Engine(bt.Definition.from_dict({"trait": kinds}))
    told = frame.assign(customer=np.arange(len(frame)), at="2024-01-01")
    assert engine.identify(told).accepted == len(frame)
    ours = engine.score().to_pandas().set_index("customer")
    for name, kind in kinds.items():
        if kind == "number":
            assert ours[name].to_numpy() == pytest.approx(frame[name].to_numpy(dtype=float), nan_ok=True)
        else:
            assert ours[name].value_counts().to_dict() == frame[name].astype(str).value_counts().to_dict()
    assert ours[list(kinds)].isna().sum().sum() == missing
    # What is missing is unknown to every rule, and neither true nor false.
    name = next(name for name, kind in kinds.items() if kind == "number")
    rules = bt.Definition.from_dict(
        {"trait": {"TotalCharges": "number"}, "segment": {"cost": {"rules": [{"label": "dear", "when": "TotalCharges >= 100"}, {"label": "cheap", "when": "TotalCharges < 100"}]}}}
    )
    if missing:
        other = bt.Engine(rules)
        other.identify(told[["customer", "TotalCharges", "at"]].assign(TotalCharges=told.TotalCharges))
        known = frame.TotalCharges[frame.TotalCharges.notna()]
        assert len(other.members("cost", "dear")) == (known >= 100).sum() and len(other.members("cost", "cheap")) == (known < 100).sum()
    assert name in ours


def test_interests_are_a_set(followers):
    """The 36 interests of a follower as one attribute, and as 36: whoever has one is found by either."""
    names = [name for name in followers.columns if name != "customer"]
    assert len(names) == 36
    strong = followers[names] >= 3
    sets = [[name for name, has in zip(names, row, strict=True) if has] for row in strong.to_numpy()]
    rules = [{"label": "both", "when": '"cooking" in interests && "fashion" in interests'}, {"label": "many", "when": "size(interests) > 5"}]
    definition = bt.Definition.from_dict(
        {"trait": {"interests": "categories"} | dict.fromkeys(names, "number"), "segment": {"who": {"rules": rules}}}
    )
    engine = bt.Engine(definition)
    told = followers.assign(interests=sets, at="2024-01-01")
    assert engine.identify(told).accepted == 7_882
    both = strong.cooking & strong.fashion
    many = ~both & (strong.sum(axis=1) > 5)
    assert set(engine.members("who", "both")) == set(followers.customer[both])
    assert set(engine.members("who", "many")) == set(followers.customer[many])
    ours = engine.score(columns=["interests", "cooking"]).to_pandas().set_index("customer").loc[followers.customer]
    assert ours.interests.fillna("").tolist() == [";".join(sorted(names)) for names in sets]
    assert (ours.cooking.to_numpy() == followers.cooking.to_numpy()).all()
    # As a text, a list of one row, in any order and with doubles: the same set.
    one = followers.customer[0]
    for said in ("tea; golf;tea", ["golf", "tea", "golf"], ["tea;golf"]):
        engine.identify([{"customer": one, "interests": said, "at": "2024-02-01"}])
        assert engine[one]["interests"] == "golf;tea"
    engine.identify([{"customer": one, "interests": [], "at": "2024-03-01"}])
    assert engine[one]["interests"] == "golf;tea"
    report = engine.identify([{"customer": one, "interests": ["x" * 600, "y" * 600], "at": "2024-03-01"}])
    assert report.accepted == 0 and len(report.rejected) == 1
    report = engine.identify(pd.DataFrame({"customer": [one], "interests": [["x" * 600, "y" * 600]], "at": ["2024-03-01"]}))
    assert report.accepted == 0 and len(report.rejected) == 1
    # A set that nobody told is neither with nor without.
    engine.identify([{"customer": "new", "cooking": 1.0, "at": "2024-03-01"}])
    assert engine["new"]["interests"] is None and "new" in engine.members("who", "other")


def test_who_said_it_and_how_far_it_is_believed():
    """A guess gives way to a form, confidence halves with age, and who is moved by it is found."""
    income = {"type": "number", "half_life": "30d", "sources": {"form": 1.0, "guess": 0.25}}
    hobby = {"type": "categories", "half_life": "30d", "sources": {"form": 1.0, "guess": 0.25}}
    engine = bt.Engine(bt.Definition.from_dict({"trait": {"income": income, "hobby": hobby}}))
    engine.identify([{"customer": "anna", "income": 10.0, "hobby": ["golf"], "source": "form", "at": "2024-01-01"}])
    engine.identify([{"customer": "anna", "income": 99.0, "hobby": ["tea"], "source": "guess", "at": "2024-01-02"}])
    engine.advance_to("2024-01-31")
    assert engine["anna"]["income"] == 10 and engine["anna"]["hobby"] == "golf"
    assert engine["anna"]["income.confidence"] == engine["anna"]["hobby.confidence"] == pytest.approx(0.5)
    assert engine["anna"]["hobby.source"] == "form"
    engine.identify([{"customer": "anna", "hobby": ["tea"], "source": "guess", "at": "2024-04-01"}])
    assert engine["anna"]["hobby"] == "tea" and engine["anna"]["income"] == 10
