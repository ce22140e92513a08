"""What the social questions make of bad input: a typed error that says what is wrong, or a stated rule."""

import math
import subprocess
import sys
from datetime import UTC, datetime

import pytest

import bactrian as bt

DAY = datetime(2020, 1, 1, tzinfo=UTC)
TEXT = """
[event.purchase]
customer = "customer"
at       = "at"
need     = "need"
amount   = "amount"
[trait]
city  = "category"
worth = "number"
price = "number"
[tie.talk]
[tie.trust]
[needs.basket]
on     = "purchase"
topics = 2
[score.back]
model  = "reciprocity"
layers = "talk"
"""


@pytest.fixture(scope="module")
def engine():
    engine = bt.Engine(bt.Definition.from_toml(TEXT))
    engine.observe({"customer": ["ann", "bob"], "at": [DAY, DAY], "need": ["tea", "rope"]}, kind="purchase")
    engine.relate({"customer": ["ann", "ann", "bob"], "peer": ["bob", "cid", "cid"], "at": [DAY] * 3}, kind="talk")
    engine.identify({"customer": ["ann", "bob", "cid"], "city": ["x", "y", "x"], "worth": [0.0] * 3, "price": [1.0, 2.0, 3.0]})
    return engine


@pytest.mark.parametrize(
    ("ask", "kind", "words"),
    [
        (lambda it: it.peers("zoe"), bt.UnknownNameError, "zoe"),
        (lambda it: it.peers("ann", "tlak"), bt.UnknownNameError, "talk"),
        (lambda it: it.peers(-1), bt.BactrianError, "-1"),
        (lambda it: it.ties("zoe"), bt.UnknownNameError, "zoe"),
        (lambda it: it.ties("ann", "tlak"), bt.UnknownNameError, "talk"),
        (lambda it: it.seeds(layer="talk"), bt.SchemaError, "limits"),
        (lambda it: it.seeds(2), bt.SchemaError, "trust"),
        (lambda it: it.seeds(-2, layer="talk"), bt.SchemaError, "-2"),
        (lambda it: it.seeds(2**80, layer="talk"), bt.SchemaError, "range"),
        (lambda it: it.seeds(2, layer="tlak"), bt.UnknownNameError, "talk"),
        (lambda it: it.seeds(2, layer="talk", cost="price"), bt.SchemaError, "budget"),
        (lambda it: it.seeds(budget=-1.0, layer="talk"), bt.SchemaError, "budget"),
        (lambda it: it.seeds(budget=math.nan, layer="talk"), bt.SchemaError, "budget"),
        (lambda it: it.seeds(budget=3.0, cost="prize", layer="talk"), bt.UnknownNameError, "price"),
        (lambda it: it.seeds(budget=3.0, cost="city", layer="talk"), bt.SchemaError, "number"),
        (lambda it: it.seeds(budget=3.0, cost="worth", layer="talk"), bt.StateError, "nobody"),
        (lambda it: it.seeds(2, value="city", layer="talk"), bt.SchemaError, "number"),
        (lambda it: it.seeds(2, value="back", layer="talk"), bt.SchemaError, "peer"),
        (lambda it: it.seeds(2, value="worth", layer="talk"), bt.SchemaError, "value"),
        (lambda it: it.seeds(2, exclude=["zoe"], layer="talk"), bt.UnknownNameError, "zoe"),
        (lambda it: it.seeds(2, active=["zoe"], layer="talk"), bt.UnknownNameError, "zoe"),
        (lambda it: it.seeds(2, exclude=["ann", "bob"], active=["cid"], layer="talk"), bt.StateError, "nobody"),
        (lambda it: it.seeds(2, model="rumour", layer="talk"), bt.SchemaError, "cascade"),
        (lambda it: it.seeds(2, chance=1.5, layer="talk"), bt.SchemaError, "chance"),
        (lambda it: it.seeds(2, chance=math.nan, layer="talk"), bt.SchemaError, "chance"),
        (lambda it: it.seeds(2, chance=0.9, model="threshold", layer="talk"), bt.SchemaError, "chance"),
        (lambda it: it.seeds(2, epsilon=0.0, layer="talk"), bt.SchemaError, "epsilon"),
        (lambda it: it.seeds(2, epsilon=math.nan, layer="talk"), bt.SchemaError, "epsilon"),
        (lambda it: it.seeds(2, delta=2.0, layer="talk"), bt.SchemaError, "delta"),
        (lambda it: it.influence("purchase"), bt.SchemaError, "trust"),
        (lambda it: it.influence("purchas", "talk"), bt.UnknownNameError, "purchase"),
        (lambda it: it.influence("purchase", "talk", item="nede"), bt.UnknownNameError, "need"),
        (lambda it: it.influence("purchase", "talk", item="amount"), bt.SchemaError, "holds no names"),
        (lambda it: it.influence("purchase", "talk", window="soon"), bt.BactrianError, "soon"),
        (lambda it: it.influence("purchase", "talk", window="0d"), bt.BactrianError, "0"),
        (lambda it: it.recommend("zoe", layer="talk"), bt.UnknownNameError, "zoe"),
        (lambda it: it.recommend("ann"), bt.SchemaError, "trust"),
        (lambda it: it.recommend("ann", -1, layer="talk"), bt.SchemaError, "-1"),
        (lambda it: it.recommend("ann", layer="tlak"), bt.UnknownNameError, "talk"),
        (lambda it: it.recommend("ann", needs="baskets", layer="talk"), bt.UnknownNameError, "basket"),
        (lambda it: it.route("tea", "zoe", layer="talk"), bt.UnknownNameError, "zoe"),
        (lambda it: it.route("tea", "ann"), bt.SchemaError, "trust"),
        (lambda it: it.route("tea", "ann", layer="tlak"), bt.UnknownNameError, "talk"),
        (lambda it: it.route("tea", "ann", needs="baskets", layer="talk"), bt.UnknownNameError, "basket"),
        (lambda it: it.score(["ann"], columns=["back"], toward="zoe"), bt.UnknownNameError, "zoe"),
        (lambda it: it.relate({"customer": ["ann"], "peer": ["bob"]}, kind="tlak"), bt.UnknownNameError, "talk"),
    ],
)
def test_a_wrong_question_is_a_typed_error(engine, ask, kind, words):
    before = engine.stats().records
    with pytest.raises(kind) as raised:
        ask(engine)
    assert words in f"{raised.value} {raised.value.hint}"
    assert engine.stats().records == before


def test_what_is_allowed_has_a_rule():
    """Loops are no ties, ties given twice add up, who is excluded and active twice over is so once, of more seeds than there
    are customers everyone is chosen, whoever adds to the spread first, nobody is recommended what nobody deals in, and a need that nobody knows has no route."""
    engine = bt.Engine(bt.Definition.from_toml(TEXT))
    assert len(engine.score(columns=[])) == 0
    with pytest.raises(bt.StateError):
        engine.seeds(2, layer="talk")
    rows = {"customer": ["ann", "ann", "ann"], "peer": ["ann", "bob", "bob"], "at": [DAY] * 3}
    engine.relate(rows, kind="talk")
    assert engine.peers("ann", "talk") == ["bob"]
    assert engine.ties("ann", "talk").to_dict()["forth"] == [2.0]
    twice = engine.seeds(10**9, exclude=["bob", "bob"], active=["bob"], layer="talk")
    assert twice.seeds == ["ann"] and twice.upper <= 2.0
    # Bob hears it from Ann in any case, and fills the number.
    all_of_them = engine.seeds(10**9, layer="talk")
    assert all_of_them.seeds == ["ann", "bob"] and all_of_them.gains[1] == 0.0
    assert len(engine.recommend("ann", 0, layer="talk")) == len(engine.recommend("ann", layer="talk")) == 0
    assert len(engine.route("gold", "ann", layer="talk")) == 0
    verdict = engine.influence("purchase", "talk")
    assert verdict.claim == "cannot tell"


@pytest.mark.parametrize("weight", [math.nan, math.inf, -math.inf, -1.0])
def test_a_tie_of_no_weight_is_rejected_by_row(weight):
    """Weights that are no number are rejected by row and reason; below zero they are taken, and refused where a method can't."""
    engine = bt.Engine(bt.Definition.from_toml(TEXT))
    rows = {"customer": ["ann", "bob"], "peer": ["bob", "cid"], "at": [DAY] * 2, "weight": [weight, 2.0]}
    report = engine.relate(rows, kind="talk")
    if math.isfinite(weight):
        assert report.accepted == 2
        with pytest.raises(bt.SchemaError):
            engine.seeds(1, layer="talk")
    else:
        assert (report.accepted, len(report.rejected)) == (1, 1)
        assert engine.peers("bob", "talk") == ["cid"]


def test_seeds_on_the_command_line(tmp_path):
    path = tmp_path / "shop.btn"
    with bt.Engine.open(path, bt.Definition.from_toml(TEXT)) as engine:
        engine.relate({"customer": ["ann", "ann"], "peer": ["bob", "cid"], "at": [DAY] * 2}, kind="talk")

    def run(*words):
        return subprocess.run([sys.executable, "-m", "bactrian", "seeds", str(path), *words], capture_output=True, text=True, check=False)

    assert "ann" in run("1", "--layer", "talk").stdout
    for words, told in [
        (("--layer", "talk"), "limits"),
        (("1",), "trust"),
        (("1", "--layer", "tlak"), "talk"),
        (("-1", "--layer", "talk"), "-1"),
        (("1", "--layer", "talk", "--exclude", "zoe"), "zoe"),
        (("1", "--layer", "talk", "--exclude", "ann,bob", "--active", "cid"), "nobody"),
        (("--layer", "talk", "--budget", "nan"), "budget"),
        (("1", "--layer", "talk", "--cost", "price"), "budget"),
        (("1", "--layer", "talk", "--value", "city"), "number"),
    ]:
        done = run(*words)
        assert done.returncode == 2 and told in done.stderr and "Traceback" not in done.stderr, (words, done)


def test_nobody_is_a_peer_of_their_own_and_peers_go_both_ways():
    engine = bt.Engine(bt.Definition.from_toml(TEXT))
    engine.relate({"customer": ["ann", "ann", "bob"], "peer": ["ann", "bob", "cid"], "at": [DAY] * 3}, kind="talk")
    assert engine.peers("ann") == engine.peers("ann", "talk") == ["bob"]
    # Whoever is only named by others has them for peers.
    assert engine.peers("cid") == engine.peers("cid", "talk") == ["bob"]
    toward = engine.score(["ann", "bob"], columns=["talk", "back"], toward="ann").to_dict()
    assert toward == {"customer": ["ann", "bob"], "talk": [None, 0.0], "back": [None, 0.0]}
    assert engine["ann"].toward("ann")["talk"] is None


def test_a_tie_is_removed_by_a_flag():
    engine = bt.Engine(bt.Definition.from_toml(TEXT))
    rows = {"customer": ["ann", "ann"], "peer": ["bob", "cid"], "at": [DAY] * 2}
    engine.relate(rows, kind="talk")
    engine.relate({**rows, "remove": [True, False]}, kind="talk")
    assert engine.ties("ann").to_dict()["peer"] == ["cid"] and engine.ties("ann").to_dict()["forth"] == [2.0]


SOCIAL = """
[event.message]
customer = "a"
peer     = "b"
at       = "at"
need     = "need"
amount   = "x"
[event.buy]
customer = "a"
at       = "at"
need     = "need"
[trait]
region = "category"
[tie.talk]
on = "message"
[needs.basket]
on     = "buy"
topics = 2
"""


@pytest.mark.parametrize(
    ("section", "severity", "words"),
    [
        ('[community.c]\nlayers = ["talk", "talk"]\n', "error", "the layer `talk` is named twice"),
        ('[score.s]\nmodel = "pagerank"\nlayers = ["talk", "talk"]\n', "error", "the layer `talk` is named twice"),
        ('[community.c]\nneeds = "basket"\nshare = 0.3\n', "warning", "no layer is named"),
        ('[score.s]\nmodel = "flow"\nlayers = "talk"\non = "message"\nby = "amount"\n', "error", "expected a name and found a number"),
        ('[tie.t]\non = "buy"\n', "warning", "`buy` have no peer"),
        ('[tie.t]\non = ["message", "buy"]\n', "warning", "`buy` have no peer"),
        ('[feature.f]\ncount = "event"\non = "buy"\ntoward = "peer"\n', "warning", "`buy` have no peer"),
        ('[flash.f]\non = "buy"\nfast = "1h"\nslow = "1d"\n', "warning", "`buy` have no peer"),
        ('[score.s]\nmodel = "referrals"\non = "buy"\n', "warning", "`buy` have no peer"),
        ('[score.s]\nmean = "1.0"\non = "buy"\ntoward = "peer"\n', "warning", "`buy` have no peer"),
        ('[score.s]\nmodel = "across"\nlayers = "talk"\nof = "talk"\n', "error", "no name for a customer"),
        ('[score.s]\nmodel = "influence"\nlayers = "basket"\n', "error", "no layer of ties"),
    ],
)
def test_what_a_definition_of_ties_gets_wrong_is_said(section, severity, words):
    """What would be silently wrong is a mistake, what is only idle a warning."""
    try:
        found = bt.Definition.from_toml(SOCIAL + section).check()
    except bt.DefinitionError as error:
        assert severity == "error" and words in str(error)
        return
    assert [(problem.severity, words in problem.message) for problem in found] == [(severity, True)]


def test_no_figure_is_below_zero_by_its_sign_alone():
    engine = bt.Engine(
        bt.Definition.from_toml(
            SOCIAL
            + """
[community.c]
layers = "talk"
[score.adopted]
model  = "adoption"
layers = "talk"
on     = "buy"
period = "1d"
[score.strength]
model  = "strength"
layers = "talk"
[score.mixed]
model     = "mixing"
layers    = "talk"
community = "c"
[score.told]
model  = "influence"
layers = "talk"
sets   = 100
[score.flowed]
model  = "flow"
layers = "talk"
on     = "buy"
"""
        )
    )
    engine.observe({"a": ["ann", "bob", "ann"], "b": ["bob", "cid", "cid"], "at": [DAY] * 3, "need": ["tea"] * 3}, kind="message")
    engine.observe({"a": ["ann", "bob", "cid", "dan"], "at": [DAY] * 4, "need": ["tea"] * 4}, kind="buy")
    engine.fit()
    columns = ["adopted", "adopted.exposure", "adopted.hazard", "strength", "mixed", "told", "flowed", "flowed.taken"]
    for name, values in engine.score(columns=columns).to_dict().items():
        figures = [value for value in values if isinstance(value, float)]
        assert name == "customer" or (figures and all(math.copysign(1.0, value) > 0.0 for value in figures)), (name, values)
