"""What other libraries make of frames, zeros, masks and classes, and models of theirs that can't be taken."""

import json
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

import bactrian as bt

pytestmark = pytest.mark.filterwarnings("ignore")

ROWS = 600


def frame(seed=0):
    rng = np.random.default_rng(seed)
    tier = pd.Categorical(rng.choice(["gold", "silver", "bronze"], ROWS), categories=["silver", "gold", "bronze", "tin"])
    size = pd.Categorical(rng.choice([1, 2, 4], ROWS))
    return pd.DataFrame({"tier": tier, "size": size, "age": rng.normal(size=ROWS), "code": rng.integers(0, 3, ROWS).astype("uint8")})


def outcome(table):
    return ((table["size"] == 2) * 1.0 + (table.tier == "gold") + table.age > 0.5).astype(int)


@pytest.mark.parametrize("booster", ["gbtree", "dart"])
def test_xgboost_knows_the_categories_of_a_frame(booster, tmp_path):
    import xgboost as xgb

    table = frame()
    params = {"objective": "binary:logistic", "max_depth": 4, "booster": booster, "nthread": 1, "max_cat_to_onehot": 1}
    model = xgb.train(params, xgb.DMatrix(table, outcome(table), enable_categorical=True), 8)
    model.save_model(tmp_path / "m.json")
    trees = bt.models.load(tmp_path / "m.json")
    theirs = model.predict(xgb.DMatrix(table, enable_categorical=True), output_margin=True).astype(float)
    inputs = trees.signature()["inputs"]
    assert [one["categories"] for one in inputs] == [["silver", "gold", "bronze", "tin"], ["1", "2", "4"], [], []]
    plain = {"tier": table.tier.astype(str).tolist(), "size": table["size"].astype(int).to_numpy(), "age": table.age, "code": table.code}
    doors = [table, plain, pl.DataFrame({name: np.asarray(plain[name]) for name in ("age", "size", "code", "tier")})]
    other = table.assign(tier=table.tier.cat.reorder_categories(["tin", "bronze", "gold", "silver"]))
    codes = np.column_stack([table.tier.cat.codes, table["size"].cat.codes, table.age, table.code])
    for door in [*doors, other, codes]:
        assert np.array_equal(trees.predict_raw(door), theirs)
    # XGBoost refuses a category that it never saw; here it is as a code that no split names.
    unseen = trees.predict_raw({**plain, "tier": ["iron"] * ROWS})
    codes[:, 0] = 77
    assert np.array_equal(unseen, trees.predict_raw(codes))
    missing = table.assign(tier=pd.Categorical([None] * ROWS, categories=table.tier.cat.categories))
    theirs = model.predict(xgb.DMatrix(missing, enable_categorical=True), output_margin=True).astype(float)
    assert np.array_equal(trees.predict_raw({**plain, "tier": [None] * ROWS}), theirs)


def test_damaged_categories_of_xgboost(tmp_path):
    import xgboost as xgb

    table = frame()
    xgb.train({"nthread": 1}, xgb.DMatrix(table, outcome(table), enable_categorical=True), 2).save_model(tmp_path / "m.json")
    text = (tmp_path / "m.json").read_text()
    cats = json.loads(text)["learner"]["gradient_booster"]["model"]["cats"]["enc"]

    def refused(*enc):
        file = json.loads(text)
        file["learner"]["gradient_booster"]["model"]["cats"]["enc"] = list(enc)
        with pytest.raises(bt.SchemaError):
            bt.models.Trees.from_text(json.dumps(file))

    refused(*cats[:3])
    refused({**cats[0], "offsets": [0, 10**6]}, *cats[1:])
    refused({**cats[0], "offsets": [6, 0]}, *cats[1:])
    refused({**cats[0], "offsets": [-1, 0]}, *cats[1:])
    refused({**cats[0], "values": ["a"]}, *cats[1:])
    refused({**cats[0], "values": [0.5] * 99}, *cats[1:])


def test_softmax_gives_classes_where_xgboost_does(tmp_path):
    import xgboost as xgb

    rng = np.random.default_rng(3)
    x = rng.normal(size=(ROWS, 4)).round(1)
    y = (x[:, 0] + x[:, 1] > 0).astype(int) + (x[:, 2] > 0.5)
    for objective in ("multi:softmax", "multi:softprob"):
        model = xgb.train({"objective": objective, "num_class": 3, "nthread": 1}, xgb.DMatrix(x, y), 6)
        model.save_model(tmp_path / "m.json")
        trees, theirs = bt.models.load(tmp_path / "m.json"), model.predict(xgb.DMatrix(x))
        if objective == "multi:softmax":
            assert np.array_equal(trees.classes(x, threads=2), theirs)
        else:
            np.testing.assert_allclose(trees.predict(x), theirs, rtol=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_lightgbm_reads_what_is_nearly_zero_as_zero(seed, tmp_path):
    import lightgbm as lgb

    rng = np.random.default_rng(seed)
    x = rng.normal(size=(1500, 4))
    x[rng.random(x.shape) < 0.3] = 0
    x[rng.random(x.shape) < 0.1] = np.nan
    y = np.nansum((x == 0) * 0.7 + np.nan_to_num(x), axis=1)
    params = {"num_leaves": 40, "min_data_in_leaf": 3, "verbose": -1, "num_threads": 1, "use_missing": seed != 1, "zero_as_missing": seed == 2}
    lgb.train(params, lgb.Dataset(x, y), 20).save_model(tmp_path / "m.txt")
    model, trees = lgb.Booster(model_file=tmp_path / "m.txt"), bt.models.load(tmp_path / "m.txt")
    near = float(np.float32(1e-35))
    edges = [s * v for s in (1, -1) for v in (0.0, 1e-36, near, np.nextafter(near, 0), np.nextafter(near, 1), 2e-35, 0.3)]
    rows = rng.choice([*edges, np.nan], size=(3000, 4))
    assert np.array_equal(trees.predict_raw(rows), model.predict(rows, raw_score=True))


def test_masked_values_are_unknown():
    y = [i % 3 == 0 for i in range(90)]
    rows = np.ma.masked_array(np.arange(180.0).reshape(90, 2), mask=np.zeros((90, 2), bool))
    rows.mask[::4, 0] = True
    plain = rows.filled(np.nan)
    logistic = bt.models.LogisticRegression
    assert logistic(l2=1).fit(rows, y).rows == logistic(l2=1).fit(plain, y).rows < 90
    online = [bt.models.Ftrl(2), bt.models.Ftrl(2)]
    assert np.array_equal(*[model.learn(table, y) for model, table in zip(online, (rows / 90, plain / 90), strict=True)])
    whole = np.ma.masked_array([1, 2, 3, 4], mask=[0, 0, 0, 1])
    assert bt.models.Platt.fit(whole, [0, 1, 1, 0]).slope == bt.models.Platt.fit([1, 2, 3, np.nan], [0, 1, 1, 0]).slope


@pytest.mark.parametrize(
    "call",
    [
        lambda: bt.models.OnlineLogistic(-1),
        lambda: bt.models.Ftrl(-(10**30)),
        lambda: bt.models.LogisticRegression(steps=-1),
        lambda: bt.models.OptimalBinning(prebins=-3),
        lambda: bt.models.OptimalBinning(bins=-3),
        lambda: bt.evaluation.Calibration(-1),
        lambda: bt.evaluation.psi([-1], [1]),
    ],
)
def test_a_negative_count_is_refused_with_a_hint(call):
    with pytest.raises(bt.SchemaError, match="counts nothing.*a whole number of at least 0"):
        call()


def test_edges_of_sklearn():
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
    from sklearn.tree import DecisionTreeRegressor

    for model in (DecisionTreeRegressor(), RandomForestRegressor(), HistGradientBoostingClassifier()):
        with pytest.raises(bt.SchemaError, match="is not fitted"):
            bt.models.from_sklearn(model)
    x = np.random.default_rng(0).normal(size=(100, 2))
    fitted = RandomForestRegressor(3).fit(x, x[:, 0])
    for names, message in [
        (["a"], "1 names for 2 features"),
        (["a", "b", "c"], "3 names for 2 features"),
        (["a", "a"], "two features are called `a`"),
        ([1, 2], "the feature name `1` is not text"),
        ("ab", "1 names for 2 features"),
    ]:
        with pytest.raises(bt.SchemaError, match=message):
            bt.models.from_sklearn(fitted, names)
    assert bt.models.from_sklearn(fitted, ["b", "a"]).features == ["b", "a"]


def test_wide_and_deep_trees_are_the_same_from_every_call(tmp_path):
    """63 and 64 leaves, more columns than a register has, and other numbers of rows."""
    import lightgbm as lgb

    rng = np.random.default_rng(5)
    for leaves, features in [(2, 1), (31, 30), (63, 30), (64, 64), (65, 30), (64, 70), (200, 12)]:
        x = rng.normal(size=(1200, features)).round(3)
        y = x[:, 0] + np.sin(4 * x[:, -1]) + rng.normal(size=1200) / 3
        params = {"num_leaves": leaves, "min_data_in_leaf": 2, "verbose": -1, "num_threads": 1, "max_bin": 60}
        lgb.train(params, lgb.Dataset(x, y), 15).save_model(tmp_path / "m.txt")
        model, trees = lgb.Booster(model_file=tmp_path / "m.txt"), bt.models.load(tmp_path / "m.txt")
        theirs = model.predict(x, raw_score=True)
        for rows in (1, 7, 23, 24, 300):
            assert np.array_equal(trees.predict_raw(x[:rows]), theirs[:rows])
        assert [trees.predict_row(row) for row in x[:50]] == theirs[:50].tolist()


def test_no_warning_comes_from_us():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bt.models.LogisticRegression(l2=1.0).fit(pd.DataFrame({"a": [0.0, 1.0, 2.0]}), [0, 1, 1])
