"""Decisions that prove their worth through the engine: Hillstrom's e-mails as arms and as a policy, and what is refused."""

import csv
import gzip
import math
import os
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

import bactrian as bt

DATA = Path(os.environ.get("BACTRIAN_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
START = datetime(2024, 1, 1, tzinfo=timezone.utc)
ARMS = {"Mens E-Mail": "mens", "Womens E-Mail": "womens", "No E-Mail": None}


def hillstrom():
    path = DATA / "campaigns/hillstrom/hillstrom.csv.gz"
    if not path.exists():
        pytest.skip("no campaigns/hillstrom under BACTRIAN_DATA")
    with gzip.open(path, "rt") as file:
        rows = list(csv.DictReader(file))
    names = ("recency", "history", "mens", "womens", "newbie", "visit")
    numbers = {name: np.array([float(row[name]) for row in rows]) for name in names}
    return numbers, np.array([ARMS[row["segment"]] for row in rows], dtype=object)


def engine_of(definition, data, who):
    engine = bt.Engine(bt.Definition.from_toml('[time]\nlateness = "0s"\n' + definition), seed=7)
    traits = {name: data[name][who].tolist() for name in ("recency", "history", "mens", "womens", "newbie")}
    engine.identify({"customer": who.tolist(), "at": [START] * len(who), **traits})
    return engine


TRAITS = '[trait]\nrecency = "number"\nhistory = "number"\nmens = "number"\nwomens = "number"\nnewbie = "number"\n'
CAMPAIGN = (
    TRAITS
    + """
[segment.bought]
axis.mens = { of = "mens", edges = [0.5], labels = ["no", "mens"] }

[action.email]
value = 1
outcome = "visit"
within = "14d"
arms = { mens = 0.3333333333333333, womens = 0.3333333333333333 }
"""
)


def learn(engine, ids, visits, at):
    came = [decision for decision, visit in zip(ids, visits, strict=True) if visit]
    report = engine.learn({"decision": came, "outcome": ["visit"] * len(came), "at": [at] * len(came), "value": [1.0] * len(came)})
    assert report.accepted == len(came)


def test_hillstrom_as_a_campaign_of_three_arms():
    data, arm = hillstrom()
    everyone = np.arange(len(arm))
    engine = engine_of(CAMPAIGN, data, everyone)
    # Whom the engine's lot puts into the arm that Hillstrom's drew is a sample of a third, as random as either.
    looked = engine.decide_batch(record=False, at=START)
    drawn = np.array(looked["arm"], dtype=object)
    assert np.allclose(looked["propensity"], 1 / 3)
    same = np.flatnonzero([ours == theirs for ours, theirs in zip(drawn, arm, strict=True)])
    assert abs(len(same) - len(arm) / 3) < 500
    found = engine.decide_batch(same.tolist(), at=START)
    assert found["arm"] == drawn[same].tolist()
    learn(engine, found["decision"], data["visit"][same], START + timedelta(days=3))
    engine.advance_to(START + timedelta(days=30))
    effects = engine.effects(before="history")
    assert effects["arm"] == ["mens", "womens"] and effects["success.claim"] == ["effect", "effect"]
    for low, high, known in zip(effects["success.low"], effects["success.high"], [0.0766, 0.0452], strict=True):
        assert low <= known <= high and high - low < 0.03
    cells = engine.effects("bought")
    assert len(cells) == 4 and all(0 <= q <= 1 for q in cells["success.q"])
    at = {(cell, name): row for row, (cell, name) in enumerate(zip(cells["cell"], cells["arm"], strict=True))}
    # Women's e-mail moves those who never bought men's things more, which one effect for all hides.
    assert cells["success"][at["no", "womens"]] > cells["success"][at["mens", "womens"]] + 0.02
    # What each arm is worth, by all estimators.
    for name, rate in [("email.mens", 0.182757), ("email.womens", 0.151400), (None, 0.106167)]:
        value = engine.evaluate(name).success
        for estimate in (value.ips, value.snips, value.dm, value.dr, value.switch_dr):
            assert abs(estimate.value - rate) < 3.5 * max(estimate.standard_error, value.dr.standard_error)
            assert estimate.interval[0] < estimate.value < estimate.interval[1]
        assert value.dr.standard_error < value.ips.standard_error
        assert value.effective_sample_size > 6000 and abs(value.largest_weight - 3) < 1e-9 and abs(value.mean_weight - 1) < 0.05
    assert engine.evaluate("email.mens").success.gain.claim == "effect"


POLICY = "".join(
    f"""
[action.{name}]
value = 1
outcome = "visit"
within = "1s"
response_model = {{ learn = "squarecb", prior = 0.15, explore = EXPLORE, share = false, features = [
    "1.0", "recency / 6 - 1", "history / 250 - 1", "mens", "womens", "newbie"] }}
"""
    for name in ("mens", "womens", "nothing")
)


def test_a_policy_that_the_engine_learnt_on_one_half_is_valued_on_the_other():
    data, arm = hillstrom()
    everyone = np.random.default_rng(1).permutation(len(arm))[:30_000]
    text = TRAITS + POLICY + "[decide]\nattention = -10\n"
    engine = engine_of(text.replace("EXPLORE", "1e-9"), data, everyone)
    named = np.array([name or "nothing" for name in arm], dtype=object)
    at, half = START, None
    for part in np.array_split(everyone, 60):
        if half is None and at >= START + timedelta(minutes=30):
            half = at
        looked = engine.decide_batch(part.tolist(), record=False, at=at)
        assert np.allclose(looked["propensity"], 1 / 3, atol=1e-6)
        kept = part[[ours == theirs for ours, theirs in zip(looked["action"], named[part], strict=True)]]
        found = engine.decide_batch(kept.tolist(), at=at)
        assert found["action"] == named[kept].tolist()
        learn(engine, found["decision"], data["visit"][kept], at)
        at += timedelta(minutes=1)
        engine.advance_to(at)
    greedy = bt.Definition.from_toml('[time]\nlateness = "0s"\n' + text.replace("EXPLORE", "0"))
    found = engine.evaluate(greedy, since=half)
    value = found.success
    assert found.settled == found.decisions > 4000
    singles = {name: engine.evaluate(name, since=half).success for name in ("mens", "womens", "nothing")}
    best = max(singles, key=lambda name: singles[name].dr.value)
    assert best == "mens"
    for estimator in ("snips", "dr", "switch_dr"):
        ours, theirs = getattr(value, estimator), getattr(singles[best], estimator)
        assert ours.value >= theirs.value - ours.standard_error, estimator
    for gain in [value.gain, *(single.gain for single in singles.values())]:
        low, high = gain.interval
        assert (gain.claim == "effect") == (not low <= 0 <= high)
    assert value.dm.standard_error < value.dr.standard_error < value.ips.standard_error


def test_a_log_without_propensities_cannot_tell():
    engine = bt.Engine(bt.Definition.from_toml('[time]\nlateness = "0s"\n[action.a]\nvalue = 2\nwithin = "1s"\n[action.b]\nvalue = 1\nwithin = "1s"\n'))
    engine.identify({"customer": list(range(200)), "at": [START] * 200})
    engine.decide_batch(at=START)
    engine.advance_to(START + timedelta(days=1))
    for name in ("b", None):
        found = engine.evaluate(name).value
        assert found.gain.claim == "cannot tell" and found.effective_sample_size == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("arms = { a = 0.6, b = 0.6 }", "add up to 1.2"),
        ("arms = { a = 0 }", "share above 0"),
        ("arms = { control = 0.5 }", "`control` is no arm"),
        ("arms = 3", "table"),
        ("trial = { dull = 0.2, good = 0.1 }", "`good` is above `dull`"),
        ("trial = { dull = 0.2 }", "`good` is missing"),
        ("trial = { dull = 0.1, good = 0.2, share = 1.5 }", "a share"),
        ("trial = { dull = 0.1, good = 0.2, alpha = 0.7 }", "a chance"),
        ('by_contact = "soon"', "soon"),
        ('response_model = { learn = "lints", features = ["1.0"], delays = true }', "`delays` goes with `beta`"),
    ],
)
def test_definitions_that_contradict_themselves_are_refused(text, said):
    with pytest.raises(bt.DefinitionError, match=said):
        bt.Engine(bt.Definition.from_toml(f"[action.x]\nvalue = 1\n{text}\n"))


def test_more_trials_than_can_be_mixed_are_refused():
    trial = "trial = { dull = 0.1, good = 0.2 }"
    six, seven = ("".join(f"[action.a{i}]\nvalue = {i + 1}\n{trial}\n" for i in range(n)) for n in (6, 7))
    with pytest.raises(bt.DefinitionError, match="more than 6 actions on trial"):
        bt.Engine(bt.Definition.from_toml(seven))
    engine = bt.Engine(bt.Definition.from_toml(six))
    engine.identify({"customer": list(range(300))})
    found = engine.decide_batch(record=False)
    # The best of those whose lot the customer has: P(chosen) = 0.1 x 0.9^(better ones), and silence has what is left.
    for action, propensity in zip(found["action"], found["propensity"], strict=True):
        better = 6 if action is None else 5 - int(action[1])
        assert math.isclose(propensity, 0.9**better * (1 if action is None else 0.1), rel_tol=1e-12)


def test_hostile_numbers_are_typed_errors():
    ev, nan, inf = bt.evaluation, math.nan, math.inf
    half = [0.5] * 4
    refused = [
        lambda: ev.off_policy([1, 0, nan, 1], half, half),
        lambda: ev.off_policy([1, 0, inf, 1], half, half),
        lambda: ev.off_policy([1, 0, 1, 1], [0.5, 0, 0.5, 0.5], half),
        lambda: ev.off_policy([1, 0, 1, 1], half, [0.5, 2, 0.5, 0.5]),
        lambda: ev.off_policy([], [], []),
        lambda: ev.off_policy([1, 0], half, half),
        lambda: ev.off_policy([1, 0, 1, 1], half, half, threshold=nan),
        lambda: ev.off_policy([1, 0, 1, 1], half, half, threshold=-1),
        lambda: ev.bootstrap([1, 0, 1, 1], half, half, replicates=-5),
        lambda: ev.bootstrap([1, 0, 1, 1], half, half, replicates=1 << 40),
        lambda: ev.bootstrap([1, 0, 1, 1], half, half, seed=-1),
        lambda: ev.ResponseByContact([-1], [True]),
        lambda: ev.ResponseByContact([0], [True]),
        lambda: ev.ResponseByContact([1 << 40], [True]),
        lambda: ev.AlwaysValid(0),
        lambda: ev.AlwaysValid(1, alpha=nan),
        lambda: ev.SequentialRatio(dull=0.2, good=0.1),
        lambda: ev.SequentialRatio(dull=nan, good=0.1),
        lambda: ev.intention_to_treat([nan], [True]),
        lambda: ev.uplift_at([1, 0], [1, 2], [True, False], 0),
        lambda: bt.bandits.LinUCB(["a"], features=-1),
        lambda: bt.bandits.LinUCB([], features=2),
        lambda: bt.bandits.LinUCB(["a"], features=1 << 40),
        lambda: bt.bandits.LinUCB(["a"], features=2, alpha=nan),
        lambda: bt.bandits.LinTS(["a"], features=2, scale=-1),
        lambda: bt.bandits.LinTS(["a"], features=2, seed=-1),
        lambda: bt.bandits.SquareCB(["a"], features=2, gamma=inf),
        lambda: bt.bandits.BetaBernoulli(["a"], prior=(0, 1)),
        lambda: bt.bandits.LinUCB(["a"], 2).choose([nan]),
        lambda: bt.bandits.LinUCB(["a"], 2).learn([1, 2], "a", inf),
        lambda: ev.Pacer([-1], rounds=5, step=0.1),
        lambda: ev.Pacer([1], rounds=-5, step=0.1),
        lambda: ev.psi([-1], [1]),
    ]
    for place, call in enumerate(refused):
        with pytest.raises(bt.BactrianError):
            call()
            raise AssertionError(f"call {place} was taken")


def test_the_engine_refuses_what_cannot_be():
    engine = bt.Engine(bt.Definition.from_toml('[time]\nlateness = "0s"\n[action.mail]\nvalue = 1\nwithin = "1d"\n'))
    engine.identify({"customer": ["anna"], "at": [START]})
    decision = engine.decide("anna", at=START)
    report = engine.learn({"decision": [decision.id ^ 1, decision.id], "outcome": ["buy", "buy"], "at": [START, START - timedelta(days=1)]})
    assert report.accepted == 0 and len(report.rejected) == 2
    engine.advance_to(START + timedelta(days=3))
    refused = [
        (lambda: engine.evaluate({decision.id: 1.5}), bt.SchemaError),
        (lambda: engine.evaluate({decision.id: math.nan}), bt.SchemaError),
        (lambda: engine.evaluate({decision.id ^ 1: 0.5}), bt.UnknownNameError),
        (lambda: engine.evaluate({-1: 0.5}), bt.BactrianError),
        (lambda: engine.evaluate({1 << 80: 0.5}), bt.BactrianError),
        (lambda: engine.evaluate("male"), bt.UnknownNameError),
        (lambda: engine.evaluate(3), bt.SchemaError),
        (lambda: engine.evaluate({decision.id: 0.5}, since=START + timedelta(days=1)), bt.BactrianError),
        (lambda: engine.effects("nowhere"), bt.UnknownNameError),
        (lambda: engine.effects(before="nothing"), bt.UnknownNameError),
        (lambda: engine.response_by_contact("mail"), bt.UnknownNameError),
        (lambda: engine.recorded(-1), bt.BactrianError),
        (lambda: engine.decide("anna", n=-1), bt.BactrianError),
        (lambda: engine.plan(budget=math.nan), bt.SchemaError),
        (lambda: engine.plan(capacity={"mail": -1}), bt.SchemaError),
    ]
    for place, (call, error) in enumerate(refused):
        with pytest.raises(error):
            call()
            raise AssertionError(f"call {place} was taken")
    assert engine.trials().to_dict()["action"] == []
