"""The names of the package, one after the other."""

import datetime as dt
import threading

import numpy as np
import pytest

import bactrian as bt

UTC = dt.timezone.utc


def test_definition(tmp_path, definition):
    assert definition.check() == []
    assert bt.Definition.from_dict(definition.to_dict()) == bt.Definition.from_toml(definition.to_toml()) == definition
    assert len({definition, bt.Definition.from_dict(definition.to_dict())}) == 1
    assert definition != bt.Definition.from_dict({"feature": {"orders": {"count": "event"}}})
    for name, text in (
        ("shop.toml", definition.to_toml()),
        ("shop.json", __import__("json").dumps(definition.to_dict())),
    ):
        (tmp_path / name).write_text(text)
        assert (
            bt.Definition.from_file(tmp_path / name).fingerprint
            == definition.fingerprint
            == bt.Definition.from_file(str(tmp_path / name)).fingerprint
        )


def test_check_finds_what_does_not_resolve():
    definition = bt.Definition.from_toml(
        '[event.purchase]\ncustomer = "id"\namount = "usd"\n\n[feature.spend]\nsum = "amuont"\non = "purchase"\n'
    )
    (problem,) = definition.check()
    assert (problem.severity, problem.line, problem.column) == ("error", 6, 8)
    assert "amuont" in problem.message and "amount" in problem.hint and "line 6, column 8" in str(problem)


def test_views(engine):
    anna = engine["anna"]
    assert (anna.id, anna["orders"], anna["tier.value"], anna["consent_email"]) == ("anna", 3.0, "high", None)
    assert anna.toward("ben")["replies"] == 2.0 and anna.toward("cleo")["replies"] == 1.0
    assert anna.toward("ben")["warmth"] > anna.toward("cleo")["warmth"]
    assert anna.toward("ben").explain("warmth").evidence["pair"] == 2.0
    assert anna["warmth"] is None and anna.decide(record=False).customer == "anna"
    with pytest.raises(bt.UnknownNameError):
        anna["ordres"]
    with pytest.raises(bt.UnknownNameError):
        engine["nobody"]["orders"]
    assert repr(anna.toward("ben")) == "Customer(anna toward ben)" and repr(anna) == "Customer(anna)"
    with pytest.raises(TypeError):
        iter(engine)


def test_a_view_sees_the_engine_as_it_is(engine):
    anna = engine["anna"]
    engine.observe({"customer": "anna", "at": "2024-01-06", "amount": 1.0, "basket": "9"}, kind="purchase")
    assert anna["orders"] == 4.0


def test_score(engine):
    table = engine.score()
    assert table["customer"] == ["ben", "anna", "cleo"]
    assert "warmth" not in table.columns and "warmth" in engine.score(toward="ben").columns
    assert set(table.columns) - {"customer"} < set(engine.columns)
    for customers in (
        ["anna", "ben"],
        ("anna", "ben"),
        np.array(["anna", "ben"]),
        iter(["anna", "ben"]),
        {"anna": 1, "ben": 2},
    ):
        assert engine.score(customers, columns=["orders"])["orders"] == [3.0, 1.0]
    assert engine.score("anna", columns=["orders"])["customer"] == ["anna"]


@pytest.mark.parametrize(
    "at",
    [
        "2024-04-04",
        "2024-04-04T00:00:00Z",
        dt.date(2024, 4, 4),
        dt.datetime(2024, 4, 4),
        dt.datetime(2024, 4, 4, tzinfo=UTC),
        np.datetime64("2024-04-04"),
        1_712_188_800,
        1_712_188_800.0,
    ],
    ids=repr,
)
def test_at_takes_every_form_of_a_moment(engine, at):
    later = engine.score("anna", columns=["spend"], at=at)["spend"][0]
    assert later == pytest.approx(engine["anna"]["spend"] / 2, rel=1e-12)
    assert engine.explain("anna", "spend", at=at).value == later
    assert engine.explain("anna", "spend", at=at).at == dt.datetime(2024, 4, 4, tzinfo=UTC)
    engine.advance_to(at)
    assert engine.now == dt.datetime(2024, 4, 4, tzinfo=UTC) and engine["anna"]["spend"] == later


@pytest.mark.parametrize(
    "at", ["soon", True, object(), float("nan"), 1e300, dt.datetime(1, 1, 1), np.datetime64("NaT")], ids=repr
)
def test_at_refuses_what_is_no_moment(engine, at):
    with pytest.raises(bt.SchemaError):
        engine.score(at=at)


def test_segments(engine):
    cells = engine.segment("tier")
    assert cells.columns == ["cell", "value", "size", "title", "rule"] and sum(cells["size"]) == 3
    for cell, size in zip(cells["cell"], cells["size"]):
        assert len(engine.members("tier", cell)) == size
    assert engine.members("tier", "high") == ["anna"] or "anna" in engine.members("tier", "high")
    with pytest.raises(bt.UnknownNameError, match="no cell `nowhere`"):
        engine.members("tier", "nowhere")


def test_crossings(engine):
    report = engine.observe({"customer": "cleo", "at": "2024-01-06", "amount": 50.0, "basket": "9"}, kind="purchase")
    crossed = list(zip(*(report.crossings[name] for name in ("customer", "to", "cause")), strict=True))
    assert crossed[-1] == ("cleo", "high", "event")
    assert {cause for _, _, cause in crossed[:-1]} <= {"time"}  # what time alone moves comes first
    decision = report.decisions[-1]
    assert (decision.customer, decision.action, decision.at) == (
        "cleo",
        "recipe_box",
        dt.datetime(2024, 1, 6, tzinfo=UTC),
    )
    assert engine.crossings("tier", since="2024-01-06")["customer"] == ["cleo"]
    assert len(engine.crossings()) == len(engine.crossings("tier")) == 3 + len(crossed)
    assert len(engine.advance_to("2026-01-01").crossings) >= 0


def test_decide(engine):
    engine.identify({"customer": "anna", "consent_email": True})
    look = engine.decide("anna", record=False)
    assert look.id == engine.decide("anna", record=False).id and look.propensity == 1.0
    assert look.action == "recipe_box" and look.priority > 0 and look.factors["value"] and look.why
    (call,) = look.losers
    assert (
        call.action == "call" and call.reason == "below the price of attention" and call.read is not None and call.why
    )
    taken = engine.decide("anna")
    assert taken.id == look.id != engine.decide("anna", record=False).id
    silent = engine["cleo"].decide(at="2024-01-07", record=False)
    assert (
        silent.action is None and silent.factors == {} and {loser.reason for loser in silent.losers} == {"not eligible"}
    )
    assert silent.at == dt.datetime(2024, 1, 7, tzinfo=UTC)
    assert repr(silent).startswith("Decision(silence") and repr(call).startswith("Loser(call")


def test_decide_batch(engine):
    table = engine.decide_batch(record=False)
    assert len(table) == 3 and table.columns[0] == "customer"
    singly = [engine.decide(customer, record=False).action for customer in table["customer"]]
    assert table["action"] == singly
    assert len(engine.decide_batch(["anna"])) == 1


def test_explain(engine):
    explanation = engine.explain("anna", "warmth", toward="ben")
    assert sum(explanation.parts.values()) == pytest.approx(explanation.value) and explanation.column == "warmth"
    assert "warmth" in repr(explanation)
    assert engine.explain("anna", "warmth").value is None


def test_fit_report(engine):
    report = engine.fit()
    assert set(report.columns) == {"warmth", "tier.value"} and report.moved == 0 and report.at == engine.now
    warmth = report.columns["warmth"]
    assert (
        warmth.name == "warmth" and warmth.skipped is None and warmth.diagnostics["pairs"] == 3.0 and warmth.notes == {}
    )
    verdict = warmth.verdicts["pair"]
    assert verdict.claim == "cannot tell" and verdict.why and verdict.n >= 0 and verdict.null == 0.0
    assert verdict.value is None and verdict.interval is None
    assert "cannot tell" in str(verdict) and "fitted=" in repr(report) and "warmth" in repr(warmth)
    assert list(engine.fit(["tier.value"]).columns) == ["tier.value"]


def test_fit_skips_what_has_too_little(empty):
    report = empty.fit()
    assert all(column.skipped for column in report.columns.values()) and "skipped" in repr(report.columns["warmth"])


def test_the_ceiling_follows_the_clock_of_the_host(empty):
    tomorrow = dt.datetime.now(UTC) + dt.timedelta(hours=20)
    after = dt.datetime.now(UTC) + dt.timedelta(hours=30)
    row = {"customer": "anna", "amount": 1.0}
    assert empty.observe(row | {"at": tomorrow}, kind="purchase").accepted == 1
    assert empty.observe(row | {"at": after}, kind="purchase").accepted == 0
    assert empty.observe([row | {"at": after}], kind="purchase").accepted == 0
    with pytest.raises(bt.StateError):
        empty.advance_to(after)
    with pytest.raises(bt.StateError):
        empty.decide("anna", at=after)
    assert empty.decide("anna", at=after, record=False).at == after


def test_threads_give_the_same_bits(definition):
    engine = bt.Engine(definition)

    def work(part):
        for row in range(50):
            engine.observe({"customer": part, "at": 1_704_067_200 + row, "amount": float(row)}, kind="purchase")
            engine[part]["spend"]

    threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    table = engine.score(columns=["orders", "spend"])
    assert table["orders"] == [50.0] * 4 and len(set(table["spend"])) == 1


def test_threads_change_nothing(definition, tmp_path):
    digests = set()
    for threads in (None, 1, 2, 8):
        engine = bt.Engine(definition, threads=threads)
        engine.observe([{"customer": n % 50, "at": f"2024-01-{n % 28 + 1:02}", "amount": n / 7} for n in range(500)], kind="purchase")
        engine.fit()
        digests.add(engine.digest())
    assert len(digests) == 1
    with bt.Engine.open(tmp_path / "e", definition, threads=2) as engine:
        assert engine.fit().columns
    with pytest.raises(ValueError):
        bt.Engine(definition, threads=0)


def test_stats_by_part(engine):
    stats = engine.stats()
    assert stats.customers == 3 and sum(stats.memory.values()) > 0 and {"features", "ids"} <= set(stats.memory)
    assert stats.bytes_per_customer == {part: size / 3 for part, size in stats.memory.items()}
    nobody = bt.Engine(engine.definition).stats()
    assert nobody.customers == 0 and nobody.bytes_per_customer == {part: float(size) for part, size in nobody.memory.items()}


def test_events_are_those_of_the_engine_too(definition):
    engine = bt.Engine(definition)
    report = engine.observe([{"customer": "anna", "at": f"2024-01-0{day}", "amount": 9.0} for day in (1, 2)], kind="purchase")
    engine.fit()
    engine.decide("anna")
    assert engine.stats().events == 2 + len(engine.crossings()) + len(report.decisions) + 1


def test_a_view_reads_decides_and_explains(engine):
    anna = engine["anna"]
    assert anna.id == "anna" and anna["orders"] == 3.0
    toward = anna.toward("ben")
    assert toward["replies"] == 2.0 and toward.explain("warmth").value == toward["warmth"]
    assert toward.decide(record=False).action == anna.decide(record=False).action == "recipe_box"
    assert anna.decide().id != anna.decide().id
    with pytest.raises(bt.UnknownNameError):
        engine["nobody"]["orders"]


def test_a_closed_engine_says_so_through_every_view(tmp_path, definition):
    engine = bt.Engine.open(tmp_path / "e", definition)
    engine.observe(
        [{"customer": name, "at": "2024-01-01", "amount": 1.0, "basket": "1"} for name in ("anna", "ben")], kind="purchase"
    )
    anna = engine["anna"]
    assert anna["orders"] == 1.0
    engine.close()
    for view in (anna, engine["anna"], anna.toward("ben"), engine["anna"].toward("ben")):
        asked = {
            "a column read before": lambda view=view: view["orders"],
            "another column": lambda view=view: view["spend"],
            "decide": view.decide,
            "look": lambda view=view: view.decide(record=False),
            "export": view.export,
            "explain": lambda view=view: view.explain("orders"),
        }
        for name, ask in asked.items():
            with pytest.raises(bt.StateError) as caught:
                ask()
            assert (caught.value.code, caught.value.hint) == (403, "open it again"), name
        assert view.id == "anna" and "anna" in repr(view)


SLATE = """
[trait]
spend = "number"

[context]
weather = "category"

[action.umbrella]
group    = "rain"
eligible = 'weather == "rain"'
response = 0.1
value    = "spend"

[action.boots]
group    = "rain"
eligible = 'weather == "rain"'
response = 0.05
value    = "spend"

[action.tea]
group    = "drink"
response = 0.05
value    = 10
"""


def test_decide_with_a_context_and_a_slate():
    shop = bt.Engine(bt.Definition.from_toml(SLATE))
    shop.identify({"customer": "anna", "at": "2024-01-01", "spend": 30.0})
    assert shop.decide("anna", record=False).action == "tea"
    decision = shop.decide("anna", context={"weather": "rain"}, n=3)
    assert [choice.action for choice in decision.slate] == ["umbrella", "tea"]
    assert decision.slate[0].priority == decision.priority == 3.0 and decision.withheld is None
    assert len({choice.id for choice in decision.slate}) == 2 and decision.slate[0].id == decision.id
    table = shop.decide_batch(context={"weather": "rain"}, n=2, record=False)
    assert table["action"] == ["umbrella", "tea"] and len(table["decision"]) == 2
    funnel = shop.funnel(context={"weather": None}).to_dict()
    assert dict(zip(funnel["action"], funnel["not_eligible"]))["boots"] == 1
    with pytest.raises(bt.UnknownNameError):
        shop.decide("anna", context={"wether": "rain"})
    with pytest.raises(bt.SchemaError):
        shop.decide("anna", context={"weather": 3.0})
    with pytest.raises(bt.SchemaError):
        shop.decide("anna", context={"weather": object()})


def test_learn_joins_by_the_decision(engine):
    decision = engine.decide("anna")
    rows = [{"decision": decision.id, "outcome": "redeem", "value": 4.0}, {"decision": 7, "outcome": "redeem"}]
    report = engine.learn(rows)
    assert report.accepted == 1 and report.rejected["row"] == [1]
    ledger = engine.ledger().to_dict()
    assert dict(zip(ledger["action"], ledger["realised"]))["recipe_box"] == 4.0


def test_the_catalog_names_the_order_of_every_column(engine):
    catalog = engine.catalog().to_dict()
    assert catalog["column"] == engine.columns and set(catalog["order"]) <= {"fold", "ordered", "trail"}


def test_ctrl_c_stops_long_work(definition):
    import os
    import signal

    shop = bt.Engine(definition)
    shop.observe([{"customer": n, "at": "2024-01-01", "amount": 1.0} for n in range(60_000)], kind="purchase")
    before = shop.digest()
    timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        for _ in range(10_000):
            shop.training_set("2024-01-02", columns=["orders"])
    timer.join()
    assert shop.digest() == before
