"""Bactrian knows customers and decides what to do next.

>>> import bactrian as bt
>>> engine = bt.Engine(bt.Definition.from_dict({"feature": {"orders": {"count": "event"}}}))
>>> engine.stats().customers
0

A definition declares what is known of customers: features, scores, segments, and actions that read
them. An engine takes events (``observe``), traits (``identify``) and ties (``relate``), learns the
population (``fit``), and reads any column of any customer (``engine[id]["spend"]``, ``score``), toward
a peer where the column differs by peer. ``decide`` says what to do next, and why not the rest.

Without an engine: ``bt.graph`` finds communities and whom to whisper to; ``bt.clv``, ``bt.loyalty``,
``bt.humps`` and ``bt.cluster`` say what customers are worth and how they divide; ``bt.models`` scores trees
that others trained, fits scorecards, and learns row by row; ``bt.bandits`` says what
to try next, ``bt.evaluation`` how good scores, policies and plans are.

Importing this package imports nothing else; pandas, polars, pyarrow and numpy are met where an object
of theirs is passed in or asked for.
"""

from bactrian import bandits, cluster, clv, evaluation, graph, humps, loyalty, models, segments
from bactrian._errors import (
    BactrianError,
    DefinitionError,
    InternalError,
    Problem,
    SchemaError,
    StateError,
    StoreError,
    UnknownNameError,
)
from bactrian._native import (
    Backtest,
    CallbackReport,
    Choice,
    Customer,
    Decision,
    Definition,
    Engine,
    ErasureReceipt,
    Evaluated,
    Explanation,
    FitReport,
    FittedColumn,
    Flip,
    IngestReport,
    Loser,
    Plan,
    RecordedAction,
    RecordedDecision,
    RedefineReport,
    Rules,
    Stats,
    Table,
    Verdict,
    __version__,
)

__all__ = [
    "Backtest",
    "BactrianError",
    "CallbackReport",
    "Choice",
    "Customer",
    "Decision",
    "Definition",
    "DefinitionError",
    "Engine",
    "ErasureReceipt",
    "Evaluated",
    "Explanation",
    "FitReport",
    "FittedColumn",
    "Flip",
    "IngestReport",
    "InternalError",
    "Loser",
    "Plan",
    "Problem",
    "RecordedAction",
    "RecordedDecision",
    "RedefineReport",
    "Rules",
    "SchemaError",
    "StateError",
    "Stats",
    "StoreError",
    "Table",
    "UnknownNameError",
    "Verdict",
    "__version__",
    "bandits",
    "cluster",
    "clv",
    "evaluation",
    "graph",
    "humps",
    "loyalty",
    "models",
    "segments",
]
