"""What the models of worth say of input that can't be: a typed error with a reason, or a stated rule; no NaN in silence."""

import bactrian as bt
import numpy as np
import pytest

NAN, INF = float("nan"), float("inf")
X, T_X, T = [0, 1, 2, 0, 4, 1, 0, 3], [0.0, 5.0, 20.0, 0.0, 38.0, 1.0, 0.0, 30.0], [39.0] * 8
HISTORIES = [
    ([NAN, 1], [0.0, 2.0], [9.0, 9.0]),
    ([1, 1], [0.0, INF], [9.0, INF]),
    ([1, -1], [1.0, 2.0], [9.0, 9.0]),
    ([1, 1.5], [1.0, 2.0], [9.0, 9.0]),
    ([1, 1], [1.0, -2.0], [9.0, 9.0]),
    ([1, 1], [1.0, 10.0], [9.0, 9.0]),
    ([1, 0], [1.0, 2.0], [9.0, 9.0]),
    ([1, 1], [1.0], [9.0, 9.0]),
    ([1, 1], [1.0, 2.0], "old"),
    ([1, 1], [1.0, 2.0], ["a", "b"]),
    ([1, 1], [1.0, 2.0], [[9.0], [9.0]]),
    ([1, 1], {"a": 1}, 9.0),
    (None, [1.0, 2.0], 9.0),
    (np.array([1 + 2j, 1]), [1.0, 2.0], 9.0),
    (np.ones((2, 2)), [1.0, 2.0], 9.0),
]


def models():
    return {
        "bg": bt.clv.BetaGeo(r=0.243, alpha=4.414, a=0.793, b=2.426),
        "mbg": bt.clv.ModifiedBetaGeo(r=0.525, alpha=6.183, a=0.891, b=1.614),
        "pareto": bt.clv.ParetoNBD(r=0.553, alpha=10.58, s=0.606, beta=11.67),
        "regular": bt.clv.RegularBetaGeo(k=2, r=0.5, alpha=4.0, a=0.8, b=2.4),
    }


def refused(call, *arguments, **named):
    """The error of a call: one of ours, that says something."""
    with pytest.raises(bt.BactrianError) as error:
        call(*arguments, **named)
    assert str(error.value).strip()
    return error.value


@pytest.mark.parametrize("history", HISTORIES, ids=str)
@pytest.mark.parametrize("name", ["bg", "mbg", "pareto", "regular"])
def test_a_history_that_can_not_be(name, history):
    model = models()[name]
    gaps = {"log_gaps": 1.0} if name == "regular" else {}
    refused(type(model)().fit, *history, **gaps)
    refused(model.probability_alive, *history)
    refused(model.expected_purchases, 10.0, *history)
    refused(model.probability_of, 1, 10.0, *history)
    refused(bt.clv.lifetime_value, model, *history, 1.0, periods=3)


@pytest.mark.parametrize("name", ["bg", "mbg", "pareto", "regular"])
def test_how_far_to_look_that_can_not_be(name):
    model, history = models()[name], (2, 20.0, 39.0)
    for t in (-1.0, NAN, INF, "soon", None, [1.0, 2.0], 1j):
        refused(model.expected_purchases, t, *history)
        refused(model.probability_of, 1, t, *history)
        refused(model.interval, t, *history)
        refused(model.probability_alive, *history, after=t)
    for n in (-1, 1.5, "two", None, 2**200, [1]):
        refused(model.probability_of, n, 10.0, *history)
        refused(bt.clv.lifetime_value, model, *history, 1.0, periods=n)
    for named in ({"length": 0.0}, {"length": NAN}, {"discount": -0.1}, {"discount": INF}, {"length": "week"}):
        refused(bt.clv.lifetime_value, model, *history, 1.0, periods=3, **named)
    for spend in ("much", [1.0, 2.0, 3.0], [[1.0]]):
        refused(bt.clv.lifetime_value, model, [2, 3], [20.0, 9.0], 39.0, spend, periods=3)
    refused(bt.clv.lifetime_value, model, *history, 1.0, periods=0)
    refused(bt.clv.lifetime_value, model, *history, 1.0, periods=10_001)
    assert np.isnan(bt.clv.lifetime_value(model, *history, NAN, periods=3)), "an unknown spend has an unknown value, as is told"
    # Nobody is nobody, and sound extremes are finite.
    for call in (model.probability_alive, lambda *of: model.expected_purchases(1.0, *of)):
        assert call([], [], []).shape == (0,)
    extremes = ([0, 1, 10_000, 3], [0.0, 1e-300, 364.9, 1e9], [0.0, 1e9, 365.0, 1e9])
    assert np.isfinite(model.probability_alive(*extremes)).all()
    assert np.isfinite(model.expected_purchases(52.0, *extremes)).all()


def test_a_model_that_can_not_be():
    for call in (bt.clv.BetaGeo, bt.clv.ModifiedBetaGeo, bt.clv.RegularBetaGeo):
        for wrong in (NAN, INF, 0.0, -1.0, "one"):
            k = {"k": 2} if call is bt.clv.RegularBetaGeo else {}
            refused(call, r=wrong, alpha=1.0, a=1.0, b=1.0, **k)
        refused(call, r=1.0)
    for k in (0, -1, 101, 1.5, "two", 2**70):
        refused(bt.clv.RegularBetaGeo, k=k)
    assert refused(bt.clv.RegularBetaGeo, r=1.0, alpha=1.0, a=1.0, b=1.0).hint
    refused(bt.clv.GammaGamma, p=1.0, q=NAN, gamma=1.0)
    refused(bt.clv.ShiftedBetaGeometric, alpha="x", beta=1.0)
    refused(bt.clv.BetaGeoBetaBinomial, alpha=1.0, beta=1.0, gamma=1.0)
    pareto = models()["pareto"]
    for discount in (0.0, -0.1, NAN, INF, "high", None):
        refused(pareto.discounted_residual, discount, 2, 20.0, 39.0)
    refused(pareto.discounted_residual, 0.1, 2, 40.0, 39.0)
    refused(bt.clv.ParetoNBD().discounted_residual, 0.1, 2, 20.0, 39.0)
    donors = bt.clv.BetaGeoBetaBinomial(alpha=1.2, beta=0.75, gamma=0.66, delta=2.78)
    wrong = refused(bt.clv.lifetime_value, donors, 1, 1.0, 2.0, 3.0, periods=2)
    assert "BetaGeoBetaBinomial" in str(wrong) and wrong.hint
    refused(bt.clv.lifetime_value, "bg_nbd", 1, 1.0, 2.0, 3.0, periods=2)
    for history in ((1, 2, 1), (1.5, 2, 3), (-1, 0, 3), (NAN, 0, 3), ("one", 1, 3)):
        refused(donors.probability_alive, *history)
        refused(donors.expected_purchases, 3, *history)
        refused(donors.discounted_residual, 0.1, *history)
    for k in (-1, 1.5, "ten", 2**40):
        refused(donors.expected_purchases, k, 1, 1, 3)
        refused(donors.probability_of, k, 3, 1, 1, 3)
    for discount in ("high", None, 0.0, -0.1, NAN, INF):
        refused(donors.discounted_residual, discount, 1, 1, 3)
    refused(donors.probability_alive, 1, 1, 3, after=-1)
    for weights in ([1.0], [1.0, -1.0, *[1.0] * 6], [0.0] * 8, [NAN] * 8, "heavy"):
        refused(bt.clv.BetaGeo().fit, X, T_X, T, weights=weights)
        refused(bt.clv.RegularBetaGeo(k=2).fit, X, T_X, T, weights=weights)


def test_regular_gaps_that_can_not_be():
    assert refused(bt.clv.RegularBetaGeo().fit, X, T_X, T).hint
    for gaps in ([1.0], [NAN] * 8, [INF, *[0.0] * 7], "wide", [[1.0] * 8]):
        refused(bt.clv.RegularBetaGeo().fit, X, T_X, T, log_gaps=gaps)
    refused(bt.clv.RegularBetaGeo().fit, [0, 0], [0.0, 0.0], [3.0, 4.0], log_gaps=[0.0, 0.0])
    refused(lambda: bt.clv.RegularBetaGeo(k=3).k_)
    refused(bt.clv.RegularBetaGeo().probability_alive, 1, 2.0, 3.0)
    refused(bt.clv.wheat_morrison, [1.0, 2.0], [1.0])
    refused(bt.clv.wheat_morrison, [1.0, -2.0, NAN, 0.0], [1.0, 3.0, 2.0, 1.0])
    refused(bt.clv.wheat_morrison, "a", [1.0])


def test_spend_and_contracts_that_can_not_be():
    spend = bt.clv.GammaGamma(p=6.25, q=3.74, gamma=15.44)
    for frequency, mean in (([1], [-1.0]), ([1], [NAN]), ([-1], [2.0]), ([1, 2], [2.0]), (["x"], [2.0]), ([1], [INF])):
        refused(spend.expected_spend, frequency, mean)
        refused(bt.clv.GammaGamma().fit, frequency, mean)
    refused(bt.clv.GammaGamma().fit, [], [])
    refused(bt.clv.GammaGamma().fit, [0, 0], [0.0, 0.0])
    contract = bt.clv.ShiftedBetaGeometric(alpha=0.67, beta=3.8)
    for due, left in (([0], [True]), ([-1], [False]), ([1.5], [True]), ([NAN], [True]), ([1, 2], [True]), ([1], ["x"]), ([], [])):
        refused(bt.clv.ShiftedBetaGeometric().fit, due, left)
    for alive in ([], [100], [100, 200], [100, -1], [NAN, 1], "many"):
        refused(bt.clv.ShiftedBetaGeometric().fit_survivors, alive)
    for t in ("soon", [[1]], None):
        refused(contract.survival, t)
        refused(contract.retention, t)
    for t in (0, [1, 0.5], NAN):
        refused(contract.retention, t)
    for discount, renewed in ((0.0, 1), (-0.1, 1), (NAN, 1), (0.1, -1), (0.1, [1, NAN])):
        refused(contract.discounted_residual, discount, renewed)
    # What is told of these: below their range there is no answer.
    assert np.isnan(contract.survival(-1)) and np.isnan(contract.survival(1, renewed=-1))


def test_lines_that_can_not_be():
    lines = {"customer": [1, 1], "at": ["2024-01-01", "2024-01-09"], "paid": [1.0, 2.0]}
    for period in ("", "7", "0d", "-7d", "7 moons"):
        refused(bt.clv.summary, lines, period=period)
    refused(bt.clv.summary, lines, amount="price")
    refused(bt.clv.summary, lines, until="yesterday")
    refused(bt.clv.summary, lines, calibration_until="2024-03-01", until="2024-02-01")
    for wrong in ([NAN, 1.0], [INF, 1.0], ["a", "b"]):
        refused(bt.clv.summary, {**lines, "paid": wrong}, amount="paid")
    refused(bt.clv.summary, "lines")
    refused(bt.clv.summary, 3)
    refused(bt.clv.summary, {})
    assert bt.clv.summary(lines, gaps=True)["log_gaps"] == [pytest.approx(np.log(8))]


def test_loyalty_that_can_not_be():
    model = bt.loyalty.NBDDirichlet(m=1.5, k=0.8, s=1.3, shares=[0.5, 0.3])
    for shares in ([], [0.7, 0.7], [-0.1, 0.5], [NAN], "all", [[0.5]], [INF], 0.0):
        refused(bt.loyalty.NBDDirichlet, m=1.5, k=0.8, s=1.3, shares=shares)
    for wrong in (NAN, 0.0, -1.0, INF, "one"):
        refused(bt.loyalty.NBDDirichlet, m=wrong, k=0.8, s=1.3, shares=[0.5])
        refused(bt.loyalty.NBDDirichlet, m=1.0, k=wrong, s=1.3, shares=[0.5])
        refused(bt.loyalty.NBDDirichlet.fit, wrong, 2.6, [0.5, 0.3], [0.4, 0.2])
        refused(bt.loyalty.NBDDirichlet.fit, 0.56, wrong, [0.5, 0.3], [0.4, 0.2])
        refused(model.over, wrong)
    refused(bt.loyalty.NBDDirichlet.fit, 1.2, 2.6, [0.5, 0.3], [0.4, 0.2])
    refused(bt.loyalty.NBDDirichlet.fit, 0.5, 2.6, [0.5, 0.3], [0.4])
    refused(bt.loyalty.NBDDirichlet.fit, 0.5, 2.6, [0.5, 0.3], [0.6, 0.2])
    for brand in (2, -1, "Heinz", 1.5, 2**70):
        refused(model.brand, brand)
        refused(model.duplication, 0, brand)
        refused(model.wallet, brand, 3)
    for own in (-1, 1.5, "many"):
        refused(model.wallet, 0, own)
        refused(model.probability_of, own)
    for purchases in ([1], [1, 2, 3], [-1, 2], [NAN, 1], "two", [INF, 1]):
        refused(model.posterior_shares, purchases)
    for elsewhere in (-1.0, NAN, INF, "x"):
        refused(model.posterior_shares, [1, 2], elsewhere)
    for call in (bt.loyalty.duplication, bt.loyalty.share_of_requirements):
        for customer, brand in (([], []), ([1, 2], ["a"]), ([1, None], ["a", "b"]), ([1, 2], ["a", NAN]), ([[1], [2]], ["a", "b"]), (1, "a"), ([1, "x"], ["a", "b"])):
            refused(call, customer, brand)


def test_humps_that_can_not_be():
    for x in ([1.0, INF], [-INF], "prices", ["a"], [[1.0, 2.0]], None, [1j], {"x": 1}):
        refused(bt.humps.dip_test, x)
        refused(bt.humps.two_humps, x)
    assert bt.humps.dip_test([]) == (0.0, 1.0) and bt.humps.dip_test([NAN, NAN]) == (0.0, 1.0)
    assert bt.humps.two_humps([]).claim == bt.humps.two_humps([3.0] * 99).claim == "cannot tell"
    dip, p = bt.humps.dip_test([1e308, -1e308, 1e-308, 0.0, 5.0])
    assert 0 <= dip <= 0.25 and 0 <= p <= 1
    plan = lambda *more, **named: bt.humps.service_plan([0.9, 0.1], [200, 200], *more, **named)
    low, high = (0.1, 0.1, 1.0), (0.1, 0.4, 20.0)
    for service in ((0.1, 0.4), (0.1, 0.4, 2.0, 3.0), 0.4, "cheap", (0.1, "x", 2.0), (0.1, NAN, 1.0), None, ()):
        refused(plan, low, service, capacity=1)
        refused(plan, service, high, capacity=1)
    unknown = bt.humps.service_plan([NAN, 0.9], [200, 200], low, high, capacity=2)
    assert unknown["intimate"].tolist() == [False, True] and np.isnan(unknown["gain"][0]), "efficient, and counts nothing"
    for capacity in (-1, 1.5, "two", None):
        refused(plan, low, high, capacity=capacity)
    for upper, value in (([0.5], [1, 2]), ([1.5, 0.5], [1, 2]), ([0.5, 0.5], [INF, 1]), ("a", [1])):
        refused(bt.humps.service_plan, upper, value, low, high, capacity=1)


ROWS = [[0.0, 1.0], [1.0, 0.0], [9.0, 9.0], [8.0, 9.0], [0.5, 0.5]]


def test_clusters_that_can_not_be():
    for kind in (bt.cluster.KMeans, bt.cluster.GaussianMixture):
        for rows in ([], [[]], [1.0, 2.0], [[NAN, 1.0]] * 5, [[INF, 1.0]] * 5, "rows", [["a", "b"]], None, [[1.0], [1.0, 2.0]]):
            refused(kind(2).fit, rows)
            refused(kind(2).stability, rows)
        for count in (0, -1, 6, 1.5, "two", 2**70):
            refused(lambda count=count: kind(count).fit(ROWS))
        refused(kind(2).predict, ROWS)
        fitted = kind(2).fit(ROWS)
        for rows in ([[1.0]], [[1.0, 2.0, 3.0]], [[NAN, 1.0]], "rows"):
            refused(fitted.predict, rows)
        for runs in (0, -1, 1.5, "ten"):
            refused(fitted.stability, ROWS, runs)
        for named in ({"restarts": 0}, {"restarts": -1}, {"seed": -1}, {"iterations": "all"}, {"tolerance": NAN}, {"tolerance": "tight"}):
            refused(lambda named=named: kind(2, **named).fit(ROWS))
    for batch in (0, -1, 1.5, "half"):
        refused(lambda batch=batch: bt.cluster.KMeans(2, batch=batch).fit(ROWS))
    refused(bt.cluster.GaussianMixture, 2, covariance="round")
    for start in (([0.5], [0.0, 0.0], [1.0] * 4), ("a", "b", "c"), ([0.5, 0.5], [NAN] * 4, [1.0] * 8), ([0.9, 0.9], [0.0] * 4, [1.0, 0, 0, 1.0] * 2)):
        named = dict(zip(("weights", "means", "covariances"), start, strict=True))
        refused(lambda named=named: bt.cluster.GaussianMixture(2).fit(ROWS, **named))
    refused(bt.cluster.GaussianMixture(2).fit, ROWS, weights=[0.5, 0.5])
    for labels in ([0, 1], [0, 0, 0, 0, 0], [0, 1, 0, 1, NAN], [0, 1, 0, 1, -1], [0.5] * 5, "labels", [0, 1, 0, 1, 2**40]):
        refused(bt.cluster.silhouette, ROWS, labels)
    refused(bt.cluster.silhouette, [], [])
    refused(bt.cluster.silhouette, ROWS, [0, 1, 0, 1, 0], sample=-1)


def test_how_far_clusters_are_to_be_believed():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(3)
    apart = np.vstack([rng.normal(place, 0.4, (80, 2)) for place in (0.0, 4.0, 9.0)])
    noise = rng.random((240, 2))
    for kind in (bt.cluster.KMeans, bt.cluster.GaussianMixture):
        mean, runs = kind(3).stability(apart, runs=12)
        assert runs.shape == (12,) and mean == pytest.approx(runs.mean()) and mean > 0.98
        assert kind(7).stability(noise, runs=12)[0] < 0.8
    labels = bt.cluster.KMeans(3).fit(apart).labels_
    assert bt.cluster.silhouette(apart, labels) == pytest.approx(metrics.silhouette_score(apart, labels), rel=1e-12)
    assert bt.cluster.silhouette(apart, labels, sample=100) == pytest.approx(metrics.silhouette_score(apart, labels), abs=0.05)
