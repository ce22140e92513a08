"""Ties without an engine: communities, centralities, and whose ear to whisper in.

>>> import bactrian as bt
>>> ties = bt.graph.Graph.from_edges(["ann", "ann", "bob", "cid"], ["bob", "cid", "cid", "dan"])
>>> dict(zip(ties.ids, ties.core_numbers().tolist()))
{'ann': 2, 'bob': 2, 'cid': 2, 'dan': 1}

Results are numpy arrays with one entry a node, in the order of ``ids``.
"""

from __future__ import annotations

from bactrian._native import Graph, SeedSet

__all__ = ["Graph", "SeedSet", "Spread"]


class Spread(float):
    """Mean number (or value) of nodes that seeds set in motion; ``error`` is its standard error.

    >>> bt.graph.Spread(12.5, 0.25).error
    0.25
    """

    error: float

    def __new__(cls, mean: float, error: float) -> Spread:
        """Make a spread of its mean and standard error."""
        spread = super().__new__(cls, mean)
        spread.error = error
        return spread
