"""A Python function as a score: the same bits as a formula, refused in the wrong version, safe when it fails."""

import gc
import threading
import weakref

import pytest

import bactrian as bt

SHOP = """
[event.purchase]
customer = "customer"
amount   = "amount"

[feature.spend]
sum       = "amount"
on        = "purchase"
half_life = "90d"

[feature.line]
mean = "amount"
on   = "purchase"

[score.formula]
value = "spend * 2.0 + line"

[score.hosted]
callback = "model"
version  = "1"
inputs   = ["spend", "line"]
"""
REACTING = SHOP + """
[segment.tier]
axis.risk = { of = "hosted", edges = [10], labels = ["low", "high"] }
decide_on = ["enter"]

[action.offer]
eligible = "hosted > 10.0"
response = "0.5"
value    = "hosted"
"""


def model(spend, line):
    return spend * 2.0 + line


def shop(text=SHOP):
    return bt.Engine(bt.Definition.from_toml(text))


def buy(engine, customer="anna", at="2024-01-01", amount=8.0):
    return engine.observe({"customer": customer, "at": at, "amount": amount}, kind="purchase")


def test_a_function_gives_the_bits_of_the_same_formula():
    engine = shop()
    engine.register("model", model, version="1")
    for day in range(1, 29):
        buy(engine, f"c{day % 5}", f"2024-01-{day:02}", 3.7 * day)
    table = engine.score(at="2024-03-01")
    assert table["hosted"] == table["formula"] and None not in table["hosted"]
    past = engine.training_set("2024-01-15", columns=["formula", "hosted"])
    assert past["hosted"] == past["formula"]
    assert engine.explain("c1", "hosted").evidence["line"] == engine["c1"]["line"]
    (report,) = engine.callbacks
    assert (report.name, report.version, report.unknown, report.failed, report.failure) == ("model", "1", 0, 0, None)
    assert report.calls >= 10 and "model 1" in repr(report)


def test_refused_until_the_version_of_the_journal_is_there(tmp_path):
    definition = bt.Definition.from_toml(REACTING)
    with bt.Engine.open(tmp_path / "e", definition) as engine:
        with pytest.raises(bt.StateError) as caught:
            buy(engine)
        assert caught.value.code == 408 and "none of that name" in caught.value.hint
        engine.register("model", model, version="1")
        assert buy(engine).decisions[0].action == "offer"
        before = engine["anna"]["hosted"]
    with bt.Engine.open(tmp_path / "e") as engine:
        engine.register("model", model, version="2")
        with pytest.raises(bt.StateError, match="version 2"):
            engine["anna"]["hosted"]
        with pytest.raises(bt.StateError):
            engine.decide("anna")
        assert engine["anna"]["spend"] == 8.0
        engine.register("model", model, version="1")
        assert engine["anna"]["hosted"] == before
        # The next version is registered already.
        more = definition.to_dict()
        more["score"]["hosted"]["version"] = "2"
        assert engine.redefine(bt.Definition.from_dict(more)).moved == 0
        assert engine["anna"]["hosted"] == before


WRONG = {
    "raises": lambda spend, line: 1 / 0,
    "nothing": lambda spend, line: None,
    "nan": lambda spend, line: float("nan"),
    "infinite": lambda spend, line: float("inf"),
    "text": lambda spend, line: "high",
    "arguments": lambda spend: spend,
}


@pytest.mark.parametrize("name", WRONG)
def test_what_goes_wrong_is_unknown_and_counted(name):
    engine = shop(REACTING)
    engine.register("model", WRONG[name], version="1")
    assert buy(engine).accepted == 1
    assert engine["anna"]["hosted"] is None and engine.score(columns=["hosted"])["hosted"] == [None]
    assert engine.decide("anna", record=False).action is None
    (report,) = engine.callbacks
    unknown = name in ("nothing", "nan")
    assert (report.unknown, report.failed)[unknown] == 0 and (report.unknown, report.failed)[not unknown] == report.calls > 0
    assert (report.failure is None) == unknown
    if name == "raises":
        assert report.failure == "ZeroDivisionError: division by zero"
    engine.register("model", model, version="1")
    assert engine["anna"]["hosted"] == 24.0


def test_unknown_inputs_are_nan():
    engine = shop()
    seen = []
    engine.register("model", lambda *inputs: seen.append(inputs), version="1")
    engine.observe({"customer": "anna", "at": "2024-01-01"}, kind="purchase")
    assert engine["anna"]["hosted"] is None
    assert seen[0][0] == 0.0 and seen[0][1] != seen[0][1]


def test_a_function_can_not_call_an_engine():
    engine = shop()
    engine.register("model", lambda spend, line: engine["anna"]["spend"], version="1")
    buy(engine)
    assert engine["anna"]["hosted"] is None
    assert "can't call an engine" in engine.callbacks[0].failure


def test_many_threads_read_through_one_function():
    engine = shop(REACTING)
    engine.register("model", model, version="1")
    wrong = []

    def work(name):
        for day in range(1, 20):
            buy(engine, name, f"2024-01-{day:02}")
            row = engine.score([name], columns=["formula", "hosted"]).to_dict()
            if row["formula"] != row["hosted"]:
                wrong.append(row)

    threads = [threading.Thread(target=work, args=(f"c{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads) and not wrong and engine.callbacks[0].failed == 0


def test_a_function_is_let_go_with_its_engine():
    class Model:
        def __call__(self, spend, line):
            return spend

    engine, function = shop(), Model()
    gone = weakref.ref(function)
    engine.register("model", function, version="1")
    del function
    gc.collect()
    assert gone() is not None
    del engine
    gc.collect()
    assert gone() is None


def test_ctrl_c_in_a_callback_stops_the_call_and_changes_nothing():
    """The signal lands in the function; the batch that asks it must not take it for a failed call."""
    import signal

    engine = bt.Engine(bt.Definition.from_toml(INTERRUPTED))
    calls = 0

    def model(age):
        nonlocal calls
        calls += 1
        if calls == 100:
            signal.raise_signal(signal.SIGINT)
        return age

    engine.register("model", model, version="1")
    engine.identify({"customer": list(range(5_000)), "age": [3.0] * 5_000})
    before = engine.digest()
    with pytest.raises(KeyboardInterrupt):
        engine.decide_batch()
    assert engine.digest() == before and calls < 5_000


INTERRUPTED = """
[trait]
age = "number"

[score.hosted]
callback = "model"
version  = "1"
inputs   = "age"

[action.tea]
response = 0.5
value    = "hosted"
"""
