"""kill -9 over the write surface: what was acknowledged is there, and nothing is there by half.

Run as a program, this file is the process that is killed.
"""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

import bactrian as bt

ROUNDS = 50  # of one file: the work of a round grows with its journal
FILES = int(os.environ.get("BACTRIAN_KILL_ROUNDS", ROUNDS)) // ROUNDS
DEFINITION = """
[event.purchase]
customer = "customer"
amount   = "amount"

[event.message]
customer = "customer"
peer     = "peer"

[trait]
city = "category"

[tie.talk]
on        = "message"
half_life = "30d"

[feature.orders]
count = "event"
on    = "purchase"

[feature.spend]
sum       = "amount"
on        = "purchase"
half_life = "30d"

[feature.decisions]
count = "event"
on    = "decided"

[score.rfm]
model  = "rfm"
on     = "purchase"
amount = "amount"

[segment.tier]
axis.value = { of = "spend", edges = [10, 40], labels = ["low", "mid", "high"] }
hysteresis = 0.1
decide_on  = ["enter"]

[action.offer]
channel  = "email"
eligible = 'tier.value != "low"'
response = "0.1"
value    = "spend"

[feature.redeemed]
count    = "event"
on       = "outcome"

[contact.email]
at_most = 3
per     = "7d"
"""


def row(number: int) -> dict[str, object]:
    return {"customer": number * 7919 % 23, "at": 1_500_000_000 + 3_600 * number, "amount": number * 31 % 17 + 0.25}


def step(engine: bt.Engine, number: int) -> str:
    """One call of any sort: what it gives, or the error that it raises, in a word."""
    try:
        return call(engine, number)
    except bt.BactrianError as error:
        return type(error).__name__


def call(engine: bt.Engine, number: int) -> str:
    name, at = f"customer {number // 20}", row(3 * number)["at"]
    match number % 20:
        case 3 | 13:
            return f"{engine.observe([row(3 * number + i) for i in range(3)], kind='purchase').accepted}"
        case 4:
            return f"{engine.identify({'customer': name, 'city': f'city {number}'}).accepted}"
        case 5:
            return f"{engine.relate({'customer': name, 'peer': 7919 % 23, 'weight': 1.5}, kind='talk').accepted}"
        case 6 | 16:
            return f"{engine.decide(row(3 * number - 3)['customer']).id}"
        case 8:
            return f"{engine.advance_to(at).accepted}"
        case 9:
            return f"{len(engine.fit().columns)}"
        case 11 | 12:
            who = name if number % 20 == 11 else "another"
            return f"{engine.observe({'customer': who, 'peer': 7919 % 23, 'at': at}, kind='message').accepted}"
        case 7:
            return learnt(engine)
        case 14:
            return f"{engine.merge(name, 'another')}"
        case 15 if hasattr(engine, "redefine"):
            wider = '[feature.most]\nmax = "amount"\non = "purchase"\n' if number % 40 == 15 else ""
            return f"{len(engine.redefine(bt.Definition.from_toml(DEFINITION + wider)).added)}"
        case 17 if hasattr(engine, "erase"):
            return f"{engine.erase(name).ids}"
        case 18:
            return f"{engine.checkpoint()}"
    return f"{engine.observe(row(3 * number), kind='purchase').accepted}"


def learnt(engine: bt.Engine) -> str:
    """What came of the latest decision of the first customer who has one."""
    taken = engine.score(columns=["decisions"]).to_dict()
    decided = [who for who, count in zip(taken["customer"], taken["decisions"], strict=True) if count]
    if not decided:
        return "nobody"
    latest = engine[decided[0]].export()["decisions"][-1]["decision"]
    return f"{engine.learn({'decision': latest, 'outcome': 'redeem', 'value': 2.5}).accepted}"


def seen(engine: bt.Engine) -> tuple[object, ...]:
    """Everything known, to the bit."""
    stats = engine.stats()
    return engine.digest(), repr(engine.score().to_dict()), repr(engine.crossings().to_dict()), stats.events, stats.records, stats.now


@pytest.mark.parametrize("seed", range(2017, 2017 + FILES))
def test_kill_loses_nothing_acknowledged(tmp_path, seed):
    path, chance = tmp_path / "shop.bactrian", random.Random(seed)
    twin, done = bt.Engine(bt.Definition.from_toml(DEFINITION)), 0
    for _ in range(ROUNDS):
        command = [sys.executable, __file__, str(path), str(done)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            acknowledged = [next(writer.stdout) for _ in range(chance.randint(1, 60))]
            time.sleep(chance.uniform(0.0, 0.004))
            writer.kill()
            acknowledged += writer.stdout.readlines()
        # A line cut by the kill acknowledges nothing.
        for line in (line for line in acknowledged if line.endswith("\n")):
            number, answer = line.split()
            assert int(number) == done and answer == step(twin, done)
            done += 1
        with bt.Engine.open(path) as engine:
            found = seen(engine)
        if found != seen(twin):  # the call that was under way had become durable, whole
            step(twin, done)
            done += 1
            assert found == seen(twin)
    counts = twin.score(columns=["decisions", "redeemed"])
    assert done >= ROUNDS and sum(counts["decisions"]) > done / 20 and sum(counts["redeemed"]) > done / 40


if __name__ == "__main__":
    made = None if Path(sys.argv[1]).exists() else bt.Definition.from_toml(DEFINITION)
    with bt.Engine.open(sys.argv[1], made) as shop:
        for number in range(int(sys.argv[2]), sys.maxsize):
            sys.stdout.write(f"{number} {step(shop, number)}\n")
            sys.stdout.flush()
