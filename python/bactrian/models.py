"""Models that others trained, and models that learn: trees, scorecards, regressions, online, calibrated, uplift.

>>> import bactrian as bt
>>> card = bt.models.Scorecard.fit({"age": list(range(100))}, [int(age < 40 or age % 9 == 0) for age in range(100)])
>>> card.features
['age']

``load`` takes the file of a LightGBM or XGBoost model, ``from_sklearn`` a fitted forest or histogram
boosting; both give ``Trees``, which ``save`` writes for an engine, whose raw scores have the bits of the trainer's own. ``OptimalBinning``
cuts a column, ``Scorecard`` makes points of such columns. ``LogisticRegression`` and ``LinearRegression`` fit
all rows at once; ``OnlineLogistic`` and ``Ftrl`` learn row by row. ``Platt`` and ``Isotonic`` turn any score into
an honest probability; ``uplift`` says what an action changes. Results are numpy arrays.
"""

from __future__ import annotations

from bactrian._native import (
    Binning,
    Ftrl,
    Isotonic,
    Linear,
    LinearRegression,
    Logistic,
    LogisticRegression,
    OnlineLogistic,
    OptimalBinning,
    Platt,
    Scorecard,
    Trees,
    Uplift,
    uplift,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike
    from typing import Any

__all__ = [
    "Binning",
    "Ftrl",
    "Isotonic",
    "Linear",
    "LinearRegression",
    "Logistic",
    "LogisticRegression",
    "OnlineLogistic",
    "OptimalBinning",
    "Platt",
    "Scorecard",
    "Trees",
    "Uplift",
    "from_sklearn",
    "load",
    "uplift",
]


def load(
    path: str | PathLike[str], *, signature: dict[str, Any] | None = None, units: dict[str, str] | None = None
) -> Trees:
    """Read a model file: LightGBM's text (``save_model``), XGBoost's JSON (``save_model("x.json")``), or what
    ``Trees.save`` wrote, also of a model of scikit-learn.

    All trees score, as ``Booster.predict`` has it; ``Trees.at_best()`` gives those up to the round at which early
    stopping found the model best, which XGBoost's estimators predict with.

    Raises ``SchemaError`` where it is none of them, is damaged, or uses what is not supported; and where it is not
    the model that ``signature`` tells of, as ``Trees.signature()`` gives it (names, kinds, units and categories of
    the inputs, outputs, hash). ``units`` are those in which the inputs will come.

    >>> bt.models.load("churn.txt")
    Traceback (most recent call last):
        ...
    bactrian.StoreError: `churn.txt` can't be read
    """
    trees = Trees.from_file(path)
    if signature is not None:
        trees.check(signature, units)
    return trees


def from_sklearn(model: Any, features: Sequence[str] | None = None) -> Trees:
    """Take a fitted model of scikit-learn: a decision tree, a random forest, extra trees, or histogram
    gradient boosting without categorical features.

    ``predict`` gives the mean of a regressor; of a forest of classifiers the probability of every class;
    of boosting with two classes that of the second. ``features`` names the columns, by default as the
    model was fitted.

    >>> class Tree: ...
    >>> bt.models.from_sklearn(Tree())
    Traceback (most recent call last):
        ...
    bactrian.SchemaError: no trees of a `Tree` can be taken
    """
    from bactrian._sklearn import trees

    return trees(model, features)
