"""Models that learnt: their columns by name, their state in a pickle, and what they refuse."""

import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest

import bactrian as bt

M, E = bt.models, bt.evaluation
RNG = np.random.default_rng(1)
X = RNG.normal(size=(400, 3))
Y = (RNG.random(400) < 1 / (1 + np.exp(0.5 - X[:, 0]))).astype(float)
COLUMNS = {"age": X[:, 0], "income": X[:, 1], "visits": X[:, 2]}
SHUFFLED = {"visits": X[:, 2], "other": X[:, 1] * 7, "age": X[:, 0], "income": X[:, 1]}


def learnt(kind):
    model = kind(3, half_life="5d")
    model.learn(COLUMNS, Y, at=[86400.0 * i for i in range(400)])
    return model


MAKE = {
    "logistic": lambda: M.LogisticRegression(l2=0.5).fit(COLUMNS, Y),
    "lasso": lambda: M.LogisticRegression(l1=3.0).fit(COLUMNS, Y),
    "linear": lambda: M.LinearRegression().fit(COLUMNS, Y),
    "online": lambda: learnt(M.OnlineLogistic),
    "ftrl": lambda: learnt(M.Ftrl),
    "s": lambda: M.uplift("s", COLUMNS, X[:, 1] > 0, Y),
    "t": lambda: M.uplift("t", COLUMNS, X[:, 1] > 0, Y),
    "x": lambda: M.uplift("x", COLUMNS, X[:, 1] > 0, Y, propensity=0.4),
}


@pytest.mark.parametrize("name", MAKE)
def test_columns_are_found_by_name(name):
    model = MAKE[name]()
    assert model.features == ["age", "income", "visits"]
    want = model.predict(X)
    for door in (COLUMNS, SHUFFLED, pd.DataFrame(SHUFFLED), pl.DataFrame(SHUFFLED)):
        assert np.array_equal(model.predict(door), want, equal_nan=True)
    with pytest.raises(bt.UnknownNameError, match="no column for the model's input `income`.*did you mean `incoem`"):
        model.predict({"age": X[:, 0], "incoem": X[:, 1], "visits": X[:, 2]})
    with pytest.raises(bt.BactrianError):
        model.predict(X[:, :2])


@pytest.mark.parametrize("kind", [M.OnlineLogistic, M.Ftrl])
def test_learning_goes_on_by_name(kind):
    one, other, plain = kind(3), kind(3), kind(3)
    for model, later in ((one, COLUMNS), (other, SHUFFLED)):
        model.learn(COLUMNS, Y)
        model.learn(later, 1 - Y)
    assert np.array_equal(one.weights, other.weights)
    with pytest.raises(bt.UnknownNameError):
        one.learn({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]}, Y)
    assert np.array_equal(one.weights, other.weights)
    plain.learn(X, Y)
    assert plain.features == []
    for call in (lambda: plain.predict(COLUMNS), lambda: plain.learn(COLUMNS, Y)):
        with pytest.raises(bt.UnknownNameError, match="learnt from rows without names.*give a matrix"):
            call()
    with pytest.raises(bt.SchemaError):
        kind(3).learn({"age": [1.0], "income": [2.0]}, [1])


def again(model):
    taken = pickle.loads(pickle.dumps(model))
    assert type(taken) is type(copy.copy(model)) is type(model)
    if not isinstance(model, M.Uplift):  # which may hold models of others
        assert pickle.dumps(taken) == pickle.dumps(model)
    return taken


@pytest.mark.parametrize("name", MAKE)
def test_a_pickle_predicts_the_same_bits(name):
    model = MAKE[name]()
    taken = again(model)
    assert taken.features == model.features
    assert np.array_equal(taken.predict(SHUFFLED), model.predict(SHUFFLED), equal_nan=True)


@pytest.mark.parametrize("kind", [M.OnlineLogistic, M.Ftrl])
def test_learning_goes_on_after_a_pickle_to_the_bit(kind):
    whole, part = kind(3, half_life="5d"), kind(3, half_life="5d")
    at = [3600.0 * i for i in range(400)]
    whole.learn(COLUMNS, Y, at=at)
    part.learn({name: column[:150] for name, column in COLUMNS.items()}, Y[:150], at=at[:150])
    part = again(part)
    part.learn({name: column[150:] for name, column in SHUFFLED.items()}, Y[150:], at=at[150:])
    assert np.array_equal(part.weights.view(np.uint64), whole.weights.view(np.uint64))
    assert part.intercept == whole.intercept
    assert pickle.dumps(part) == pickle.dumps(whole)


def test_every_other_class_pickles(tmp_path):
    import lightgbm as lgb

    lgb.train({"verbose": -1, "num_threads": 1}, lgb.Dataset(X, Y, feature_name=list(COLUMNS)), 9).save_model(tmp_path / "m.txt")
    trees = M.load(tmp_path / "m.txt")
    taken = again(trees)
    assert np.array_equal(taken.predict_raw(SHUFFLED), trees.predict_raw(X)) and taken.signature() == trees.signature()
    card = M.Scorecard.fit(COLUMNS, Y)
    assert np.array_equal(again(card).score(SHUFFLED), card.score(X))
    binning = M.OptimalBinning(specials=[0.5]).fit(X[:, 0], Y)
    assert again(binning).table() == binning.table()
    for params in (M.OptimalBinning(prebins=9, trend="peak"), M.LogisticRegression(l1=2), M.LinearRegression(l2=3)):
        again(params)
    for model in (M.Platt.fit(X[:, 0], Y), M.Isotonic.fit(X[:, 0], Y)):
        assert np.array_equal(again(model).predict(X[:, 0]), model.predict(X[:, 0]))
    ranking = E.ranking(X[:, 0], Y, confidence=0.8)
    assert again(ranking).auc_interval == ranking.auc_interval
    calibration = E.Calibration(7).add(Y * 0.5 + 0.1, Y)
    assert again(calibration).merge(calibration).rows == 800
    assert calibration.rows == 400
    drift = E.Drift(X[:, 0], cuts=[-1, 0, 1], every="1d").add([3600.0 * i for i in range(400)], X[:, 1])
    assert again(drift).add([0.0], [0.3]).series()["rows"][0] == drift.series()["rows"][0] + 1


def test_uplift_pickles_with_learners_of_others():
    from sklearn.linear_model import LinearRegression

    for kind in "stx":
        model = M.uplift(kind, COLUMNS, X[:, 1] > 0, Y, learner=LinearRegression(), effects=LinearRegression())
        assert np.array_equal(again(model).predict(SHUFFLED), model.predict(X))


def test_bytes_that_are_no_model_are_refused():
    from bactrian._native import _restore, _uplift

    model = learnt(M.Ftrl)
    restore, (data,) = model.__reduce__()
    assert restore is _restore
    for wrong in (b"", b"bmdl", data[:-1], data[:40] + b"9" + data[41:], b"\x80\x04" + data, b"bmdl\x09" + data[5:]):
        with pytest.raises(bt.SchemaError):
            _restore(wrong)
    for parts in (("q", [], [], 0.5), ("t", [], [1], 0.5), ("x", [], [1, 2], 7.0)):
        with pytest.raises(bt.SchemaError):
            _uplift(*parts)


@pytest.mark.parametrize("kind", [M.OnlineLogistic, M.Ftrl])
def test_a_huge_row_is_refused_and_the_state_stays(kind):
    options = {"rate": 3.0} if kind is M.OnlineLogistic else {}
    model = kind(2, **options)
    model.learn([[0.5, -0.2]], [1])
    before = pickle.dumps(model)
    for rows in ([[1.7e308, -1.7e308]], [[1.0, 1.0], [1.7e308, -1.7e308]]):
        with pytest.raises(bt.SchemaError, match="so large.*common scale"):
            model.learn(rows, [0] * len(rows))
        assert pickle.dumps(model) == before
    with pytest.raises(bt.SchemaError):
        model.learn_row([1.7e308, -1.7e308], 0)
    assert pickle.dumps(model) == before


def test_a_scorecard_names_its_categories(tmp_path):
    tier = np.where(X[:, 0] > 0.6, "gold", np.where(X[:, 0] > -0.4, "silver", "bronze")).astype(object)
    tier[::50] = None
    table = {"tier": tier.tolist(), "age": X[:, 1]}
    card = M.Scorecard.fit(table, Y, categorical=["tier"], binning=M.OptimalBinning(bins=3))
    bins = [b for f, b in zip(card.table()["feature"], card.table()["bin"], strict=True) if f == "tier"]
    assert {name for label in bins for name in ("gold", "silver", "bronze") if name in label} == {"gold", "silver", "bronze"}
    assert not any(character.isdigit() for label in bins for character in label)
    codes = np.array([{"bronze": 0, "gold": 1, "silver": 2, None: np.nan}[value] for value in tier])
    coded = M.Scorecard.fit(np.column_stack([codes, X[:, 1]]), Y, features=["tier", "age"], categorical=["tier"], binning=M.OptimalBinning(bins=3))
    want = coded.score(np.column_stack([codes, X[:, 1]]))
    frames = [table, pd.DataFrame(table), pd.DataFrame(table).astype({"tier": "category"}), pl.DataFrame(table)]
    for door in frames:
        assert np.array_equal(card.score(door), want)
    again = M.Scorecard.from_json(card.to_json())
    assert np.array_equal(again.score(table), want) and again.table() == card.table()
    row = {"age": -1.0, "tier": "bronze"}
    assert card.points(row) == card.points(["bronze", -1.0]) == coded.points([0, -1.0])
    assert sum(card.points(row).values()) == card.score({name: [value] for name, value in row.items()})[0]
    worst, best = sorted(("gold", "silver", "bronze"), key=lambda name: card.points([name, 0.0])["tier"])[::2]
    reason = next(one for one in card.reasons([worst, 0.0]) if one["feature"] == "tier")
    assert worst in reason["bin"]
    target = sum(card.points([best, 0.0]).values())
    (change,) = card.to_reach({"tier": worst, "age": 0.0}, target, fixed=["age"])
    assert worst in change["from"] and best in change["to"]
    assert np.array_equal(card.score({"tier": ["tin"], "age": [0.0]}), card.score([[9, 0.0]]))
    assert np.array_equal(card.score({"tier": [None], "age": [0.0]}), card.score([[np.nan, 0.0]]))
    with pytest.raises(bt.UnknownNameError):
        card.points({"tier": "gold"})
    with pytest.raises(bt.SchemaError):
        card.points(["gold"])
    (tmp_path / "card.json").write_text(card.to_json())
    (tmp_path / "d.toml").write_text('[trait]\ntier = "category"\nage = "number"\n[score.risk]\nmodel = "card.json"\n')
    engine = bt.Engine(bt.Definition.from_file(tmp_path / "d.toml"))
    people = pl.DataFrame({"customer": [f"c{i}" for i in range(400)], **table})
    engine.identify(people)
    live = engine.score(columns=["risk.raw"]).to_numpy()["risk.raw"]
    assert np.array_equal(live[[name is not None for name in tier]], want[[name is not None for name in tier]])


def test_binning_names_categories():
    texts = ["a", "b", "c", "d"] * 60
    y = [int(i % 4 == 2 and i % 3 > 0 or i % 7 == 0) for i in range(240)]
    binning = M.OptimalBinning().fit(texts, y, categorical=True)
    labels = binning.table()["bin"]
    assert "{c}" in labels and labels[-2:] == ["missing", "unseen"]
    assert labels[binning.bin("c")] == "{c}" and labels[binning.bin(None)] == "missing" and labels[binning.bin("?")] == "unseen"
    numbers = M.OptimalBinning().fit([ord(text) for text in texts], y, categorical=True)
    assert np.array_equal(binning.transform(["b", None, "zz"]), numbers.transform([ord("b"), np.nan, -1]))
    assert M.OptimalBinning().fit(pd.Series(texts, dtype="category"), y, categorical=True).table() == binning.table()


def test_what_a_scorecard_refuses_it_says():
    with pytest.raises(bt.SchemaError, match="two features are called `a`"):
        M.Scorecard.fit(X[:, :2], Y, features=["a", "a"])
    with pytest.raises(bt.SchemaError, match="`paid` alone parts the rows.*known only after the event"):
        M.Scorecard.fit({"age": X[:, 0], "paid": Y * 2 + X[:, 1] / 100}, Y)
    with pytest.raises(bt.SchemaError, match="`who` alone parts"):
        M.Scorecard.fit({"who": np.arange(400) % 2 + 2 * Y}, Y, categorical=["who"])
    with pytest.raises(bt.StateError, match="no feature tells anything.*rows with and without"):
        M.Scorecard.fit({"flat": [1.0] * 400}, Y)


def test_what_watching_refuses():
    with pytest.raises(bt.SchemaError, match="counts of 1 bins, and before of 2"):
        E.psi([1], [1, 2])
    for now, before, side in (([0, 0], [1, 2], "now"), ([1, 2], [0, 0], "before"), ([], [], "now")):
        with pytest.raises(bt.StateError, match=f"nothing was counted {side}"):
            E.psi(now, before)
    calibration = E.Calibration(10).add([0.5, float("nan")], [1, 0])
    for wrong in (1.5, -0.1, float("inf")):
        with pytest.raises(bt.SchemaError, match="row 1: .* is no probability.*calibrate"):
            calibration.add([0.5, wrong], [1, 0])
    assert calibration.rows == 1
    for confidence in (0, 1, -1, 95, float("nan")):
        with pytest.raises(bt.SchemaError, match="the confidence is"):
            E.ranking([0.1, 0.2], [0, 1], confidence=confidence)
