"""What a customer will be worth: purchase models, spend models, and the value that they make.

>>> import bactrian as bt
>>> lines = {"customer": [1, 1, 2], "at": ["2024-01-01", "2024-01-15", "2024-01-08"], "amount": [5.0, 7.0, 9.0]}
>>> rows = bt.clv.summary(lines, period="7d", amount="amount", until="2024-06-30")
>>> model = bt.clv.BetaGeo(r=0.243, alpha=4.414, a=0.793, b=2.426)
>>> model.expected_purchases(52, rows["frequency"], rows["recency"], rows["T"]).round(3).tolist()
[0.506, 0.353]

``BetaGeo``, ``ModifiedBetaGeo`` and ``ParetoNBD`` are for purchases without a contract, ``RegularBetaGeo`` for those at
regular gaps (``wheat_morrison`` says how regular), ``BetaGeoBetaBinomial`` for discrete opportunities, ``ShiftedBetaGeometric`` for renewals of a contract, ``GammaGamma`` for the spend per
purchase. Each takes parameters or finds them (``fit``), and a fit tells how far to trust it.
"""

from bactrian._native import (
    BetaGeo,
    BetaGeoBetaBinomial,
    GammaGamma,
    ModifiedBetaGeo,
    ParetoNBD,
    RegularBetaGeo,
    ShiftedBetaGeometric,
    lifetime_value,
    summary,
    wheat_morrison,
)

__all__ = [
    "BetaGeo",
    "BetaGeoBetaBinomial",
    "GammaGamma",
    "ModifiedBetaGeo",
    "ParetoNBD",
    "RegularBetaGeo",
    "ShiftedBetaGeometric",
    "lifetime_value",
    "summary",
    "wheat_morrison",
]
