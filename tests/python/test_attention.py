"""Attention is scarce: sales in stages and what they will bring, plans under limits, budgets that last."""

import itertools
from datetime import datetime, timedelta, timezone

import bactrian as bt
import numpy as np
import polars as pl
import pytest
from bactrian._cli import main

DAY = timedelta(days=1)
START = datetime(2024, 1, 1, tzinfo=timezone.utc)
STAGES = ["lead", "qualified", "proposal"]
# By the age of a stage in weeks: an opportunity that waits is won less and less.
ADVANCE = {"lead": [0.3, 0.2, 0.1, 0.05], "qualified": [0.1, 0.3, 0.2, 0.05], "proposal": [0.4, 0.3, 0.1, 0.02]}
LOSE = {"lead": [0.05, 0.05, 0.1, 0.1], "qualified": [0.05, 0.1, 0.1, 0.15], "proposal": [0.05, 0.1, 0.2, 0.2]}

PIPELINE = """
[event.moved]
customer = "deal"
at       = "at"
category = { stage = "stage" }
[trait]
rep    = "category"
amount = "number"
[score.deal]
model  = "pipeline"
on     = "moved"
won    = "won"
lost   = "lost"
value  = "amount"
period = "7d"
[score.soon]
model   = "pipeline"
on      = "moved"
won     = "won"
lost    = "lost"
value   = "amount"
period  = "7d"
horizon = 4
[feature.activities]
count = "event"
on    = "moved"
by    = "rep"
"""


def sales(count, weeks, seed=0):
    """Deals begun over some weeks, each moving by the hazards of its stage and age: (deal, at, stage) in order of time."""
    chance = np.random.default_rng(seed)
    rows = []
    for deal in range(count):
        at = START + timedelta(seconds=float(chance.uniform(0, weeks * 7 * 86400)))
        stage, week = 0, 0
        rows.append((deal, at, STAGES[0]))
        while stage < 3:
            on, off = (hazards[STAGES[stage]][min(week, 3)] for hazards in (ADVANCE, LOSE))
            draw = chance.random()
            week += 1
            if draw < on + off:
                # Somewhere within the week that runs.
                at += timedelta(days=7 * (week - 1), seconds=float(chance.uniform(1, 7 * 86400 - 1)))
                name = [*STAGES, "won"][stage + 1] if draw < on else "lost"
                stage, week = 3 if name in ("lost", "won") else stage + 1, 0
                rows.append((deal, at, name))
    return sorted(rows, key=lambda row: (row[1], row[0]))


def twin(rows, now):
    """A recount of every spell: by stage, the moves of each week of its age over those at risk; then the chances."""
    spells = []
    for _, own in itertools.groupby(sorted(rows, key=lambda row: (row[0], row[1])), key=lambda row: row[0]):
        own = [row for row in own if row[1] <= now]
        for (_, at, stage), after in itertools.zip_longest(own, own[1:]):
            if stage in STAGES:
                seconds = ((after[1] if after else now) - at).total_seconds()
                weeks = seconds / (7 * 86400)
                spells.append((stage, int(np.ceil(weeks)) if after else int(weeks), after[2] if after else None))
    value = {"won": [1.0], "lost": [0.0]}
    for stage in reversed(STAGES):
        own = [spell for spell in spells if spell[0] == stage]
        at_risk = lambda week, own=own: sum(spell[1] >= week for spell in own)
        alone = 0
        while at_risk(alone + 1) >= 20:
            alone += 1
        weeks = range(1, max(spell[1] for spell in own) + 1)
        moves = lambda week, own=own: [spell[2] for spell in own if spell[2] and spell[1] == week]
        late = [goal for week in weeks if week > alone for goal in moves(week)]
        chances = [sum(value[goal][0] for goal in late) / len(late) if late else 0.0]
        for week in range(alone, 0, -1):
            gone = moves(week)
            win = sum(value[goal][0] for goal in gone)
            chances.append((win + (at_risk(week) - len(gone)) * chances[-1]) / at_risk(week))
        value[stage] = chances[::-1]
    return value


def test_the_forecast_of_sales_by_the_survival_of_stages():
    """Row 85: each opportunity by stage and age against a recount of all spells; the sum against what came."""
    rows = sales(4000, 60)
    amounts = np.random.default_rng(1).lognormal(4, 0.5, 4000)
    now = START + 60 * 7 * DAY
    past = [row for row in rows if row[1] <= now]
    engine = bt.Engine(bt.Definition.from_toml(PIPELINE))
    who = {"customer": list(range(4000)), "rep": [f"rep {deal % 3}" for deal in range(4000)], "amount": amounts.tolist()}
    engine.identify(pl.DataFrame(who).with_columns(at=pl.lit(START)))
    table = pl.DataFrame(past, schema=["deal", "at", "stage"], orient="row")
    assert engine.observe(table, kind="moved").accepted == len(past)
    engine.advance_to(now)
    with pytest.raises(bt.BactrianError, match="fitted"):
        engine.forecast("deal")
    engine.fit()

    value = twin(past, now)
    standing = {}
    for deal, at, stage in past:
        standing[deal] = (stage, at)
    expected = {}
    for deal, (stage, at) in standing.items():
        age = int((now - at).total_seconds() // (7 * 86400))
        chances = value[stage]
        expected[deal] = chances[min(age, len(chances) - 1)]
    ids = sorted(standing)
    found = engine.score(ids, columns=["deal", "deal.chance", "deal.lower", "deal.upper", "deal.age", "deal.stage"])
    np.testing.assert_allclose(found["deal.chance"], [expected[deal] for deal in ids], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found["deal"], [expected[deal] * amounts[deal] for deal in ids], rtol=1e-9, atol=1e-9)
    assert found["deal.stage"] == [standing[deal][0] for deal in ids]
    low, high = np.array(found["deal.lower"]), np.array(found["deal.upper"])
    assert ((low <= np.array(found["deal"]) + 1e-9) & (np.array(found["deal"]) <= high + 1e-9)).mean() > 0.97
    # In total and by salesperson.
    open_now = [deal for deal in ids if standing[deal][0] in STAGES]
    total = engine.forecast("deal", by="rep").to_dict()
    assert total["group"] == ["rep 0", "rep 1", "rep 2", None]
    assert total["opportunities"][-1] == len(open_now) > 300
    by_hand = sum(expected[deal] * amounts[deal] for deal in open_now)
    assert total["forecast"][-1] == pytest.approx(by_hand, rel=1e-9) == pytest.approx(sum(total["forecast"][:3]))
    assert total["worth"][-1] == pytest.approx(sum(amounts[deal] for deal in open_now))
    # What came of those that were open then.
    won = {deal for deal, _, stage in rows if stage == "won"}
    came = sum(amounts[deal] for deal in open_now if deal in won)
    assert total["lower"][-1] < came < total["upper"][-1], (total, came)
    # A forecast of four weeks, against the sales of those weeks; it grows to the whole.
    soon = engine.forecast("soon").to_dict()
    within = {deal for deal, at, stage in rows if stage == "won" and at <= now + 28 * DAY}
    came = sum(amounts[deal] for deal in open_now if deal in within)
    assert soon["lower"][0] < came < soon["upper"][0] and soon["forecast"][0] < total["forecast"][-1]
    # Activity of a salesperson, over the deals of theirs.
    activities = engine.score([0], columns=["activities"])["activities"][0]
    assert activities == sum(deal % 3 == 0 for deal, _, _ in past)


def test_a_forecast_follows_the_clock_and_every_change_of_stage():
    engine = bt.Engine(bt.Definition.from_toml(PIPELINE))
    rows = pl.DataFrame(sales(600, 30), schema=["deal", "at", "stage"], orient="row")
    engine.identify(pl.DataFrame({"customer": list(range(601)), "amount": [100.0] * 601}))
    engine.observe(rows, kind="moved")
    engine.fit()
    now = rows["at"].max() + DAY
    # A deal of today, read at any later moment without a fit: older, then qualified, then won.
    engine.observe({"deal": 600, "at": now, "stage": "proposal"}, kind="moved")
    read = lambda at=None: engine.score([600], columns=["deal", "deal.age"], at=at).to_dict()
    fresh, old = read()["deal"][0], read(now + 30 * DAY)["deal"][0]
    assert 0 < old < fresh < 100 and read(now + 30 * DAY)["deal.age"] == [4.0]
    assert engine.forecast("deal").to_dict()["opportunities"] == [1]
    assert engine.forecast("deal", at=now + 30 * DAY)["forecast"][0] == pytest.approx(old)
    engine.observe({"deal": 600, "at": now + DAY, "stage": "won"}, kind="moved")
    assert engine.score([600], columns=["deal"])["deal"] == [100.0]
    assert engine.forecast("deal").to_dict()["opportunities"] == [0]
    explained = engine.explain(600, "deal")
    assert explained.value == 100.0
    engine.observe({"deal": 600, "at": now + 2 * DAY, "stage": "never met"}, kind="moved")
    assert engine.score([600], columns=["deal"])["deal"] == [None]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("won    = \"won\"\n", ""), "won"),
        (("lost   = \"lost\"\n", "lost = \"won\"\n"), "both"),
        (("horizon = 4", "horizon = 121"), "120"),
        (("horizon = 4", "horizon = 0"), "horizon"),
        (("value  = \"amount\"", "value = \"rep\""), "expected a number"),
    ],
)
def test_pipelines_that_are_wrong(change, message):
    with pytest.raises(bt.DefinitionError, match=message):
        bt.Engine(bt.Definition.from_toml(PIPELINE.replace(*change)))


def test_forecasts_that_are_wrong():
    engine = bt.Engine(bt.Definition.from_toml(PIPELINE))
    assert engine.fit().columns["deal"].skipped
    with pytest.raises(bt.StateError):
        engine.forecast("deal")
    with pytest.raises(bt.SchemaError, match="no pipeline"):
        engine.forecast("activities")
    with pytest.raises(bt.UnknownNameError):
        engine.forecast("dael")


PLAN = """
[trait]
worth  = "number"
price  = "number"
region = "category"
[action.call]
channel = "phone"
group   = "talk"
value   = "worth"
cost    = "price"
[action.visit]
channel      = "door"
group        = "talk"
relationship = "personal"
value        = "worth * 1.5"
cost         = "price * 3.0"
[action.letter]
channel = "mail"
value   = "worth * 0.4"
cost    = 0.5
[action.card]
channel = "mail"
value   = "worth * 0.3 + 1.0"
cost    = 0.25
[contact.mail]
at_most = 1
per     = "7d"
"""


def planner(customers, seed=0):
    chance = np.random.default_rng(seed)
    engine = bt.Engine(bt.Definition.from_toml(PLAN))
    worth, price = chance.exponential(10, customers).round(2), chance.uniform(1, 4, customers).round(2)
    engine.identify(pl.DataFrame({"customer": list(range(customers)), "worth": worth, "price": price}))
    return engine, worth, price


def every(worth, price, budget, most, places):
    """The best of all plans of a few customers: every set of actions of each."""
    options = {"call": (1.0, 0.0, 1.0, 0.0), "visit": (1.5, 0.0, 3.0, 0.0), "letter": (0.4, 0.0, 0.0, 0.5), "card": (0.3, 1.0, 0.0, 0.25)}
    best = 0.0
    sets = [own for size in range(most + 1) for own in itertools.combinations(options, size)]
    sets = [own for own in sets if not {"call", "visit"} <= set(own) and not {"letter", "card"} <= set(own)]
    for plan in itertools.product(sets, repeat=len(worth)):
        spent = value = visits = 0.0
        for own, w, p in zip(plan, worth, price, strict=True):
            for name in own:
                a, b, c, d = options[name]
                cost = c * p + d
                spent, value, visits = spent + cost, value + a * w + b - cost, visits + (name == "visit")
                if a * w + b - cost <= 0:
                    value = -1e9
        if spent <= budget + 1e-9 and visits <= places:
            best = max(best, value)
    return best


def test_a_plan_of_several_actions_is_the_best_there_is():
    for seed in range(12):
        engine, worth, price = planner(3, seed)
        most, budget, places = 1 + seed % 3, 4.0 + seed, seed % 3
        plan = engine.plan(budget=budget, capacity={"visit": places}, n=most)
        assert plan.exact and plan.gap == 0.0
        assert plan.value == pytest.approx(every(worth, price, budget, most, places), abs=1e-9)
        rows = plan.table.to_polars().filter(pl.col("action").is_not_null())
        assert rows["cost"].sum() <= budget + 1e-9
        assert rows.group_by("customer").len()["len"].max() in (None, *range(1, most + 1))
        assert rows["priority"].sum() == pytest.approx(plan.value)


def test_limits_of_each_customer_hold_in_a_large_plan():
    engine, *_ = planner(5000)
    # Who had mail this week gets none; nobody gets two of a group, or of mail.
    engine.decide(0)
    plan = engine.plan(budget=9000.0, capacity={"phone": 700, "personal": 400}, n=3)
    rows = plan.table.to_polars().filter(pl.col("action").is_not_null())
    talk = rows.filter(pl.col("action").is_in(["call", "visit"]))
    mail = rows.filter(pl.col("action").is_in(["letter", "card"]))
    assert talk["customer"].is_unique().all() and mail["customer"].is_unique().all()
    assert rows.group_by("customer").len()["len"].max() == 2
    assert (rows["action"] == "call").sum() <= 700 and (rows["action"] == "visit").sum() <= 400
    assert rows["cost"].sum() <= 9000.0 + 1e-6 and plan.gap < 0.005 and plan.unmet == []
    used = {name: used for name, _, used, _ in plan.limits}
    assert used["budget"] == pytest.approx(rows["cost"].sum()) and used["phone"] == (rows["action"] == "call").sum()


def test_what_should_be_used_is_met_or_named():
    engine, *_ = planner(800)
    free = engine.plan(budget=1500.0)
    asked = engine.plan(budget=1500.0, at_least={"visit": 150})
    count = lambda plan, name: plan.table["action"].count(name)
    assert count(free, "visit") < 150 <= count(asked, "visit") and asked.unmet == []
    assert asked.value < free.value and asked.bound <= free.bound + 1e-6 and asked.gap < 0.02
    assert next(price for name, *_, price in asked.limits if name == "visit") < 0
    # No budget pays for so many: as many as there can be, and it is said.
    short = engine.plan(budget=300.0, at_least={"visit": 700})
    [(name, wanted, got)] = short.unmet
    assert (name, wanted) == ("visit", 700.0) and got == count(short, "visit") < 700 and not short.exact
    assert sum(cost for cost in short.table["cost"] if cost is not None) <= 300.0


def test_plans_that_are_wrong():
    engine, *_ = planner(10)
    engine.identify(pl.DataFrame({"customer": ["cheap"], "worth": [1.0], "price": [-5.0]}))
    few = list(range(10))
    wrong = [
        ({"budget": -1.0}, bt.SchemaError, "budget"),
        ({"budget": float("nan")}, bt.SchemaError, "budget"),
        ({"capacity": {"phone": -1}}, bt.SchemaError, "phone"),
        ({"capacity": {"phone": float("nan")}}, bt.SchemaError, "phone"),
        ({"capacity": {"phone": 3}, "at_least": {"phone": 4}}, bt.SchemaError, "of `phone` 4 are asked"),
        ({"at_least": {"phone": float("inf")}}, bt.SchemaError, "phone"),
        ({"at_least": {"phnoe": 1}}, bt.UnknownNameError, "phnoe"),
        ({"capacity": {"": 1}}, bt.UnknownNameError, "no action"),
        ({"customers": [1, 2, 1]}, bt.SchemaError, "twice"),
        ({"customers": [77]}, bt.UnknownNameError, "77"),
    ]
    for words, error, message in wrong:
        with pytest.raises(error, match=message):
            engine.plan(**{"customers": few, **words})
    with pytest.raises(bt.SchemaError, match="cost of `call`"):
        engine.plan(budget=3.0)
    nobody = engine.plan([])
    assert len(nobody.table) == 0 and (nobody.value, nobody.gap, nobody.exact) == (0.0, 0.0, True)
    assert engine.plan(few, capacity={"phone": 0, "door": 0, "mail": 0}).table["action"] == [None] * 10
    for n in (0, -1, 2**64):
        for call in (engine.plan, engine.decide_batch, engine.funnel):
            with pytest.raises(bt.SchemaError, match="counts nothing|0 actions"):
                call(few, n=n)
    # More than there are is as many as there are.
    assert engine.plan(few, n=2**40).value == engine.plan(few, n=3).value
    silent = bt.Engine(bt.Definition.from_toml("[trait]\nage = \"number\"\n"))
    silent.identify({"customer": "anna", "age": 3.0})
    assert silent.plan().table["action"] == [None]


def test_allocations_of_several():
    value = [[5.0, 4.0, 3.0], [3.0, 2.9, 1.0]]
    plan = bt.evaluation.allocate(value, [(3, [1, 1, 1])], n=2)
    assert plan.choice == [[0, 1], [0]] or plan.value == 12.0
    assert bt.evaluation.allocate(value, [(3, [1, 1, 1])], n=2, at_least=[3]).short == [0.0]
    short = bt.evaluation.allocate(value, [(9, [0, 0, 1])], at_least=[3])
    assert (short.short, short.value) == ([1.0], 4.0)
    assert bt.evaluation.allocate(value, n=10**15).value == pytest.approx(18.9)
    for words in [{"n": 0}, {"at_least": [1, 2]}, {"at_least": [4]}, {"at_least": [float("nan")]}, {"at_least": [-1]}]:
        with pytest.raises(bt.SchemaError):
            bt.evaluation.allocate(value, [(3, [1, 1, 1])], **words)
    for limits in [[(-1, [1, 1, 1])], [(float("nan"), [1, 1, 1])], [(1, [1, 1])], [(1, [1, float("nan"), 1])], [(1, [1, -1, 1])]]:
        with pytest.raises(bt.SchemaError):
            bt.evaluation.allocate(value, limits)
    with pytest.raises(bt.SchemaError):
        bt.evaluation.allocate([[float("inf")]])
    assert bt.evaluation.allocate([[float("nan"), -1.0]]).choice == [None]


def test_assignments_and_pacers_that_are_wrong():
    with pytest.raises(bt.SchemaError):
        bt.evaluation.assign([[1.0, float("inf")]])
    with pytest.raises(bt.SchemaError):
        bt.evaluation.assign([[1.0, 2.0]], [1])
    with pytest.raises(bt.SchemaError):
        bt.evaluation.assign([[1.0, 2.0]], [1, -1])
    assert bt.evaluation.assign([[float("nan"), float("nan")]]) == ([None], 0.0)
    assert bt.evaluation.assign([[1.0, 2.0], [3.0, 9.0]], [0, 1]) == ([None, 1], 9.0)
    for words in [{"budgets": [-1.0]}, {"budgets": [float("nan")]}, {"rounds": 0}, {"step": 0.0}, {"step": float("nan")}]:
        with pytest.raises(bt.SchemaError):
            bt.evaluation.Pacer(**{"budgets": [1.0], "rounds": 5, "step": 0.1, **words})
    pacer = bt.evaluation.Pacer([1.0], rounds=5, step=0.1)
    for values, uses in [([1.0], [[-1.0]]), ([1.0], [[float("nan")]]), ([1.0, 2.0], [[1.0]]), ([1.0], [])]:
        with pytest.raises(bt.SchemaError):
            pacer.choose(values, uses)
    assert pacer.choose([float("nan")], [[1.0]]) is None and pacer.choose([], [[]]) is None and pacer.left == [1.0]


PACED = """
[trait]
worth = "number"
[action.call]
channel = "phone"
value   = "worth"
[contact.phone]
budget = { amount = 100, per = "7d", of = "contacts", price = PRICE, burst = 0.1 }
"""


def arrivals(count, days, seed=5):
    """Customers who come one after another, each with what a call is worth."""
    chance = np.random.default_rng(seed)
    times = np.sort(chance.uniform(0, days * 86400, count))
    return [START + timedelta(seconds=float(at)) for at in times], chance.exponential(5.0, count)


def calls(engine, times, worth, customers):
    """Decides for some customers as they come; when each was called."""
    called = {}
    for customer in customers:
        if engine.decide(customer, at=times[customer]).action == "call":
            called[customer] = times[customer]
    return called


def paced(path=None, price="20.0", count=6000, days=56):
    times, worth = arrivals(count, days)
    definition = bt.Definition.from_toml(PACED.replace("PRICE", price))
    engine = bt.Engine(definition) if path is None else bt.Engine.open(path, definition, durability="interval")
    engine.identify(pl.DataFrame({"customer": list(range(count)), "worth": worth, "at": [START - DAY] * count}))
    return engine, times, worth


def test_a_budget_lasts_and_is_spent_on_those_with_whom_it_does_most():
    """750 come a week, 100 may be called: never more, nearly as many, and the right ones."""
    engine, times, worth = paced()
    called = calls(engine, times, worth, range(6000))
    at = np.array([when.timestamp() for when in called.values()])
    in_any_week = [((at > end - 7 * 86400) & (at <= end)).sum() for end in at]
    assert max(in_any_week) <= 100
    # Each week spends the amount less two bursts at least.
    weeks = np.histogram(at, bins=8, range=(START.timestamp(), START.timestamp() + 56 * 86400))[0]
    assert weeks.min() >= 80 and len(called) > 0.88 * 800, weeks
    value = sum(worth[customer] for customer in called)
    best = np.sort(worth)[-len(called):].sum()
    # First come, first served: the same budget at no price.
    hasty, *_ = paced(price="0.0")
    soon = calls(hasty, times, worth, range(6000))
    assert value > 0.9 * best and value > 1.8 * sum(worth[customer] for customer in soon)


def test_a_paced_engine_decides_alike_after_save_and_load_and_replay(tmp_path):
    engine, times, worth = paced(count=1500, days=14)
    whole = calls(engine, times, worth, range(1500))
    path = tmp_path / "paced.bactrian"
    first, *_ = paced(path, count=1500, days=14)
    called = calls(first, times, worth, range(700))
    first.checkpoint()
    called |= calls(first, times, worth, range(700, 900))
    digest = first.digest()
    first.close()
    again = bt.Engine.open(path)
    assert again.digest() == digest
    called |= calls(again, times, worth, range(900, 1500))
    assert called == whole and again.digest() == engine.digest()
    # Under its own definition every recorded decision is taken again.
    found = again.backtest(again.definition)
    assert found.agreed == found.decisions == 1500
    again.close()


def test_what_a_budget_says():
    engine = bt.Engine(bt.Definition.from_toml(PACED.replace("PRICE", "8.0").replace("amount = 100", "amount = 20")))
    engine.identify(pl.DataFrame({"customer": list(range(6)), "worth": [9.0, 9.0, 9.0, 7.0, 3.0, 50.0], "at": [START] * 6}))
    engine.advance_to(START)
    first = engine.decide(0)
    # Full: it costs nothing. Half: half the price.
    assert (first.action, first.priority) == ("call", 9.0)
    second = engine.decide(1)
    assert (second.action, second.priority) == ("call", 5.0) and "4.0000 for budgets" in second.why
    assert second.factors["budgets"] == "4"
    for customer in (2, 5):
        [loser] = engine.decide(customer).losers
        assert loser.reason == "budget spent" and "budget of `phone`" in loser.why
    assert engine.funnel([5])["contact_policy"][0] == 1
    # A third of a call a day comes back.
    dry = engine.decide(4, at=START + 6 * DAY, record=False)
    assert dry.action == "call" and dry.priority == 3.0
    recorded = engine.recorded(second.id)
    assert recorded.candidates[0].priority == 5.0
    slate = bt.Engine(bt.Definition.from_toml("""
    [trait]
    worth = "number"
    [action.call]
    channel = "phone"
    value   = "worth"
    cost    = 3.0
    [action.ring]
    channel = "phone"
    value   = "worth * 0.9"
    cost    = 3.0
    [contact.phone]
    budget = { amount = 50, per = "7d", price = 0.0 }
    """))
    slate.identify({"customer": "anna", "worth": 30.0})
    both = slate.decide("anna", n=2)
    assert [choice.action for choice in both.slate] == ["call"]
    assert both.losers[0].reason == "contact cap"


@pytest.mark.parametrize(
    "budget",
    ["{ amount = 0, per = '7d', price = 1 }", "{ amount = -5, per = '7d', price = 1 }", "{ amount = 5, price = 1 }",
     "{ amount = 5, per = '7d' }", "{ amount = 5, per = '7d', price = -1 }", "{ amount = 5, per = '7d', price = 1, burst = 1.0 }",
     "{ amount = 5, per = '0d', price = 1 }", "{ amount = nan, per = '7d', price = 1 }", "{ amount = 5, per = '7d', price = inf }",
     "{ amount = 5, per = '7d', price = 1, of = 'hours' }", "3"],
)
def test_budgets_that_are_wrong(budget):
    with pytest.raises(bt.DefinitionError):
        bt.Definition.from_toml(f"[action.call]\nchannel = 'phone'\nvalue = 1\n[contact.phone]\nbudget = {budget}\n")


PULL = """
[event.ask]
customer = "who"
at       = "at"
need     = "need"
[tie.friend]
[needs.knows]
on     = "ask"
topics = 2
[action.expert]
channel = "phone"
value   = 5
pull    = { need = "garden", above = 0.2 }
[action.leaflet]
channel = "mail"
value   = 1
"""


def test_a_peer_is_tried_before_push():
    engine = bt.Engine(bt.Definition.from_toml(PULL))
    engine.relate(pl.DataFrame({"customer": ["anna", "anna", "cleo"], "peer": ["ben", "dora", "dora"], "at": [START] * 3}), kind="friend")
    # Nobody knows gardens yet: the expert is sent.
    assert engine.decide("anna", record=False).action == "expert"
    for day in range(3):
        engine.observe({"who": "ben", "at": START + day * DAY, "need": "garden"}, kind="ask")
    [(score, peer)] = zip(*(engine.route("garden", "anna").to_dict()[name] for name in ("score", "peer")), strict=True)
    assert peer == "ben" and score == pytest.approx(0.5 * 3 / 4)
    held = engine.decide("anna")
    assert held.action == "leaflet"
    [loser] = held.losers
    assert loser.reason == "a peer first" and "`ben` can meet `garden`" in loser.why
    assert loser.read == {"peer": "ben", "score": str(score)}
    # Whose friends don't know it is pushed; so is anna where the peer's score does not reach.
    assert engine.decide("cleo").action == "expert"
    shy = bt.Definition.from_toml(PULL.replace("above = 0.2", "above = 0.4"))
    engine.redefine(shy)
    assert engine.decide("anna", record=False).action == "expert"
    for wrong in ["{}", "{ need = 'garden', above = 1.0 }", "{ need = 'garden', needs = 'knwos' }", "{ need = 'garden', layer = 'foe' }", "3"]:
        with pytest.raises(bt.DefinitionError):
            bt.Engine(bt.Definition.from_toml(PULL.replace("{ need = \"garden\", above = 0.2 }", wrong)))
    with pytest.raises(bt.DefinitionError, match="need space"):
        bt.Engine(bt.Definition.from_toml("[tie.friend]\n[action.expert]\nvalue = 1\npull = { need = 'garden' }\n"))


def test_plans_and_forecasts_on_the_command_line(tmp_path, capsys):
    path = str(tmp_path / "plan.bactrian")
    text = PLAN + """
    [event.moved]
    customer = "deal"
    at       = "at"
    category = { stage = "stage" }
    [score.deal]
    model = "pipeline"
    on    = "moved"
    won   = "won"
    """
    with bt.Engine.open(path, bt.Definition.from_toml(text)) as engine:
        engine.identify(pl.DataFrame({"customer": ["anna", "ben"], "worth": [9.0, 5.0], "price": [1.0, 1.0]}))
        engine.observe({"deal": "anna", "at": START, "stage": "lead"}, kind="moved")
        engine.fit()
    assert main(["plan", path, "-n", "2", "--budget", "4", "--at-least", "visit=2", "--format", "csv"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "customer,action,priority,cost" and "of `visit` 2 were asked for at least" in err
    assert main(["forecast", path, "deal", "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[1].startswith(",0,0.0")
    for wrong in (["--capacity", "phone"], ["--capacity", "phone=1", "--capacity", "phone=2"], ["-n", "0"]):
        assert main(["plan", path, *wrong]) == 2
