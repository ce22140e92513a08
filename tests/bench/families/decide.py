"""Deciding for one customer and for all: 50 actions over five channels, rules, caps, linear scores, recorded."""

import statistics
import time

from harness import row, rust

ACTIONS, TRAITS, CUSTOMERS, DECISIONS = 50, 10, 20_000, 20_000


def definition() -> str:
    """That of core/benches/rows/decide.rs."""
    text = "[trait]\n" + "".join(f'x{i} = "number"\n' for i in range(TRAITS))
    for i in range(ACTIONS):
        x = [f"x{(i * 7 + offset * 3) % TRAITS}" for offset in range(5)]
        text += (
            f'[action.a{i}]\nchannel = "c{i % 5}"\ngroup = "g{i % 12}"\n'
            f'eligible = "{x[0]} > {0.1 + 0.01 * i:.2f} && {x[1]} < 0.9"\nsuitable = "{x[2]} + {x[3]} > 0.4"\n'
            f'response = "0.01 + {0.01 + 0.001 * i:.3f} * {x[1]} + 0.02 * {x[2]} + 0.005 * {x[3]} + 0.01 * {x[4]}"\n'
            f'value = {5 + i % 9}\ncost = 0.05\nwithin = "7d"\n'
        )
    for i in range(5):
        text += f'[contact.c{i}]\nat_most = 2\nper = "7d"\n'
    return text + '[contact.all]\nat_most = 5\nper = "7d"\n[decide]\nattention = 0.05\n'


def python() -> float:
    """Microseconds of the median decision from Python."""
    import bactrian as bt

    engine = bt.Engine(bt.Definition.from_toml(definition()))
    value = [[(c * 31 + i * 17) * 2_654_435_761 % 1000 / 1000 for c in range(CUSTOMERS)] for i in range(TRAITS)]
    engine.identify({"customer": list(range(CUSTOMERS))} | {f"x{i}": values for i, values in enumerate(value)})
    taken = []
    for number in range(DECISIONS):
        start = time.perf_counter()
        engine.decide(number * 7919 % CUSTOMERS, at=60.0 * number)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1e6


row("decide: 50 actions, recorded, Rust, p50", "us", lambda: rust("decide-p50") * 1e6, goal=20)
row("decide: 50 actions, recorded, Python, p50", "us", python, goal=30)
row("decide for all: 50 actions, recorded", "decisions/s", lambda: 1.0 / rust("decide-batch"), goal=1e5)
