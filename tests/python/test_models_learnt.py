"""Models that we fit, calibrate and watch, against scikit-learn and by their definitions; signatures and categories."""

import json
import math
import struct

import numpy as np
import pandas as pd
import polars as pl
import pytest

import bactrian as bt

pytestmark = pytest.mark.filterwarnings("ignore")


def people(seed=1, rows=3000):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 4))
    y = (rng.random(rows) < 1 / (1 + np.exp(0.5 - x[:, 0] + 0.7 * x[:, 1]))).astype(float)
    return rng, x, y


@pytest.mark.parametrize(("l1", "l2"), [(0, 0), (0, 4.0), (9.0, 0)])
def test_logistic_regression_is_that_of_sklearn(l1, l2):
    linear = pytest.importorskip("sklearn.linear_model")
    rng, x, y = people()
    weights = rng.random(len(x)) + 0.5
    ours = bt.models.LogisticRegression(l1=l1, l2=l2).fit(x, y, weights)
    ratio = None if not l1 else 1.0
    strength = np.inf if not (l1 or l2) else 1 / (l1 + l2)
    solver = {"solver": "saga", "l1_ratio": ratio} if l1 else {}
    peer = linear.LogisticRegression(C=strength, tol=1e-9, max_iter=20_000, **solver).fit(x, y, weights)
    np.testing.assert_allclose(ours.coefficients, peer.coef_[0], rtol=2e-4, atol=1e-5)
    np.testing.assert_allclose(ours.intercept, peer.intercept_[0], rtol=2e-4)
    np.testing.assert_allclose(ours.predict(x), peer.predict_proba(x)[:, 1], atol=1e-4)
    assert ours.converged and ours.rows == len(x)


def test_standard_errors_and_offsets():
    _, x, y = people()
    free = bt.models.LogisticRegression().fit(x, y)
    p = free.predict(x)
    wide = np.column_stack([x, np.ones(len(x))])
    information = wide.T @ (wide * (p * (1 - p))[:, None])
    np.testing.assert_allclose(free.standard_errors, np.sqrt(np.diag(np.linalg.inv(information))), rtol=1e-8)
    np.testing.assert_allclose(free.log_likelihood, (y * np.log(p) + (1 - y) * np.log(1 - p)).sum(), rtol=1e-10)
    # What the offset explains, the coefficient does not.
    held = bt.models.LogisticRegression().fit(x[:, 1:], y, offsets=x[:, 0] * free.coefficients[0])
    np.testing.assert_allclose(held.coefficients, free.coefficients[1:], rtol=1e-6)
    with pytest.raises(bt.SchemaError):
        bt.models.LogisticRegression().fit(x, y + 1)
    with pytest.raises(bt.StateError):
        bt.models.LogisticRegression().fit([[math.nan]], [1])


def test_linear_regression_is_that_of_numpy():
    _, x, y = people()
    ours = bt.models.LinearRegression().fit({"a": x[:, 0], "b": x[:, 1]}, y)
    want = np.linalg.lstsq(np.column_stack([x[:, :2], np.ones(len(x))]), y, rcond=None)[0]
    np.testing.assert_allclose([*ours.coefficients, ours.intercept], want, rtol=1e-9)
    np.testing.assert_allclose(ours.predict(x[:, :2]), x[:, :2] @ want[:2] + want[2], rtol=1e-9)


def test_follow_the_leader_learns_many_as_one_by_one():
    _, x, y = people(rows=800)
    at = [3600.0 * i for i in range(len(x))]
    many, single = (bt.models.Ftrl(4, alpha=0.3, l1=2.0, l2=0.1, half_life="10d") for _ in range(2))
    expected = many.learn(x, y, at)
    assert [single.learn_row(*row) for row in zip(x.tolist(), y, at, strict=True)] == expected.tolist()
    assert single.weights.tolist() == many.weights.tolist() and single.intercept == many.intercept
    assert ((many.predict(x) > 0.5) == (y > 0.5)).mean() > 0.65
    with pytest.raises(bt.SchemaError):
        bt.models.Ftrl(2, alpha=0)


def test_isotonic_is_that_of_sklearn():
    isotonic = pytest.importorskip("sklearn.isotonic")
    rng, x, y = people()
    scores, weights = x[:, 0].round(1), rng.random(len(x)) + 0.1
    peer = isotonic.IsotonicRegression(out_of_bounds="clip").fit(scores, y, weights)
    probes = np.linspace(-6, 6, 500)
    ours = bt.models.Isotonic.fit(scores, y, weights)
    np.testing.assert_allclose(ours.predict(probes), peer.predict(probes), atol=1e-12)
    assert np.isnan(ours.predict([math.nan])[0])


def test_platt_is_that_of_sklearn():
    calibration = pytest.importorskip("sklearn.calibration")
    _, x, y = people()
    ours = bt.models.Platt.fit(3 * x[:, 0], y)
    slope, intercept = calibration._sigmoid_calibration(3 * x[:, 0], y)
    np.testing.assert_allclose([ours.slope, ours.intercept], [-slope, -intercept], rtol=1e-4)


@pytest.mark.parametrize("kind", ["s", "t", "x"])
def test_uplift_with_learners_of_ours_and_of_sklearn(kind):
    ensemble = pytest.importorskip("sklearn.ensemble")
    rng = np.random.default_rng(4)
    x, treated = rng.integers(0, 2, size=(8000, 2)).astype(float), rng.random(8000) < 0.5
    y = (rng.random(8000) < 0.2 + 0.1 * x[:, 1] + 0.3 * x[:, 0] * treated).astype(float)
    forest = ensemble.RandomForestClassifier(20, max_depth=3, random_state=1)
    probes = [[0, 0], [0, 1], [1, 0], [1, 1]]
    found = [bt.models.uplift(kind, x, treated, y, learner=forest, propensity=0.5).predict(probes)]
    # One regression without interactions sees one effect for all.
    if kind != "s":
        found.append(bt.models.uplift(kind, x, treated, y).predict(probes))
    for effect in found:
        np.testing.assert_allclose(effect, [0, 0, 0.3, 0.3], atol=0.07)
    with pytest.raises(bt.SchemaError):
        bt.models.uplift("r", x, treated, y)
    with pytest.raises(bt.SchemaError, match="fit"):
        bt.models.uplift("t", x, treated, y, learner=3)
    with pytest.raises(bt.StateError):
        bt.models.uplift("t", x, np.ones(8000), y)


def test_ranking_is_that_of_sklearn():
    metrics = pytest.importorskip("sklearn.metrics")
    _, x, y = people()
    scores = x[:, 0].round(1)
    ranking = bt.evaluation.ranking(scores, y)
    assert math.isclose(ranking.auc, metrics.roc_auc_score(y, scores), rel_tol=1e-12)
    false, true, _ = metrics.roc_curve(y, scores, drop_intermediate=False)
    assert math.isclose(ranking.ks, (true - false).max(), rel_tol=1e-12)
    assert math.isclose(ranking.gini, 2 * ranking.auc - 1)
    assert ranking.auc_interval[0] < ranking.auc < ranking.auc_interval[1]
    assert ranking.ks_interval[0] < ranking.ks < ranking.ks_interval[1]
    wider = bt.evaluation.ranking(scores, y, confidence=0.99)
    assert wider.gini_interval[0] < ranking.gini_interval[0]
    # The interval covers the area among everyone as often as it says.
    rng, covered = np.random.default_rng(7), 0
    for _ in range(200):
        take = rng.integers(0, len(y), 300)
        low, high = bt.evaluation.ranking(scores[take], y[take]).auc_interval
        covered += low <= ranking.auc <= high
    assert 0.9 <= covered / 200 <= 0.99


def test_calibration_and_drift():
    metrics = pytest.importorskip("sklearn.metrics")
    _, x, y = people()
    p = bt.models.LogisticRegression().fit(x, y).predict(x)
    whole = bt.evaluation.Calibration().add(p, y)
    parts = bt.evaluation.Calibration().add(p[:999], y[:999]).merge(bt.evaluation.Calibration().add(p[999:], y[999:]))
    assert math.isclose(whole.brier, metrics.brier_score_loss(y, p), rel_tol=1e-12)
    assert math.isclose(whole.error, parts.error, rel_tol=1e-12) and whole.error < 0.03
    assert whole.rows == sum(rows for _, _, rows in whole.curve) == len(y)
    cuts, day = [-1.0, 0.0, 1.0], 86_400.0
    times = [day * (i % 10) for i in range(len(x))]
    moved = x[:, 0] + np.array(times) / day * 0.2
    drift = bt.evaluation.Drift(x[:, 0], cuts=cuts, every="1d").add(times, moved)
    table = drift.series()
    assert table["rows"] == [300] * 10 and table["psi"][0] < 0.05 and table["psi"][9] > 0.5
    bins = lambda values: np.bincount(np.digitize(values, cuts), minlength=5).tolist()  # noqa: E731
    last = bt.evaluation.psi(bins(moved[9::10]), bins(x[:, 0]))
    assert math.isclose(table["psi"][9], last, rel_tol=1e-12)
    with pytest.raises(bt.SchemaError):
        drift.merge(bt.evaluation.Drift(x[:, 0], cuts=cuts, every="7d"))


def test_estimated_base_scores_have_the_bits_of_xgboost():
    xgboost = pytest.importorskip("xgboost")
    rng = np.random.default_rng(11)
    for objective in ("binary:logistic", "count:poisson"):
        x = rng.normal(size=(50, 1))
        model = xgboost.train({"objective": objective, "nthread": 1, "max_depth": 2}, xgboost.DMatrix(x, x[:, 0] > 0), 1)
        text = json.loads(model.save_raw("json"))
        for base in np.float32(rng.random(2000)):
            text["learner"]["learner_model_param"]["base_score"] = f"[{base:.9g}]"
            raw = json.dumps(text)
            peer = xgboost.Booster()
            peer.load_model(bytearray(raw.encode()))
            theirs = peer.predict(xgboost.DMatrix(x[:1]), output_margin=True)[0]
            ours = bt.models.Trees.from_text(raw).predict_raw(x[:1])[0]
            assert struct.pack("<d", ours) == struct.pack("<d", float(theirs)), (objective, base)


def shoppers():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "age": rng.normal(size=900).round(2),
            "tier": pd.Categorical(rng.choice(["bronze", "gold", "silver"], 900)),
            "size": pd.Categorical(rng.choice([10, 20, 40], 900)),
        }
    )
    y = ((frame["age"] + (frame["tier"] == "gold") + (frame["size"].astype(int) == 20)) > 0.7).astype(int)
    frame.loc[::15, "tier"] = None
    return frame, y


def train_on_a_frame(path):
    lightgbm = pytest.importorskip("lightgbm")
    frame, y = shoppers()
    params = {"objective": "binary", "verbose": -1, "min_data_per_group": 5, "num_threads": 1}
    booster = lightgbm.train(params, lightgbm.Dataset(frame, y), 15)
    booster.save_model(path)
    return frame, booster


def test_categories_of_a_frame_are_known_by_name(tmp_path):
    frame, booster = train_on_a_frame(tmp_path / "m.txt")
    trees = bt.models.load(tmp_path / "m.txt")
    theirs = booster.predict(frame, raw_score=True)
    plain = {"age": frame["age"].to_numpy(), "tier": frame["tier"].tolist(), "size": frame["size"].tolist()}
    for door in (frame, plain, pl.DataFrame({**plain, "tier": [t if isinstance(t, str) else None for t in plain["tier"]]})):
        assert np.array_equal(trees.predict_raw(door), theirs)
    inputs = trees.signature()["inputs"]
    assert [i["categories"] for i in inputs] == [[], ["bronze", "gold", "silver"], ["10", "20", "40"]]
    unseen = frame.head(40).assign(tier=pd.Categorical(["lead"] * 40))
    assert np.array_equal(trees.predict_raw(unseen), booster.predict(unseen, raw_score=True))
    with pytest.raises(bt.SchemaError):
        trees.predict({**plain, "tier": [object()] * 900})


def test_the_engine_knows_them_too(tmp_path):
    frame, booster = train_on_a_frame(tmp_path / "m.txt")
    traits = {"age": "number", "tier": "category", "size": "number"}
    text = "[trait]\n" + "".join(f'{name} = "{kind}"\n' for name, kind in traits.items())
    (tmp_path / "shop.toml").write_text(text + '[score.churn]\nmodel = "m.txt"\n')
    engine = bt.Engine(bt.Definition.from_file(tmp_path / "shop.toml"))
    tiers = [tier if isinstance(tier, str) else None for tier in frame["tier"]]
    engine.identify({"customer": list(range(900)), "age": frame["age"].tolist(), "tier": tiers, "size": frame["size"].tolist()})
    ours = engine.score(columns=["churn.raw"]).to_numpy()["churn.raw"]
    assert np.array_equal(ours, booster.predict(frame, raw_score=True))


def test_a_signature_is_checked_at_load(tmp_path):
    train_on_a_frame(tmp_path / "m.txt")
    path = tmp_path / "m.txt"
    trees = bt.models.load(path)
    signature = trees.signature(units={"age": "years"})
    assert json.loads(json.dumps(signature)) == signature
    bt.models.load(path, signature=signature, units={"age": "years"})
    with pytest.raises(bt.SchemaError, match="days"):
        bt.models.load(path, signature=signature, units={"age": "days"})
    with pytest.raises(bt.SchemaError, match="hash"):
        bt.models.load(path, signature=signature | {"hash": "00000000deadbeef"})
    for wrong in (
        {"outputs": 2},
        {"inputs": signature["inputs"][:2]},
        {"inputs": [i | {"kind": "number"} for i in signature["inputs"]]},
        {"inputs": [i | {"categories": ["a"]} for i in signature["inputs"]]},
        {"inputs": [i | {"name": i["name"] + "s"} for i in signature["inputs"]]},
        {"inputs": [i | {"kind": "colour"} for i in signature["inputs"]]},
        {"hash": "xyz"},
    ):
        with pytest.raises(bt.SchemaError):
            bt.models.load(path, signature=signature | wrong)
    with pytest.raises(bt.UnknownNameError):
        trees.signature(units={"aeg": "years"})
