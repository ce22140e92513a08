"""Lifetime value: published figures and independent optima, lifetimes where it is installed, bad input by name."""

import csv
from pathlib import Path

import bactrian as bt
import numpy as np
import pandas as pd
import polars as pl
import pytest

DATA = Path(__file__).resolve().parents[1] / "data/cdnow"


def columns(name, *wanted):
    with open(DATA / name) as file:
        rows = list(csv.DictReader(file))
    return [np.array([float(row[column]) for row in rows]) for column in wanted]


@pytest.fixture(scope="module")
def sample():
    """CDNOW's tenth: x, t_x, T in weeks, mean spend."""
    return columns("sample_2357.csv", "x", "t_x", "T", "zbar")


# Own optimum of the exact likelihood, to all digits; published .243 4.414 .793 2.426 and .553 10.578 .606 11.669.
OPTIMA = {
    "BetaGeo": ([0.2425929, 4.4135318, 0.7928861, 2.4257534], -9582.4255606),
    "ModifiedBetaGeo": ([0.5248380, 6.1829927, 0.8913560, 1.6139991], -9582.1326849),
    "ParetoNBD": ([0.5532755, 10.5776120, 0.6062136, 11.6679125], -9594.9739298),
}


@pytest.mark.parametrize("name", OPTIMA)
def test_cdnow(name, sample):
    x, t_x, T, _ = sample
    parameters, log_likelihood = OPTIMA[name]
    model = getattr(bt.clv, name)()
    assert model.fit(x, t_x, T) is model
    assert list(model.params_.values()) == pytest.approx(parameters, rel=1e-4)
    assert model.log_likelihood_ == pytest.approx(log_likelihood, rel=1e-8)
    assert model.converged_ and model.notes_ == []
    assert model.aic_ == pytest.approx(8 - 2 * log_likelihood) and model.bic_ > model.aic_
    errors = model.standard_errors_
    assert list(errors) == list(model.params_) and all(0 < error < 10 for error in errors.values())
    given = type(model)(**model.params_)
    assert given.probability_alive(2, 30.43, 38.86) == model.probability_alive(2, 30.43, 38.86)
    value, error, low, high = model.interval(39, 2, 30.43, 38.86)
    assert value == model.expected_purchases(39, 2, 30.43, 38.86)
    assert low < value < high and high - low == pytest.approx(2 * 1.959964 * error)


def test_expected_purchases_of_cdnow_sum_to_the_published_total(sample):
    x, t_x, T, _ = sample
    model = bt.clv.BetaGeo().fit(x, t_x, T)
    assert model.expected_purchases(39, x, t_x, T).sum() == pytest.approx(1653.42, abs=0.005)


def _beta_geo(t, x, t_x, T, r=0.243, alpha=4.414, a=0.793, b=2.426):
    """Equation 10 of Fader, Hardie and Lee (2005)."""
    special = pytest.importorskip("scipy.special")
    z = ((alpha + T) / (alpha + T + t)) ** (r + x)
    left = (a + b + x - 1) / (a - 1) * (1 - z * special.hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + T + t)))
    return left / (1 + (x > 0) * a / (b + x - 1) * ((alpha + T) / (alpha + t_x)) ** (r + x))


def test_published_predictions():
    model = bt.clv.BetaGeo(r=0.243, alpha=4.414, a=0.793, b=2.426)
    assert model.probability_alive(2, 30.43, 38.86) == pytest.approx(0.726578570081, abs=1e-12)
    assert model.expected_purchases(39, 2, 30.43, 38.86) == pytest.approx(1.226028174767, abs=1e-12)
    # Scipy's hypergeometric function in the formulas of the paper; tables made with a short series fall behind them at 52 and 78.
    assert model.expected_purchases(52, 2, 30.43, 38.86) == pytest.approx(_beta_geo(52, 2, 30.43, 38.86), rel=1e-10)
    assert model.expected_purchases_new(78) == pytest.approx(_beta_geo(78, 0, 0, 0), rel=1e-10)
    fitted = bt.clv.BetaGeo(r=0.242594, alpha=4.413532, a=0.79292, b=2.425792)
    expected = [0.0078, 0.0532, 0.1506, 1.0405, 1.0437]
    assert fitted.expected_purchases_new([1 / 7, 1, 3, 31.8571, 32]).round(4).tolist() == expected
    extremes = [(50, 38, 38.86, 39, 33.3911979991), (2000, 364.9, 365, 365, 1476.356146), (1, 5, 10, 1e5, 39.0591403166)]
    for x, t_x, T, t, purchases in extremes:
        assert model.expected_purchases(t, x, t_x, T) == pytest.approx(purchases, rel=1e-9)
    pareto = bt.clv.ParetoNBD(r=0.5534, alpha=10.5802, s=0.6061, beta=11.6562)
    assert pareto.expected_purchases(52, 26, 30.86, 31) == pytest.approx(25.4549135115, rel=1e-10)
    alive = pareto.probability_alive([26, 0, 170, 1], [30.86, 0, 77, 0.1], [31, 38.86, 77.86, 700])
    assert alive == pytest.approx([0.997917766552, 0.294961486437, 0.985094121344, 4.57560891584e-4], rel=2e-12)
    assert np.isfinite(pareto.probability_alive(10_000, 364.0, 365.0))


def test_gamma_gamma(sample):
    x, _, _, spend = sample
    model = bt.clv.GammaGamma().fit(x, spend)
    assert list(model.params_.values()) == pytest.approx([6.2488019, 3.7445884, 15.4477501], rel=1e-4)
    assert model.log_likelihood_ == pytest.approx(-4055.9232435, rel=1e-8)
    model = bt.clv.GammaGamma(p=6.25, q=3.74, gamma=15.44)
    assert model.expected_spend([2, 1, 0], [22.35, 11.77, 0.0]).round(5).tolist() == [24.66371, 18.91685, 35.21898]
    assert model.population_mean() == model.expected_spend(0, 0.0)


def test_discounted_purchases_of_pareto():
    model = bt.clv.ParetoNBD(r=0.5534, alpha=10.5802, s=0.6061, beta=11.6562)
    rate, ends = 0.0027, np.linspace(0.0, 6000.0, 12001)
    bought = np.array([model.expected_purchases(end, 2, 30.43, 38.86) for end in ends])
    direct = np.sum(np.diff(bought) * np.exp(-rate * (ends[1:] + ends[:-1]) / 2))
    assert model.discounted_residual(rate, 2, 30.43, 38.86) == pytest.approx(direct, rel=1e-5)
    several = model.discounted_residual(rate, [0, 2], [0.0, 30.43], 38.86)
    assert several[1] == model.discounted_residual(rate, 2, 30.43, 38.86) > several[0] > 0


def test_contracts_and_opportunities():
    high = bt.clv.ShiftedBetaGeometric().fit_survivors([1000, 869, 743, 653, 593, 551, 517, 491])
    assert list(high.params_.values()) == pytest.approx([0.668088, 3.806096], rel=1e-5)
    assert high.log_likelihood_ == pytest.approx(-1611.158147, rel=1e-8)
    alive = [1000, 631, 468, 382, 326, 289, 262, 241]
    due = list(range(1, 8)) + [7]
    left = [True] * 7 + [False]
    lost = [before - after for before, after in zip(alive, alive[1:])] + [alive[-1]]
    regular = bt.clv.ShiftedBetaGeometric().fit(due, left, weights=lost)
    assert list(regular.params_.values()) == pytest.approx([0.704077, 1.182043], rel=1e-5)
    assert regular.survival(4, renewed=3) * regular.survival(3) == pytest.approx(regular.survival(7))
    frequency, recency, periods, weights = columns("donations.csv", "frequency", "recency", "periods", "weights")
    donors = bt.clv.BetaGeoBetaBinomial().fit(frequency, recency, periods, weights=weights)
    assert list(donors.params_.values()) == pytest.approx([1.203522, 0.749716, 0.656718, 2.783443], rel=1e-4)
    assert donors.log_likelihood_ == pytest.approx(-33225.581274, rel=1e-8)
    share = [donors.probability_of(count, 5, 3, 4, 6) for count in range(6)]
    assert sum(share) == pytest.approx(1) and np.dot(share, range(6)) == pytest.approx(donors.expected_purchases(5, 3, 4, 6))
    assert donors.probability_alive(6, 6, 6, after=2) < donors.probability_alive(6, 6, 6) == 1


def test_every_kind_of_column_gives_the_same(sample):
    x, t_x, T, _ = (column[:50] for column in sample)
    model = bt.clv.ModifiedBetaGeo(r=0.5, alpha=6.0, a=0.9, b=1.6)
    expected = model.probability_alive(x, t_x, T)
    assert isinstance(expected, np.ndarray) and expected.shape == (50,)
    assert isinstance(model.probability_alive(1, 2.0, 3.0), float)
    columns = [
        [column.tolist() for column in (x, t_x, T)],
        [pd.Series(column) for column in (x.astype(int), t_x, T)],
        [pd.Series(column, dtype="Float64") for column in (x, t_x, T)],
        [pl.Series(column) for column in (x, t_x, T)],
        [x.astype("int32"), t_x, T.astype(object)],
        [x[::-1][::-1], t_x, T],
    ]
    for given in columns:
        assert model.probability_alive(*given).tolist() == expected.tolist()
    assert model.probability_alive(x, 0 * t_x, 40.0).shape == (50,)
    weighted = bt.clv.BetaGeo().fit([0, 1, 2, 3], [0, 1, 2, 3], 5.0, weights=[3, 2, 1, 1])
    rows = bt.clv.BetaGeo().fit([0, 0, 0, 1, 1, 2, 3], [0, 0, 0, 1, 1, 2, 3], [5.0] * 7)
    assert weighted.params_ == rows.params_


def test_bad_input_is_named():
    model = bt.clv.BetaGeo(r=0.243, alpha=4.414, a=0.793, b=2.426)
    with pytest.raises(bt.SchemaError, match="`recency` is 40 in row 1, above `T` 39"):
        model.probability_alive([1, 1], [2.0, 40.0], [39.0, 39.0])
    with pytest.raises(bt.SchemaError, match="`frequency` is NaN in row 0"):
        model.probability_alive([None], [2.0], [39.0])
    with pytest.raises(bt.SchemaError, match="`recency` has 1 rows where `frequency` has 2"):
        model.probability_alive([1, 1], [2.0], [39.0, 39.0])
    with pytest.raises(bt.SchemaError, match="`T` holds something else than numbers"):
        model.probability_alive([1], [2.0], ["old"])
    with pytest.raises(bt.SchemaError, match="time -1"):
        model.expected_purchases(-1, 1, 2.0, 39.0)
    with pytest.raises(bt.SchemaError, match="time -1"):
        model.expected_purchases_new([1, -1])
    with pytest.raises(bt.SchemaError, match="time NaN"):
        model.interval(float("nan"), 1, 2.0, 39.0)
    with pytest.raises(bt.SchemaError, match="-1 is out of range"):
        model.probability_of(-1, 39, 1, 2.0, 39.0)
    with pytest.raises(bt.SchemaError, match="`left` is NaN in row 1"):
        bt.clv.ShiftedBetaGeometric().fit([1, 2], [1.0, None])
    with pytest.raises(bt.SchemaError, match="`alpha` is 0"):
        bt.clv.BetaGeo(r=1.0, alpha=0.0, a=1.0, b=1.0)
    with pytest.raises(bt.SchemaError, match="`b` missing"):
        bt.clv.BetaGeo(r=1.0, alpha=1.0, a=1.0)
    with pytest.raises(bt.StateError, match="the model is not fitted"):
        bt.clv.ParetoNBD().probability_alive(1, 2.0, 3.0)
    with pytest.raises(bt.StateError, match="the model is not fitted"):
        model.log_likelihood_
    with pytest.raises(bt.StateError, match="nobody bought again"):
        bt.clv.BetaGeo().fit([0, 0], [0, 0], [3.0, 4.0])
    with pytest.raises(bt.SchemaError, match="`mean` is 0 in row 1"):
        bt.clv.GammaGamma().fit([1, 2], [3.0, 0.0])
    with pytest.raises(bt.SchemaError, match="`frequency` is -1 in row 0"):
        bt.clv.BetaGeo().fit([-1.0, 1.0], [0.0, 2.0], [39.0, 39.0])
    with pytest.raises(bt.SchemaError, match="`T` is inf in row 1"):
        bt.clv.BetaGeo().fit([1.0, 1.0], [2.0, 2.0], [39.0, np.inf])
    with pytest.raises(bt.SchemaError, match="`mean` is -3 in row 0"):
        bt.clv.GammaGamma().fit([1], [-3.0])
    for name in ("BetaGeo", "ModifiedBetaGeo", "ParetoNBD"):
        with pytest.raises(bt.StateError, match="at least two customers"):
            getattr(bt.clv, name)().fit([3], [20.0], [39.0])
    with pytest.raises(bt.StateError, match="at least two customers"):
        bt.clv.GammaGamma().fit([3], [20.0])
    assert np.isfinite(model.expected_purchases(10.0, 10_000, 38.9, 39.0)), "finite up to x = 10,000"
    alike = bt.clv.BetaGeo().fit([4] * 30, [10.0] * 30, [10.0] * 30)
    assert alike.notes_ and all(np.isfinite(list(alike.params_.values())))


def test_summary_of_lines():
    lines = pd.DataFrame(
        {
            "who": ["b", "a", "b", "b", "a", "b"],
            "when": pd.to_datetime(["2024-01-01", "2024-01-03", "2024-01-08", "2024-01-08", "2024-01-17", "2024-02-01"]),
            "paid": [5.0, 1.0, 2.0, 3.0, 4.0, 9.0],
        }
    )
    names = {"customer": "who", "at": "when", "amount": "paid"}
    table = bt.clv.summary(lines, period="7d", until="2024-01-22", **names)
    assert table.to_dict() == {
        "customer": ["b", "a"],
        "frequency": [1.0, 1.0],
        "recency": [1.0, 2.0],
        "T": [3.0, 19 / 7],
        "monetary": [5.0, 4.0],
    }
    table = bt.clv.summary(lines, period="7d", calibration_until="2024-01-10", **names)
    assert table["frequency"] == [1.0, 0.0] and table["holdout_frequency"] == [1.0, 1.0]
    assert table["monetary"] == [5.0, None] and table["holdout_monetary"] == [9.0, 4.0]
    baskets = {"customer": [1, 1, 1], "at": ["2024-01-01"] * 3, "basket": ["x", "x", "y"]}
    assert bt.clv.summary(baskets, occasion="basket")["frequency"] == [1.0]
    with pytest.raises(bt.SchemaError, match="row 1: "):
        bt.clv.summary({"customer": [1, None], "at": ["2024-01-01"] * 2})
    with pytest.raises(bt.SchemaError, match="`paid`"):
        bt.clv.summary(baskets, amount="paid")


def test_the_live_column_is_the_batch_model():
    master = pd.read_csv(DATA / "cdnow_master.csv.gz", dtype={"date": str})
    master = master[master["customer_id"] <= 2000].assign(date=lambda rows: pd.to_datetime(rows["date"]))
    until = "1998-06-30"
    definition = bt.Definition.from_toml(
        """
        [event.purchase]
        customer = "customer_id"
        at       = "date"
        amount   = "value"

        [score.clv]
        model    = "bg_nbd/gamma_gamma"
        on       = "purchase"
        amount   = "amount"
        period   = "7d"
        horizon  = "364d"
        discount = 0.002
        """
    )
    engine = bt.Engine(definition)
    engine.observe(master, kind="purchase")
    engine.advance_to(until)
    report = engine.fit()
    live = engine.score(columns=["clv", "clv.probability_alive", "clv.frequency"]).to_pandas().set_index("customer")
    names = {"customer": "customer_id", "at": "date", "amount": "value"}
    rows = bt.clv.summary(master, period="7d", until=until, **names).to_pandas().set_index("customer").loc[live.index]
    model = bt.clv.BetaGeo().fit(rows["frequency"], rows["recency"], rows["T"])
    paid = rows[rows["monetary"] > 0]
    spend = bt.clv.GammaGamma().fit(paid["frequency"], paid["monetary"])
    assert report.columns["clv"].diagnostics["r"] == pytest.approx(model.params_["r"], rel=1e-12)
    assert live["clv.frequency"].tolist() == rows["frequency"].tolist()
    alive = model.probability_alive(rows["frequency"], rows["recency"], rows["T"])
    assert live["clv.probability_alive"].to_numpy() == pytest.approx(alive, rel=1e-12)
    each = np.where(rows["monetary"] > 0, 1, 0) * rows["frequency"]
    each = spend.expected_spend(each, rows["monetary"].fillna(1).clip(lower=0.01))
    horizon = {"periods": 52, "length": 1.0, "discount": 0.002}
    value = bt.clv.lifetime_value(model, rows["frequency"], rows["recency"], rows["T"], each, **horizon)
    known = ((rows["monetary"] > 0) | (rows["frequency"] == 0)).to_numpy()
    assert known.sum() >= 1995 and live["clv"].to_numpy()[known] == pytest.approx(value[known], rel=1e-12)
    why = engine.explain(1, "clv")
    assert sum(why.parts.values()) == pytest.approx(why.value) and list(why.parts)[1:] == ["frequency", "recency", "age", "monetary"]


def test_lifetimes_agrees(sample):
    lifetimes = pytest.importorskip("lifetimes", reason="lifetimes is not installed", exc_type=ImportError)
    x, t_x, T, spend = sample
    peer = lifetimes.BetaGeoFitter()
    ours = bt.clv.BetaGeo(r=0.243, alpha=4.414, a=0.793, b=2.426)
    peer.params_ = pd.Series(ours.params_)
    theirs = peer.conditional_probability_alive(x, t_x, T)
    assert ours.probability_alive(x, t_x, T) == pytest.approx(np.asarray(theirs), rel=1e-9)
    theirs = peer.conditional_expected_number_of_purchases_up_to_time(39, x, t_x, T)
    assert ours.expected_purchases(39, x, t_x, T) == pytest.approx(np.asarray(theirs), rel=1e-8)
    peer = lifetimes.ParetoNBDFitter()
    ours = bt.clv.ParetoNBD(r=0.5534, alpha=10.5802, s=0.6061, beta=11.6562)
    peer.params_ = pd.Series(ours.params_)
    theirs = peer.conditional_probability_alive(x, t_x, T)
    assert ours.probability_alive(x, t_x, T) == pytest.approx(np.asarray(theirs), rel=1e-6)
    peer = lifetimes.GammaGammaFitter()
    ours = bt.clv.GammaGamma(p=6.25, q=3.74, gamma=15.44)
    peer.params_ = pd.Series({"p": 6.25, "q": 3.74, "v": 15.44})
    bought = x > 0
    theirs = peer.conditional_expected_average_profit(pd.Series(x[bought]), pd.Series(spend[bought]))
    assert ours.expected_spend(x[bought], spend[bought]) == pytest.approx(np.asarray(theirs), rel=1e-9)


def test_holdout_of_cdnow_is_foretold_no_worse_than_by_lifetimes():
    """Weeks 40 to 78 of a tenth of CDNOW, from weeks 1 to 39."""
    lifetimes = pytest.importorskip("lifetimes", reason="lifetimes is not installed", exc_type=ImportError)
    lines = pd.read_csv(DATA / "cdnow_master.csv.gz", dtype={"date": str})
    lines = lines[lines["customer_id"] % 10 == 0].assign(date=lambda rows: pd.to_datetime(rows["date"]))
    names = {"customer": "customer_id", "at": "date"}
    ends = {"calibration_until": "1997-09-30", "until": "1998-06-30"}
    rows = bt.clv.summary(lines, period="7d", **names, **ends).to_pandas()
    x, t_x, T, came = (rows[name].to_numpy() for name in ("frequency", "recency", "T", "holdout_frequency"))
    assert len(rows) == 2357
    for ours, theirs in ((bt.clv.BetaGeo(), lifetimes.BetaGeoFitter()), (bt.clv.ParetoNBD(), lifetimes.ParetoNBDFitter())):
        ours.fit(x, t_x, T)
        theirs.fit(x, t_x, T)
        peer = np.asarray(theirs.conditional_expected_number_of_purchases_up_to_time(39, x, t_x, T))
        own = ours.expected_purchases(39, x, t_x, T)
        assert np.mean((own - came) ** 2) <= 1.0005 * np.mean((peer - came) ** 2)
        assert np.mean(np.abs(own - came)) <= 1.0005 * np.mean(np.abs(peer - came))
        assert own.sum() == pytest.approx(peer.sum(), rel=5e-3)


def test_regular_gaps():
    """Erlang-2 gaps, drawn: k is found, k = 1 is BG/NBD, and two gaps of each say the same (Wheat, Morrison)."""
    rng = np.random.default_rng(11)
    rows, gaps = [], []
    for customer in range(1500):
        rate, at, times = rng.gamma(6.0, 0.05), 0.0, [0.0]
        while True:
            at += rng.gamma(2.0, 1 / rate)
            if at > 60.0:
                break
            times.append(at)
            if rng.random() < 0.05:
                break
        rows += [(customer, pd.Timestamp("2024-01-01") + pd.Timedelta(time, unit="D").floor("us")) for time in times]
        if len(times) > 2:
            gaps.append(np.diff(times)[:2])
    lines = pd.DataFrame(rows, columns=["customer", "at"])
    found = bt.clv.summary(lines, period="1d", until="2024-03-01", gaps=True).to_pandas()
    history = [found[name] for name in ("frequency", "recency", "T")]
    spans = lines.sort_values(["customer", "at"]).groupby("customer")["at"].diff() / pd.Timedelta(days=1)
    logs = np.log(spans).groupby(lines["customer"]).sum().reindex(found["customer"])
    assert found["log_gaps"].to_numpy() == pytest.approx(logs.to_numpy(), rel=1e-9, abs=1e-9)
    model = bt.clv.RegularBetaGeo().fit(*history, log_gaps=found["log_gaps"])
    assert model.k_ == 2 and model.converged_
    one = bt.clv.RegularBetaGeo(k=1).fit(*history, log_gaps=found["log_gaps"])
    plain = bt.clv.BetaGeo().fit(*history)
    assert one.params_ == pytest.approx(plain.params_, rel=1e-6)
    assert one.log_likelihood_ == pytest.approx(plain.log_likelihood_, rel=1e-9) and model.log_likelihood_ > one.log_likelihood_ + 50
    given = bt.clv.RegularBetaGeo(k=model.k_, **model.params_)
    ask = (3, 20.0, 41.0)
    assert given.probability_alive(*ask) == model.probability_alive(*ask) < plain.probability_alive(*ask)
    assert sum(model.probability_of(n, 30.0, *ask) for n in range(60)) == pytest.approx(1.0)
    mean = sum(n * model.probability_of(n, 30.0, *ask) for n in range(60))
    assert mean == pytest.approx(model.expected_purchases(30.0, *ask), rel=1e-9)
    assert model.probability_alive(*ask, after=30.0) < model.probability_alive(*ask)
    value, error, low, high = model.interval(30.0, *ask)
    assert low < value == model.expected_purchases(30.0, *ask) < high and error > 0
    worth = bt.clv.lifetime_value(model, *ask, 2.0, periods=1, length=30.0)
    assert worth == pytest.approx(2 * value, rel=1e-12)
    first, second = np.array(gaps).T
    k, error, customers = bt.clv.wheat_morrison(first, second)
    assert customers == len(gaps) and abs(k - 2) < 4 * error < 1
