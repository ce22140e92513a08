"""How good are scores, policies, campaigns and plans? Effects are answered by a ``Verdict``.

>>> import bactrian as bt
>>> bt.evaluation.ranking([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).auc
0.75

Models: ``ranking`` gives AUC, Gini and KS with intervals; ``Calibration`` the honesty of probabilities; ``psi`` and
``Drift`` how far a column has moved. Policies: ``off_policy``, ``compare`` and ``bootstrap`` value a policy by the log
of another. Tests: ``qini``, ``auuc`` and ``uplift_at`` judge a score of uplift, ``intention_to_treat`` a campaign,
``ResponseByContact`` whether one more contact is worth it; ``AlwaysValid`` and ``SequentialRatio`` may be looked at
after every outcome. Plans: ``allocate``, ``assign`` and ``Pacer`` spend what is scarce.
"""

from __future__ import annotations

from bactrian._native import (
    Allocation,
    AlwaysValid,
    Calibration,
    Drift,
    OffPolicy,
    Pacer,
    Ranking,
    ResponseByContact,
    SequentialRatio,
    Value,
    allocate,
    assign,
    auuc,
    bootstrap,
    compare,
    intention_to_treat,
    off_policy,
    psi,
    qini,
    qini_curve,
    ranking,
    uplift_at,
)

__all__ = [
    "Allocation",
    "AlwaysValid",
    "Calibration",
    "Drift",
    "OffPolicy",
    "Pacer",
    "Ranking",
    "ResponseByContact",
    "SequentialRatio",
    "Value",
    "allocate",
    "assign",
    "auuc",
    "bootstrap",
    "compare",
    "intention_to_treat",
    "off_policy",
    "psi",
    "qini",
    "qini_curve",
    "ranking",
    "uplift_at",
]
