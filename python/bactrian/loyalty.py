"""Loyalty that is split: which share of their needs customers meet where.

>>> import bactrian as bt
>>> customer, brand = ["ann", "ann", "bob", "cy"], ["Heinz", "Hunts", "Heinz", "Heinz"]
>>> bt.loyalty.share_of_requirements(customer, brand)
{'Heinz': 0.75, 'Hunts': 0.5}

``duplication`` tells which customers brands have in common, ``NBDDirichlet`` is the model behind it.
"""

from __future__ import annotations

from bactrian._native import NBDDirichlet, _duplication, _share_of_requirements

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_SCHEMA_TYPE, _SCHEMA_RANGE = 200, 203

__all__ = ["Duplication", "NBDDirichlet", "duplication", "share_of_requirements"]


class Duplication:
    """Which customers brands have in common.

    ``brands`` names the rows and columns of ``shared``: the share of the row's customers who bought the column's
    brand too. ``d`` is the D of the law shared = D x penetration (Ehrenberg 1972), by least squares.
    """

    def __init__(self, d: float, brands: list[Any], shared: Any) -> None:
        self.d = d
        self.brands = brands
        self.shared = shared

    def __repr__(self) -> str:
        return f"Duplication(d={self.d:.5f}, {len(self.brands)} brands)"


def duplication(customer: Sequence[Any], brand: Sequence[Any]) -> Duplication:
    """Which customers brands have in common, of purchases: one customer and one brand each.

    >>> found = bt.loyalty.duplication([1, 1, 2, 2, 3], ["a", "b", "a", "b", "a"])
    >>> found.brands, found.shared.round(3).tolist()
    (['a', 'b'], [[1.0, 0.667], [1.0, 1.0]])
    """
    import numpy as np

    names, customers, brands = _numbered(customer, brand)
    d, shared = _duplication(customers, brands, len(names))
    return Duplication(d, names, np.array(shared))


def share_of_requirements(customer: Sequence[Any], brand: Sequence[Any]) -> dict[Any, float]:
    """The share of its customers' purchases that each brand has, of purchases: one customer and one brand each.

    >>> bt.loyalty.share_of_requirements([1, 1, 2], ["a", "b", "a"])
    {'a': 0.6666666666666666, 'b': 0.5}
    """
    names, customers, brands = _numbered(customer, brand)
    return dict(zip(names, _share_of_requirements(customers, brands, len(names)), strict=True))


def _numbered(customer: Sequence[Any], brand: Sequence[Any]) -> tuple[list[Any], Any, Any]:
    """The brands in order, and numbers for customers and brands."""
    import numpy as np

    customer, brand = (_known(role, of) for role, of in (("customer", customer), ("brand", brand)))
    _, customers = _unique("customer", customer)
    names, brands = _unique("brand", brand)
    return names.tolist(), customers.astype(np.uint64), brands.astype(np.uint32)


def _unique(role: str, values: Any) -> tuple[Any, Any]:
    """The values in order, and the place of each."""
    import numpy as np

    from bactrian._errors import SchemaError

    try:
        return np.unique(values, return_inverse=True)
    except TypeError:
        message = f"`{role}` has values of several types, which have no order"
        raise SchemaError(message, _SCHEMA_TYPE, "name all by texts, or all by numbers") from None


def _known(role: str, column: Any) -> Any:
    """The values as an array, if each is known."""
    import numpy as np

    from bactrian._errors import SchemaError

    # Of a list of texts numpy makes a text of what is unknown too.
    mixed = isinstance(column, (list, tuple)) and len({type(value) for value in column}) > 1
    values = np.asarray(column, dtype=object) if mixed else np.asarray(column)
    if values.ndim != 1:
        hint = "give a list, a numpy array or a column of a data frame"
        raise SchemaError(f"`{role}` has {values.ndim} dimensions, and a column has 1", _SCHEMA_TYPE, hint)
    unknown = [row for row, value in enumerate(values.tolist()) if _is_unknown(value)] if values.dtype.kind in "fO" else []
    if unknown:
        hint = "leave out purchases by nobody, or of no brand"
        raise SchemaError(f"`{role}` is unknown in row {unknown[0]}", _SCHEMA_RANGE, hint)
    return values


def _is_unknown(value: Any) -> bool:
    return value is None or type(value).__name__ in ("NAType", "NaTType") or value != value
