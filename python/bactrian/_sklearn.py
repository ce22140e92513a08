"""From fitted models of scikit-learn to arrays of nodes; `bactrian.models.from_sklearn` is the door."""

from __future__ import annotations

from bactrian._errors import SchemaError
from bactrian._native import Trees

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_LINKS = {
    "HalfBinomialLoss": "sigmoid",
    "HalfMultinomialLoss": "softmax",
    "HalfPoissonLoss": "exp",
    "HalfGammaLoss": "exp",
    "HalfSquaredError": "",
    "AbsoluteError": "",
    "PinballLoss": "",
}
_FORESTS = ("RandomForest", "ExtraTrees")
_SCHEMA_TYPE = 200
_SCHEMA_RANGE = 203


def trees(model: Any, features: Sequence[str] | None) -> Trees:
    """The trees of any model that can be taken."""
    name = type(model).__name__
    known = name.startswith(("HistGradientBoosting", *_FORESTS, "DecisionTree"))
    if known and not hasattr(model, "n_features_in_"):
        raise SchemaError(f"the `{name}` is not fitted", _SCHEMA_TYPE, "call its `fit` before", [])
    if name.startswith("HistGradientBoosting"):
        return _boosting(model, features)
    if name.startswith(_FORESTS):
        return _forest(model, model.estimators_, features)
    if name.startswith("DecisionTree"):
        return _forest(model, [model], features)
    hint = "a decision tree, a random forest, extra trees or histogram gradient boosting; others: save LightGBM text or XGBoost JSON"
    raise SchemaError(f"no trees of a `{name}` can be taken", _SCHEMA_TYPE, hint, [])


def _names(model: Any, features: Sequence[str] | None) -> list[str]:
    if features is None:
        features = getattr(model, "feature_names_in_", None)
    if features is None:
        return [f"f{i}" for i in range(model.n_features_in_)]
    names = [features] if isinstance(features, str) else list(features)
    stray = next((name for name in names if not isinstance(name, str)), None)
    if stray is not None:
        raise SchemaError(f"the feature name `{stray!r}` is not text", _SCHEMA_TYPE, "give `features` as texts", [])
    if len(names) != model.n_features_in_:
        hint = "one name for each column that the model was fitted on"
        raise SchemaError(f"{len(names)} names for {model.n_features_in_} features", _SCHEMA_RANGE, hint, [])
    return names


def _forest(model: Any, members: Sequence[Any], features: Sequence[str] | None) -> Trees:
    if getattr(model, "n_outputs_", 1) != 1:
        raise SchemaError("forests of several outputs are not supported", _SCHEMA_TYPE, None, [])
    outputs = members[0].tree_.value.shape[2]
    arrays = [_grown(member.tree_, output) for member in members for output in range(outputs)]
    return Trees._from_arrays(_names(model, features), arrays, [0.0] * outputs, float(len(members)), True, "")


def _grown(tree: Any, output: int) -> Any:
    """A tree of a forest; each class has one, with the class's share as value. Values of features are f32."""
    return (
        output,
        tree.children_left.tolist(),
        tree.children_right.tolist(),
        tree.feature.tolist(),
        tree.threshold,
        [bool(left) for left in tree.missing_go_to_left],
        tree.value[:, 0, output],
        tree.weighted_n_node_samples,
    )


def _boosting(model: Any, features: Sequence[str] | None) -> Trees:
    link = _LINKS.get(type(model._loss).__name__)
    if link is None:
        raise SchemaError(f"the loss `{type(model._loss).__name__}` is not supported", _SCHEMA_TYPE, None, [])
    if getattr(model, "is_categorical_", None) is not None:
        hint = "encode categories as numbers before, or train with LightGBM or XGBoost"
        raise SchemaError("categorical features of scikit-learn are not supported", _SCHEMA_TYPE, hint, [])
    base = [float(score) for score in model._baseline_prediction.ravel()]
    arrays = [_boosted(one.nodes, output) for stage in model._predictors for output, one in enumerate(stage)]
    return Trees._from_arrays(_names(model, features), arrays, base, 1.0, False, link)


def _boosted(nodes: Any, output: int) -> Any:
    left = [-1 if leaf else int(child) for leaf, child in zip(nodes["is_leaf"], nodes["left"], strict=True)]
    return (
        output,
        left,
        nodes["right"].tolist(),
        nodes["feature_idx"].tolist(),
        nodes["num_threshold"],
        [bool(left) for left in nodes["missing_go_to_left"]],
        nodes["value"],
        nodes["count"],
    )
