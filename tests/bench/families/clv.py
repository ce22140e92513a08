"""Lifetime value: fits of a million customers, and what is read of them, against lifetimes."""

import functools
import warnings

from harness import fastest, row

CUSTOMERS, PARETO, SPENDERS = 1_000_000, 23_570, 1_000_000
# A fit of lifetimes is linear in the rows and takes minutes for a million: it is measured on a part, and its time is multiplied.
PART = 20
BETA_GEO = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}


@functools.cache
def histories(customers: int):
    """x, t_x and T in weeks, drawn from a BG/NBD; T in whole weeks and days, as calendars give it."""
    import numpy as np

    chance = np.random.default_rng(1)
    age = chance.integers(27 * 7, 39 * 7, customers) / 7
    rate = chance.gamma(BETA_GEO["r"], 1 / BETA_GEO["alpha"], customers)
    dropout = chance.beta(BETA_GEO["a"], BETA_GEO["b"], customers)
    x, t_x, alive = np.zeros(customers), np.zeros(customers), np.ones(customers, bool)
    clock = np.zeros(customers)
    for _ in range(200):
        clock = clock + chance.exponential(1, customers) / rate
        alive &= clock < age
        if not alive.any():
            break
        x[alive] += 1
        t_x[alive] = clock[alive]
        alive &= chance.random(customers) > dropout
    return x, (t_x * 7).round() / 7, age


@functools.cache
def spend():
    """x and the mean spend of those who bought again, drawn from a Gamma-Gamma."""
    import numpy as np

    chance = np.random.default_rng(2)
    x = chance.integers(1, 20, SPENDERS).astype(float)
    rate = chance.gamma(3.74, 1 / 15.44, SPENDERS)
    return x, chance.gamma(6.25 * x, 1 / (rate * x))


def peer(name: str):
    warnings.filterwarnings("ignore")
    import lifetimes

    return getattr(lifetimes, name)()


def fit(name: str, data, rounds: int):
    def measure() -> float:
        import bactrian as bt

        columns = data()
        return fastest(lambda: getattr(bt.clv, name)().fit(*columns), rounds)

    return measure


def fit_peer(name: str, data, part: int = 1):
    def measure() -> float:
        model, columns = peer(name), data()
        columns = [column[: len(column) // part] for column in columns]
        return part * once(lambda: model.fit(*columns))

    return measure


def once(work) -> float:
    """Seconds of one run: a peer may take minutes."""
    import time

    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def alive() -> float:
    import bactrian as bt

    model, data = bt.clv.BetaGeo(**BETA_GEO), histories(CUSTOMERS)
    return fastest(lambda: (model.probability_alive(*data), model.expected_purchases(39, *data)), 3)


def alive_peer() -> float:
    import pandas as pd

    model, (x, t_x, age) = peer("BetaGeoFitter"), histories(CUSTOMERS)
    model.params_ = pd.Series(BETA_GEO)
    expected = model.conditional_expected_number_of_purchases_up_to_time
    return once(lambda: (model.conditional_probability_alive(x, t_x, age), expected(39, x, t_x, age)))


def year() -> float:
    import bactrian as bt
    import numpy as np

    model, data = bt.clv.BetaGeo(**BETA_GEO), histories(CUSTOMERS)
    each = np.full(CUSTOMERS, 30.0)
    return fastest(lambda: bt.clv.lifetime_value(model, *data, each, periods=12, length=4.345, discount=0.01), 3)


def year_peer() -> float:
    import numpy as np
    import pandas as pd
    from lifetimes.utils import _customer_lifetime_value

    model, data = peer("BetaGeoFitter"), [pd.Series(column) for column in histories(CUSTOMERS)]
    model.params_ = pd.Series(BETA_GEO)
    model.predict = model.conditional_expected_number_of_purchases_up_to_time  # set by its fit
    each = pd.Series(np.full(CUSTOMERS, 30.0))
    return once(lambda: _customer_lifetime_value(model, *data, each, time=12, discount_rate=0.01, freq="W"))


def rows_of(customers: int):
    return lambda: histories(customers)


PEER = f"lifetimes, {PART} x a {PART}th,"

row(
    "BG/NBD fit, 1M customers",
    "s",
    fit("BetaGeo", rows_of(CUSTOMERS), 3),
    peer=(PEER, fit_peer("BetaGeoFitter", rows_of(CUSTOMERS), PART)),
    times=20,
)
row(
    "Pareto/NBD fit, 23,570 customers",
    "s",
    fit("ParetoNBD", rows_of(PARETO), 3),
    peer=("lifetimes", fit_peer("ParetoNBDFitter", rows_of(PARETO))),
    times=50,
)
row("Gamma-Gamma fit, 1M customers", "s", fit("GammaGamma", spend, 3), peer=(PEER, fit_peer("GammaGammaFitter", spend, PART)), times=20)
row("P(alive) and E[X] of 1M customers", "s", alive, peer=("lifetimes", alive_peer), times=5)
row("12-month CLV of 1M customers", "s", year, peer=("lifetimes", year_peer), times=30)
