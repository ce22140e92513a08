"""Scoring takes the room of its answer, and no more for more customers."""

import subprocess
import sys

import pytest

SCRIPT = """
import sys
import bactrian as bt
import numpy as np

def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))

def growth(work):
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = peak()
    answer = work()
    return peak() - before

n = int(sys.argv[1])
rng = np.random.default_rng(1)
customer, day = np.repeat(np.arange(n), 2), rng.integers(0, 300, 2 * n)
events = {"customer": customer, "at": day * 86_400.0 + 1.6e9, "amount": rng.gamma(2.0, 10.0, 2 * n)}
engine = bt.Engine(bt.Definition.from_toml('''
    [event.purchase]
    customer = "customer"
    at       = "at"
    amount   = "amount"
    [score.clv]
    model   = "bg_nbd/gamma_gamma"
    on      = "purchase"
    amount  = "amount"
    horizon = "364d"
'''), threads=1)
engine.observe(events, kind="purchase")
engine.fit()
few = [int(id) for id in range(100)]
engine.score(few, columns=["clv"])
x = rng.integers(0, 9, n).astype(float)
model = bt.clv.BetaGeo(r=0.243, alpha=4.414, a=0.793, b=2.426)
model.expected_purchases(39, x[:100], x[:100], 20.0)
print(growth(lambda: engine.score(columns=["clv", "clv.probability_alive"])), growth(lambda: model.expected_purchases(39, x, x, 20.0)))
"""


def test_scoring_needs_no_more_than_its_answer():
    if not sys.platform.startswith("linux"):
        pytest.skip("the peak of memory is read from /proc")

    def grown(customers):
        run = subprocess.run([sys.executable, "-c", SCRIPT, str(customers)], capture_output=True, text=True, check=True)
        return [int(figure) for figure in run.stdout.split()]

    few, many = 20_000, 150_000
    by_engine, by_model = (large - small for small, large in zip(grown(few), grown(many), strict=True))
    # An answer of the engine is an id of 24 bytes and two numbers a customer; that of the model is a number, and
    # its three inputs are copied once: beyond that a customer more costs nothing.
    assert by_engine <= (many - few) * (24 + 2 * 8) * 1.5 + 2**21
    assert by_model <= (many - few) * 4 * 8 * 1.25 + 2**21
