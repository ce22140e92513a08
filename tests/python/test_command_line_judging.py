"""`plan`, `backtest`, `evaluate` and `effects` on the command line say what the package says."""

import json

import pytest
from bactrian._cli import main

import bactrian as bt

SHOP = """
[time]
lateness = "0s"

[trait]
worth = "number"

[segment.tier]
axis.worth = { of = "worth", edges = [20], labels = ["low", "high"] }

[action.call]
channel = "phone"
value   = "worth"
cost    = 2
outcome = "buy"
within  = "1d"

[decide]
control = 0.4
"""


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "shop.bactrian"
    with bt.Engine.open(path, bt.Definition.from_toml(SHOP), seed=1) as engine:
        people = range(1, 41)
        engine.identify({"customer": [*people], "at": ["2024-01-01"] * 40, "worth": [float(one) for one in people]})
        engine.advance_to("2024-01-02")
        for one in people:
            decision = engine.decide(one)
            if decision.action and one % 3:
                engine.learn({"decision": decision.id, "outcome": "buy", "value": float(one)})
        engine.advance_to("2024-01-05")
    other = tmp_path / "other.toml"
    other.write_text(SHOP.replace('value   = "worth"', 'eligible = "worth > 10"\nvalue = "worth"'))
    return str(path), str(other)


def told(capsys, *command):
    assert main([*command, "--format", "json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_plans_and_judgements(shop, capsys):
    path, other = shop
    rows = told(capsys, "plan", path, "--budget", "10", "--capacity", "phone=4")
    assert [row["customer"] for row in rows if row["action"] == "call"] == [37, 38, 39, 40]
    assert main(["plan", path, "--capacity", "phone"]) == 2
    assert "NAME=COUNT" in capsys.readouterr().err

    summary = {row["what"]: row["value"] for row in told(capsys, "backtest", path, other)}
    assert summary["decisions"] == summary["customers"] == 40 and summary["agreed"] == 32
    assert summary["value.gain"] in ("cannot tell", "no evidence", "effect")
    assert len(told(capsys, "backtest", path, other, "--show", "moved")) == 8
    funnel = told(capsys, "backtest", path, other, "--show", "funnel")
    assert {row["rule"] for row in funnel} >= {"worth > 10"}
    unserved = told(capsys, "backtest", path, other, "--show", "unserved")
    assert [row["customer"] for row in unserved] == [*range(1, 11)]

    with bt.Engine.open(path, read_only=True) as engine:
        always = engine.evaluate("call")
    found = {row["what"]: row["value"] for row in told(capsys, "evaluate", path, "--always", "call")}
    assert found["settled"] == 40 and found["value.snips"] == always.value.snips.value
    assert found["value.gain"] == "cannot tell"
    told(capsys, "evaluate", path, "--silence")
    told(capsys, "evaluate", path, "--definition", other, "--since", "2024-01-01")
    assert main(["evaluate", path, "--always", "cal"]) == 2

    effects = told(capsys, "effects", path, "--by", "tier")
    assert {row["cell"] for row in effects} == {"low", "high"}
    assert sum(row["sent"] + row["withheld"] for row in effects) == summary["decisions"] - 2
