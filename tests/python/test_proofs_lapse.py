"""Who lapses does so at a microsecond: P(alive) falls through an edge of a segment with no event, by a timer.

Each moment is the root of the model's own equation, found with 50 digits; between the moments every read agrees.
"""

from decimal import Decimal as D
from decimal import getcontext
from pathlib import Path

import bactrian as bt
import numpy as np
import pandas as pd
import pytest

MASTER = Path(__file__).resolve().parents[1] / "data/cdnow/cdnow_master.csv.gz"
NOW, END = pd.Timestamp("1997-09-30"), pd.Timestamp("2000-03-01")
WEEK = 7 * 86_400_000_000
getcontext().prec = 50
EDGES = [0.2, 0.5, 0.9]
LABELS = ["gone", "going", "doubtful", "here"]

LAPSE = """
[event.purchase]
customer = "customer_id"
at       = "date"
amount   = "value"

[event.visit]
customer = "customer_id"
at       = "date"

[score.clv]
model   = "{model}"
on      = "purchase"
period  = "7d"
horizon = "364d"

[segment.alive]
axis.alive = {{ of = "clv.probability_alive", edges = {edges}, labels = {labels} }}
"""


def definition(model):
    return bt.Definition.from_toml(LAPSE.format(model=model, edges=EDGES, labels=LABELS))


@pytest.fixture(scope="module")
def lines():
    """A fortieth of CDNOW until the autumn of 1997: 590 customers; a purchase is at an odd microsecond of its day."""
    master = pd.read_csv(MASTER, dtype={"date": str})
    master = master[master["customer_id"] % 40 == 0]
    date = pd.to_datetime(master["date"]) + pd.to_timedelta(master["customer_id"] * 1_234_567, unit="us")
    return master.assign(date=date)[date < NOW]


def lapsed(engine, lines):
    """Fitted as of the autumn; then nothing happens for years."""
    engine.observe(lines, kind="purchase")
    engine.advance_to(NOW)
    return engine.fit().columns["clv"].diagnostics


def micros(moments):
    return [int(moment) for moment in pd.DatetimeIndex(moments).as_unit("us").asi8]


def by_time(engine):
    found = engine.crossings("alive").to_pandas()
    found["at"] = found["at"].dt.tz_convert(None)
    return found[found["cause"] == "time"].sort_values(["at", "customer"]).reset_index(drop=True)


def gauss(a, b, c, z):
    """F(a, b; c; z) by its series, for small z."""
    total, term, n = D(1), D(1), 0
    while abs(term) > abs(total) * D(10) ** -45:
        term *= (a + n) * (b + n) / (c + n) / (n + 1) * z
        total, n = total + term, n + 1
    return total


def alive(model, told):
    """P(alive) with 50 digits, by the papers' formulas: BG/NBD, MBG/NBD, Pareto/NBD."""
    r, alpha = D(told["r"]), D(told["alpha"])
    if model == "pareto_nbd":
        s, beta = D(told["s"]), D(told["beta"])

        def chance(x, t_x, age):
            # Fader and Hardie 2005, A note on deriving the Pareto/NBD model, eq. 19 and 20.
            high, power = max(alpha, beta), r + s + x
            second = s + 1 if alpha >= beta else r + x

            def part(t):
                return gauss(power, second, power + 1, abs(alpha - beta) / (high + t)) / (high + t) ** power

            return 1 / (1 + s / power * (alpha + age) ** (r + x) * (beta + age) ** s * (part(t_x) - part(age)))

        return chance
    a, b = D(told["a"]), D(told["b"])
    extra = 0 if model == "bg_nbd" else 1
    return lambda x, t_x, age: 1 / (1 + a / (b + x + extra - 1) * ((alpha + age) / (alpha + t_x)) ** (r + x))


def root(chance, edge, low, high):
    """The moment from `low` to `high` at which a falling chance is the edge, to a hundredth of a microsecond."""
    assert chance(low) > edge > chance(high)
    while high - low > D("0.01"):
        middle = (low + high) / 2
        low, high = (middle, high) if chance(middle) > edge else (low, middle)
    return low


@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd", "pareto_nbd"])
def test_a_lapse_is_at_the_root_of_the_model(lines, model):
    engine = bt.Engine(definition(model))
    told = lapsed(engine, lines)
    chance = alive(model, told)
    engine.advance_to(END)
    crossings = by_time(engine)
    assert len(crossings) > 200 and set(crossings["moved"]) == {"clv.probability_alive"}
    rows = {who: micros(np.unique(of["date"])) for who, of in lines.groupby("customer_id")}
    # The edge that was fallen through is the lower one of the cell that was left.
    levels = dict(zip(LABELS, EDGES, strict=False))
    start, end = (micros([moment])[0] for moment in (NOW, END))
    for place in np.random.default_rng(1).permutation(len(crossings))[:100]:
        row = crossings.iloc[place]
        at = rows[row["customer"]]
        first, last = at[0], at[-1]

        def when(moment, x=len(at) - 1, first=first, last=last):
            return chance(x, (D(last) - first) / WEEK, (D(moment) - first) / WEEK)

        exact = root(when, D(levels[row["to"]]), D(start), D(end))
        # The first microsecond after it; the read's own rounding is worth less than one more.
        assert -1 < micros([row["at"]])[0] - exact < 2, (row, exact)
    # The moments lie between the milliseconds of all clocks: none was rounded to a grid.
    assert (crossings["at"].dt.microsecond % 1000 != 0).mean() > 0.9


@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd", "pareto_nbd", "mbg_cnbd_k"])
def test_between_the_crossings_every_read_agrees(lines, model):
    """At 400 moments of three years each customer's P(alive) is in the cell that the crossings say."""
    early = bt.Engine(definition(model))
    lapsed(early, lines)
    late = bt.Engine(definition(model))
    lapsed(late, lines)
    late.advance_to(END)
    crossings = by_time(late)
    first = early.score(columns=["clv.probability_alive"]).to_pandas()
    customers = first["customer"].to_numpy()
    cell = np.searchsorted(EDGES, first["clv.probability_alive"], side="right")
    at = crossings["at"].to_numpy()
    rng = np.random.default_rng(2)
    span = micros([END])[0] - micros([NOW])[0]
    moments = np.sort(rng.integers(1, span, 360)).tolist()
    # And about crossings: the microsecond before, and the moment itself.
    some = crossings["at"].iloc[rng.permutation(len(crossings))[:20]]
    moments += [moment - micros([NOW])[0] + step for moment in micros(some) for step in (-1, 0)]
    done, place = 0, {who: row for row, who in enumerate(customers)}
    for moment in sorted(moments):
        now = NOW + pd.Timedelta(microseconds=moment)
        while done < len(crossings) and at[done] <= now.to_datetime64():
            row = crossings.iloc[done]
            cell[place[row["customer"]]] = LABELS.index(row["to"])
            done += 1
        read = early.score(customers.tolist(), columns=["clv.probability_alive"], at=now).to_pandas()
        found = np.searchsorted(EDGES, read["clv.probability_alive"], side="right")
        assert (found == cell).all(), (now, customers[found != cell])
    assert done > 200


def test_a_lapse_is_the_same_however_the_clock_moves(lines, tmp_path):
    """In one step, by days, through visits that no model reads, closed and opened on the way, and replayed by `redefine`."""
    model = definition("pareto_nbd")
    once = bt.Engine(model)
    lapsed(once, lines)
    once.advance_to(END)
    expected = by_time(once).to_dict("list")

    path = str(tmp_path / "lapse.bactrian")
    engine = bt.Engine.open(path, model)
    lapsed(engine, lines)
    customers = lines["customer_id"].unique()
    for step, now in enumerate(pd.date_range(NOW + pd.Timedelta(days=1), END, freq="11D")):
        engine.advance_to(now) if step % 2 else engine.observe({"customer_id": customers[step : step + 3], "date": [now] * 3}, kind="visit")
        if step % 9 == 0:
            engine.checkpoint() if step % 2 else None
            engine.close()
            engine = bt.Engine.open(path)
    engine.advance_to(END)
    assert by_time(engine).to_dict("list") == expected
    engine.close()
    assert by_time(bt.Engine.open(path)).to_dict("list") == expected


def test_a_purchase_puts_a_lapse_off(lines):
    engine = bt.Engine(definition("mbg_nbd"))
    lapsed(engine, lines)
    cells = {row["customer"]: row["to"] for row in pd.DataFrame(engine.crossings("alive").to_dict()).to_dict("records")}
    who = next(customer for customer, cell in cells.items() if cell == "here")
    engine.observe({"customer_id": [who], "date": [NOW + pd.Timedelta(days=3)], "value": [5.0]}, kind="purchase")
    with_purchase = bt.Engine(definition("mbg_nbd"))
    lapsed(with_purchase, lines)
    for one in (engine, with_purchase):
        one.advance_to(END)
    moments = [of["at"][of["customer"] == who].min() for of in map(by_time, (engine, with_purchase))]
    assert moments[0] > moments[1] + pd.Timedelta(days=1)
