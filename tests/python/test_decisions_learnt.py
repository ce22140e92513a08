"""Bandits, values of policies, uplift, campaigns and plans: against other people's software and published figures."""

import csv
import gzip
import math
import os
from pathlib import Path

import numpy as np
import pytest

import bactrian as bt

pytestmark = pytest.mark.filterwarnings("ignore")
DATA = Path(os.environ.get("BACTRIAN_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


def rounds(seed=1, count=300, features=4, arms=3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, features)), rng.integers(0, arms, count), rng.random(count)


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_expectations_are_those_of_mabwiser(alpha):
    mab = pytest.importorskip("mabwiser.mab")
    contexts, arms, rewards = rounds()
    peer = mab.MAB([0, 1, 2], mab.LearningPolicy.LinUCB(alpha=alpha, l2_lambda=1))
    peer.fit(arms, rewards, contexts)
    ours = bt.bandits.LinUCB([0, 1, 2], features=4, alpha=alpha)
    ours.learn_rows(contexts, arms.tolist(), rewards)
    for context in np.random.default_rng(2).normal(size=(60, 4)):
        theirs = peer.predict_expectations(context.reshape(1, -1))
        assert ours.choose(context) == (peer.predict(context.reshape(1, -1)), 1.0)
        if alpha == 0:
            np.testing.assert_allclose(ours.expectations(context), [theirs[arm] for arm in range(3)], rtol=1e-9)


def test_thompson_chooses_as_often_as_draws_win():
    contexts, arms, rewards = rounds(count=30)
    ours = bt.bandits.LinTS([0, 1, 2], features=4, scale=0.6)
    ours.learn_rows(contexts, arms.tolist(), rewards)
    rng, x, scores = np.random.default_rng(4), contexts[0], []
    for arm in range(3):
        taken = contexts[arms == arm]
        inverse = np.linalg.inv(taken.T @ taken + np.eye(4))
        mean = inverse @ taken.T @ rewards[arms == arm]
        scores.append(rng.multivariate_normal(mean, 0.36 * inverse, 40_000) @ x)
    shares = np.bincount(np.argmax(scores, axis=0), minlength=3) / 40_000
    np.testing.assert_allclose(ours.probabilities(x), shares, atol=0.01)


@pytest.mark.parametrize("kind", ["ucb", "thompson", "logistic", "square", "beta"])
def test_a_bandit_that_is_saved_goes_on(kind):
    def make():
        return {
            "ucb": lambda: bt.bandits.LinUCB([*"abc"], 4),
            "thompson": lambda: bt.bandits.LinTS([*"abc"], 4, seed=5),
            "logistic": lambda: bt.bandits.LinTS([*"abc"], 4, rewards="logistic", seed=5),
            "square": lambda: bt.bandits.SquareCB([*"abc"], 4, seed=5),
            "beta": lambda: bt.bandits.BetaBernoulli([*"abc"], seed=5),
        }[kind]()

    bandit, other = make(), make()
    given = () if kind == "beta" else (np.array([1.0, 0.5, -1.0, 0.0]),)
    for step in range(60):
        choice = bandit.choose(*given)
        assert other.choose(*given) == choice
        assert math.isclose(choice[1], 1.0 if kind == "ucb" else choice[1]) and 0 < choice[1] <= 1
        bandit.learn(*given, choice[0], step % 3 == 0)
        if step == 30:
            other.load_json(bandit.to_json())
        else:
            other.learn(*given, choice[0], step % 3 == 0)
    before = bandit.expectations(*given)
    assert bandit.choose(*given, allowed=["c"]) == ("c", 1.0)
    assert np.array_equal(bandit.expectations(*given), before)
    np.testing.assert_allclose(bandit.probabilities(*given).sum(), 1)
    with pytest.raises(bt.UnknownNameError):
        bandit.learn(*given, "d", 1)
    with pytest.raises(bt.SchemaError):
        bandit.learn(*given, "a", math.nan)
    with pytest.raises(bt.SchemaError):
        bandit.choose(*given, allowed=[])
    with pytest.raises(bt.SchemaError):
        other.load_json("{}")


def hillstrom():
    path = DATA / "campaigns/hillstrom/hillstrom.csv.gz"
    if not path.exists():
        pytest.skip("no campaigns/hillstrom under BACTRIAN_DATA")
    with gzip.open(path, "rt") as file:
        rows = list(csv.DictReader(file))
    numbers = {name: np.array([float(row[name]) for row in rows]) for name in ("recency", "history", "mens", "womens", "newbie", "visit")}
    return numbers, np.array([row["segment"] for row in rows])


ARMS = ["Mens E-Mail", "Womens E-Mail", "No E-Mail"]


def test_hillstrom_by_propensities():
    data, arm = hillstrom()
    third = np.full(len(arm), 1 / 3)
    for name, value in zip(ARMS, [0.18253, 0.15178, 0.10603], strict=True):
        found = bt.evaluation.off_policy(data["visit"], third, (arm == name).astype(float))
        assert f"{found.ips.value:.5f}" == f"{value:.5f}"
        assert math.isclose(found.snips.value, data["visit"][arm == name].mean(), rel_tol=1e-12)
    past = np.where(data["mens"] == 1, arm == "Mens E-Mail", arm == "Womens E-Mail").astype(float)
    found = bt.evaluation.off_policy(data["visit"], third, past)
    assert f"{found.ips.value:.5f}" == "0.18469"
    assert f"{found.ips.standard_error:.5f}" == "0.00285"
    assert found.gain.claim == "effect"


def test_a_policy_learnt_on_one_half_of_hillstrom_is_valued_on_the_other():
    data, arm = hillstrom()
    names = ["recency", "history", "mens", "womens", "newbie"]
    x = np.column_stack([np.ones(len(arm)), *[(data[n] - data[n].mean()) / data[n].std() for n in names]])
    half = np.random.default_rng(0).random(len(arm)) < 0.5
    bandit = bt.bandits.LinUCB(ARMS, x.shape[1], alpha=0.0)
    bandit.learn_rows(x[half], arm[half].tolist(), data["visit"][half])
    test = ~half
    chosen = np.array([bandit.choose(row)[0] for row in x[test]])
    reward, third = data["visit"][test], np.full(test.sum(), 1 / 3)
    target = (chosen == arm[test]).astype(float)
    value = bt.evaluation.off_policy(reward, third, target).snips
    singles = {name: bt.evaluation.off_policy(reward, third, (arm[test] == name).astype(float)).snips for name in ARMS}
    best = max(singles, key=lambda name: singles[name].value)
    assert value.value >= singles[best].value - value.standard_error
    gain = bt.evaluation.compare(reward, third, target, (arm[test] == best).astype(float))
    low, high = gain.interval
    assert (gain.claim == "effect") == (not low <= 0 <= high)
    against_none = bt.evaluation.compare(reward, third, target, (arm[test] == "No E-Mail").astype(float))
    assert against_none.claim == "effect" and against_none.value > 0.05


def test_qini_of_hillstrom():
    data, arm = hillstrom()
    rows = arm != "Mens E-Mail"
    visit, treated = data["visit"][rows], arm[rows] == "Womens E-Mail"
    for score, expected in [(data["womens"], 0.064016), (-data["recency"], -0.004520), (data["history"], 0.002622)]:
        assert f"{bt.evaluation.qini(visit, score[rows], treated):.6f}" == f"{expected:.6f}"
    top = bt.evaluation.uplift_at(visit, data["history"][rows], treated, 0.3)
    assert f"{top.value:.6f}" == "0.047942" and top.claim == "effect"
    metrics = pytest.importorskip("sklift.metrics")
    rng = np.random.default_rng(5)
    for score in (rng.random(rows.sum()), data["history"][rows].round(-2), data["mens"][rows] * 2 + data["newbie"][rows]):
        given = (visit, score, treated.astype(int))
        assert math.isclose(bt.evaluation.qini(*given), metrics.qini_auc_score(*given), rel_tol=1e-9, abs_tol=1e-12)
        assert math.isclose(bt.evaluation.auuc(*given), metrics.uplift_auc_score(*given), rel_tol=1e-9, abs_tol=1e-12)
        theirs = metrics.uplift_at_k(*given, strategy="overall", k=0.2)
        assert math.isclose(bt.evaluation.uplift_at(*given, 0.2).value, theirs, rel_tol=1e-9)
    curve = bt.evaluation.qini_curve(visit, data["womens"][rows], treated)
    np.testing.assert_allclose(curve, metrics.qini_curve(visit, data["womens"][rows], treated.astype(int)))


def test_hillstrom_as_a_campaign():
    data, arm = hillstrom()
    effects = {}
    for name in ARMS[:2]:
        rows = (arm == name) | (arm == "No E-Mail")
        found = bt.evaluation.intention_to_treat(data["visit"][rows], arm[rows] == name)
        less = bt.evaluation.intention_to_treat(data["visit"][rows], arm[rows] == name, before=data["history"][rows])
        assert less.interval[1] - less.interval[0] < found.interval[1] - found.interval[0]
        effects[name] = f"{found.value:.4f}"
    assert effects == {"Mens E-Mail": "0.0766", "Womens E-Mail": "0.0452"}


def test_open_bandit():
    for name, ips, snips, size in [("all", 0.00235964, 0.00233371, 340.378), ("men", 0.00300863, 0.00318942, 655.710)]:
        path = DATA / f"campaigns/obd_small/bts_{name}.csv.gz"
        if not path.exists():
            pytest.skip("no campaigns/obd_small under BACTRIAN_DATA")
        with gzip.open(path, "rt") as file:
            rows = list(csv.DictReader(file))
        items = {"all": 80, "men": 34}[name]
        click = [float(row["click"]) for row in rows]
        found = bt.evaluation.off_policy(click, [float(row["propensity_score"]) for row in rows], [1 / items] * len(rows))
        assert f"{found.ips.value:.8f}" == f"{ips:.8f}" and f"{found.snips.value:.8f}" == f"{snips:.8f}"
        assert f"{found.effective_sample_size:.3f}" == f"{size:.3f}"


def test_doubly_robust_and_what_is_refused():
    rng = np.random.default_rng(3)
    reward, behaviour, target = rng.random(400), rng.uniform(0.1, 1, 400), rng.random(400)
    expected, policy, w = rng.random(400), rng.random(400), None
    w = target / behaviour
    found = bt.evaluation.off_policy(reward, behaviour, target, expected=expected, expected_target=policy, threshold=2.0)
    assert math.isclose(found.dr.value, (policy + w * (reward - expected)).mean(), rel_tol=1e-9)
    assert math.isclose(found.switch_dr.value, (policy + np.where(w <= 2, w, 0) * (reward - expected)).mean(), rel_tol=1e-9)
    assert math.isclose(found.dm.value, policy.mean(), rel_tol=1e-9)
    assert math.isclose(found.largest_weight, w.max()) and math.isclose(found.mean_weight, w.mean())
    for bad in (0.0, 1.2, -0.1, math.nan):
        with pytest.raises(bt.SchemaError, match="round 5"):
            bt.evaluation.off_policy(reward, np.where(np.arange(400) == 5, bad, behaviour), target)
    with pytest.raises(bt.SchemaError, match="expected_target"):
        bt.evaluation.off_policy(reward, behaviour, target, expected=expected)
    assert bt.evaluation.bootstrap(reward, behaviour, target) == bt.evaluation.bootstrap(reward, behaviour, target)


def test_assignments_are_those_of_scipy():
    optimize = pytest.importorskip("scipy.optimize")
    rng = np.random.default_rng(8)
    for customers, agents in [(60, 60), (40, 70), (70, 40), (1, 5)]:
        score = rng.normal(size=(customers, agents))
        who, total = bt.evaluation.assign(score)
        rows, columns = optimize.linear_sum_assignment(score, maximize=True)
        assert math.isclose(total, score[rows, columns].sum(), rel_tol=1e-12)
        assert [(row, agent) for row, agent in enumerate(who) if agent is not None] == list(zip(rows, columns, strict=True))
    # An agent of capacity 3 is three agents.
    score, capacity = rng.normal(size=(30, 8)), [3, 0, 5, 1, 2, 9, 4, 6]
    rows, columns = optimize.linear_sum_assignment(np.repeat(score, capacity, axis=1), maximize=True)
    assert math.isclose(bt.evaluation.assign(score, capacity)[1], np.repeat(score, capacity, axis=1)[rows, columns].sum())


def test_plans_come_near_linear_programming():
    optimize = pytest.importorskip("scipy.optimize")
    sparse = pytest.importorskip("scipy.sparse")
    rng = np.random.default_rng(9)
    customers, actions = 1500, 6
    value, cost = rng.exponential(size=(customers, actions)), rng.uniform(0.2, 1, size=(customers, actions))
    phone = np.array([1, 1, 0, 0, 0, 0.0])
    plan = bt.evaluation.allocate(value, [(200, cost), (60, phone)])
    chosen = [(row, action) for row, action in enumerate(plan.choice) if action is not None]
    assert sum(cost[at] for at in chosen) <= 200 and sum(phone[action] for _, action in chosen) <= 60
    once = sparse.kron(sparse.eye(customers), np.ones((1, actions)))
    shared = np.vstack([cost.ravel(), np.tile(phone, customers)])
    limits = np.concatenate([np.ones(customers), [200, 60]])
    best = optimize.linprog(-value.ravel(), A_ub=sparse.vstack([once, shared]), b_ub=limits, bounds=(0, 1), method="highs")
    assert plan.value <= -best.fun + 1e-6 <= plan.bound * (1 + 1e-3) + 1e-6
    assert plan.value >= -best.fun * 0.995 and plan.gap < 0.01
    with pytest.raises(bt.SchemaError):
        bt.evaluation.allocate(value, [(-1, phone)])
    with pytest.raises(bt.SchemaError):
        bt.evaluation.allocate(value, [(1, phone[:3])])


SHOP = """
[trait]
worth = "number"
quiet = "bool"

[action.call]
channel  = "phone"
eligible = "!quiet"
value    = "worth"
cost     = 2.0

[action.mail]
channel = "email"
value   = "worth * 0.5"
cost    = 0.25

[decide]
attention = 0.1
"""


def test_a_plan_for_everyone_keeps_its_limits():
    rng = np.random.default_rng(6)
    engine = bt.Engine(bt.Definition.from_toml(SHOP))
    worth, quiet = rng.exponential(4, 50).round(3), rng.random(50) < 0.3
    engine.identify({"customer": list(range(50)), "worth": worth.tolist(), "quiet": quiet.tolist()})
    free = engine.plan()
    singles = engine.decide_batch(record=False)
    assert free.table["action"] == singles["action"] and free.exact
    assert math.isclose(free.value, sum(p - 0.1 for p, a in zip(singles["priority"], singles["action"], strict=True) if a))
    plan = engine.plan(budget=30.0, capacity={"phone": 10, "mail": 25})
    actions = plan.table["action"]
    assert actions.count("call") <= 10 and actions.count("mail") <= 25
    spent = sum(cost for cost in plan.table["cost"] if cost is not None and not math.isnan(cost))
    limits = {name: (most, used) for name, most, used, _ in plan.limits}
    assert math.isclose(limits["budget"][1], spent) and spent <= 30 and limits["phone"] == (10, actions.count("call"))
    assert not any(action == "call" and shy for action, shy in zip(actions, quiet, strict=True))
    assert plan.value <= plan.bound <= free.value + 1e-9 and plan.gap < 0.01
    # The best of all: each customer's choice by linear programming, rounded down, can't be better than the bound.
    values = [[w - 2.1 if not q else math.nan, w / 2 - 0.35] for w, q in zip(worth, quiet, strict=True)]
    costs = [[2.0, 0.25]] * 50
    again = bt.evaluation.allocate(values, [(30.0, costs), (10, [1, 0]), (25, [0, 1])])
    assert math.isclose(again.value, plan.value, rel_tol=1e-9)
    # Nothing was recorded, and what is closed stays closed.
    assert engine.ledger()["action"] == [] or sum(engine.ledger()["decisions"]) == 0
    assert set(engine.plan(budget=0).table["action"]) == {None}
    with pytest.raises(bt.UnknownNameError, match="fax"):
        engine.plan(capacity={"fax": 3})
    with pytest.raises(bt.SchemaError):
        engine.plan(budget=-1)


def test_scarce_attention_on_hillstrom():
    optimize = pytest.importorskip("scipy.optimize")
    sparse = pytest.importorskip("scipy.sparse")
    data, arm = hillstrom()
    names = ["recency", "history", "mens", "womens", "newbie"]
    x = np.column_stack([np.ones(len(arm)), *[(data[n] - data[n].mean()) / data[n].std() for n in names]])
    bandit = bt.bandits.LinUCB(ARMS, x.shape[1], alpha=0.0)
    bandit.learn_rows(x, arm.tolist(), data["visit"])
    some = x[:: len(x) // 3000]
    expected = np.array([bandit.expectations(row) for row in some])
    value = expected[:, :2] - expected[:, 2:]
    cost = np.tile([0.03, 0.02], (len(some), 1))
    budget, mens = 0.012 * len(some), 0.2 * len(some)
    plan = bt.evaluation.allocate(value, [(budget, cost), (mens, [1, 0])])
    once = sparse.kron(sparse.eye(len(some)), np.ones((1, 2)))
    rows = sparse.vstack([once, cost.reshape(1, -1), np.tile([1.0, 0.0], len(some)).reshape(1, -1)])
    best = optimize.linprog(-value.ravel(), A_ub=rows, b_ub=[1.0] * len(some) + [budget, mens], bounds=(0, 1), method="highs")
    assert plan.used[0] <= budget + 1e-9 and plan.used[1] <= mens
    assert -best.fun * 0.99 <= plan.value <= -best.fun + 1e-9
    # One after another, without knowing who comes next; budgets of one a customer.
    pacer = bt.evaluation.Pacer([len(some)] * 2, rounds=len(some), step=0.001)
    total = 0.0
    for row in np.random.default_rng(1).permutation(len(some)):
        taken = pacer.choose(value[row].tolist(), [[0.03 / 0.012, 0.02 / 0.012], [5.0, 0.0]])
        total += 0.0 if taken is None else value[row, taken]
    assert min(pacer.left) >= 0 and total > 0.9 * plan.value


def table(name):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no {name} under BACTRIAN_DATA")
    with gzip.open(path, "rt") as file:
        return list(csv.DictReader(file))


def test_the_response_by_contact_of_bank_marketing():
    rows = table("campaigns/bank_marketing/bank-additional-full.csv.gz")
    found = bt.evaluation.ResponseByContact([int(row["campaign"]) for row in rows], [row["y"] == "yes" for row in rows])
    by_contact = dict(zip(found.contact, found.rate, strict=True))
    assert [f"{by_contact[n]:.4f}" for n in (1, 2, 10)] == ["0.1304", "0.1146", "0.0533"]
    # It falls, but those who are called often are those who did not say yes: nobody drew lots.
    assert found.verdict.value < 0 and found.verdict.interval[1] < 0 and found.verdict.claim == "cannot tell"
    assert found.fitted == sorted(found.fitted, reverse=True)
    assert found.worth(value=10, cost=1) < found.worth(value=10, cost=0.5)


def test_redemption_that_rises_with_campaigns_of_complete_journey():
    folder = "purchases/completejourney/"
    start = {row["campaign_id"]: row["start_date"] for row in table(folder + "campaign_descriptions.csv.gz")}
    redeemed = {(row["household_id"], row["campaign_id"]) for row in table(folder + "coupon_redemptions.csv.gz")}
    got = sorted(table(folder + "campaigns.csv.gz"), key=lambda row: (start[row["campaign_id"]], int(row["campaign_id"])))
    seen, contact, success = {}, [], []
    for row in got:
        seen[row["household_id"]] = nth = seen.get(row["household_id"], 0) + 1
        contact.append(nth)
        success.append((row["household_id"], row["campaign_id"]) in redeemed)
    found = bt.evaluation.ResponseByContact(contact, success)
    assert [f"{rate:.3f}" for rate in found.rate[:4]] == ["0.095", "0.103", "0.134", "0.139"]
    assert found.verdict.value > 0 and found.verdict.claim == "cannot tell" and "not randomised" in found.verdict.why
