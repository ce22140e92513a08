"""Segments: assigning everyone, asking who is in a cell, and the topics and trees that cells are made of, against scikit-learn."""

import functools
import time

from harness import fastest, row

CUSTOMERS = 1_000_000
PEOPLE, TERMS, TOPICS = 20_000, 300, 8
ROWS, COLUMNS = 200_000, 10
ALIKE = 300_000
SHOP = """
[event.purchase]
customer = "customer"
at       = "at"
amount   = "amount"
need     = "need"

[feature.spend]
sum = "amount"

[feature.top]
top = "need"

[segment.matrix]
axis.need  = { of = "top" }
axis.value = { of = "spend", quantiles = [0.5, 0.9], labels = ["low", "mid", "high"] }
"""


def shop():
    """A million customers whose cells a fit has yet to find."""
    import bactrian as bt
    import numpy as np

    chance = np.random.default_rng(0)
    engine = bt.Engine(bt.Definition.from_toml(SHOP))
    names = np.array([f"need {place}" for place in range(12)])
    engine.observe(
        {
            "customer": np.arange(CUSTOMERS, dtype=np.uint64),
            "at": np.full(CUSTOMERS, "2024-01-01", dtype="datetime64[us]"),
            "amount": chance.gamma(2.0, 20.0, CUSTOMERS),
            "need": names[chance.integers(0, 12, CUSTOMERS)],
        },
        kind="purchase",
    )
    return engine


@functools.cache
def assigned():
    """A shop with its cells, and how long it took to assign everyone."""
    engine = shop()
    start = time.perf_counter()
    engine.fit()
    return engine, time.perf_counter() - start


def assignment() -> float:
    return assigned()[1]


def members() -> float:
    engine, _ = assigned()
    return fastest(lambda: engine.members("matrix", "need 3/high"), 5)


def cells() -> float:
    engine, _ = assigned()
    return fastest(lambda: engine.segment("matrix"), 5)


@functools.cache
def counts():
    import numpy as np
    from scipy import sparse

    chance = np.random.default_rng(1)
    topics = chance.dirichlet(np.full(TERMS, 0.05), TOPICS)
    shares = chance.dirichlet(np.full(TOPICS, 0.2), PEOPLE)
    return sparse.csr_matrix(np.sqrt(chance.poisson(30 * shares @ topics)).astype(float))


@functools.cache
def their_topics():
    from sklearn.decomposition import NMF

    return NMF(TOPICS, init="nndsvd", tol=1e-4, max_iter=500)


def topics() -> float:
    import bactrian as bt

    model, x = bt.segments.Topics(TOPICS), counts()
    seconds = fastest(lambda: model.fit(x), 3)
    theirs = their_topics().fit(x).reconstruction_err_
    if model.objective_ > 1.001 * theirs:
        raise RuntimeError(f"objective {model.objective_:.6g}, scikit-learn's {theirs:.6g}")
    return seconds


def topics_peer() -> float:
    model, x = their_topics(), counts()
    return fastest(lambda: model.fit(x), 3)


def folding() -> float:
    import bactrian as bt

    model, x = bt.segments.Topics(TOPICS).fit(counts()), counts()
    return PEOPLE / fastest(lambda: model.transform(x), 3)


def folding_peer() -> float:
    model, x = their_topics().fit(counts()), counts()
    return PEOPLE / fastest(lambda: model.transform(x), 3)


@functools.cache
def response():
    import numpy as np

    chance = np.random.default_rng(2)
    x = chance.normal(size=(ROWS, COLUMNS))
    y = (x[:, 0] > 0.3).astype(float) + (x[:, 3] > 1) * (x[:, 0] < 0) + 0.5 * chance.normal(size=ROWS)
    return np.asfortranarray(x), y


def tree() -> float:
    import bactrian as bt

    x, y = response()
    columns = {str(place): x[:, place] for place in range(COLUMNS)}
    return fastest(lambda: bt.segments.ConditionalTree(depth=4).fit(columns, y), 3)


def tree_peer() -> float:
    from sklearn.tree import DecisionTreeRegressor

    x, y = response()
    return fastest(lambda: DecisionTreeRegressor(max_depth=4, min_samples_leaf=50).fit(x, y), 3)


@functools.cache
def people():
    """Traits of customers, and who of them is a member."""
    import numpy as np

    chance = np.random.default_rng(3)
    numbers = chance.normal(size=(ALIKE, 6))
    names = chance.integers(0, 8, size=(ALIKE, 3))
    odds = numbers[:, 0] - 0.5 * numbers[:, 3] + 0.6 * (names[:, 1] == 2) - 1.5
    return numbers, names, chance.random(ALIKE) < 1 / (1 + np.exp(-odds))


def look_alikes() -> float:
    import bactrian as bt
    import numpy as np

    numbers, names, member = people()
    traits = {f"number_{place}": "number" for place in range(6)} | {f"name_{place}": "category" for place in range(3)}
    engine = bt.Engine(bt.Definition.from_dict({"trait": traits | {"member": "bool"}}))
    labels = np.array([f"label {place}" for place in range(8)])
    columns = {f"number_{place}": numbers[:, place] for place in range(6)}
    columns |= {f"name_{place}": labels[names[:, place]] for place in range(3)}
    at = np.full(ALIKE, "2024-01-01", dtype="datetime64[us]")
    engine.identify({"customer": np.arange(ALIKE, dtype=np.uint64), "at": at, "member": member, **columns})
    return fastest(lambda: engine.look_alikes("member", "true", list(traits), n=100), 3)


def look_alikes_peer() -> float:
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    numbers, names, member = people()
    x = np.hstack([numbers, *(np.eye(8)[names[:, place]] for place in range(3))])
    return fastest(lambda: LogisticRegression(max_iter=1000).fit(x, member), 3)


row("assign 1M customers to the cells of a matrix, the edges found", "s", assignment, goal=1.0)
row("who is in a cell of 8,459 among 1M customers", "s", members, goal=0.01)
row("cells with sizes, titles and rules, 1M customers", "s", cells, goal=0.01)
row("topics of 20,000 people over 300 terms, 8 topics", "s", topics, peer=("scikit-learn", topics_peer), times=1)
row("people folded into topics", "rows/s", folding, peer=("scikit-learn", folding_peer))
row("a conditional tree, 200,000 rows, 10 columns, depth 4", "s", tree, peer=("scikit-learn", tree_peer), times=1)
row("look-alikes among 300,000, calibrated, all scored", "s", look_alikes, peer=("one fit of scikit-learn", look_alikes_peer), times=1)
