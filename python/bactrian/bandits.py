"""Which action to try next: bandits that learn from what came of it.

>>> import bactrian as bt
>>> bandit = bt.bandits.LinUCB(["call", "mail"], features=2)
>>> bandit.choose([1.0, 0.5])
('call', 1.0)

``choose`` gives an action and the exact probability with which it was chosen, which evaluation needs; ``learn``
takes its reward. ``LinUCB``, ``LinTS`` and ``SquareCB`` judge actions in a context, ``BetaBernoulli`` without one.
"""

from __future__ import annotations

from bactrian._native import BetaBernoulli, ContextualBandit, LinTS, LinUCB, SquareCB

__all__ = ["BetaBernoulli", "ContextualBandit", "LinTS", "LinUCB", "SquareCB"]
