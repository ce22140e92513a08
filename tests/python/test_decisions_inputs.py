"""Decisions, plans, bandits and trials given what is unusual, misspelt or impossible."""

import math

import numpy as np
import pandas as pd
import pytest

import bactrian as bt
from bactrian.__main__ import main

NOW = "2024-01-01"


def shop(text, count=60, path=None, **columns):
    text = f'[time]\nlateness = "0s"\n[trait]\nage = "number"\nworth = "number"\n{text}'
    definition = bt.Definition.from_toml(text)
    engine = bt.Engine(definition, seed=1) if path is None else bt.Engine.open(path, definition)
    traits = {"age": [30.0] * count, "worth": [1.0] * count, **columns}
    engine.identify({"customer": list(range(count)), "at": [NOW] * count, **traits})
    return engine


MAIL = '[action.mail]\nvalue = 1\noutcome = "redeem"\nwithin = "10d"\n'


def test_an_outcome_that_nothing_names_is_refused_with_what_may_be_meant():
    engine = shop(MAIL + '[contact.mail]\ncool_off = { after = 2, outcome = "ignored", for = "5d" }\n')
    decision = engine.decide(0)
    report = engine.learn({"decision": [decision.id] * 3, "outcome": ["redem", "ignored", "complaint"]})
    assert report.accepted == 1
    (first, why), (third, other) = [(one["row"], one["reason"]) for one in rows(report.rejected)]
    assert (first, third) == (0, 2)
    assert "no outcome `redem`" in why and "did you mean `redeem`?" in why
    assert "no outcome `complaint`" in other and "`outcomes`" in other
    # Nothing of it is kept.
    assert [name for name in engine.ledger().to_dict() if name.startswith("outcome.")] == ["outcome.ignored"]


def rows(rejected):
    return [one if isinstance(one, dict) else {"row": one[0], "reason": one[1]} for one in rejected]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (MAIL + '[decide]\noutcomes = ["complaint"]\n', "complaint"),
        (MAIL + '[event.bought]\n', "bought"),
        (MAIL + '[feature.angry]\ncount = "event"\non = "outcome"\nwhere = \'outcome in ["angry", "cross"]\'\n', "cross"),
        (MAIL + '[action.call]\nvalue = 0\noutcome = "talk"\n', "talk"),
        ('[action.mail]\nvalue = 1\n', "whatever"),
    ],
)
def test_an_outcome_that_is_named_anywhere_is_learnt(text, kind):
    engine = shop(text)
    assert engine.learn({"decision": engine.decide(0).id, "outcome": kind}).accepted == 1


def test_definitions_of_actions_that_could_never_be():
    wrong = [
        (MAIL + "arms = {}\n", "`arms` has no arm"),
        (MAIL + 'arms = { "" = 0.5 }\n', "an arm needs a name"),
        (MAIL + "arms = { a = 0 }\n", "at most 1, found 0"),
        (MAIL + 'from = "2024-05-01"\nuntil = "2024-04-01"\n', "`until` must come after `from`"),
        (MAIL + 'from = "2024-05-01"\nuntil = "2024-05-01T00:00:00Z"\n', "`until` must come after `from`"),
        (MAIL + '[decide]\noutcomes = [""]\n', "empty"),
    ]
    for text, message in wrong:
        with pytest.raises(bt.DefinitionError) as caught:
            shop(text)
        assert message in str(caught.value), str(caught.value)
    shop(MAIL + 'from = "2024-05-01"\nuntil = "2024-05-02"\n')


def test_what_a_trial_may_have_now(tmp_path, capsys):
    path = str(tmp_path / "shop.bactrian")
    engine = shop('[action.new]\nvalue = 1\noutcome = "buy"\nwithin = "1d"\ntrial = { dull = 0.05, good = 0.5, share = 0.5 }\n', path=path)
    assert engine.trials()["share"] == [0.5] and engine.trials()["stand"] == ["go on"]
    sent = [name for name in engine.decide_batch(at=NOW)["decision"] if name is not None]
    engine.learn({"decision": sent[:1], "outcome": ["buy"]})
    engine.advance_to("2024-01-03")
    assert (engine.trials()["stand"], engine.trials()["share"]) == (["stop"], [0.0])
    engine.close()
    assert main(["trials", path, "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith("new,1,")


def test_a_plan_keeps_to_the_lots_of_trials():
    engine = shop('[action.new]\nvalue = 1\noutcome = "buy"\nwithin = "1d"\ntrial = { dull = 0.05, good = 0.5, share = 0.5 }\n')
    decided = engine.decide_batch(at=NOW, record=False)["action"]
    assert engine.plan(at=NOW).table["action"] == decided and 15 < decided.count("new") < 45
    engine.decide_batch(at=NOW)
    engine.advance_to("2024-01-03")
    assert engine.trials()["stand"] == ["stop"] and engine.plan().table["action"] == [None] * 60


def test_responses_tell_for_how_many_trials_they_count():
    fading = MAIL.replace("outcome", 'response_model = { learn = "beta", half_life = "7d" }\noutcome')
    engine = shop(fading, count=8)
    ids = engine.decide_batch(at=NOW)["decision"]
    engine.learn({"decision": ids, "outcome": ["redeem"] * 8})
    assert engine.responses()["trials"] == [8.0]
    engine.advance_to("2024-01-15")
    found = engine.responses().to_dict()
    assert found["successes"] == [8] and found["trials"] == pytest.approx([2.0])
    late = MAIL.replace("outcome", 'response_model = { learn = "beta", delays = true }\noutcome')
    engine = shop(late, count=10)
    ids = engine.decide_batch(at=NOW)["decision"]
    engine.advance_to("2024-01-06")
    assert engine.responses()["trials"] == pytest.approx([5.0], abs=0.3) and engine.responses()["failures"] == [0]
    # Never fewer than have come.
    engine.learn({"decision": ids[:9], "outcome": ["redeem"] * 9})
    assert engine.responses()["trials"] == [9.0] and engine.responses()["response"][0] > 0.4


def test_a_slate_tells_the_arm_of_each_and_what_is_withheld():
    engine = shop(
        "[action.mail]\nvalue = 2\narms = { plain = 0.4, blue = 0.4 }\n[action.card]\nvalue = 1\narms = { one = 0.5 }\n", count=200
    )
    table = engine.decide_batch(n=2, record=False)
    both = iter(zip(table["action"], table["arm"], strict=True))
    arms = {"mail": [], "card": []}
    for customer in range(200):
        decision = engine.decide(customer, n=2)
        assert (decision.arm, decision.withheld is None) == (decision.slate[0].arm, not decision.slate[0].withheld)
        for choice in decision.slate:
            assert next(both) == (None if choice.withheld else choice.action, choice.arm)
            assert choice.withheld == (choice.arm is None)
            recorded = engine.recorded(choice.id) if customer < 10 else None
            if recorded:
                assert (recorded.arm, recorded.withheld, recorded.action) == (choice.arm, choice.withheld, choice.action)
            arms[choice.action].append(choice.arm)
    assert set(arms["mail"]) == {"plain", "blue", None} and abs(arms["card"].count("one") - 100) < 30


def planner(customers, seed=0, path=None):
    rng = np.random.default_rng(seed)
    text = ""
    for name, group in [("call", "talk"), ("visit", "talk"), ("mail", "post"), ("card", "post")]:
        text += f'[action.{name}]\ngroup = "{group}"\nchannel = "{name}"\nvalue = "age * {1 + len(name) / 10}"\ncost = "worth"\n'
    return shop(text, customers, path=path, age=rng.uniform(1, 9, customers).tolist(), worth=rng.uniform(0.5, 2, customers).tolist())


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("customers", [12, 300])
def test_leasts_that_cannot_be_met_are_met_as_far_as_the_budget_goes(n, customers):
    engine = planner(customers)
    costs = sorted(engine.score(columns=["worth"])["worth"])
    budget = sum(costs[: customers // 2]) + 0.01
    plan = engine.plan(budget=budget, at_least={"call": customers}, n=n)
    # The cheapest calls are the most that the budget pays for.
    assert plan.unmet == [("call", float(customers), float(customers // 2))]
    spent = sum(cost for cost in plan.table["cost"] if cost is not None)
    assert spent <= budget and plan.table["action"].count("call") == customers // 2
    assert 0 <= plan.gap < 0.3 and plan.bound >= plan.value
    assert all(math.isfinite(price) for *_, price in plan.limits)


def test_a_plan_on_the_command_line_says_what_is_missing(tmp_path, capsys):
    path = str(tmp_path / "shop.bactrian")
    planner(12, path=path).close()
    assert main(["plan", path, "-n", "2", "--budget", "4", "--at-least", "call=12", "--format", "csv"]) == 0
    out, err = capsys.readouterr()
    assert "of `call` 12 were asked for at least" in err and out.count("call") >= 3
    for words in (["-n", "0"], ["-n", "-1"], ["--at-least", "call"], ["--at-least", "call=x"], ["--at-least", "cal=1"]):
        assert main(["plan", path, *words]) == 2


def test_bandits_refuse_names_twice_and_numbers_without_end():
    makers = [
        lambda names: bt.bandits.LinUCB(names, 1),
        lambda names: bt.bandits.LinTS(names, 1),
        lambda names: bt.bandits.SquareCB(names, 1),
        bt.bandits.BetaBernoulli,
    ]
    for maker in makers:
        for names in (["a", "b", "a"], [1, 1.0], [("x", 1), ("x", 1)]):
            with pytest.raises(bt.SchemaError, match="two actions are called"):
                maker(names)
        assert maker(["a", "b"]).actions == ["a", "b"]
    for maker in makers[:3]:
        bandit = maker(["a", "b"])
        before = bandit.to_json()
        for wrong in (math.inf, -math.inf, 1e300):
            for call in (
                lambda wrong=wrong: bandit.choose([wrong]),
                lambda wrong=wrong: bandit.expectations([wrong]),
                lambda wrong=wrong: bandit.probabilities(np.array([wrong])),
                lambda wrong=wrong: bandit.learn([wrong], "a", 1.0),
                lambda wrong=wrong: bandit.learn([1.0], "a", wrong),
                lambda wrong=wrong: bandit.learn_rows([[1.0], [wrong]], ["a", "b"], [1.0, 1.0]),
            ):
                with pytest.raises(bt.SchemaError):
                    call()
        assert bandit.to_json() == before
        # What is unknown counts as 0, one by one and together.
        bandit.learn([math.nan], "a", 1.0)
        other = maker(["a", "b"])
        other.learn_rows([[math.nan]], ["a"], [1.0])
        assert bandit.to_json() == other.to_json()


def test_how_many_actions_is_a_count_of_at_least_one():
    engine = shop(MAIL)
    for n in (0, -1, -(2**70), 2**70):
        for call in (
            lambda n=n: engine.plan(n=n),
            lambda n=n: engine.decide(0, n=n),
            lambda n=n: engine[0].decide(n=n),
            lambda n=n: bt.evaluation.allocate([[1.0]], n=n),
        ):
            with pytest.raises(bt.SchemaError, match="0 actions|counts nothing"):
                call()
    with pytest.raises(bt.SchemaError, match="the value of action 1 for customer 0 is infinite"):
        bt.evaluation.allocate([[1.0, math.inf]])


def test_agents_are_not_given_to_themselves():
    engine = shop(MAIL, count=6, worth=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    table, total = engine.assign({0: 2, 1: 1}, "worth")
    assert table["customer"] == [2, 3, 4, 5] and total == 15.0
    assert engine.assign({0: 0}, "worth")[0]["agent"] == [None] * 5


def test_small_things_of_other_models():
    frame = pd.DataFrame(np.random.default_rng(3).normal(size=(60, 3)))
    plain = bt.cluster.KMeans(2).fit(frame.to_numpy())
    assert np.array_equal(bt.cluster.KMeans(2).fit(frame).labels_, plain.labels_)
    assert np.array_equal(plain.predict(frame), plain.labels_)
    mixture = bt.cluster.GaussianMixture(2).fit(frame)
    start = {"weights": mixture.weights_, "means": mixture.means_, "covariances": mixture.covariances_}
    again = bt.cluster.GaussianMixture(2).fit(frame, **start)
    flat = bt.cluster.GaussianMixture(2).fit(frame, **{name: value.ravel().tolist() for name, value in start.items()})
    assert np.array_equal(again.means_, flat.means_)
    for period in (7, None, 7.0, "7x", ["7d"]):
        with pytest.raises(bt.SchemaError):
            bt.clv.summary({"customer": [1], "at": [NOW]}, period=period)
