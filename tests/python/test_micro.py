"""Micro-segments and grown trees in a living engine, and what is said and not bought."""

import bactrian as bt
import pytest

SHOP = """
[event.purchase]
customer = "who"
at       = "at"
amount   = "amount"
need     = "need"

[event.talk]
customer = "who"
at       = "at"
need     = "need"

[event.support]
customer = "who"
at       = "at"
need     = "need"

[trait]
city  = "category"
loyal = "bool"

[feature.spend]
sum       = "amount"
on        = "purchase"
half_life = "30d"

[needs.wish]
topics = 3
weight = { support = 0.125 }
met_by = ["purchase"]

[segment.matrix]
axis.need  = { of = "wish" }
axis.value = { of = "spend", quantiles = [0.5], labels = ["low", "high"] }

[micro.cell]
of      = ["matrix.need", "matrix.value", "city"]
minimum = 8

[tree.risk]
target  = "loyal"
of      = ["spend", "city"]
minimum = 10

[segment.micros]
axis.micro = { of = "cell" }
axis.leaf  = { of = "risk" }
"""
NEEDS = [("tea", "milk"), ("nails", "glue"), ("rope", "sails")]


@pytest.fixture
def shop(tmp_path):
    """A hundred customers of three wishes; the loyal live in Oslo, and some elsewhere."""
    engine = bt.Engine.open(tmp_path / "shop.bactrian", bt.Definition.from_toml(SHOP))
    cities = [["Oslo", "Oslo", "Oslo", "Bonn", "Bonn", "Rome", "Rome", "Graz"][who % 8] for who in range(100)]
    traits = [
        {"customer": who, "city": city, "loyal": city == "Oslo" or who % 13 == 0, "at": "2024-01-01"}
        for who, city in enumerate(cities)
    ]
    engine.identify(traits)
    for turn in range(4):
        rows = [
            {"who": who, "at": f"2024-01-0{turn + 2}", "need": NEEDS[who % 3][turn % 2], "amount": who * 37 % 50 + 1.0}
            for who in range(100)
        ]
        assert engine.observe(rows, kind="purchase").accepted == 100
    return engine


def refolds(engine, tmp_path) -> bool:
    """Whether the file opens to what was known when it was closed."""
    before = engine.digest()
    engine.close()
    with bt.Engine.open(tmp_path / "shop.bactrian") as again:
        return again.digest() == before


def test_one_fit_is_enough_for_what_reads_membership(shop, tmp_path):
    report = shop.fit()
    assert {name: column.skipped for name, column in report.columns.items() if column.skipped} == {}
    cells = shop.segment("micros")
    assert sum(cells["size"]) == 100 and len(cells) > 5 and all(name.startswith("micro_") for name in cells["cell"])
    assert all('matrix.need == "topic_' in rule for rule in cells["rule"])
    # A second fit finds what is there, and the ids stay.
    assert shop.fit().moved == 0 and shop.segment("micros").to_dict() == cells.to_dict()
    assert refolds(shop, tmp_path)


def test_a_micro_segment_moves_with_the_event(shop, tmp_path):
    """An event that moves a customer in the matrix moves the micro-segment in the same call; the journal tells both."""
    shop.fit()
    who = shop.members("matrix", "topic_1/low")[0]
    row = {"who": who, "at": "2024-01-06", "need": NEEDS[who % 3][0], "amount": 500.0}
    crossings = shop.observe([row], kind="purchase").crossings.to_pandas()
    own = crossings[crossings.cause == "event"]
    assert set(own.customer) == {who} and list(own.segment) == ["matrix", "micros"]
    moves = shop.transitions("micros", "2024-01-05 12:00")
    assert sum(moves["count"]) == 100
    assert refolds(shop, tmp_path)


def test_what_is_said_and_not_bought_is_unmet(shop):
    shop.fit()
    view = shop[0]
    before, own = view["wish.evidence"], view["wish"]
    assert view["wish.unmet"] is None  # nothing was said
    # Eight calls for help weigh as much as one talk.
    calls = [{"who": 0, "at": f"2024-01-07T0{call}:00", "need": "tea"} for call in range(8)]
    shop.observe(calls, kind="support")
    assert view["wish.evidence"] == before + 1
    assert view["wish.unmet_share"] < 0.2  # of what is bought anyway
    talks = [{"who": 0, "at": f"2024-01-08T0{turn}:00", "need": ["nails", "glue"][turn % 2]} for turn in range(6)]
    shop.observe(talks, kind="talk")
    assert view["wish.unmet"] == shop[1]["wish"] != own and view["wish.unmet_share"] > 0.5


def test_needs_come_first_and_traits_nest_inside():
    """The other order is warned of, with the place and what to do; needs first is not."""
    axes = {"city": "axis.city = { of = \"city\" }", "need": "axis.need = { of = \"wish\" }"}
    for order, warned in ((("city", "need"), True), (("city",), True), (("need", "city"), False), (("need",), False)):
        text = SHOP + "[segment.other]\n" + "\n".join(axes[name] for name in order)
        found = [problem for problem in bt.Definition.from_toml(text).check() if problem.severity == "warning"]
        assert bool(found) == warned, (order, found)
        if warned:
            assert "city" in found[0].message + found[0].path and "need" in found[0].message + (found[0].hint or "")


def test_crossings_say_which_columns_moved(shop):
    shop.fit()
    who = shop.members("matrix", "topic_1/low")[0]
    row = {"who": who, "at": "2024-01-06", "need": NEEDS[who % 3][0], "amount": 500.0}
    report = shop.observe([row], kind="purchase").crossings.to_pandas()
    own = report[report.customer == who].set_index("segment").moved
    # Behind the micro-segment and the leaf stand needs, spending and the city: spending alone has moved.
    assert own["matrix"] == own["micros"] == "spend"
    assert shop.crossings("micros", "2024-01-06")["moved"] == ["spend"]
    report = shop.identify([{"customer": who, "city": "Oslo"}]).crossings
    assert set(report["moved"]) <= {"city"}
    told = shop.crossings("matrix").to_pandas()
    assert told.moved.iloc[-1] == "spend" and set(told.moved[told["from"].isna()]) == {"wish, spend"}


def test_micro_segments_have_worth_drift_and_belonging(shop):
    """Each cell has an id, a title, a rule, a size, a value and a drift vector; each member a score with an interval."""
    shop.fit()
    fitted = shop.segment("micros", values=["spend"]).to_pandas().set_index("cell")
    assert fitted.title.is_unique and (fitted["spend.lower"] <= fitted["spend.mean"]).all()
    moves = shop.drift("micros", "2024-01-04").to_pandas()
    # Behind the micro-segments: spending, and the shares of needs.
    assert set(moves.column) >= {"spend", "wish.topic_1", "wish.topic_2", "wish.topic_3"}
    assert set(moves.cell) == set(fitted.index) and (moves.customers > 0).any()
    found = shop.belonging("micros").to_pandas()
    assert len(found) == 100 and ((found.lower <= found.belonging) & (found.belonging <= found.upper)).all()
    # Two or four purchases each, all of one wish: sure, and no more than so many purchases allow.
    assert (found.belonging > 0.9).all() and (found.lower < 0.9).any()


def test_topics_have_a_bound():
    """Each topic is a column: a slip of the pen costs a finding, not the memory."""
    definition = bt.Definition.from_toml('[event.p]\ncustomer = "c"\nneed = "n"\n[needs.q]\ntopics = 1000000000\n')
    assert "at most 1024 topics" in definition.check()[0].message


def test_bad_input_has_stated_rules():
    """An axis with one value parts nothing; without needs all is unknown; more cells than customers are rolled up; what
    was never met goes where its pool goes, or is unknown."""
    text = SHOP.replace("minimum = 8", "minimum = 3") + '[micro.flat]\nof = ["one", "matrix.need"]\nminimum = 5\n'
    text = text.replace('city  = "category"', 'city  = "category"\none   = "category"')
    text += "[segment.flats]\naxis.flat = { of = \"flat\" }\n"
    engine = bt.Engine(bt.Definition.from_toml(text))
    people = [{"customer": who, "one": "same", "city": f"city {who % 40}", "loyal": who % 2 == 0, "at": "2024-01-01"} for who in range(40)]
    engine.identify(people)
    # No needs yet: nothing can be learnt of them, and everyone is in `unknown`.
    report = engine.fit()
    assert "skipped" not in report.columns["wish"].diagnostics and report.columns["wish"].skipped
    assert engine.segment("micros")["cell"] == ["unknown"] and len(engine.belonging("micros")) == 0
    assert engine.segment("matrix")["size"] == [40]
    turns = [{"who": who, "at": "2024-01-02", "need": NEEDS[who % 3][turn], "amount": 1.0 + who} for who in range(40) for turn in (0, 1)]
    engine.observe(turns, kind="purchase")
    engine.fit()
    engine.fit()
    cells = engine.segment("micros").to_pandas()
    known = cells[cells.cell != "unknown"]
    assert known["size"].sum() == 40 and (known["size"] >= 3).all() and len(known) <= 13
    flat = engine.segment("flats").to_pandas()
    assert not flat.rule.str.contains('one ==').any() and (flat["size"] >= 5).all()
    # A newcomer with a city that nobody has, and one with a need that nobody has.
    engine.identify([{"customer": 99, "city": "nowhere", "one": "same", "loyal": True, "at": "2024-01-03"}])
    engine.observe([{"who": 99, "at": "2024-01-03", "need": "tea", "amount": 1.0}], kind="purchase")
    assert engine[99]["cell"] is None or engine[99]["cell"].startswith("micro_")
    engine.observe([{"who": 98, "at": "2024-01-03", "need": "moon", "amount": 1.0}], kind="purchase")
    assert engine[98]["wish"] is None and engine[98]["cell"] is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[micro.other]\nof = ["spend"]', "no column of names"),
        ('[micro.other]\nof = ["spnd"]', "no column `spnd`"),
        ("[micro.other]\nminimum = 3", "`of` is missing"),
        ('[tree.other]\ntarget = "city"\nof = ["spend"]', "number or a flag"),
        ('[tree.other]\ntarget = "loyal"\nof = ["spend"]\ndepth = 9', "at most 8"),
        ('[tree.other]\nof = ["spend"]', "`target` is missing"),
        ("[needs.other]\ntopics = 2\nweight = { talk = -1 }", "at least 0"),
        ('[score.other]\nmodel = "pooled"\nwithin = "city"', "`rate` is missing"),
        ('[score.other]\nmodel = "pooled"\nrate = "amount > 1.0"', "`within` is missing"),
        ('[score.other]\nmodel = "pooled"\non = "purchase"\nrate = "amount"\nwithin = "city"', "expected true or false"),
        ('[score.other]\nmodel = "pooled"\non = "purchase"\nrate = "amount > 1.0"\nwithin = "spend"', "no column of names"),
        ('[score.other]\nmodel = "pooled"\non = "purchase"\nrate = "amount > 1.0"\nwithin = "city"\nconfidence = 1.0', "between 0 and 1"),
        ('[score.other]\nmodel = "knowledge"\nby = "amount"', "amount"),
        ('[score.other]\nmodel = "knowledge"\nwith = "amount"', "unknown key"),
    ],
)
def test_mistakes_are_told(text, said):
    problems = bt.Definition.from_toml(SHOP + text).check()
    assert any(said in problem.message for problem in problems)
