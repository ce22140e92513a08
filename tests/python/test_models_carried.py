"""Models carried from their trainers' files into ours and into an engine: names, rounds, hashes, parts."""

import json
import sys

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost

import bactrian as bt

pytestmark = pytest.mark.filterwarnings("ignore")

ROWS = 500


def shop(folder, file, more="", tier=False):
    traits = 'tier = "category"\nn = "number"\n' if tier else "".join(f'f{i} = "number"\n' for i in range(4))
    (folder / "shop.toml").write_text(f'[trait]\n{traits}[score.s]\nmodel = "{file}"\n{more}')
    return bt.Definition.from_file(folder / "shop.toml")


def numbers(classes=2, seed=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(ROWS, 4)).round(3)
    y = (x[:, 0] + x[:, 1] > 0).astype(int) + (x[:, 2] > 0.3) * (classes > 2)
    return x, y


def filled(definition, x):
    engine = bt.Engine(definition)
    engine.identify({"customer": list(range(len(x)))} | {f"f{i}": x[:, i] for i in range(x.shape[1])})
    return engine


def column(engine, name):
    return engine.score(columns=[name]).to_numpy()[name]


@pytest.mark.parametrize("names", [["да", "ну", "ох"], ["低", "中", "高"], ["mid", "ünter", "lo"], ["lo", "mid", "top"]])
def test_names_of_categories_beyond_ascii_are_asked_for(names, tmp_path):
    rng = np.random.default_rng(0)
    code, n = rng.integers(0, 3, ROWS), rng.normal(size=ROWS)
    tier, y = np.array(names)[code], (code + n > 1).astype(int)
    table = pd.DataFrame({"tier": pd.Categorical(tier, categories=names), "n": n})
    rows = xgboost.DMatrix(table, y, enable_categorical=True)
    model = xgboost.train({"nthread": 1, "objective": "binary:logistic", "max_cat_to_onehot": 1}, rows, 5)
    model.save_model(tmp_path / "m.json")
    theirs = model.predict(rows, output_margin=True).astype(float)
    trees = bt.models.load(tmp_path / "m.json")
    assert np.array_equal(trees.predict_raw(np.column_stack([code, n])), theirs)
    listed = "categories.tier = " + json.dumps(names, ensure_ascii=False)
    if all(name.isascii() for name in names):
        assert np.array_equal(trees.predict_raw(table), theirs)
    else:
        with pytest.raises(bt.SchemaError, match="names no categories of it.*give the codes"):
            trees.predict_raw(table)
        (found,) = shop(tmp_path, "m.json", tier=True).check()
        assert found.severity == "error" and "categories.tier" in found.hint
        with pytest.raises(bt.DefinitionError):
            bt.Engine(shop(tmp_path, "m.json", tier=True))
    engine = bt.Engine(shop(tmp_path, "m.json", listed, tier=True))
    engine.identify({"customer": list(range(ROWS)), "tier": tier.tolist(), "n": n})
    assert np.array_equal(column(engine, "s.raw"), theirs)


def test_codes_alone_need_names_and_numbers_have_none(tmp_path):
    rng = np.random.default_rng(2)
    code, n = rng.integers(0, 3, ROWS), rng.normal(size=ROWS)
    data = lightgbm.Dataset(
        np.column_stack([code, n]), (code == 1) + n, feature_name=["tier", "n"], categorical_feature=[0]
    )
    lightgbm.train({"verbose": -1, "num_threads": 1, "min_data_per_group": 5}, data, 5).save_model(tmp_path / "m.txt")
    (found,) = shop(tmp_path, "m.txt", tier=True).check()
    assert "names no categories of it" in found.message
    listed = 'categories.tier = ["a", "b", "c"]\n'
    assert not shop(tmp_path, "m.txt", listed, tier=True).check()
    (found,) = shop(tmp_path, "m.txt", listed + 'categories.n = ["x"]\n', tier=True).check()
    assert found.severity == "error" and "number `n`" in found.message


@pytest.mark.skipif(sys.platform == "win32", reason="no devices")
def test_a_device_is_no_model(tmp_path):
    for read in (bt.models.load, bt.models.Trees.from_file):
        for path in ("/dev/zero", tmp_path):
            with pytest.raises(bt.StoreError, match="it is no file"):
                read(path)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_forest_of_sklearn_is_a_column(classes, tmp_path):
    from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier

    x, y = numbers(classes)
    forest = RandomForestClassifier(20, random_state=0).fit(x, y)
    trees = bt.models.from_sklearn(forest)
    trees.save(tmp_path / "forest.bmdl")
    again = bt.models.load(tmp_path / "forest.bmdl", signature=trees.signature())
    assert np.array_equal(again.predict(x), trees.predict(x))
    engine = filled(shop(tmp_path, "forest.bmdl"), x)
    theirs = forest.predict_proba(x)
    for output in range(classes):
        assert np.array_equal(column(engine, f"s.class_{output}"), trees.predict(x)[:, output])
        np.testing.assert_allclose(column(engine, f"s.class_{output}"), theirs[:, output], rtol=0, atol=1e-15)
    assert np.array_equal(column(engine, "s"), np.argmax(trees.predict(x), axis=1))
    boosted = HistGradientBoostingRegressor(max_iter=10, random_state=0).fit(x, y)
    bt.models.from_sklearn(boosted).save(tmp_path / "b.bmdl")
    np.testing.assert_allclose(column(filled(shop(tmp_path, "b.bmdl"), x), "s"), boosted.predict(x), rtol=1e-14)
    # Damage is found, and another model's bytes are none of trees.
    content = bytearray((tmp_path / "b.bmdl").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "b.bmdl").write_bytes(content)
    with pytest.raises(bt.SchemaError, match="damaged"):
        bt.models.load(tmp_path / "b.bmdl")
    (found,) = shop(tmp_path, "b.bmdl").check()
    assert "damaged" in found.message
    with pytest.raises(bt.StoreError, match="can't be written"):
        trees.save(tmp_path)


@pytest.mark.parametrize("parallel", [1, 2])
@pytest.mark.parametrize("classes", [2, 3])
def test_the_best_round_is_what_the_estimator_predicts_with(classes, parallel, tmp_path):
    x, y = numbers(classes)
    rng = np.random.default_rng(3)
    noisy = np.where(rng.random(ROWS) < 0.3, rng.integers(0, classes, ROWS), y)
    estimator = xgboost.XGBClassifier(
        n_estimators=200, early_stopping_rounds=5, n_jobs=1, num_parallel_tree=parallel, subsample=0.7, random_state=0
    )
    estimator.fit(x[:300], noisy[:300], eval_set=[(x[300:], noisy[300:])], verbose=False)
    estimator.save_model(tmp_path / "m.json")
    trees = bt.models.load(tmp_path / "m.json")
    assert trees.best_iteration == estimator.best_iteration
    booster, rows = estimator.get_booster(), xgboost.DMatrix(x)
    assert np.array_equal(trees.predict_raw(x), booster.predict(rows, output_margin=True).astype(float))
    best = trees.at_best()
    assert np.array_equal(best.predict_raw(x), estimator.predict(x, output_margin=True).astype(float))
    ours, theirs = best.predict(x), estimator.predict_proba(x)
    np.testing.assert_allclose(ours, theirs if classes > 2 else theirs[:, 1], rtol=2e-6)
    assert not np.array_equal(trees.predict_raw(x), best.predict_raw(x))
    best.save(tmp_path / "best.bmdl")
    engine = filled(shop(tmp_path, "best.bmdl"), x)
    assert np.array_equal(column(engine, "s" if classes == 2 else "s.class_1"), ours if classes == 2 else ours[:, 1])
    assert bt.models.load(tmp_path / "best.bmdl").best_iteration == estimator.best_iteration


def test_a_model_without_early_stopping_has_no_best_round(tmp_path):
    x, y = numbers()
    xgboost.train({"nthread": 1}, xgboost.DMatrix(x, y), 3).save_model(tmp_path / "m.json")
    trees = bt.models.load(tmp_path / "m.json")
    assert trees.best_iteration is None
    assert trees.at_best().fingerprint == trees.fingerprint


def test_drifts_against_other_data_do_not_add_up():
    drifts = [bt.evaluation.Drift(before, cuts=[0.5], every="1d") for before in ([0, 1], [0, 1], [0, 0, 1])]
    drifts[0].merge(drifts[1])
    with pytest.raises(bt.SchemaError, match="against different data"):
        drifts[0].merge(drifts[2])


def test_the_hash_of_a_file_is_not_that_of_the_meaning(tmp_path):
    x, y = numbers()
    xgboost.train({"nthread": 1}, xgboost.DMatrix(x, y), 3).save_model(tmp_path / "m.json")
    meaning = bt.models.load(tmp_path / "m.json").signature()["hash"]
    with pytest.raises(bt.DefinitionError) as refused:
        shop(tmp_path, "m.json", f'hash = "{meaning}"\n')
    (found,) = refused.value.problems
    assert "the bytes of `m.json` have the hash" in found.message and "signature()" in found.hint


def test_classes_are_explained_by_the_parts_of_their_raw_scores(tmp_path):
    x, y = numbers(3)
    names = [f"f{i}" for i in range(4)]
    data = lightgbm.Dataset(x, y, feature_name=names)
    model = lightgbm.train({"objective": "multiclass", "num_class": 3, "verbose": -1, "num_threads": 1}, data, 8)
    model.save_model(tmp_path / "m.txt")
    engine = filled(shop(tmp_path, "m.txt"), x)
    theirs = model.predict(x, pred_contrib=True).reshape(ROWS, 3, 5)
    raw = model.predict(x, raw_score=True)
    for customer in range(0, ROWS, 25):
        likeliest = int(engine[customer]["s"])
        for name, output in [("s", likeliest), *[(f"s.class_{c}", c) for c in range(3)], *[(f"s.raw_{c}", c) for c in range(3)]]:
            explained = engine.explain(customer, name)
            assert list(explained.parts) == ["base", *names]
            ours = [*[explained.parts[f] for f in names], explained.parts["base"]]
            np.testing.assert_allclose(ours, theirs[customer, output], rtol=0, atol=1e-9)
            assert sum(ours) == pytest.approx(raw[customer, output], abs=1e-12)
            assert explained.value == engine[customer][name]
            assert (f"raw_{output}" in explained.evidence) == ("raw" not in name)


def test_what_are_no_numbers_is_refused(tmp_path):
    x, y = numbers()
    xgboost.train({"nthread": 1}, xgboost.DMatrix(x, y), 3).save_model(tmp_path / "m.json")
    trees = bt.models.load(tmp_path / "m.json")
    times = np.zeros((3, 4), "datetime64[D]")
    for rows in (x + 1j, times, times - times, pd.DataFrame({name: times[:, 0] for name in trees.features})):
        with pytest.raises(bt.SchemaError, match="a model reads numbers"):
            trees.predict(rows)


def test_a_row_may_have_unknowns_and_names(tmp_path):
    x, y = numbers()
    xgboost.train({"nthread": 1}, xgboost.DMatrix(x, y), 3).save_model(tmp_path / "m.json")
    trees = bt.models.load(tmp_path / "m.json")
    expected = trees.predict([[1.0, np.nan, 2.0, 0.5]])[0]
    assert trees.predict_row([1, None, 2, 0.5]) == expected
    assert trees.predict_row((1, float("nan"), np.float32(2), 0.5)) == expected
    assert trees.predict_row({"f2": 2, "f1": None, "f0": 1, "f3": 0.5, "other": "x"}) == expected
    with pytest.raises(bt.UnknownNameError, match="the row has no `f1`"):
        trees.predict_row({"f0": 1, "f2": 2, "f3": 0})
    for wrong in (["a", 1, 2, 3], 7, [1, object(), 2, 3], {"f0": "a", "f1": 0, "f2": 0, "f3": 0}):
        with pytest.raises(bt.SchemaError):
            trees.predict_row(wrong)
