"""Employees, partners, companies and places beside customers: an entity's kind is a trait like any other."""

import bactrian as bt
import pytest

DEFINITION = """
[event.call]
customer = "from"
peer     = "to"
at       = "at"

[trait]
entity = "category"

[feature.made]
count = "event"
on    = "call"

[feature.taken]
count     = "event"
on        = "call"
direction = "in"

[segment.who]
axis.entity = { of = "entity" }

[segment.busy]
rules = [
  { label = "agents", when = 'entity == "employee" && taken >= 2' },
  { label = "callers", when = 'entity == "customer" && made >= 1' },
]

[action.training]
eligible = 'entity == "employee"'
response = "0.5"
value    = "10"

[action.voucher]
eligible = 'entity == "customer"'
response = "0.5"
value    = "4"
"""
KINDS = {
    "anna": "customer",
    "ben": "customer",
    "eve": "employee",
    "joe": "employee",
    "acme": "company",
    "shop 7": "place",
    "agency": "partner",
    "cyclists": "community",
}


@pytest.fixture
def engine() -> bt.Engine:
    engine = bt.Engine(bt.Definition.from_toml(DEFINITION))
    calls = [("anna", "eve"), ("ben", "eve"), ("ben", "joe"), ("cyclists", "eve"), ("eve", "agency"), ("acme", "shop 7")]
    engine.observe({"from": [a for a, _ in calls], "to": [b for _, b in calls], "at": [f"2024-01-0{day + 1}" for day in range(6)]}, kind="call")
    engine.identify({"customer": list(KINDS), "entity": list(KINDS.values())})
    return engine


def test_members_by_kind_are_those_that_were_told(engine):
    for kind in set(KINDS.values()):
        assert sorted(engine.members("who", kind)) == sorted(name for name, known in KINDS.items() if known == kind)


def test_queries_are_restricted_to_a_kind(engine):
    staff = engine.members("who", "employee")
    table = engine.score(staff, columns=["entity", "taken", "made"])
    assert dict(zip(table["customer"], table["taken"], strict=True)) == {"eve": 3.0, "joe": 1.0}
    assert set(table["entity"]) == {"employee"}
    assert engine.members("busy", "agents") == ["eve"] and sorted(engine.members("busy", "callers")) == ["anna", "ben"]


def test_each_kind_has_its_own_actions(engine):
    chosen = {name: engine.decide(name, record=False).action for name in KINDS}
    by_kind = {kind: {chosen[name] for name in KINDS if KINDS[name] == kind} for kind in set(KINDS.values())}
    assert by_kind["customer"] == {"voucher"} and by_kind["employee"] == {"training"}
    assert all(by_kind[kind] == {None} for kind in ("company", "place", "partner", "community"))


def test_a_kind_may_change_and_moves_with_it(engine):
    report = engine.identify({"customer": "anna", "entity": "employee"})
    assert ("who", "customer", "employee") in list(zip(*(report.crossings[name] for name in ("segment", "from", "to")), strict=True))
    assert engine.decide("anna", record=False).action == "training"
