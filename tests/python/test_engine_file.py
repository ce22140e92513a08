"""An engine and its file: opened, redefined, taken in parts, exported, erased, forked."""

import datetime as dt
import subprocess
import sys

import pytest

import bactrian as bt

UTC = dt.timezone.utc


def test_the_file(tmp_path, definition):
    path = tmp_path / "shop.bactrian"
    with bt.Engine.open(path, definition, seed=7) as engine:
        engine.observe({"customer": "anna", "at": "2024-01-01", "amount": 1.0}, kind="purchase")
        engine.observe({"customer": "anna", "at": "2024-01-02", "amount": 2.0}, kind="purchase")
        bits = engine.score().to_dict()
        digest = engine.digest()
    with bt.Engine.open(str(path)) as engine:
        assert engine.score().to_dict() == bits and engine.digest() == digest and engine.definition == definition
        stats = engine.stats()
        assert (stats.customers, stats.events, stats.late, stats.now) == (1, 2, 0, dt.datetime(2024, 1, 2, tzinfo=UTC))
        assert stats.records >= 3 and stats.bytes > 0 and sum(stats.memory.values()) > 0 and "events=2" in repr(stats)
        assert repr(engine) == "Engine(customers=1, events=2)"
    with bt.Engine.open(path, read_only=True) as engine:
        assert engine.score().to_dict() == bits
        with pytest.raises(bt.StateError):
            engine.fit()
    engine.close  # noqa: B018
    assert "closed" in repr(engine)


def test_redefine_back_fills_and_says_what_changed(engine):
    view, before = engine["anna"], engine["anna"]["spend"]
    more = engine.definition.to_dict()
    more["feature"]["lines"] = {"count": "event", "on": "purchase"}
    more["event"]["purchase"]["amount"] = "paid"
    del more["feature"]["replies"]
    more["segment"]["tier"]["axis"]["value"]["quantiles"] = [0.25]
    changed = engine.redefine(bt.Definition.from_dict(more))
    assert (changed.added, changed.removed, changed.unfitted) == (["lines"], ["replies"], ["tier.value"])
    assert changed.moved == 3 and repr(changed).startswith("RedefineReport(added=[lines], removed=[replies]")
    # A view and its prepared columns live on under the new definition.
    assert (view["lines"], view["spend"], view["tier.value"]) == (3.0, before, None)
    with pytest.raises(bt.UnknownNameError):
        view.toward("ben")["replies"]
    # Rows are read by the roles of the new definition.
    assert engine.observe({"customer": "anna", "at": "2024-01-05", "paid": 1.0}, kind="purchase").accepted == 1
    assert view["spend"] == before + 1.0


def test_redefine_says_what_it_can_not_know(tmp_path):
    """Under `keep`, a column that is added knows what the journal has left; records of a kind that is gone are counted."""
    text = """
    [time]
    keep = "3d"
    [event.buy]
    customer = "who"
    [event.visit]
    customer = "who"
    [feature.buys]
    count = "event"
    on    = "buy"
    """
    with bt.Engine.open(tmp_path / "e", bt.Definition.from_toml(text)) as engine:
        for day in range(1, 11):
            engine.observe({"who": "anna", "at": f"2024-01-{day:02}"}, kind="buy")
        engine.observe({"who": "anna", "at": "2024-01-10"}, kind="visit")
        engine.checkpoint()
        other = engine.definition.to_dict()
        del other["event"]["visit"]
        other["feature"]["first"] = {"first_time": "event", "on": "buy"}
        changed = engine.redefine(bt.Definition.from_dict(other))
        assert (changed.added, changed.begun, changed.unread) == (["first"], ["first"], {"event.visit": 1})
        assert engine["anna"]["buys"] == 10.0 and engine["anna"]["first"] > changed.since >= dt.datetime(2024, 1, 6, tzinfo=UTC)
    whole = bt.Engine(bt.Definition.from_toml(text.replace('keep = "3d"', "")))
    changed = whole.redefine(bt.Definition.from_dict({name: value for name, value in other.items() if name != "time"}))
    assert (changed.begun, changed.since, changed.unread) == ([], None, {})


def test_redefine_that_fails_leaves_the_old_one_running(engine):
    before = engine.digest()
    with pytest.raises(bt.DefinitionError):
        engine.redefine(bt.Definition.from_toml("[feature.a]\nsum = 'amuont'"))
    assert engine.digest() == before and engine["anna"]["orders"] == 3.0


def test_erase_and_export(tmp_path, definition):
    with bt.Engine.open(tmp_path / "e", definition) as shop:
        shop.observe([{"customer": name, "at": "2024-01-01", "amount": 2.0} for name in ("leaving", "staying")], kind="purchase")
        shop.observe([{"src": "staying", "dst": "leaving", "at": "2024-01-02"}], kind="message")
        held = shop["leaving"].export()
        assert held["ids"] == ["leaving"] and held["columns"][0]["orders"] == 1.0 and len(held["events"]) == 2
        before = shop["staying"]["spend"]
        receipt = shop.erase("leaving")
        assert (receipt.ids, receipt.unnamed, receipt.found) == (1, 1, 0) and receipt.searched > 0
        with pytest.raises(bt.UnknownNameError):
            shop["leaving"]["orders"]
        assert shop["staying"]["spend"] == before
    assert b"leaving" not in (tmp_path / "e").read_bytes()


def test_rows_in_groups_are_durable_when_flushed(tmp_path, definition):
    with bt.Engine.open(tmp_path / "e", definition, durability="interval") as shop:
        for day in range(1, 20):
            shop.observe({"customer": "anna", "at": f"2024-01-{day:02}", "amount": 1.0}, kind="purchase")
        shop.flush()
        digest = shop.digest()
        with bt.Engine.open(tmp_path / "e", read_only=True) as other:
            assert other.digest() == digest
    with pytest.raises(bt.SchemaError):
        bt.Engine.open(tmp_path / "f", definition, durability="never")


def test_parts_merge_to_the_whole(definition):
    rows = [{"customer": f"c{n % 7}", "at": f"2024-01-{n % 28 + 1:02}", "amount": n / 4, "basket": str(n)} for n in range(200)]
    parts = [bt.Engine(definition) for _ in range(3)]
    for place, part in enumerate(parts):
        part.observe(rows[place::3], kind="purchase")
    whole, merged = bt.Engine(definition), bt.Engine(definition)
    whole.observe(rows, kind="purchase")
    assert sum(merged.absorb(part.partial()).accepted for part in parts) > 0
    one, other = (engine.score(sorted(whole.score()["customer"]), columns=["orders", "spend"]).to_dict() for engine in (whole, merged))
    assert one["orders"] == other["orders"] and one["spend"] == pytest.approx(other["spend"], rel=1e-12)


@pytest.mark.parametrize("bad", ["x", None, 7, [1], {}], ids=repr)
def test_absorb_takes_bytes(bad, engine):
    with pytest.raises(bt.SchemaError) as caught:
        engine.absorb(bad)
    assert caught.value.code == 200 and "partial()" in caught.value.hint
    for empty in (b"", b"nothing of ours", bytearray(b"\xbb")):
        with pytest.raises(bt.StoreError):
            engine.absorb(empty)
    assert bt.Engine(engine.definition).absorb(bytearray(engine.partial())).accepted > 0


def test_a_fork_is_told(tmp_path, definition):
    program = f"""
import os
import bactrian as bt
engine = bt.Engine.open({str(tmp_path / "e")!r}, bt.Definition.from_toml('[event.a]\\ncustomer = "c"'))
child = os.fork()
if child == 0:
    try:
        engine.advance_to("2024-01-01")
    except bt.StateError as error:
        os._exit(error.code - 400)
    os._exit(99)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    ran = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=False)
    assert ran.stdout == "5\n", ran.stderr
