"""Counts of groups against pandas on five sets of data; rules of micro-segments against polars; ids over refits; drift alarms."""

import os
from pathlib import Path

import bactrian as bt
import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("BACTRIAN_DATA", ROOT.parent / "shared/data"))
TIERS = ["low", "mid", "high"]


def table(path: str, **how) -> pd.DataFrame:
    if not (DATA / path).exists():
        pytest.skip(f"{DATA / path} is not there")
    return pd.read_csv(DATA / path, **how)


def tiers(values: pd.Series, edges: list[float]) -> pd.Series:
    """Low, mid, high, as an axis with two edges cuts."""
    return pd.cut(values, [-np.inf, *edges, np.inf], right=False, labels=TIERS).astype(str)


def most(names: pd.Series, who: pd.Series) -> pd.Series:
    """The name that each has most often, of equal ones the first by the alphabet."""
    counts = pd.crosstab(who, names.astype(str))
    return counts[sorted(counts.columns)].idxmax(axis=1)


def lastfm2k() -> tuple[bt.Engine, pd.Series, pd.Series]:
    """How much listeners play, by how many friends they have."""
    plays = table("social/lastfm2k/user_artists.csv.gz").groupby("user_id").plays.sum()
    ties = table("social/lastfm2k/user_friends.csv.gz")
    friends = ties.groupby("user_id").friend_id.nunique().reindex(plays.index, fill_value=0)
    engine = of_traits(pd.DataFrame({"left": plays, "right": friends}), {"left": [1_000, 30_000], "right": [3, 12]})
    return engine, tiers(plays, [1_000, 30_000]), tiers(friends, [3, 12])


def ciao() -> tuple[bt.Engine, pd.Series, pd.Series]:
    """What reviewers write about most, by how much they write."""
    reviews = table("social/ciao/reviews.csv.gz")
    reviews = reviews.assign(at=pd.to_datetime(reviews.ts, unit="s"), need=reviews.category_id.astype(str))
    count = reviews.groupby("user_id").size()
    engine = of_events(reviews[["user_id", "at", "need"]].assign(amount=1.0), "user_id", [5, 40])
    return engine, most(reviews.need, reviews.user_id), tiers(count, [5, 40])


def complete_journey(lines: pd.DataFrame) -> tuple[bt.Engine, pd.Series, pd.Series]:
    """In what department households buy most lines, by what they spend."""
    lines = lines.dropna(subset="department")
    frame = pd.DataFrame({"who": lines.household_id, "at": lines.transaction_timestamp, "need": lines.department, "amount": lines.sales_value})
    spent = frame.groupby("who").amount.sum()
    # Between two cents, so that rounding decides nothing.
    edges = [round(float(spent.quantile(share)), 2) + 0.005 for share in (0.3, 0.7)]
    return of_events(frame, "who", edges), most(frame.need, frame.who), tiers(spent, edges)


def telco() -> tuple[bt.Engine, pd.Series, pd.Series]:
    """What customers pay a month, by how long they have been there."""
    own = table("models/telco_churn/telco.csv.gz").set_index("customerID")
    edges = {"left": [30, 80], "right": [12, 48]}
    engine = of_traits(pd.DataFrame({"left": own.MonthlyCharges, "right": own.tenure}), edges)
    return engine, tiers(own.MonthlyCharges, edges["left"]), tiers(own.tenure, edges["right"])


def social_marketing() -> tuple[bt.Engine, pd.Series, pd.Series]:
    """How much followers post about food, by how much about fitness."""
    posts = table("social/social_marketing/social_marketing.csv.gz").set_index("follower_id")
    edges = {"left": [1, 4], "right": [1, 5]}
    engine = of_traits(pd.DataFrame({"left": posts.food, "right": posts.personal_fitness}), edges)
    return engine, tiers(posts.food, edges["left"]), tiers(posts.personal_fitness, edges["right"])


def of_traits(frame: pd.DataFrame, edges: dict[str, list[float]]) -> bt.Engine:
    """Two numbers of each customer, cut."""
    axis = {name: {"axis": {"tier": {"of": name, "edges": cuts, "labels": TIERS}}} for name, cuts in edges.items()}
    segments = {f"{name}s": segment for name, segment in axis.items()}
    engine = bt.Engine(bt.Definition.from_dict({"trait": dict.fromkeys(edges, "number"), "segment": segments}))
    rows = frame.astype(float).rename_axis("customer").reset_index().assign(at="2024-01-01")
    assert engine.identify(rows).accepted == len(frame)
    return engine


def of_events(events: pd.DataFrame, who: str, edges: list[float]) -> bt.Engine:
    """Events with a need and an amount: who is after what, and the sum."""
    definition = {
        "event": {"deed": {"customer": who, "at": "at", "need": "need", "amount": "amount"}},
        "feature": {"top": {"top": "need", "on": "deed"}, "sum": {"sum": "amount", "on": "deed"}},
        "segment": {
            "lefts": {"axis": {"top": {"of": "top"}}},
            "rights": {"axis": {"tier": {"of": "sum", "edges": edges, "labels": TIERS}}},
        },
    }
    engine = bt.Engine(bt.Definition.from_dict(definition))
    assert engine.observe(events, kind="deed").accepted == len(events)
    return engine


@pytest.mark.parametrize("data", [lastfm2k, ciao, complete_journey, telco, social_marketing])
def test_counts_are_those_of_a_crosstab(data, request):
    """Cells, lifts, associations and the market over two segments, from events or traits, against `pandas.crosstab`."""
    stats = pytest.importorskip("scipy.stats")
    engine, left, right = data(request.getfixturevalue("every_line")) if data is complete_journey else data()
    counts = pd.crosstab(left, right)
    assert counts.to_numpy().sum() == len(left) > 1_000 and counts.shape[1] == 3
    found = engine.lifts("lefts", "rights").to_pandas()
    ours = found.pivot(index="cell", columns="label", values="count")
    assert ours.loc[counts.index, counts.columns].to_numpy().tolist() == counts.to_numpy().tolist()
    assert (found.cell_size == found.cell.map(left.value_counts())).all()
    for segment, labels in (("lefts", left), ("rights", right)):
        assert dict(zip(*(engine.segment(segment)[name] for name in ("cell", "size")), strict=True)) == labels.value_counts().to_dict()
    row = engine.associations("lefts", ["rights"]).to_pandas().iloc[0]
    theirs = stats.chi2_contingency(counts, correction=False)
    assert row.chi_squared == pytest.approx(theirs.statistic, rel=1e-9)
    assert row.cramers_v == pytest.approx(stats.contingency.association(counts, "cramer"), rel=1e-9)
    alone = bt.segments.crosstab(left, right)
    assert alone.counts == counts.loc[alone.rows, alone.columns].to_numpy().tolist() and alone.cramers_v == pytest.approx(row.cramers_v)
    sold = engine.market(["lefts", "rights"], k=10).to_pandas()
    told = sold[sold.lefts.notna()].set_index(["lefts", "rights"]).customers
    large = counts.stack()
    large = large[large >= 10]
    # What is told is told as it is; what is not is small, or was drawn in so that nothing can be subtracted.
    assert (told == large[told.index]).all() and len(large) - len(told) in (0, 1) and sold.customers.sum() == len(left)


def test_rules_of_micro_segments_are_what_polars_selects():
    """Each cell's rule, evaluated by `bt.Rules` over the customers' columns and by polars from the cells' own words."""
    pl = pytest.importorskip("polars")
    rng = np.random.default_rng(5)
    text = """
        [trait]
        city  = "category"
        plan  = "category"
        loyal = "bool"
        [segment.all]
        axis.micro = { of = "cell" }
        [micro.cell]
        of      = ["plan", "city", "loyal"]
        minimum = 25
    """
    engine = bt.Engine(bt.Definition.from_toml(text))
    cities = np.array(["Oslo", "Rome", 'a "quoted" \\ town', "Graz", "Bonn", "Brno"])
    people = pl.DataFrame(
        {
            "customer": np.arange(1_500),
            "city": cities[np.minimum(rng.geometric(0.4, 1_500), 6) - 1],
            "plan": np.array(["year", "month", "none"])[np.minimum(rng.geometric(0.6, 1_500), 3) - 1],
            "loyal": rng.random(1_500) < 0.3,
        }
    ).with_columns(pl.when(pl.col("customer") % 50 == 0).then(None).otherwise(pl.col("city")).alias("city"))
    engine.identify(people.with_columns(at=pl.lit("2024-01-01")))
    engine.fit()
    cells = engine.segment("all").to_pandas().set_index("cell").drop(index="unknown")
    assert len(cells) > 8 and (cells["size"] >= 25).all() and cells["size"].sum() == 1_470
    rules = bt.Rules({"city": "category", "plan": "category", "loyal": "bool"}, cells.rule.to_dict())
    holds = rules.evaluate(people).to_polars()
    for cell, rule in cells.rule.items():
        members = engine.members("all", cell)
        assert people.filter(holds[cell].fill_null(False))["customer"].to_list() == members, rule
        # The same words as polars reads them.
        chosen = pl.lit(True)
        for part in rule.split(" && "):
            chosen &= meant(pl, part)
        assert people.filter(chosen)["customer"].to_list() == members, rule
    # Whoever has every label is in exactly one.
    known = people["city"].is_not_null()
    assert (holds.sum_horizontal().cast(pl.Int32) == known.cast(pl.Int32)).all()


def meant(pl, part: str):
    """One condition of a rule as an expression of polars."""
    if part.endswith(" != null"):
        return pl.col(part.removesuffix(" != null")).is_not_null()
    for sign, negated in ((" == ", False), (" != ", True)):
        if sign in part:
            name, label = part.split(sign, 1)
            label = label[1:-1].replace('\\"', '"').replace("\\\\", "\\")
            return pl.col(name) != label if negated else pl.col(name) == label
    return ~pl.col(part[1:]) if part.startswith("!") else pl.col(part)


def test_a_cell_that_goes_and_returns_has_its_id():
    text = """
        [trait]
        plan = "category"
        city = "category"
        [segment.all]
        axis.micro = { of = "cell" }
        [micro.cell]
        of      = ["plan", "city"]
        minimum = 10
    """
    engine = bt.Engine(bt.Definition.from_toml(text))
    people = [{"customer": who, "plan": ["year", "month"][who % 2], "city": ["Oslo", "Rome", "Graz"][who % 3], "at": "2024-01-01"} for who in range(120)]
    engine.identify(people)
    engine.fit()
    cells = {who: engine[who]["cell"] for who in range(120)}
    titles = dict(zip(*(engine.segment("all")[name] for name in ("cell", "title")), strict=True))
    assert len(titles) == 6
    # Rome moves to Graz: the cells of Graz are of other people now, and half of them are new there.
    engine.identify([{"customer": who, "city": "Graz", "at": "2024-01-02"} for who in range(120) if who % 3 == 1])
    engine.fit()
    assert len(engine.segment("all")) == 4
    assert all(engine[who]["cell"] == cells[who] for who in range(120) if who % 3 == 0)
    engine.identify([{"customer": who, "city": "Rome", "at": "2024-01-03"} for who in range(120) if who % 3 == 1])
    engine.fit()
    assert {who: engine[who]["cell"] for who in range(120)} == cells
    assert dict(zip(*(engine.segment("all")[name] for name in ("cell", "title")), strict=True)) == titles


@pytest.mark.parametrize(("moving", "alarm"), [(0, "stable"), (100, "stable"), (160, "shifting"), (200, "shifting"), (240, "moved"), (380, "moved")])
def test_drift_alarms(moving, alarm):
    """Of 400 who were low and 600 who were high, so many rise: the alarm is that of the index by hand."""
    text = '[trait]\nvalue = "number"\n[segment.tier]\naxis.value = { of = "value", edges = [5], labels = ["low", "high"] }\n'
    engine = bt.Engine(bt.Definition.from_toml(text))
    engine.identify([{"customer": who, "value": 1.0 if who < 400 else 9.0, "at": "2024-01-01"} for who in range(1_000)])
    engine.identify([{"customer": who, "value": 9.0, "at": "2024-01-03"} for who in range(moving)])
    engine.advance_to("2024-01-04")
    found = engine.stability("tier", "2024-01-02").to_pandas().iloc[0]
    before, after = np.array([0.4, 0.6]), np.array([400 - moving, 600 + moving]) / 1_000
    index = ((after - before) * np.log(after / before)).sum()
    assert found.stability_index == pytest.approx(index, rel=3e-2, abs=1e-12) and found.drift == alarm
    assert alarm == ("stable" if index < 0.1 else "shifting" if index < 0.25 else "moved")
    assert found.stayed == 1 - moving / 1_000


BEFORE_NEEDS = {
    "a trait": ('[segment.s]\naxis.a = { of = "city" }', "city"),
    "a micro-segment": ('[micro.m]\nof = ["city", "wish"]', "city"),
    "a micro-segment of nothing else": ('[micro.m]\nof = ["city", "vip"]\n[segment.s]\naxis.a = { of = "m" }', "city"),
    "a rule": ('[segment.s]\nrules = [{ label = "a", when = "vip && spend > 1.0" }]', "vip"),
    "a second rule": ('[segment.s]\nrules = [{ label = "a", when = "spend > 1.0" }, { label = "b", when = "vip" }]', "vip"),
    "an expression": ('[score.e]\nvalue = "age / 10.0"\n[segment.s]\naxis.a = { of = "e", edges = [2], labels = ["x", "y"] }', "age"),
    "an expression over an expression": (
        '[score.e]\nvalue = "age / 10.0"\n[score.f]\nvalue = "e > 2.0 && spend > 1.0"\n[segment.s]\naxis.a = { of = "f" }\naxis.b = { of = "wish" }',
        "age",
    ),
    "a set": ('[segment.s]\nrules = [{ label = "a", when = \'"golf" in likes\' }]', "likes"),
    "a tree": ('[tree.t]\ntarget = "spend"\nof = ["age", "city"]\n[segment.s]\naxis.a = { of = "t" }', "age"),
}
NEEDS_FIRST = {
    "a need": '[segment.s]\naxis.a = { of = "wish" }\naxis.b = { of = "city" }',
    "a value": '[segment.s]\naxis.a = { of = "spend", edges = [2], labels = ["x", "y"] }',
    "a micro-segment": '[micro.m]\nof = ["wish", "city"]\n[segment.s]\naxis.a = { of = "m" }\naxis.b = { of = "city" }',
    "a rule": '[segment.s]\nrules = [{ label = "a", when = \'wish == "topic_1" && vip\' }, { label = "b", when = "vip" }]',
    "a tree": '[tree.t]\ntarget = "spend"\nof = ["age", "wish"]\n[segment.s]\naxis.a = { of = "t" }',
}
HEAD = """
[event.buy]
customer = "who"
at = "at"
amount = "amount"
need = "need"
[event.talk]
customer = "who"
at = "at"
need = "need"
[trait]
city = "category"
vip = "bool"
age = "number"
likes = "categories"
[feature.spend]
sum = "amount"
on = "buy"
[needs.wish]
topics = 2
"""


@pytest.mark.parametrize("name", BEFORE_NEEDS)
def test_traits_before_needs_are_seen_behind(name):
    text, trait = BEFORE_NEEDS[name]
    found = bt.Definition.from_toml(HEAD + text).check()
    assert [problem.severity for problem in found] == ["warning"], found
    assert f"by the trait `{trait}`" in found[0].message and found[0].line > 20


@pytest.mark.parametrize("name", NEEDS_FIRST)
def test_needs_before_traits_are_silent(name):
    assert bt.Definition.from_toml(HEAD + NEEDS_FIRST[name]).check() == []


ABSURD = {
    "hysteresis": ('[segment.s]\naxis.a = { of = "wish" }\nhysteresis = 2', "below 1", "error"),
    "its own target": ('[tree.t]\ntarget = "spend"\nof = ["age", "spend"]', "`spend` is the target", "error"),
    "its own treatment": ('[tree.t]\ntarget = "spend"\ntreatment = "vip"\nof = ["vip"]', "`vip` is the treatment", "error"),
    "asked twice": ('[tree.t]\ntarget = "spend"\nof = ["age", "age"]', "asked for already", "error"),
    "multiplied twice": ('[micro.m]\nof = ["wish", "wish"]', "multiplied already", "error"),
    "cells without end": ('[micro.m]\nof = ["wish"]\nmost = 2000000000', "from 1 to 65536", "error"),
    "a label twice": ('[segment.s]\nrules = [{ label = "a", when = "spend > 1.0" }, { label = "a", when = "spend > 2.0" }]', "given twice", "warning"),
    "all meet needs": ('[needs.n]\ntopics = 2\nmet_by = ["buy", "talk"]', "every kind of event meets needs", "warning"),
    "nothing counts": ('[needs.n]\non = "talk"\ntopics = 2\nweight = { talk = 0 }', "counts for nothing", "error"),
    "the last of all": ('[feature.f]\nsum = "amount"\non = "buy"\nlast = 2000000000', "from 1 to 65536", "error"),
    "a rank below all": ('[feature.f]\ntop = "need"\nk = 2000000000', "from 1 to 65536", "error"),
}


@pytest.mark.parametrize("name", ABSURD)
def test_what_makes_no_sense_is_told(name):
    text, said, severity = ABSURD[name]
    try:
        problems = bt.Definition.from_toml(HEAD + text).check()
    except bt.DefinitionError as error:
        problems = error.problems
    assert [problem.severity for problem in problems if said in problem.message] == [severity], problems


def test_bad_numbers_are_typed_errors():
    pooled = bt.segments.Pooled().fit(["a", "b"] * 50, [2, 7, 3, 8] * 25, [10] * 100)
    for successes, trials in ((5, 2), (-1, 3), (float("nan"), 3), (1, float("inf"))):
        with pytest.raises(bt.SchemaError, match="successes"):
            pooled.estimate("a", successes, trials)
    for p in ([2, -1], [0.5, 1.5]):
        with pytest.raises(bt.SchemaError, match="no p-value"):
            bt.segments.benjamini_hochberg(p)
    counts = np.ones((9, 4))
    columns = {"age": [float(i % 50) for i in range(200)], "town": ["north" if i % 3 else "south" for i in range(200)]}
    member = [i % 50 > 30 for i in range(200)]
    for wrong in (-1, 10**30):
        with pytest.raises(bt.SchemaError, match="out of range"):
            bt.segments.Topics(wrong).fit(counts)
        with pytest.raises(bt.SchemaError, match="out of range"):
            bt.segments.Topics(2, iterations=wrong).fit(counts)
        with pytest.raises(bt.SchemaError, match="out of range"):
            bt.segments.ConditionalTree(minimum=wrong).fit(columns, member)
        with pytest.raises(bt.SchemaError, match="out of range"):
            bt.segments.LookAlike(folds=wrong).fit(columns, member)
    model = bt.segments.LookAlike().fit(columns, member)
    with pytest.raises(bt.SchemaError, match="`town` is missing"):
        model.predict({"age": [1.0]})
    with pytest.raises(bt.SchemaError, match="`age` holds something else"):
        model.predict({"age": ["old"], "town": ["north"]})
    with pytest.raises(bt.SchemaError):
        model.predict({"age": [1.0, 2.0], "town": ["north"]})
    with pytest.raises(bt.SchemaError, match="as long"):
        bt.segments.crosstab(["a", "b"], ["a"])
    with pytest.raises(bt.SchemaError, match="as long"):
        bt.segments.item_lifts({1: "x"}, [1, 2], ["a"])


def test_the_engines_calls_take_counts(engine):
    for call in (
        lambda wrong: engine.market(["tier"], k=wrong),
        lambda wrong: engine.look_alikes("tier", "high", ["orders"], n=wrong),
        lambda wrong: engine.transitions("tier", "2024-01-01", steps=wrong),
    ):
        for wrong in (-1, 10**30):
            with pytest.raises(bt.SchemaError, match="out of range"):
                call(wrong)


def test_an_unknown_cell_is_an_error(engine):
    with pytest.raises(bt.UnknownNameError, match="no cell `hihg`.*did you mean `high`"):
        engine.members("tier", "hihg")
    with pytest.raises(bt.UnknownNameError, match="cells with members are"):
        engine.belonging("tier", "zzzzzz")
    # A cell that the segment has and nobody is in is empty.
    engine.observe({"customer": ["anna", "ben", "cleo"], "at": ["2024-01-05"] * 3, "amount": [9e9] * 3}, kind="purchase")
    assert engine.members("tier", "low") == [] and len(engine.belonging("tier", "low")) == 0


def test_leaves_and_rates_are_never_certain():
    age = [i % 50 for i in range(400)]
    tree = bt.segments.ConditionalTree().fit({"age": age}, [float(a > 30) for a in age])
    beta = pytest.importorskip("scipy.stats").beta
    for size, mean, low, high in tree.leaves_:
        ends = beta.ppf([0.025, 0.975], mean * size + 0.5, (1 - mean) * size + 0.5)
        assert (low, high) == pytest.approx((min(ends[0], mean), max(ends[1], mean)), abs=1e-9) and high > low
    nobody = bt.segments.Pooled().fit(["a", "b"] * 100, [0.0] * 200, [3.0] * 200)
    assert nobody.between_ > 1 and nobody.within_ > 1
    one = nobody.estimate("a", 0, 3)
    assert one.level != "person" and 0 < one.interval[0] < one.value < one.interval[1]
