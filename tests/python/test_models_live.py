"""A trained model as a column of the engine: the bits of the library that trained it, in this very run."""

import shutil

import lightgbm
import numpy as np
import pytest
import xgboost

import bactrian as bt

pytestmark = pytest.mark.filterwarnings("ignore")

ROWS = 900
NAMES = ["age", "income", "visits", "tier"]
TIERS = ["bronze", "silver", "gold", "lead"]
SHOP = """
[trait]
age    = "number"
income = "number"
visits = "number"
tier   = "category"

[score.churn]
model = "{file}"
categories.tier = ["bronze", "silver", "gold"]
"""


@pytest.fixture(scope="module")
def people():
    """Traits of customers, some unknown, some of a tier that no model has seen; and what a model sees of them."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(ROWS, 4)).round(3)
    tier = rng.integers(0, 4, ROWS)
    x[:, 3] = np.where(tier == 3, -1, tier)
    y = (x[:, 0] + x[:, 1] * (x[:, 2] > 0) + (x[:, 3] == 1) + 0.3 * rng.normal(size=ROWS) > 0.2).astype(float)
    x[rng.random(x.shape) < 0.1] = np.nan
    traits = {"customer": list(range(ROWS))}
    traits |= {name: [None if np.isnan(v) else v for v in x[:, i]] for i, name in enumerate(NAMES[:3])}
    traits["tier"] = [None if np.isnan(v) else TIERS[int(v)] for v in x[:, 3]]
    return x, y, traits


def train_lightgbm(x, y, path, rounds=40):
    data = lightgbm.Dataset(x, y, feature_name=NAMES, categorical_feature=[3])
    params = {"objective": "binary", "num_leaves": 15, "min_data_per_group": 5, "verbose": -1, "num_threads": 1}
    model = lightgbm.train(params, data, rounds)
    model.save_model(path)
    return model


def train_xgboost(x, y, path):
    kinds = ["q", "q", "q", "c"]
    known = np.where(x < 0, np.nan, x)[:, 3]
    data = xgboost.DMatrix(
        np.column_stack([x[:, :3], known]), y, feature_names=NAMES, feature_types=kinds, enable_categorical=True
    )
    # The C library's `logf` may round the margin of another base score to the next f32 (one in 400).
    params = {"objective": "binary:logistic", "max_depth": 5, "nthread": 1, "base_score": 0.5}
    model = xgboost.train(params, data, 40)
    model.save_model(path)
    return model


def shop(folder, file):
    (folder / "shop.toml").write_text(SHOP.format(file=file))
    return bt.Definition.from_file(folder / "shop.toml")


def same_bits(ours, theirs):
    assert np.array_equal(np.asarray(ours, float).view(np.uint64), np.asarray(theirs, float).view(np.uint64))


def raw(engine):
    return engine.score(columns=["churn.raw"]).to_numpy()["churn.raw"]


def test_lightgbm_in_the_engine(people, tmp_path):
    x, y, traits = people
    model = train_lightgbm(x, y, tmp_path / "churn.txt")
    engine = bt.Engine(shop(tmp_path, "churn.txt"))
    assert engine.identify(traits).accepted == ROWS
    same_bits(raw(engine), model.predict(x, raw_score=True))
    for customer in (0, 17, ROWS - 1):
        assert engine[customer]["churn.raw"] == raw(engine)[customer]
    probabilities = engine.score(columns=["churn"]).to_numpy()["churn"]
    assert np.abs(probabilities - model.predict(x)).max() < 1e-15
    theirs = model.predict(x, pred_contrib=True)
    for customer in range(0, ROWS, 30):
        parts = engine.explain(customer, "churn.raw").parts
        assert list(parts) == ["base", *NAMES]
        ours = [parts[name] for name in NAMES] + [parts["base"]]
        assert np.abs(np.array(ours) - theirs[customer]).max() < 1e-9
        whole = engine.explain(customer, "churn")
        assert sum(whole.parts.values()) == pytest.approx(whole.value, abs=1e-12)


def test_xgboost_in_the_engine(people, tmp_path):
    x, y, traits = people
    model = train_xgboost(x, y, tmp_path / "churn.json")
    engine = bt.Engine(shop(tmp_path, "churn.json"))
    engine.identify(traits)
    known = np.where(x[:, 3] < 0, 777, x[:, 3])
    seen = xgboost.DMatrix(
        np.column_stack([x[:, :3], known]), feature_names=NAMES, feature_types=["q", "q", "q", "c"], enable_categorical=True
    )
    rows = x[:, 3] != -1
    same_bits(raw(engine)[rows], model.predict(seen, output_margin=True).astype(float)[rows])


def test_the_file_moves_alone_and_a_bad_model_leaves_the_old(people, tmp_path):
    x, y, traits = people
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    model = train_lightgbm(x, y, here / "churn.txt")
    with bt.Engine.open(here / "shop.bactrian", shop(here, "churn.txt")) as engine:
        engine.identify(traits)
        before = raw(engine)
    shutil.move(here / "shop.bactrian", there / "shop.bactrian")
    with bt.Engine.open(there / "shop.bactrian") as engine:
        same_bits(raw(engine), before)
        (here / "churn.txt").write_bytes((here / "churn.txt").read_bytes()[:3000])
        with pytest.raises(bt.DefinitionError) as refused:
            engine.redefine(shop(here, "churn.txt"))
        assert refused.value.problems[0].path == "score.churn.model"
        same_bits(raw(engine), before)
        better = train_lightgbm(x, y, here / "churn.txt", rounds=60)
        engine.redefine(shop(here, "churn.txt"))
        same_bits(raw(engine), better.predict(x, raw_score=True))
    with bt.Engine.open(there / "shop.bactrian") as engine:
        same_bits(raw(engine), better.predict(x, raw_score=True))
    assert model.num_trees() < better.num_trees()


def test_a_text_takes_its_files_by_name(people, tmp_path):
    x, y, traits = people
    model = train_lightgbm(x, y, tmp_path / "churn.txt")
    text = bt.Definition.from_toml(SHOP.format(file="churn.txt"))
    assert "has not been read" in text.check()[0].message
    engine = bt.Engine(text.with_file("churn.txt", (tmp_path / "churn.txt").read_bytes()))
    engine.identify(traits)
    same_bits(raw(engine), model.predict(x, raw_score=True))


def test_a_challenger_is_scored_in_the_shadow(people, tmp_path):
    x, y, traits = people
    champion = train_lightgbm(x, y, tmp_path / "churn.txt", rounds=5)
    challenger = train_lightgbm(x, y, tmp_path / "next.txt", rounds=50)
    alone = bt.Engine(shop(tmp_path, "churn.txt"))
    alone.identify(traits)
    definition = (tmp_path / "shop.toml").read_text().replace('model = "churn.txt"', 'model = "churn.txt"\nchallenger = "next.txt"')
    action = '[action.call]\nchannel = "phone"\nresponse = "churn"\nvalue = 10\n'
    (tmp_path / "shop.toml").write_text(definition + action)
    both = bt.Definition.from_file(tmp_path / "shop.toml")
    with bt.Engine.open(tmp_path / "shop.bactrian", both) as engine:
        engine.identify(traits)
        table = engine.score(columns=["churn", "churn.raw", "churn.challenger", "churn.challenger_raw"]).to_numpy()
        same_bits(table["churn.raw"], raw(alone))
        same_bits(table["churn.raw"], champion.predict(x, raw_score=True))
        same_bits(table["churn.challenger_raw"], challenger.predict(x, raw_score=True))
        assert engine[3]["churn.challenger"] == table["churn.challenger"][3]
        explained = engine.explain(3, "churn.challenger_raw")
        assert sum(explained.parts.values()) == pytest.approx(table["churn.challenger_raw"][3], abs=1e-9)
        # The record of a decision tells the definition, and that the models, by their hashes.
        decided = engine.decide(3)
        assert float(decided.factors["response"]) == table["churn"][3]
        kept = both.to_dict()["score"]["churn"]
        assert kept["hash"] != kept["challenger_hash"]
        ranks = [bt.evaluation.ranking(table[name], y).auc for name in ("churn", "churn.challenger")]
        assert ranks[0] < ranks[1]
        # What was scored in the shadow is read again from the journal, to the bit.
        engine.advance_to("2026-01-01")
        past = engine.training_set("2026-01-01", columns=["churn", "churn.challenger"]).to_numpy()
        assert np.array_equal(past["churn.challenger"][:ROWS], table["churn.challenger"])
    with bt.Engine.open(tmp_path / "shop.bactrian") as engine:
        same_bits(engine.score(columns=["churn.challenger_raw"]).to_numpy()["churn.challenger_raw"], table["churn.challenger_raw"])
        (tmp_path / "next.txt").write_text("tree")
        with pytest.raises(bt.DefinitionError) as refused:
            engine.redefine(bt.Definition.from_file(tmp_path / "shop.toml"))
        assert refused.value.problems[0].path == "score.churn.challenger"


def test_a_scorecard_in_the_engine(people, tmp_path):
    x, y, traits = people
    frame = {name: x[:, i] for i, name in enumerate(NAMES)}
    card = bt.models.Scorecard.fit(frame, y, categorical=["tier"])
    again = bt.models.Scorecard.from_json(card.to_json())
    same_bits(again.score(x), card.score(x))
    (tmp_path / "churn.json").write_text(card.to_json())
    engine = bt.Engine(shop(tmp_path, "churn.json"))
    engine.identify(traits)
    known = x[:, 3] != -1
    same_bits(raw(engine)[known], card.score(x)[known])
    for customer in (1, 44, 333):
        explained = engine.explain(customer, "churn.raw")
        parts = dict(explained.parts)
        assert parts.pop("base") == 0 and sum(parts.values()) == engine[customer]["churn.raw"]
        assert engine[customer]["churn"] == pytest.approx(card.event_probability(raw(engine)[customer]), rel=1e-12)
        if known[customer]:
            short = {reason["feature"]: reason["short"] for reason in card.reasons(x[customer])}
            assert {name: explained.evidence[f"{name} short"] for name in short} == short
    text = card.to_json()
    for wrong in (text[:-9], "{}", text.replace('"odds":50.0', '"odds":-1.0'), text.replace('"points":[', '"points":[1.0,')):
        with pytest.raises(bt.SchemaError):
            bt.models.Scorecard.from_json(wrong)
    (tmp_path / "churn.json").write_text(text.replace('"points":[', '"points":[1.0,'))
    with pytest.raises(bt.DefinitionError, match="bins"):
        bt.Engine(shop(tmp_path, "churn.json"))
