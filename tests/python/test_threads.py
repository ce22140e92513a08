"""Threads: the lock on Python is released by calls that take long, and every class can be shared."""

import re
import sys
import threading
import time
from pathlib import Path

import pytest

import bactrian as bt

SOURCES = Path(__file__).resolve().parents[2] / "python" / "src"
ROWS = 40_000
FRAME = {
    "customer": list(range(ROWS)),
    "at": ["2024-01-01"] * ROWS,
    "amount": [float(n % 97) for n in range(ROWS)],
    "needs": [""] * ROWS,
    "basket": [str(n) for n in range(ROWS)],
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory, definition):
    """A file with enough in it that each call takes a while; nothing here changes it but by adding."""
    with bt.Engine.open(tmp_path_factory.mktemp("threads") / "e", definition) as engine:
        engine.observe(FRAME, kind="purchase")
        engine.fit()
        yield engine


def more(engine):
    definition = engine.definition.to_dict()
    definition["feature"]["lines"] = {"count": "event", "on": "purchase"}
    return bt.Definition.from_dict(definition)


CALLS = {
    "observe": lambda engine: engine.observe(FRAME, kind="purchase"),
    "identify": lambda engine: engine.identify({"customer": FRAME["customer"], "consent_email": [True] * ROWS}),
    "relate": lambda engine: engine.relate({"customer": FRAME["customer"], "peer": FRAME["basket"]}, kind="talk"),
    "fit": lambda engine: engine.fit(),
    "score": lambda engine: engine.score(),
    "training_set": lambda engine: engine.training_set("2024-01-02"),
    "decide_batch": lambda engine: engine.decide_batch(record=False),
    "funnel": lambda engine: engine.funnel(),
    "segment": lambda engine: engine.segment("tier"),
    "members": lambda engine: engine.members("tier", "low"),
    "crossings": lambda engine: engine.crossings(),
    "digest": lambda engine: engine.digest(),
    "stats": lambda engine: engine.stats(),
    "checkpoint": lambda engine: engine.checkpoint(),
    "partial": lambda engine: engine.partial(),
    "export": lambda engine: engine.export(7),
    "redefine": lambda engine, to=[]: engine.redefine(to[0] if to else to.append(more(engine)) or to[0]),
}


@pytest.mark.parametrize("name", CALLS)
def test_heavy_calls_release_the_lock_on_python(name, filled):
    """No thread is preempted here, and this one gives the lock up at each step: it steps on while the other is in a call only if
    that call gives the lock up too. A short call may be over before this thread wakes up, so it is made again until one is not."""
    steps, during, failed = [0], [], []

    def work():
        before, most = steps[0], 5_000
        try:
            while steps[0] == before and most:
                CALLS[name](filled)
                most -= 1
        except BaseException as error:
            failed.append(error)
        during.append(steps[0] - before)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1_000.0)
    try:
        thread = threading.Thread(target=work)
        thread.start()
        while not during:
            steps[0] += 1
            time.sleep(0)
        thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not failed and during[0] > 0


def test_every_class_is_frozen():
    """A frozen class has to be `Sync`, which the compiler holds it to: without a lock on Python it is as safe.

    Only estimators change, by `fit`, and are borrowed for each call: two threads that fit one get an error.
    """
    classes = [attribute for path in SOURCES.rglob("*.rs") for attribute in re.findall(r"#\[pyclass.*", path.read_text())]
    estimators = ('module = "bactrian.clv"', 'module = "bactrian.cluster"')
    rest = [attribute for attribute in classes if not any(module in attribute for module in estimators)]
    assert len(rest) > 15 and all("frozen" in attribute for attribute in rest)


def test_readers_deciders_and_a_writer_at_once(definition):
    """What each thread reads of its customer is what it wrote; the journal folds to the same state."""
    engine = bt.Engine(definition)
    failed = []

    def work(who):
        try:
            for step in range(1, 60):
                engine.observe({"customer": who, "at": "2024-01-01", "amount": 1.0, "basket": str(step)}, kind="purchase")
                assert engine[who]["orders"] == float(step) and engine.decide(who).customer == who
                assert len(engine.score([who], columns=["spend"])) == 1
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(f"c{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed and engine.score(columns=["orders"])["orders"] == [59.0] * 4
    one = bt.Engine(definition)
    for step in range(1, 60):
        for number in range(4):
            one.observe({"customer": f"c{number}", "at": "2024-01-01", "amount": 1.0, "basket": str(step)}, kind="purchase")
    names = [f"c{number}" for number in range(4)]
    assert one.score(names, columns=["orders", "spend"]).to_dict() == engine.score(names, columns=["orders", "spend"]).to_dict()
