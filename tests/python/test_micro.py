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
    ],
)
def test_mistakes_are_told(text, said):
    problems = bt.Definition.from_toml(SHOP + text).check()
    assert any(said in problem.message for problem in problems)
