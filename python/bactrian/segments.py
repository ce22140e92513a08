"""What goes with what, and who is like whom: correlations that help to target.

>>> import bactrian as bt
>>> table = bt.segments.crosstab(["year", "month", "month", "year"], ["stays", "leaves", "leaves", "stays"])
>>> table.cramers_v, table.lift("month", "leaves").lift
(1.0, 2.0)

``item_lifts`` says what each community is after, ``effects`` where an action helps and where it does not,
``LookAlike`` who is like those who are, ``Topics`` what people want, ``ConditionalTree`` which segments tell them
apart. Of an engine's own customers ask ``engine.associations``, ``engine.lifts`` and ``engine.look_alikes``.
"""

from __future__ import annotations

from bactrian._errors import SchemaError, StateError
from bactrian._native import _Crosstab, _effects, _item_lifts, _LookAlike, _Pooled, _Topics, _Tree, benjamini_hochberg

_TYPE, _MISSING, _RANGE, _UNLEARNT = 200, 201, 203, 404

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from bactrian._native import Verdict

__all__ = [
    "ConditionalTree",
    "Crosstab",
    "Effect",
    "Effects",
    "Lift",
    "LookAlike",
    "Pooled",
    "PooledRate",
    "Topics",
    "benjamini_hochberg",
    "crosstab",
    "effects",
    "item_lifts",
]


class Lift:
    """How much more often an item is met inside a group than among all.

    ``count`` is of the group's members with the item; ``lift`` is P(item | group) / P(item), ``interval`` its 95%
    interval, ``p_value`` Fisher's exact test by doubling the smaller tail.
    """

    def __init__(self, count: int, lift: float, interval: tuple[float, float], p_value: float) -> None:
        self.count = count
        self.lift = lift
        self.interval = interval
        self.p_value = p_value

    def __repr__(self) -> str:
        low, high = self.interval
        return f"Lift({self.lift:.5f} [{low:.5f}, {high:.5f}], count={self.count}, p_value={self.p_value:.3g})"


class Crosstab:
    """Two labellings of the same rows, counted; ``crosstab`` makes one.

    ``rows`` and ``columns`` are the labels in order, ``counts`` the table. ``chi_squared`` is Pearson's without Yates'
    correction, of ``degrees`` and with ``p_value``; ``cramers_v`` is as Cramer had it, ``cramers_v_corrected`` with
    its bias taken out (Bergsma 2013); ``mutual_information`` is in nats. What can't be had, since a side has one
    label, is NaN.
    """

    def __init__(self, core: _Crosstab, rows: list[Any], columns: list[Any]) -> None:
        self._core = core
        self.rows = rows
        self.columns = columns
        self.total = core.total
        self.chi_squared = core.chi_squared
        self.degrees = core.degrees
        self.p_value = core.p_value
        self.cramers_v = core.cramers_v
        self.cramers_v_corrected = core.cramers_v_corrected
        self.mutual_information = core.mutual_information

    @property
    def counts(self) -> list[list[int]]:
        """The count of each row and column."""
        return [[self._core.count(row, column) for column in range(len(self.columns))] for row in range(len(self.rows))]

    def lift(self, row: Any, column: Any) -> Lift:
        """How much more often two labels meet than among all."""
        places = [_place_of(label, labels) for label, labels in ((row, self.rows), (column, self.columns))]
        return _lift(self._core.lift(*places))

    def __repr__(self) -> str:
        return f"Crosstab({len(self.rows)} x {len(self.columns)}, V={self.cramers_v:.5f}, p_value={self.p_value:.3g})"


def crosstab(rows: Iterable[Any], columns: Iterable[Any]) -> Crosstab:
    """Count two labellings of the same rows; a row without both labels (``None`` or NaN) is left out.

    >>> bt.segments.crosstab(["a", "a", "b", None], [True, False, True, True]).counts
    [[1, 1], [0, 1]]
    """
    left, right = _together(rows, columns)
    kept = [pair for pair in zip(left, right, strict=True) if not (_missing(pair[0]) or _missing(pair[1]))]
    row_labels, numbered = _numbered([row for row, _ in kept])
    column_labels, others = _numbered([column for _, column in kept])
    return Crosstab(_Crosstab(numbered, others), row_labels, column_labels)


def item_lifts(group: Mapping[Any, Any], customer: Iterable[Any], item: Iterable[Any]) -> dict[tuple[Any, Any], Lift]:
    """The lift of each item in each group, such as the artists of a community, of pairs that were met.

    ``group`` has the group of each customer; ``customer`` and ``item`` are pairs, of which repetitions count once.
    Who has no group takes no part.

    >>> bt.segments.item_lifts({1: "x", 2: "x", 3: "y", 4: "y"}, [1, 2, 3, 4], ["jazz", "jazz", "jazz", "folk"])["x", "jazz"].lift
    1.3333333333333333
    """
    import numpy as np

    members = {who: label for who, label in group.items() if not _missing(label)}
    groups, numbered = _numbered(list(members.values()))
    place = {who: row for row, who in enumerate(members)}
    kept = [(place[who], what) for who, what in zip(*_together(customer, item), strict=True) if who in place]
    items, whats = _numbered([what for _, what in kept])
    rows = np.array([row for row, _ in kept], dtype=np.uint64)
    found = _item_lifts(numbered.tolist(), rows, whats)
    return {(groups[one[0]], items[one[1]]): _lift(one) for one in found}


class Effect:
    """What an action changes in one segment.

    ``arms`` are the rows with and without it, ``means`` their outcomes, ``verdict`` the difference and what may be
    claimed; ``q_value`` controls false findings over the segments, and ``shrunk`` is the difference drawn to that of
    all.
    """

    def __init__(self, segment: Any, core: Any) -> None:
        self.segment = segment
        self.arms: tuple[int, int] = core.arms
        self.means: tuple[float, float] = core.means
        self.verdict: Verdict = core.verdict
        self.error: float = core.error
        self.p_value: float = core.p_value
        self.q_value: float = core.q_value
        self.shrunk: float = core.shrunk

    def __repr__(self) -> str:
        return f"Effect({self.segment!r}, {self.verdict})"


class Effects:
    """The effects in all ``segments``; ``overall`` is their mean by precision, ``between`` the standard deviation of
    the true effects
    (DerSimonian, Laird), ``heterogeneity`` the p-value of there being none (Cochran's Q)."""

    def __init__(self, segments: list[Effect], overall: float, between: float, heterogeneity: float) -> None:
        self.segments = segments
        self.overall = overall
        self.between = between
        self.heterogeneity = heterogeneity

    def __repr__(self) -> str:
        return f"Effects({len(self.segments)} segments, overall={self.overall:.5f}, heterogeneity={self.heterogeneity:.3g})"


def effects(segment: Iterable[Any], treated: Iterable[bool], outcome: Iterable[float], *, randomised: bool) -> Effects:
    """What an action changes in each segment, with false-discovery control over the segments.

    ``randomised`` says that chance alone chose who was treated: otherwise every verdict is "cannot tell". So it is
    for a segment with less than 20 rows in an arm.

    >>> found = bt.segments.effects(["a"] * 200, [True, False] * 100, [1, 0, 1, 1] * 50, randomised=True)
    >>> found.segments[0].verdict.claim
    'effect'
    """
    labels, numbered = _numbered(list(segment))
    who, came = _flags("treated", treated), _numbers("outcome", outcome)
    found, overall, between, heterogeneity = _effects(numbered, who, came, randomised)
    return Effects([Effect(labels[one.segment], one) for one in found], overall, between, heterogeneity)


class _Learnt:
    """What is asked before it has learnt anything says so."""

    def __getattr__(self, name: str) -> Any:
        if name in ("_core", "_codes", "_place"):
            raise StateError(f"the `{type(self).__name__}` has learnt nothing", _UNLEARNT, "call its `fit` before")
        raise AttributeError(f"`{type(self).__name__}` has no `{name}`")


class LookAlike(_Learnt):
    """P(member | characteristics): a logistic regression over quantities and labels, calibrated on rows it had not
    seen.

    ``l2`` is the weight of the square penalty, ``folds`` the parts of rows for calibration.

    >>> age = [i % 50 for i in range(200)]
    >>> town = ["north" if i % 3 else "south" for i in range(200)]
    >>> model = bt.segments.LookAlike().fit({"age": age, "town": town}, [a > 30 for a in age])
    >>> low, high = model.predict({"age": [5, 45], "town": ["north", None]})
    >>> bool(low < 0.1), bool(high > 0.9)
    (True, True)
    """

    def __init__(self, *, l2: float = 1.0, folds: int = 5, seed: int = 0) -> None:
        self.l2 = l2
        self.folds = folds
        self.seed = seed

    def fit(self, columns: Mapping[str, Any], member: Iterable[bool]) -> LookAlike:
        """Learn who is a member from columns by name: numbers are quantities, all else labels; missing ones may be."""
        self._codes, members = _Codes(columns), _flags("member", member)
        self._core = _LookAlike.fit(self._codes(columns), members, self.l2, self.folds, self.seed)
        self.members_ = self._core.members
        self.calibration_ = self._core.calibration
        return self

    def predict(self, columns: Mapping[str, Any]) -> Any:
        """The probability of each row; a label never seen counts as rare ones do."""
        return self._core.predict(self._codes(columns))

    def __repr__(self) -> str:
        return f"LookAlike(l2={self.l2}, folds={self.folds}, seed={self.seed})"


class PooledRate:
    """A person's rate: ``value``, its 95% ``interval``, the ``weights`` of everyone, the segment and the person in
    it, and the ``level`` that has most of them: ``everyone``, ``segment`` or ``person``."""

    def __init__(self, value: float, interval: tuple[float, float], weights: list[float], level: str) -> None:
        self.value = value
        self.interval = interval
        self.weights = dict(zip(("everyone", "segment", "person"), weights, strict=True))
        self.level = level

    def __repr__(self) -> str:
        low, high = self.interval
        return f"PooledRate({self.value:.4f} [{low:.4f}, {high:.4f}], level={self.level!r})"


class Pooled(_Learnt):
    """Rates at three levels, everyone, a segment, a person, each drawn to the one above it (beta-binomial, by maximum
    likelihood).

    ``rate_`` is everyone's; ``between_`` and ``within_`` are how many rows' worth of evidence the level above is for
    a segment and for a person: the greater, the more alike they are.

    >>> pooled = bt.segments.Pooled().fit(["a", "b"] * 50, [2, 7, 3, 8] * 25, [10] * 100)
    >>> newcomer = pooled.estimate("b")
    >>> round(newcomer.value, 2), newcomer.level
    (0.75, 'segment')
    """

    def fit(self, segment: Iterable[Any], successes: Iterable[float], trials: Iterable[float]) -> Pooled:
        """Learn from persons: the segment, successes and trials of each."""
        labels, numbered = _numbered(list(segment))
        self._place = {label: place for place, label in enumerate(labels)}
        self._core = _Pooled.fit(numbered, _numbers("successes", successes), _numbers("trials", trials))
        self.rate_, self.between_, self.within_ = self._core.rate, self._core.between, self._core.within
        return self

    def segment(self, label: Any) -> float:
        """The rate of a segment, drawn to everyone's; everyone's for one never met."""
        return self._core.segment(self._place.get(label, len(self._place)))

    def estimate(self, segment: Any, successes: float = 0.0, trials: float = 0.0) -> PooledRate:
        """The rate of a person of a segment with these successes of trials; without any, of a newcomer."""
        return PooledRate(*self._core.estimate(self._place.get(segment, len(self._place)), successes, trials))

    def __repr__(self) -> str:
        return "Pooled()"


class Topics(_Learnt):
    """What people want, as topics over what they do: a non-negative factorisation of counts.

    ``fit`` takes a matrix of a row a person and a column a term, of scipy or numpy; best the square roots of counts.
    Then ``components_`` has a row a topic, the share of each term; ``objective_`` is the norm of what stays
    unexplained. Coordinate descent from the NNDSVD start, as scikit-learn's ``NMF(init="nndsvd")``; nothing is random.

    >>> import numpy as np
    >>> bakers, smokers = [[2.0, 1.0, 0.0]] * 3, [[0.0, 0.0, 3.0]] * 2
    >>> model = bt.segments.Topics(2).fit(np.array(bakers + smokers))
    >>> model.transform(np.array([[4.0, 2.0, 0.0]])).round(2).tolist()
    [[0.0, 6.0]]
    """

    def __init__(self, topics: int, *, tolerance: float = 1e-4, iterations: int = 500) -> None:
        self.topics = topics
        self.tolerance = tolerance
        self.iterations = iterations

    def fit(self, matrix: Any) -> Topics:
        """Find the topics; ``weights_`` are those of the matrix's own rows."""
        self._core = _Topics.fit(_sparse(matrix), self.topics, self.tolerance, self.iterations)
        self.components_ = self._core.rows.reshape(self.topics, -1)
        self.weights_ = self._core.weights.reshape(-1, self.topics)
        self.objective_, self.iterations_, self.converged_ = self._core.fitted
        return self

    def transform(self, matrix: Any) -> Any:
        """The weight of each topic for other rows, to topics that sum to 1."""
        return self._core.transform(_sparse(matrix)).reshape(-1, self.topics)

    def __repr__(self) -> str:
        return f"Topics({self.topics})"


class ConditionalTree(_Learnt):
    """Segments grown toward a response, or toward the effect of a treatment, as readable as their questions.

    A node is parted only where a permutation test finds that a column has to do with the response, all columns held
    against each other (Hothorn, Hornik, Zeileis 2006). ``leaves_`` has the size, the mean and its 95% interval of each.

    >>> age = [i % 50 for i in range(400)]
    >>> tree = bt.segments.ConditionalTree().fit({"age": age}, [float(a > 30) for a in age])
    >>> tree.assign({"age": [5, 45]}).tolist(), [leaf[1] for leaf in tree.leaves_]
    ([0, 1], [0.0, 1.0])
    """

    def __init__(self, *, alpha: float = 0.05, minimum: int = 50, depth: int = 4) -> None:
        self.alpha = alpha
        self.minimum = minimum
        self.depth = depth

    def fit(
        self, columns: Mapping[str, Any], target: Iterable[float], treated: Iterable[bool] | None = None
    ) -> ConditionalTree:
        """Grow from columns by name: numbers are quantities, all else labels; missing ones may be."""
        self._codes = _Codes(columns)
        response = _numbers("target", target)
        arm = None if treated is None else _flags("treated", treated)
        self._core = _Tree.fit(self._codes(columns), response, arm, (self.alpha, self.minimum, self.depth))
        self.leaves_ = self._core.leaves
        return self

    def assign(self, columns: Mapping[str, Any]) -> Any:
        """The leaf of each row, by its place in ``leaves_``."""
        return self._core.assign(self._codes(columns))

    def __repr__(self) -> str:
        return f"ConditionalTree(alpha={self.alpha}, minimum={self.minimum}, depth={self.depth})"


def _numbers(role: str, values: Iterable[Any]) -> Any:
    """A column of numbers; what is missing is NaN."""
    import numpy as np

    column = np.asarray(values if hasattr(values, "__len__") else list(values))
    if column.ndim != 1:
        raise SchemaError(f"`{role}` has {column.ndim} dimensions, and a column has 1", _TYPE, "give a number a row")
    words = column.dtype.kind in "USMm" or (column.dtype.kind == "O" and any(isinstance(value, str) for value in column))
    try:
        if not words:
            return np.ascontiguousarray(column, dtype=np.float64)
    except (TypeError, ValueError):
        pass
    raise SchemaError(f"`{role}` holds something else than numbers", _TYPE, "give a number a row")


def _flags(role: str, values: Iterable[Any]) -> Any:
    """A column of yes and no: gaps are neither."""
    import numpy as np

    column = _numbers(role, values)
    if not np.isin(column, (0.0, 1.0)).all():
        hint = "give True or False a row, and leave out who is neither"
        raise SchemaError(f"`{role}` holds something else than yes and no", _TYPE, hint)
    return column.astype(bool)


def _sparse(matrix: Any) -> tuple[int, Any, Any, Any]:
    """Columns, the ends of rows, and place and value of what is not zero."""
    import numpy as np

    if hasattr(matrix, "tocsr"):
        rows = matrix.tocsr()
        rows.sort_indices()
        ends, places, values = rows.indptr[1:], rows.indices, rows.data
    else:
        rows = np.asarray(matrix, dtype=np.float64)
        if rows.ndim != 2:
            raise SchemaError(f"a matrix has 2 dimensions, and not {rows.ndim}", _TYPE, "give a row a person, a column a term")
        at, places = np.nonzero(rows)
        ends, values = np.searchsorted(at, np.arange(len(rows)), side="right"), rows[at, places]
    kinds = (np.uint64, np.uint32, np.float64)
    return (
        rows.shape[1],
        *(np.ascontiguousarray(part, dtype=kind) for part, kind in zip((ends, places, values), kinds, strict=True)),
    )


class _Codes:
    """Columns by name as numbers: labels are numbered as they were met first."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self._names = list(columns)
        self._labels: dict[str, dict[Any, float]] = {}
        for name in self._names:
            if not _is_number(columns[name]):
                known = [label for label in columns[name] if not _missing(label)]
                self._labels[name] = {label: float(place) for place, label in enumerate(_numbered(known)[0])}

    def __call__(self, columns: Mapping[str, Any]) -> list[tuple[bool, Any]]:
        import numpy as np

        coded = []
        for name in self._names:
            if name not in columns:
                raise SchemaError(f"the column `{name}` is missing", _MISSING, f"learnt were {', '.join(self._names)}")
            known, own = self._labels.get(name), columns[name]
            try:
                if known is not None:
                    values = np.array([float("nan") if _missing(value) else known.get(value, -1.0) for value in own])
                elif isinstance(own, np.ndarray):
                    values = np.ascontiguousarray(own, dtype=np.float64)
                else:
                    values = np.array([float("nan") if _missing(value) else value for value in own], dtype=np.float64)
            except (TypeError, ValueError):
                kind = "labels" if known is not None else "numbers, as it did when it was learnt from"
                raise SchemaError(f"the column `{name}` holds something else than {kind}", _TYPE) from None
            coded.append((known is not None, values))
        return coded


def _together(left: Iterable[Any], right: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    """Two columns of the same rows."""
    one, other = list(left), list(right)
    if len(one) != len(other):
        raise SchemaError(f"{len(one)} rows and {len(other)}: both columns must be as long", _RANGE)
    return one, other


def _missing(value: Any) -> bool:
    return value is None or value != value


def _is_number(values: Iterable[Any]) -> bool:
    import numbers

    kind = getattr(getattr(values, "dtype", None), "kind", None)
    if kind in ("f", "i", "u"):
        return True
    return all(_missing(value) or (isinstance(value, numbers.Real) and not isinstance(value, bool)) for value in values)


def _place_of(label: Any, labels: list[Any]) -> int:
    if label not in labels:
        raise SchemaError(f"no row has the label {label!r}", _RANGE, f"there are {', '.join(map(repr, labels[:8]))}")
    return labels.index(label)


def _numbered(labels: list[Any]) -> tuple[list[Any], Any]:
    """The labels in order, and the number of each row's label."""
    import numpy as np

    try:
        met = set(labels)
    except TypeError:
        raise SchemaError("a label can't be hashed", _TYPE, "give texts, numbers or flags") from None
    try:
        names = sorted(met)
    except TypeError:
        names = sorted(met, key=repr)
    place = {label: number for number, label in enumerate(names)}
    return names, np.array([place[label] for label in labels], dtype=np.uint32)


def _lift(found: tuple[int, int, int, float, float, float, float]) -> Lift:
    _, _, count, lift, low, high, p_value = found
    return Lift(count, lift, (low, high), p_value)
