"""Score models: an ensemble of 500 trees of 63 leaves on 30 features, scorecards, optimal binning, online learning."""

import functools
import subprocess
import tempfile
from pathlib import Path

from harness import ROOT, TARGET, fastest, row

ROWS, FEATURES, TREES, LEAVES = 20_000, 30, 500, 63


@functools.cache
def matrix():
    import numpy as np

    chance = np.random.default_rng(0)
    x = chance.normal(size=(ROWS, FEATURES))
    signal = x[:, 0] + x[:, 1] * x[:, 2] + np.sin(3 * x[:, 3]) + chance.normal(size=ROWS)
    return x, signal > 0


@functools.cache
def model() -> Path:
    """The file of the ensemble, trained here."""
    import lightgbm

    x, y = matrix()
    params = {"objective": "binary", "num_leaves": LEAVES, "min_data_in_leaf": 5, "learning_rate": 0.05, "verbose": -1}
    path = Path(tempfile.mkdtemp()) / "model.txt"
    lightgbm.train(params, lightgbm.Dataset(x, y.astype(float)), TREES).save_model(path)
    return path


@functools.cache
def booster():
    import lightgbm

    return lightgbm.Booster(model_file=model(), params={"num_threads": 1})


@functools.cache
def ours():
    import bactrian as bt

    trees = bt.models.load(model())
    x, _ = matrix()
    same = trees.predict_raw(x) == booster().predict(x, raw_score=True, num_threads=1)
    if not same.all():
        raise RuntimeError(f"{(~same).sum()} of {ROWS} scores differ from LightGBM's")
    return trees


def lleaves() -> float:
    import lleaves as peer

    compiled = peer.Model(model_file=str(model()))
    compiled.compile()
    x, _ = matrix()
    return ROWS / fastest(lambda: compiled.predict(x, n_jobs=1))


def load() -> float:
    import bactrian as bt

    return fastest(lambda: bt.models.load(model())) * 1e3


def load_peer() -> float:
    import lightgbm

    return fastest(lambda: lightgbm.Booster(model_file=model())) * 1e3


def batch(threads: int) -> float:
    trees, (x, _) = ours(), matrix()
    return ROWS / fastest(lambda: trees.predict_raw(x, threads=threads))


def batch_peer(threads: int) -> float:
    x, _ = matrix()
    return ROWS / fastest(lambda: booster().predict(x, raw_score=True, num_threads=threads), 3)


def single() -> float:
    trees, rows = ours(), [[float(value) for value in line] for line in matrix()[0][:2000]]
    return fastest(lambda: [trees.predict_row(line) for line in rows]) / len(rows) * 1e6


def single_peer() -> float:
    peer, rows = booster(), matrix()[0][:200]
    return fastest(lambda: [peer.predict(line.reshape(1, -1), num_threads=1) for line in rows], 3) / len(rows) * 1e6


def compiled(source: str, *link: str) -> Path:
    """A program of tests/c/bench."""
    program = Path(tempfile.mkdtemp()) / source
    flags = ["-O2", "-std=gnu99", f"-I{ROOT / 'include'}", f"-I{ROOT / 'tests/c'}"]
    subprocess.run(["cc", *flags, "-o", program, ROOT / f"tests/c/bench/{source}.c", *link], check=True, capture_output=True)
    return program


def timed(command: list[object], rows) -> float:
    done = subprocess.run(command, input=rows.tobytes(), check=True, capture_output=True)
    return float(done.stdout)


def from_c(model_file: Path, column: str) -> float:
    """Microseconds for one customer's score in an engine whose traits are the features."""
    rows, release = matrix()[0][:1000], TARGET / "release"
    definition = model_file.with_suffix(".toml")
    traits = "".join(f'f{i} = "number"\n' for i in range(FEATURES))
    inputs = ", ".join(f'"f{i}"' for i in range(FEATURES))
    definition.write_text(f'[trait]\n{traits}[score.risk]\nmodel = "{model_file.name}"\ninputs = [{inputs}]\n')
    program = compiled("score", f"-L{release}", "-lbactrian", f"-Wl,-rpath,{release}")
    return timed([program, definition, column, str(len(rows)), str(FEATURES)], rows)


def single_c() -> float:
    return from_c(model(), "risk.raw")


def single_c_peer() -> float:
    import lightgbm

    rows, folder = matrix()[0][:1000], Path(lightgbm.__file__).parent / "lib"
    program = compiled("lightgbm_row", str(folder / "lib_lightgbm.so"), f"-Wl,-rpath,{folder}")
    return timed([program, model(), str(len(rows)), str(FEATURES)], rows)


@functools.cache
def xgboost_model() -> Path:
    import xgboost

    x, y = matrix()
    params = {"objective": "binary:logistic", "max_leaves": LEAVES, "max_depth": 0, "grow_policy": "lossguide", "eta": 0.05}
    path = Path(tempfile.mkdtemp()) / "model.json"
    xgboost.train(params | {"nthread": 2}, xgboost.DMatrix(x, y.astype(float)), TREES).save_model(path)
    return path


def margins(threads: int) -> float:
    import bactrian as bt

    trees, (x, _) = bt.models.load(xgboost_model()), matrix()
    return ROWS / fastest(lambda: trees.predict_raw(x, threads=threads))


def margins_peer(threads: int) -> float:
    import xgboost

    import bactrian as bt

    x, _ = matrix()
    peer = xgboost.Booster({"nthread": threads}, model_file=xgboost_model())
    theirs = peer.inplace_predict(x, predict_type="margin")
    if not (bt.models.load(xgboost_model()).predict_raw(x) == theirs).all():
        raise RuntimeError("other margins than XGBoost's")
    return ROWS / fastest(lambda: peer.inplace_predict(x, predict_type="margin"), 3)


def lleaves_two() -> float:
    import lleaves as peer

    compiled = peer.Model(model_file=str(model()))
    compiled.compile()
    x, _ = matrix()
    return ROWS / fastest(lambda: compiled.predict(x, n_jobs=2))


def shap() -> float:
    trees, x = ours(), matrix()[0][:1000]
    return len(x) / fastest(lambda: trees.contributions(x), 3)


def shap_peer() -> float:
    x = matrix()[0][:1000]
    return len(x) / fastest(lambda: booster().predict(x, pred_contrib=True, num_threads=1), 2)


def scorecard() -> float:
    import bactrian as bt

    x, y = matrix()
    card = bt.models.Scorecard.fit(x, y, features=[f"f{i}" for i in range(FEATURES)])
    return ROWS / fastest(lambda: card.score(x))


def scorecard_c() -> float:
    import bactrian as bt

    x, y = matrix()
    path = Path(tempfile.mkdtemp()) / "card.json"
    path.write_text(bt.models.Scorecard.fit(x, y, features=[f"f{i}" for i in range(FEATURES)]).to_json())
    return from_c(path, "risk.raw")


@functools.cache
def columns():
    import numpy as np

    chance = np.random.default_rng(1)
    x = chance.normal(size=(FEATURES, 200_000)).astype(np.float32)
    y = chance.random(x.shape[1]) < 1 / (1 + np.exp(1 - 0.3 * x.sum(axis=0)))
    return x, y.astype(int)


@functools.cache
def binning() -> float:
    import bactrian as bt

    x, y = columns()
    return fastest(lambda: [bt.models.OptimalBinning().fit(column, y) for column in x], 2)


@functools.cache
def binning_peer() -> float:
    """Seconds of optbinning for the same columns; it must not find more information."""
    import bactrian as bt
    from optbinning import OptimalBinning

    x, y = columns()
    fitted = []

    def fit() -> None:
        fitted[:] = [OptimalBinning(monotonic_trend="auto_asc_desc").fit(column, y) for column in x]

    seconds = fastest(fit, 1)
    for column, peer in zip(x, fitted, strict=True):
        peer.binning_table.build()
        ours = bt.models.OptimalBinning().fit(column, y).information_value
        if ours < peer.binning_table.iv * (1 - 1e-6):
            raise RuntimeError(f"worse bins: information value {peer.binning_table.iv}, ours {ours}")
    return seconds


def online() -> float:
    import bactrian as bt

    x, y = matrix()

    def learn() -> None:
        bt.models.OnlineLogistic(FEATURES).learn(x, y)

    return ROWS / fastest(learn)


def river() -> float:
    from river import linear_model, optim

    x, y = matrix()
    rows = [(dict(enumerate(line)), bool(mark)) for line, mark in zip(x[:2000].tolist(), y, strict=False)]

    def learn() -> None:
        peer = linear_model.LogisticRegression(optim.SGD(0.01), intercept_lr=0.01)
        for line, mark in rows:
            peer.predict_proba_one(line)
            peer.learn_one(line, mark)

    return len(rows) / fastest(learn, 2)


NAME = f"{TREES} trees x {LEAVES} leaves x {FEATURES} features"
row(f"load {NAME}", "ms", load, peer=("lightgbm", load_peer), goal=60)
row(f"score {NAME}, one thread", "rows/s", lambda: batch(1), peer=("lightgbm", lambda: batch_peer(1)), times=7)
row(f"score {NAME}, against compiled trees", "rows/s", lambda: batch(1), peer=("lleaves", lleaves), times=1.6)
row(f"score {NAME}, two threads", "rows/s", lambda: batch(2), peer=("lightgbm", lambda: batch_peer(2)), times=7)
row(f"score {NAME}, two threads, against compiled trees", "rows/s", lambda: batch(2), peer=("lleaves", lleaves_two), times=1.6)
row(f"score {TREES} trees of XGBoost, one thread", "rows/s", lambda: margins(1), peer=("xgboost", lambda: margins_peer(1)), times=7)
row(f"score {TREES} trees of XGBoost, two threads", "rows/s", lambda: margins(2), peer=("xgboost", lambda: margins_peer(2)), times=7)
row(f"score one row, {NAME}, C", "us", single_c, peer=("lightgbm fast single-row", single_c_peer), times=3)
row(f"score one row, {NAME}, Python", "us", single, peer=("lightgbm", single_peer), times=5)
row(f"contributions, {NAME}, 1,000 rows", "rows/s", shap, peer=("lightgbm", shap_peer), times=3)
row("scorecard, 30 features", "rows/s", scorecard, goal=5e6)
row("scorecard, 30 features, one row from C", "us", scorecard_c, goal=2)
row("optimal binning, 200,000 rows x 30 columns", "s", binning, peer=("optbinning", binning_peer), times=10)
row("online logistic, 30 features", "rows/s", online, peer=("river", river), times=50)
