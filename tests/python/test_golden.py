"""The golden cases, run by Python, row by row and as tables, and by the command line."""

import json
import tomllib
from pathlib import Path

import pytest

import bactrian as bt
from bactrian._cli import main

CASES = tomllib.loads((Path(__file__).resolve().parents[1] / "golden" / "cases.toml").read_text())["case"]
COUNTS = ("duplicates", "rejected", "crossings", "decisions")
ERASED = ("events", "unnamed", "traits", "ties", "found")


class Rows:
    """Each step by one call of the package."""

    last: int  # the latest decision

    def __init__(self, definition, folder):
        self.engine = bt.Engine(bt.Definition.from_toml(definition))

    def observe(self, row):
        # Sent with its kind inside, under the roles' own names.
        return self.count(self.engine.observe(row))

    def identify(self, customer, traits):
        return self.count(self.engine.identify({"customer": customer, **traits}))

    def learn(self, row):
        return self.count(self.engine.learn(row))

    def ledger(self):
        return self.engine.ledger().to_dict()

    def erase(self, customer):
        receipt = self.engine.erase(customer)
        return {name: getattr(receipt, name) for name in ERASED}

    def advance(self, at):
        return self.count(self.engine.advance_to(at))

    def relate(self, tie):
        row = {name: value for name, value in tie.items() if name != "layer"}
        return self.count(self.engine.relate(row, kind=tie["layer"]))

    def merge(self, kept, folded):
        self.engine.merge(kept, folded)

    def redefine(self, text):
        self.definition = bt.Definition.from_toml(text)
        return {"moved": self.engine.redefine(self.definition).moved}

    def fit(self):
        self.engine.fit()

    def read(self, customer, peer, at, columns):
        if at is not None:
            table = self.engine.score([customer], columns=columns, at=at, toward=peer)
            return [table[column][0] for column in columns]
        view = self.engine[customer] if peer is None else self.engine[customer].toward(peer)
        return [view[column] for column in columns]

    def decide(self, customer):
        decision = self.engine.decide(customer)
        self.last = decision.id
        return decision.action, decision.priority

    @staticmethod
    def count(report):
        counts = (report.duplicates, len(report.rejected), len(report.crossings), len(report.decisions))
        return dict(zip(COUNTS, counts))


class Tables(Rows):
    """The same in tables of one row, and in a file that is opened anew for each step."""

    def __init__(self, definition, folder):
        self.path, self.definition = folder / "e", bt.Definition.from_toml(definition)
        with self.engine:
            pass

    @property
    def engine(self):
        return bt.Engine.open(self.path, self.definition)

    def redefine(self, text):
        definition = bt.Definition.from_toml(text)
        with self.engine as engine:
            changed = engine.redefine(definition)
        self.definition = definition
        return {"moved": changed.moved}

    def observe(self, row):
        # The batch path: a list of rows, with roles by keyword.
        with self.engine as engine:
            return self.count(
                engine.observe(
                    [{"who" if name == "customer" else name: value for name, value in row.items()}],
                    **({"customer": "who"} if "customer" in row else {}),
                )
            )

    def read(self, customer, peer, at, columns):
        with self.engine as engine:
            if peer is None and at is None:
                return [engine[customer][column] for column in columns]
            table = engine.score([customer], columns=columns, at=at, toward=peer)
            return [table[column][0] for column in columns]


class Commands:
    """Each step by one command."""

    def __init__(self, definition, folder):
        self.folder, self.engine = folder, f"{folder}/e"
        (folder / "definition.toml").write_text(definition)
        with bt.Engine.open(self.engine, bt.Definition.from_toml(definition)):
            pass
        self.capsys = None

    def run(self, *command):
        code = main([command[0], self.engine, *command[1:]])
        said = self.capsys.readouterr()
        if code > 1:
            raise Refused(said.err)
        return said.out

    def take(self, verb, row):
        (self.folder / "row.ndjson").write_text(json.dumps(row))
        return self.counted(self.run(verb, f"{self.folder}/row.ndjson"))

    def observe(self, row):
        return self.take("observe", row)

    def identify(self, customer, traits):
        return self.take("identify", {"customer": customer, **traits})

    def relate(self, tie):
        (self.folder / "tie.ndjson").write_text(json.dumps({name: tie[name] for name in tie if name != "layer"}))
        return self.counted(self.run("relate", f"{self.folder}/tie.ndjson", "--kind", tie["layer"]))

    def merge(self, kept, folded):
        self.run("merge", str(kept), str(folded))

    def redefine(self, text):
        (self.folder / "next.toml").write_text(text)
        return {"moved": int(self.told("redefine", f"{self.folder}/next.toml")["moved"])}

    def learn(self, row):
        return self.take("learn", row)

    def ledger(self):
        rows = [json.loads(line) for line in self.run("ledger", "--format", "json").splitlines()]
        return {name: [row[name] for row in rows] for name in rows[0]}

    def erase(self, customer):
        told = self.told("erase", customer)
        return {name: int(told[name]) for name in ERASED}

    def told(self, *command):
        """What a command says of each name."""
        said = self.run(*command, "--format", "csv").splitlines()[1:]
        return dict(line.split(",", 1) for line in said)

    def advance(self, at):
        return self.counted(self.run("advance", at))

    def fit(self):
        self.run("fit")

    def read(self, customer, peer, at, columns):
        more = [part for name, value in (("--toward", peer), ("--at", at)) if value for part in (name, str(value))]
        told = json.loads(
            self.run("score", "--customers", str(customer), "--columns", ",".join(columns), "--format", "json", *more)
        )
        return [told[column] for column in columns]

    def decide(self, customer):
        told = json.loads(self.run("decide", str(customer), "--format", "json"))
        self.last = told["id"]
        return told["action"], told["priority"]

    @staticmethod
    def counted(said):
        counts = dict(reversed(part.split()) for part in said.strip().split(", "))
        return {name: int(counts[name]) for name in COUNTS}


class Refused(Exception):
    """The command said no."""


def given(step, *names):
    return {name: step[name] for name in names if name in step}


def step_of(face, step):
    if "observe" in step:
        return face.observe(step["observe"])
    if "identify" in step:
        return face.identify(step["identify"], step["traits"] | given(step, "at"))
    if "advance" in step:
        return face.advance(step["advance"])
    if "relate" in step:
        return face.relate(step["relate"])
    if "learn" in step:
        decision = step["of"] if "of" in step else face.last
        return face.learn({"decision": decision, "outcome": step["learn"]} | given(step, "at", "value"))
    if "ledger" in step:
        table = face.ledger()
        row = [action or "silence" for action in table["action"]].index(step["ledger"])
        assert [table[column][row] for column in step["columns"]] == step["equals"]
        return None
    if "erase" in step:
        return face.erase(step["erase"])
    if "merge" in step:
        return face.merge(*step["merge"])
    if "redefine" in step:
        return face.redefine(step["redefine"])
    if "fit" in step:
        return face.fit()
    if "decide" in step:
        action, priority = face.decide(step["decide"])
        assert (action or "silence", priority) == (step["action"], step["priority"])
        return None
    values = face.read(step["read"], step.get("peer"), step.get("at"), step["columns"])
    assert ["unknown" if value is None else value for value in values] == step["equals"]
    assert [type(value) for value in values if value is not None] == [
        type(value) for value in step["equals"] if value != "unknown"
    ]
    return None


@pytest.mark.parametrize("face", [Rows, Tables, Commands])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_every_case_holds(case, face, tmp_path, capsys):
    runner = face(case["definition"], tmp_path)
    runner.capsys = capsys
    for step in case["steps"]:
        if face is Commands and "latency" in step.get("columns", ()) and "peer" not in step:
            # A table has no column toward a peer without one.
            with pytest.raises(Refused, match="needs a peer"):
                step_of(runner, step)
            continue
        try:
            counts = step_of(runner, step)
        except (bt.BactrianError, Refused) as error:
            assert "error" in step, (step, error)
            assert getattr(error, "code", step["error"]) == step["error"]
            continue
        assert "error" not in step, step
        for name, found in (counts or {}).items():
            assert found == step.get(name, found), step
