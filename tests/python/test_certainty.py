"""Nothing is certain by a few: small control arms, groups where all or none have something, and flags that are none."""

import bactrian as bt
import numpy as np
import pytest

NULL_RUNS = 150


def agresti_caffo(with_, without):
    """Difference, error and interval of two shares after a success and a failure more in each arm."""
    (a, n), (b, m) = (((arm.sum() + 1) / (len(arm) + 2), len(arm) + 2) for arm in (with_, without))
    error = np.sqrt(a * (1 - a) / n + b * (1 - b) / m)
    return error, (a - b - 1.959963984540054 * error, a - b + 1.959963984540054 * error)


@pytest.mark.parametrize(("yes", "n", "other", "m"), [(39, 975, 0, 25), (0, 25, 0, 25), (15, 270, 0, 30), (30, 60, 5, 40)])
def test_flags_of_arms_have_the_interval_of_agresti_and_caffo(yes, n, other, m):
    outcome = np.r_[np.arange(n) < yes, np.arange(m) < other].astype(float)
    sent = np.arange(n + m) < n
    found = bt.evaluation.intention_to_treat(outcome, sent)
    error, (low, high) = agresti_caffo(outcome[sent], outcome[~sent])
    assert found.value == pytest.approx(yes / n - other / m, abs=1e-12) and found.interval == pytest.approx((low, high), abs=1e-9)
    assert found.claim == ("effect" if low > 0 or high < 0 else "no evidence")
    one = bt.segments.effects(["a"] * (n + m), sent, outcome, randomised=True).segments[0]
    assert one.error == pytest.approx(error, rel=1e-12) and one.verdict.interval == pytest.approx((low, high), abs=1e-9)


def test_all_of_one_arm_and_none_of_the_other_is_no_point():
    found = bt.evaluation.intention_to_treat([1.0] * 20 + [0.0] * 20, [True] * 20 + [False] * 20)
    assert found.claim == "effect" and found.interval[0] < 0.9 and found.interval[1] == 1.0


def test_numbers_of_arms_have_students_interval():
    stats = pytest.importorskip("scipy.stats")
    chance = np.random.default_rng(4)
    for with_, without in [
        (chance.normal(3, 1, 12), chance.normal(1, 5, 5)),
        # A small arm in which nothing was bought: its own variance is 0, and that of both together is not.
        (np.r_[np.zeros(300), chance.exponential(50, 20)], np.zeros(25)),
    ]:
        found = bt.evaluation.intention_to_treat(np.r_[with_, without], np.r_[np.ones(len(with_)), np.zeros(len(without))] == 1)
        left, right = with_.var(ddof=1) / len(with_), without.var(ddof=1) / len(without)
        degrees = (left + right) ** 2 / (left**2 / (len(with_) - 1) + right**2 / (len(without) - 1))
        squares = with_.var() * len(with_) + without.var() * len(without)
        pooled = squares / (len(with_) + len(without) - 2) * (1 / len(with_) + 1 / len(without))
        reach = stats.t.ppf(0.975, degrees) * np.sqrt(max(left + right, pooled))
        difference = with_.mean() - without.mean()
        assert found.interval == pytest.approx((difference - reach, difference + reach), rel=1e-8)


def test_small_control_arms_claim_no_more_than_chance_does():
    """Ten segments without any effect, 5% withheld: claims of a run are false, and at most 5% of runs have one."""
    chance = np.random.default_rng(8)
    segment = np.repeat(np.arange(10), 500)
    claimed = 0
    for _ in range(NULL_RUNS):
        sent = chance.random(5000) >= 0.05
        found = bt.segments.effects(segment, sent, (chance.random(5000) < 0.05).astype(float), randomised=True)
        claimed += any(one.verdict.claim == "effect" for one in found.segments)
    assert claimed <= 0.05 * NULL_RUNS + 3 * np.sqrt(0.05 * 0.95 * NULL_RUNS)


CONTROL = """
[trait]
town = "category"
[decide]
control = 0.1
[action.mail]
channel  = "mail"
value    = 1
outcome  = "buy"
within   = "1d"
[segment.s]
axis.town = { of = "town" }
"""


def test_the_engine_claims_nothing_by_a_few_withheld():
    """Five cells without any effect, a tenth withheld: the figures stand, and the claim needs twenty in each arm."""
    chance = np.random.default_rng(3)
    claimed, told = 0, 0
    for seed in range(20):
        engine = bt.Engine(bt.Definition.from_toml(CONTROL), seed=seed)
        engine.identify({"customer": np.arange(400), "town": [f"t{i % 5}" for i in range(400)], "at": [86_400.0] * 400})
        found = engine.decide_batch(at=100_000.0)
        bought = [id for id in found["decision"] if chance.random() < 0.2]
        engine.learn({"decision": bought, "outcome": ["buy"] * len(bought), "at": [110_000.0] * len(bought)})
        engine.advance_to(1_000_000.0)
        effects = engine.effects("s")
        for sent, withheld, value, claim in zip(*(effects[name] for name in ("sent", "withheld", "success", "success.claim")), strict=True):
            assert min(sent, withheld) >= 20 or claim == "cannot tell"
            told += withheld >= 2 and value is not None
            claimed += claim == "effect"
    assert claimed == 0 and told > 80


def test_lifts_of_two_members_prove_little():
    rows, columns = ["cell"] * 2 + ["other"] * 1000, [True] * 2 + [True] * 500 + [False] * 500
    found = bt.segments.crosstab(rows, columns).lift("cell", True)
    assert found.interval[0] < 1 < found.interval[1] and found.p_value > 0.4
    one = bt.segments.item_lifts({1: "a", 2: "b"}, [1, 2], ["x", "y"])
    assert all(lift.interval[0] < 1 for lift in one.values())


def test_the_value_of_a_flag_is_no_point():
    text = '[trait]\ntown = "category"\nrich = "bool"\n[segment.s]\naxis.town = { of = "town" }'
    engine = bt.Engine(bt.Definition.from_toml(text))
    engine.identify({"customer": np.arange(12), "town": ["a"] * 2 + ["b"] * 10, "rich": [True] * 2 + [False] * 10, "at": [1.0] * 12})
    found = engine.segment("s", values=["rich"]).to_pandas().set_index("cell")
    assert found.loc["a", "rich.mean"] == 1 == found.loc["a", "rich.upper"] and found.loc["a", "rich.lower"] < 0.5
    assert found.loc["b", "rich.mean"] == 0 == found.loc["b", "rich.lower"] and found.loc["b", "rich.upper"] > 0.1


def test_noise_on_noise_is_no_effect():
    """What is known before says nothing, and neither does what comes: at most 5 of 60 runs claim otherwise by either measure."""
    text = '[trait]\na = "number"\nb = "number"\ngot = "bool"'
    chance, claimed = np.random.default_rng(6), 0
    for _ in range(60):
        engine = bt.Engine(bt.Definition.from_toml(text))
        columns = {name: chance.normal(size=400) for name in "ab"}
        engine.identify({"customer": np.arange(400), **columns, "got": chance.random(400) < 0.3, "at": [1.0] * 400})
        found = engine.ablate("got", {"before": ["a"], "more": ["b"]})["more"]
        claimed += any(verdict.claim == "effect" for verdict in found.values())
    assert claimed <= 5


@pytest.mark.parametrize("flags", [["yes", "no"] * 20, [1.0, float("nan")] * 20, [2, 0] * 20, [True, None] * 20, ["1", "0"] * 20])
def test_flags_are_never_guessed(flags):
    for ask in (
        lambda: bt.segments.effects(["a"] * 40, flags, [0.0] * 40, randomised=True),
        lambda: bt.segments.LookAlike().fit({"x": range(40)}, flags),
        lambda: bt.segments.ConditionalTree(minimum=2).fit({"x": range(40)}, [0.0] * 40, flags),
    ):
        with pytest.raises(bt.SchemaError) as error:
            ask()
        assert error.value.hint


def test_what_was_not_learnt_or_met_is_told():
    for ask in (
        lambda: bt.segments.Pooled().estimate("a"),
        lambda: bt.segments.ConditionalTree().assign({"x": [1.0]}),
        lambda: bt.segments.Topics(2).transform(np.ones((1, 2))),
        lambda: bt.segments.LookAlike().predict({"x": [1.0]}),
    ):
        with pytest.raises(bt.StateError, match="learnt nothing"):
            ask()
    for ask in (
        lambda: bt.segments.crosstab(["a"], ["b"]).lift("zz", "b"),
        lambda: bt.segments.crosstab([["a"]], ["b"]),
        lambda: bt.segments.Topics(1).fit(np.ones(3)),
        lambda: bt.segments.ConditionalTree().fit({"x": [1.0]}, ["one"]),
    ):
        with pytest.raises(bt.SchemaError):
            ask()
    with pytest.raises(bt.DefinitionError, match="names no column"):
        bt.Engine(bt.Definition.from_toml("[micro.m]\nof = []"))


@pytest.mark.parametrize("rising", [True, False])
def test_a_merge_crosses_from_the_cell_of_who_is_kept(rising):
    """Of ten who spent 0 to 9 the poorest and the richest are one: who is kept crosses if that moves them, and only then."""
    text = '[trait]\nspend = "number"\n[segment.v]\naxis.spend = { of = "spend", quantiles = [0.5], labels = ["lo", "hi"] }'
    engine = bt.Engine(bt.Definition.from_toml(text))
    spend = np.arange(10.0) if rising else 9 - np.arange(10.0)
    engine.identify({"customer": np.arange(10), "spend": spend, "at": [1.0 + i for i in range(10)]})
    engine.fit()
    engine.advance_to(100.0)
    before = engine[0]["v"]
    engine.merge(0, 9)
    after = engine[0]["v"]
    crossings = engine.crossings("v").to_pandas()
    merged = crossings[crossings.cause == "merge"]
    assert before == ("lo" if rising else "hi")
    assert len(merged) == int(before != after)
    assert all((row["from"], row.to) == (before, after) for _, row in merged.iterrows())
