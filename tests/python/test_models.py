"""Models against the libraries that trained them, in this very run: the same bits."""

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest

import bactrian as bt

pytestmark = pytest.mark.filterwarnings("ignore")

ROWS = 700


def data(seed, categories=()):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(ROWS, 5)).round(2)
    signal = x[:, 0] + 0.7 * x[:, 1] * (x[:, 2] > 0) + 0.4 * rng.normal(size=ROWS)
    for column, count in categories:
        x[:, column] = rng.integers(0, count, ROWS)
        signal += np.isin(x[:, column], np.arange(0, count, 3)) * 1.2
    x[rng.random(x.shape) < 0.1] = np.nan
    return rng, x, signal


def probes(rng, x, categories=()):
    """Rows of the data and rows at its edges: zeros, huge numbers, unseen categories, unknown values."""
    edges = [0.0, -0.0, 1e-36, -1e-36, 2e-35, np.nan, 1e30, -1e30, 0.1, 16777217.0]
    extra = rng.choice(edges, size=(400, x.shape[1]))
    for column, count in categories:
        extra[:, column] = rng.choice([0, count - 1, count, 777, np.nan], size=400)
    return np.vstack([x, extra])


def same_bits(ours, theirs):
    theirs = np.asarray(theirs, dtype=np.float64)
    assert ours.shape == theirs.shape
    assert np.array_equal(ours.view(np.uint64), theirs.view(np.uint64))


def same_by_any_door(trees, x, want, score="predict_raw"):
    frame = {name: x[:, i] for i, name in enumerate(trees.features)}
    shuffled = dict(reversed(frame.items()))
    doors = [x, np.asfortranarray(x), x[::2].repeat(2, axis=0)[::2], x.tolist(), frame, pd.DataFrame(shuffled), pl.DataFrame(frame)]
    for door in doors:
        rows = len(door) if not isinstance(door, dict) else len(x)
        same_bits(getattr(trees, score)(door, threads=2), want if rows == len(x) else want[::2])
    ours = trees.predict(x)
    for row in (0, len(x) - 1):
        assert np.array_equal(trees.predict_row(x[row]), ours[row])
        assert np.array_equal(trees.predict_row(x[row].tolist()), ours[row])


CATEGORIES = ((3, 40), (4, 3))
LIGHTGBM = {
    "binary": ({"objective": "binary"}, ()),
    "categories": ({"objective": "binary", "min_data_per_group": 5, "cat_smooth": 1}, CATEGORIES),
    "no missing values": ({"objective": "regression", "use_missing": False}, ()),
    "zero as missing": ({"objective": "regression", "zero_as_missing": True}, ()),
    "classes": ({"objective": "multiclass", "num_class": 3}, ()),
    "counts": ({"objective": "poisson"}, ()),
    "forest": ({"objective": "binary", "boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}, ()),
    "wide": ({"objective": "regression", "num_leaves": 600, "min_data_in_leaf": 1}, ()),
    "a leaf": ({"objective": "regression", "min_data_in_leaf": 600}, ()),
}


def target(signal, objective):
    if objective.startswith(("multi",)):
        return np.digitize(signal, [-0.5, 0.5])
    return (signal > 0).astype(int) if objective.startswith("binary") else np.exp(signal / 2).round()


@pytest.mark.parametrize("case", LIGHTGBM)
def test_lightgbm(case, tmp_path):
    lightgbm = pytest.importorskip("lightgbm")
    given, categories = LIGHTGBM[case]
    rng, x, signal = data(len(case), categories)
    params = {"num_leaves": 31, "min_data_in_leaf": 5, "verbose": -1, "num_threads": 1, **given}
    train = lightgbm.Dataset(x, target(signal, given["objective"]), categorical_feature=[c for c, _ in categories] or "auto")
    lightgbm.train(params, train, 20).save_model(tmp_path / "model.txt")
    booster, trees = lightgbm.Booster(model_file=tmp_path / "model.txt"), bt.models.load(tmp_path / "model.txt")
    rows = probes(rng, x, categories)
    raw = booster.predict(rows, raw_score=True)
    same_by_any_door(trees, rows, raw)
    np.testing.assert_allclose(trees.predict(rows), booster.predict(rows), rtol=1e-13)
    theirs = booster.predict(rows, pred_contrib=True)
    ours = trees.contributions(rows)
    np.testing.assert_allclose(ours.reshape(theirs.shape), theirs, atol=1e-9 * max(1.0, abs(theirs).max()))
    np.testing.assert_allclose(ours.sum(axis=-1), raw, rtol=1e-9, atol=1e-9)
    assert trees.fingerprint == bt.models.Trees.from_text(booster.model_to_string()).fingerprint


XGBOOST = {
    "binary": ({"objective": "binary:logistic"}, ()),
    "categories": ({"objective": "binary:logistic", "max_cat_to_onehot": 4}, CATEGORIES),
    "classes": ({"objective": "multi:softprob", "num_class": 3}, ()),
    "counts": ({"objective": "count:poisson"}, ()),
    "dropped trees": ({"objective": "reg:squarederror", "booster": "dart", "rate_drop": 0.5}, ()),
    "depth 20": ({"objective": "reg:squarederror", "max_depth": 20, "min_child_weight": 0}, ()),
    "a leaf": ({"objective": "reg:squarederror", "gamma": 1e9}, ()),
}


@pytest.mark.parametrize("case", XGBOOST)
def test_xgboost(case, tmp_path):
    xgboost = pytest.importorskip("xgboost")
    given, categories = XGBOOST[case]
    rng, x, signal = data(len(case), categories)
    kinds = ["c" if any(column == c for c, _ in categories) else "q" for column in range(5)]

    def matrix(rows, y=None):
        return xgboost.DMatrix(rows, y, feature_types=kinds, enable_categorical=True)

    params = {"max_depth": 5, "nthread": 1, **given}
    xgboost.train(params, matrix(x, target(signal, given["objective"].removeprefix("reg:"))), 15).save_model(tmp_path / "model.json")
    booster, trees = xgboost.Booster(model_file=tmp_path / "model.json"), bt.models.load(tmp_path / "model.json")
    rows = probes(rng, x, categories)
    raw = booster.predict(matrix(rows), output_margin=True)
    same_by_any_door(trees, rows, raw)
    np.testing.assert_allclose(trees.predict(rows), booster.predict(matrix(rows)), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(trees.contributions(rows).sum(axis=-1), raw, rtol=1e-4, atol=1e-4)
    if case != "dropped trees":
        theirs = booster.predict(matrix(rows), pred_contribs=True)
        np.testing.assert_allclose(trees.contributions(rows), theirs, atol=1e-4 * max(1.0, abs(theirs).max()))


def scikit(name, **params):
    ensemble = pytest.importorskip("sklearn.ensemble")
    return getattr(ensemble, name)(random_state=1, **params)


@pytest.mark.parametrize("name", ["RandomForest", "ExtraTrees", "HistGradientBoosting"])
@pytest.mark.parametrize("classes", [0, 2, 3])
def test_sklearn(name, classes):
    rng, x, signal = data(7)
    small = {"max_iter": 12} if name.startswith("Hist") else {"n_estimators": 12}
    model = scikit(name + ("Classifier" if classes else "Regressor"), **small)
    model.fit(x, np.digitize(signal, [-0.5, 0.5][: classes - 1]) if classes else signal)
    trees = bt.models.from_sklearn(model, features=["a", "b", "c", "d", "e"])
    rows = probes(rng, x)
    if not name.startswith("Hist"):
        # A forest's prediction is the mean of its trees; its raw score is their sum.
        same_by_any_door(trees, rows, model.predict_proba(rows) if classes else model.predict(rows), "predict")
    else:
        same_by_any_door(trees, rows, model.decision_function(rows) if classes else model.predict(rows))
        theirs = model.predict(rows) if not classes else model.predict_proba(rows)
        np.testing.assert_allclose(trees.predict(rows), theirs[:, 1] if classes == 2 else theirs, rtol=1e-12)


def test_what_sklearn_models_are_not_taken():
    model = scikit("HistGradientBoostingRegressor", max_iter=2, categorical_features=[0])
    x = np.arange(60.0).reshape(-1, 2) % 7
    with pytest.raises(bt.SchemaError, match="categorical"):
        bt.models.from_sklearn(model.fit(x, x[:, 0]))
    with pytest.raises(bt.SchemaError, match="IsolationForest"):
        bt.models.from_sklearn(scikit("IsolationForest", n_estimators=2).fit(x))


STUMP = """tree
version=v4
num_class=1
num_tree_per_iteration=1
max_feature_idx=1
objective=binary sigmoid:1
feature_names=visits spend

Tree=0
num_leaves=2
num_cat=0
split_feature=1
threshold=10.5
decision_type=2
left_child=-1
right_child=-2
leaf_value=-1 2
leaf_count=30 10

end of trees
"""


def test_bad_input(tmp_path):
    stump = bt.models.Trees.from_text(STUMP)
    assert repr(stump) == "Trees(1 trees, 2 features, 1 outputs)"
    assert stump.predict_raw(np.zeros((0, 2))).shape == (0,)
    for rows, kind in [
        ([[1.0]], bt.SchemaError),
        ([1.0, 2.0], bt.SchemaError),
        (np.zeros((2, 2, 2)), bt.SchemaError),
        ([["a", "b"]], bt.SchemaError),
        ({"visits": [1]}, bt.UnknownNameError),
        ({"visits": [1], "spend": [1, 2]}, bt.SchemaError),
        ({"visits": [[1]], "spend": [[1]]}, bt.SchemaError),
    ]:
        with pytest.raises(kind):
            stump.predict(rows)
    with pytest.raises(bt.SchemaError):
        stump.predict_row([1.0])
    for text in ["", "tree\n", STUMP[:-20], STUMP.replace("left_child=-1", "left_child=0"), "{}", b"\xff\xfe"]:
        with pytest.raises(bt.SchemaError):
            bt.models.Trees.from_text(text)
    with pytest.raises(bt.StoreError):
        bt.models.load(tmp_path / "absent.txt")


def test_frames_with_null_values_and_other_columns():
    stump = bt.models.Trees.from_text(STUMP)
    frame = pl.DataFrame({"who": ["a", "b"], "spend": [None, 11], "visits": [1, 2]})
    assert stump.predict_raw(frame).tolist() == [-1.0, 2.0]
    frame = pd.DataFrame({"who": ["a", "b"], "spend": [None, 11], "visits": [1, 2]})
    assert stump.predict_raw(frame).tolist() == [-1.0, 2.0]


def test_binning_of_breast_cancer():
    datasets = pytest.importorskip("sklearn.datasets")
    x, y = datasets.load_breast_cancer(return_X_y=True)
    binning = bt.models.OptimalBinning().fit(x[:, 0].astype(np.float32), y)
    want = ["11.42500019", "12.32999992", "13.09499979", "13.70499992", "15.04500008", "16.92500019"]
    assert [f"{cut:.8f}" for cut in binning.cuts] == want
    assert f"{binning.information_value:.8f}" == "5.04392547"
    assert f"{binning.kolmogorov_smirnov:.8f}" == "0.72862164"


def test_binning_of_categories_and_bad_parameters():
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 8, 4000).astype(float)
    y = rng.random(4000) < 0.1 + 0.2 * (codes % 3 == 0)
    binning = bt.models.OptimalBinning(bins=2).fit(codes, y, categorical=True)
    assert binning.cuts is None
    assert binning.table()["bin"] == ["{1, 2, 4, 5, 7}", "{0, 3, 6}", "missing", "unseen"]
    assert binning.bin(6.0) == 1 and binning.bin(99.0) == 3
    for wrong in ({"prebins": 1}, {"trend": "up"}, {"bins": 0}):
        with pytest.raises(bt.SchemaError):
            bt.models.OptimalBinning(**wrong).fit(codes, y)
    with pytest.raises(bt.SchemaError, match="row 0"):
        bt.models.OptimalBinning().fit([1, 2], [7, 0])
    with pytest.raises(bt.StateError):
        bt.models.OptimalBinning().fit([1, 2], [0, 0])


def card():
    rng = np.random.default_rng(3)
    frame = {"income": rng.normal(size=3000), "job": rng.integers(0, 6, 3000).astype(float), "noise": rng.normal(size=3000)}
    risk = 1 / (1 + np.exp(1 + frame["income"] - (frame["job"] >= 3)))
    frame["income"][::20] = np.nan
    y = rng.random(3000) < risk
    return frame, y, bt.models.Scorecard.fit(frame, y, categorical=["job"])


def test_scorecard():
    frame, y, fitted = card()
    scores = fitted.score(frame)
    assert np.array_equal(scores, fitted.score(np.column_stack(list(frame.values()))))
    assert (scores == scores.round()).all()
    for row in range(50):
        values = [frame[name][row] for name in fitted.features]
        assert sum(fitted.points(values).values()) == scores[row]
        reasons = fitted.reasons(values, 2)
        assert [r["short"] for r in reasons] == sorted((r["short"] for r in reasons), reverse=True)
        changes = fitted.to_reach(values, scores[row] + 5, fixed=["noise"])
        assert changes is None or sum(change["gain"] for change in changes) >= 5
        assert all(change["feature"] != "noise" for change in changes or ())
    table = fitted.table()
    assert set(table["feature"]) == set(frame) and len(table["points"]) == len(table["bin"])
    # Twenty points double the odds; a fit with an intercept expects what happened.
    assert math.isclose(1 / fitted.event_probability(620.0) - 1, 2 * (1 / fitted.event_probability(600.0) - 1), rel_tol=1e-9)
    exact = bt.models.Scorecard.fit(frame, y, categorical=["job"], rounded=False)
    expected = sum(exact.event_probability(score) for score in exact.score(frame))
    assert math.isclose(expected, y.sum(), rel_tol=1e-6)
    with pytest.raises(bt.UnknownNameError):
        fitted.score({"income": [1.0]})
    with pytest.raises(bt.SchemaError, match="names"):
        bt.models.Scorecard.fit(np.zeros((2, 1)), [0, 1])


def test_scorecard_weighs_as_sklearn():
    linear = pytest.importorskip("sklearn.linear_model")
    frame, y, fitted = card()
    bins = bt.models.OptimalBinning()
    evidence = [bins.fit(x, y, categorical=name == "job").transform(x) for name, x in frame.items()]
    told = [i for i, column in enumerate(evidence) if column.any()]
    peer = linear.LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(np.column_stack(evidence)[:, told], y)
    ours = list(fitted.coefficients.values())
    np.testing.assert_allclose([ours[i] for i in told], peer.coef_[0], rtol=1e-4)
    np.testing.assert_allclose(fitted.intercept, peer.intercept_[0], rtol=1e-4)


def test_online_logistic_learns_many_as_one_by_one():
    rng, x, signal = data(9)
    y = (signal > 0).astype(float)
    at = [86_400.0 * i for i in range(ROWS)]
    many, single = (bt.models.OnlineLogistic(5, rate=0.05, l2=0.001, half_life="30d") for _ in range(2))
    expected = many.learn(x, y, at)
    same_bits(np.array([single.learn_row(*row) for row in zip(x.tolist(), y, at, strict=True)]), expected)
    same_bits(single.weights, many.weights)
    assert single.intercept == many.intercept
    assert ((many.predict(x) > 0.5) == (y > 0.5)).mean() > 0.7
    with pytest.raises(bt.SchemaError):
        many.learn(x, y + 5)
    same_bits(single.weights, many.weights)


def test_online_logistic_is_the_plain_rule():
    _, x, signal = data(10)
    x, y = np.nan_to_num(x), (signal > 0).astype(float)
    model = bt.models.OnlineLogistic(5, rate=0.02, intercept_rate=0.01)
    expected = model.learn(x, y)
    weights, intercept = np.zeros(5), 0.0
    for row, outcome, ours in zip(x, y, expected, strict=True):
        p = 1 / (1 + math.exp(-(intercept + row @ weights)))
        assert math.isclose(p, ours, rel_tol=1e-9)
        weights += 0.02 * (outcome - p) * row
        intercept += 0.01 * (outcome - p)
    np.testing.assert_allclose(model.weights, weights, rtol=1e-9)


@pytest.mark.parametrize("mode", ["default", "zero_as_missing"])
def test_splits_that_part_the_known_from_the_missing(mode):
    """Such a split has an infinite threshold in every library."""
    import lightgbm
    from sklearn.ensemble import HistGradientBoostingRegressor

    chance = np.random.default_rng(3)
    x = chance.normal(size=(900, 2))
    x[::3, 0] = np.nan
    y = np.isnan(x[:, 0]) * 1.0 + 0.1 * x[:, 1]
    params = {"verbose": -1, "min_data_in_leaf": 5} | ({} if mode == "default" else {"zero_as_missing": True})
    booster = lightgbm.train(params, lightgbm.Dataset(x, y), 30)
    assert "inf" in booster.model_to_string() or mode != "default"
    asked = np.vstack([x, [[np.inf, 0.0], [-np.inf, 0.0], [np.nan, np.inf], [0.0, 0.0]]])
    ours = bt.models.Trees.from_text(booster.model_to_string())
    assert (ours.predict_raw(asked) == booster.predict(asked, raw_score=True)).all()
    assert (ours.predict_raw(asked[-3:]) == booster.predict(asked[-3:], raw_score=True)).all()

    model = HistGradientBoostingRegressor(max_iter=5).fit(x, y)
    assert np.allclose(bt.models.from_sklearn(model).predict(asked), model.predict(asked), rtol=0, atol=2e-16)


@pytest.mark.parametrize("features", [2**20 + 1, 10**12, 2**62])
@pytest.mark.parametrize("kind", [bt.models.OnlineLogistic, bt.models.Ftrl])
def test_more_features_than_a_model_may_have(kind, features):
    with pytest.raises(bt.SchemaError, match="features"):
        kind(features)
