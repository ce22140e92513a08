"""How good are scores, policies and decisions? Ranking, calibration and drift of models.

>>> import bactrian as bt
>>> bt.evaluation.ranking([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).auc
0.75

``ranking`` gives AUC, Gini and KS with intervals; ``Calibration`` the honesty of probabilities; ``psi`` and
``Drift`` how far a column has moved since a model was built. What is counted merges over days and machines.
"""

from __future__ import annotations

from bactrian._native import Calibration, Drift, Ranking, psi, ranking

__all__ = ["Calibration", "Drift", "Ranking", "psi", "ranking"]
