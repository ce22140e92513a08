"""Every class of error, with its code and hint, and the engine usable afterwards."""

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

import bactrian as bt

BANDS = {1: bt.DefinitionError, 2: bt.SchemaError, 3: bt.UnknownNameError, 4: bt.StateError, 5: bt.StoreError}


@pytest.fixture
def file(tmp_path, definition):
    path = tmp_path / "shop.bactrian"
    with bt.Engine.open(path, definition) as engine:
        engine.observe({"customer": "anna", "at": "2024-01-01", "amount": 1.0}, kind="purchase")
    return path


def other():
    return bt.Definition.from_dict({"feature": {"orders": {"count": "event"}}})


def damaged(path):
    data = bytearray(path.read_bytes())
    data[:64] = b"x" * 64
    path.write_bytes(data)
    return path


CASES = {
    100: lambda engine, file: bt.Definition.from_toml("[feature.orders]\ncuont = 'event'"),
    101: lambda engine, file: bt.Engine(bt.Definition.from_toml(NOT_YET)),
    102: lambda engine, file: bt.Engine.open(file, other()),
    200: lambda engine, file: engine.observe(7),
    201: lambda engine, file: engine.score(columns=["warmth"]),
    202: lambda engine, file: engine.observe(Unread(), kind="purchase"),
    203: lambda engine, file: engine.observe({"customer": ["a"], "at": []}, kind="purchase"),
    211: lambda engine, file: engine.observe([{"customer": "\ud800", "at": "2024-01-01"}], kind="purchase"),
    300: lambda engine, file: engine.score(columns=["ordres"]),
    301: lambda engine, file: engine.decide("nobody"),
    302: lambda engine, file: engine.segment("teir"),
    303: lambda engine, file: engine.observe([{"customer": "a"}], kind="purchsae"),
    304: lambda engine, file: engine.recorded(7),
    400: lambda engine, file: engine.score(at="2020-01-01"),
    401: lambda engine, file: engine.advance_to("2200-01-01"),
    402: lambda engine, file: bt.Engine.open(file, read_only=True).observe(
        {"customer": "a", "at": "2024-01-02"}, kind="purchase"
    ),
    403: lambda engine, file: closed(file).stats(),
    405: lambda engine, file: forked(file),
    407: lambda engine, file: absorbed_twice(engine),
    408: lambda engine, file: bt.Engine(bt.Definition.from_toml(HOSTED)).score(),
    500: lambda engine, file: bt.Engine.open(file.parent / "no" / "such" / "folder", other()),
    501: lambda engine, file: bt.Engine.open(damaged(file)),
    502: lambda engine, file: twice(file),
    503: lambda engine, file: engine.absorb(of_another_release(engine)),
}

# Kinds that no call of Python gives, and why.
BEYOND = {
    204: "calls report the rows that they refuse",
    210: "Python has no null pointers",
    212: "Python has no structs",
    404: "fits report the columns that they skip",
    406: "a call that a signal stops raises what the signal did: test_engine.py",
    900: "a mistake of this library: what tests are there to keep out",
}


NOT_YET = """
[event.message]
customer = "src"
peer     = "dst"

[score.warmth]
mean   = "reply_seconds"
on     = "message"
toward = "supplier"
"""


HOSTED = """
[trait]
age = "number"

[score.risk]
callback = "model"
version  = "1"
inputs   = "age"
"""


def absorbed_twice(engine):
    whole, part = bt.Engine(engine.definition), engine.partial()
    assert whole.absorb(part).accepted > 0 and whole["anna"]["orders"] == engine["anna"]["orders"]
    whole.absorb(part)


def forked(file):
    """What a call in the child of a fork raises, carried back to this process."""
    with bt.Engine.open(file) as engine:
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                engine.advance_to("2024-02-01")
            except bt.BactrianError as error:
                os.write(tell, pickle.dumps(error))
            finally:
                os._exit(0)
        os.close(tell)
        os.waitpid(child, 0)
        with os.fdopen(told, "rb") as pipe:
            raise pickle.load(pipe)


def of_another_release(engine):
    """A partial state whose second byte, the version, is one to come."""
    part = bytearray(engine.partial())
    part[1] = 255
    return bytes(part)


def twice(file):
    with bt.Engine.open(file):
        bt.Engine.open(file)


class Unread:
    def __arrow_c_stream__(self, requested_schema=None):
        return pa.table({"customer": ["a"]}).schema.__arrow_c_schema__()


def closed(file):
    engine = bt.Engine.open(file)
    engine.close()
    return engine


@pytest.mark.parametrize("code", CASES)
def test_code(code, engine, file):
    before = engine.score().to_dict()
    with pytest.raises(bt.BactrianError) as caught:
        CASES[code](engine, file)
    error = caught.value
    assert error.code == code and type(error) is BANDS[code // 100]
    assert (
        error.message
        and error.message in str(error)
        and error.message[0] == error.message[0].lower()
        and error.message[-1] != "."
    )
    assert error.hint is None or error.hint in str(error)
    assert engine.score().to_dict() == before
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.code) == (type(error), str(error), code)


def test_every_kind_has_a_case_or_a_reason():
    source = Path(__file__).resolve().parents[2] / "core" / "src" / "base" / "error.rs"
    body = source.read_text().split("pub enum ErrorKind {")[1].split("}")[0]
    kinds = {int(number) for number in re.findall(r"^    \w+ = (\d+),$", body, re.MULTILINE)}
    assert len(kinds) > 25 and set(CASES) | set(BEYOND) == kinds and not set(CASES) & set(BEYOND)


def test_the_tree():
    for error in (*BANDS.values(), bt.InternalError):
        assert error.__bases__ == (bt.BactrianError,) and error.__module__ == "bactrian"
    assert bt.BactrianError.__bases__ == (Exception,)
    assert set(BANDS.values()) == {BANDS[code // 100] for code in CASES}


def test_a_definition_error_has_every_problem():
    with pytest.raises(bt.DefinitionError) as caught:
        bt.Definition.from_toml('[feature.orders]\ncuont = "event"\n\n[feature.spend]\nsum = 7\n')
    problems = caught.value.problems
    assert len(problems) >= 2 and all(isinstance(problem, bt.Problem) for problem in problems)
    assert problems == sorted(problems, key=lambda problem: problem.line)
    assert any(problem.hint and "count" in problem.hint for problem in problems)
    assert all(str(problem) in str(caught.value) for problem in problems)


def test_an_engine_refuses_what_is_not_yet_by_name():
    definition = bt.Definition.from_toml(NOT_YET)
    assert [problem.severity for problem in definition.check()] == ["not yet"]
    with pytest.raises(bt.DefinitionError) as caught:
        bt.Engine(definition)
    assert "toward" in str(caught.value.problems[0]) and "community" in str(caught.value) + NOT_YET


def test_a_second_writer_is_told(file, tmp_path):
    program = f"import bactrian as bt\ntry:\n    bt.Engine.open({str(file)!r})\nexcept bt.StoreError as error:\n    print(error.code)"
    with bt.Engine.open(file):
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.stdout == "502\n", ran.stderr


def test_files_that_are_not_there(tmp_path, definition):
    with pytest.raises(bt.StoreError) as caught:
        bt.Engine.open(tmp_path / "no" / "such" / "folder.bactrian", definition)
    assert caught.value.code == 500
    with pytest.raises(bt.StoreError):
        bt.Definition.from_file(tmp_path / "none.toml")
    with pytest.raises(bt.BactrianError):
        bt.Engine.open(tmp_path / "new.bactrian")
    (tmp_path / "text").write_text("this is no engine")
    with pytest.raises(bt.StoreError):
        bt.Engine.open(tmp_path / "text", definition)


@pytest.mark.parametrize("bad", [None, 3.5, -1, True, b"anna", ["anna"], 2**64], ids=repr)
def test_ids_are_text_or_whole_numbers(bad, engine):
    with pytest.raises(bt.SchemaError) as caught:
        engine.decide(bad)
    assert "ids are" in caught.value.hint


def test_wrong_python_types_are_type_errors(engine):
    with pytest.raises(TypeError):
        bt.Engine("shop.toml")
    with pytest.raises(TypeError):
        engine.fit("warmth")
    with pytest.raises(TypeError):
        engine.observe({}, kind=7)
    with pytest.raises(TypeError):
        engine.observe({}, customer=7)
