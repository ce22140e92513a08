"""The exception tree. The classes follow the hundreds of ``code``, which C and Rust share."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Finding = tuple[str, int, int, str, str, str | None]


class Problem:
    """One finding about a definition, with its place.

    ``severity`` is ``error``, ``not yet`` (right, but this version does not have the part) or
    ``warning``; ``line`` and ``column`` count from 1 and are 0 where the definition has no text.
    """

    __slots__ = ("column", "hint", "line", "message", "path", "severity")

    def __init__(self, severity: str, line: int, column: int, path: str, message: str, hint: str | None) -> None:
        self.severity = severity
        self.line = line
        self.column = column
        self.path = path
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}: " if self.line else ""
        path = f"`{self.path}`: " if self.path else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}{path}{self.message}{hint}"

    def __repr__(self) -> str:
        return f"Problem({self.severity}: {self})"


class BactrianError(Exception):
    """Whatever goes wrong here: a frozen ``code``, a ``message``, a ``hint`` if one helps, and the
    ``problems`` of a definition.

    >>> try:
    ...     engine.score(columns=["ordres"])
    ... except bt.BactrianError as error:
    ...     print(type(error).__name__, error.code, error)
    UnknownNameError 300 no column `ordres` (did you mean `orders`?)
    """

    def __init__(
        self, message: str, code: int = 900, hint: str | None = None, problems: Iterable[Problem | Finding] = ()
    ) -> None:
        self.message = message
        self.code = code
        self.hint = hint
        self.problems = [found if isinstance(found, Problem) else Problem(*found) for found in problems]
        super().__init__(message, code, hint, self.problems)

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return "\n  ".join([f"{self.message}{hint}", *map(str, self.problems)])


class DefinitionError(BactrianError):
    """The definition has mistakes, or asks for what this version does not have; ``problems`` has all."""


class SchemaError(BactrianError):
    """A table, a column or a value is missing, of the wrong type, malformed or out of range."""


class UnknownNameError(BactrianError):
    """No column, customer, segment, event kind or decision has this name."""


class StateError(BactrianError):
    """The engine can't do this now: a moment in its past, a closed or read-only engine, too little data."""


class StoreError(BactrianError):
    """The file can't be read or written: input and output, damage, another writer, another version."""


class InternalError(BactrianError):
    """A mistake of this library; please report it."""


for _error in (
    BactrianError,
    DefinitionError,
    SchemaError,
    UnknownNameError,
    StateError,
    StoreError,
    InternalError,
    Problem,
):
    _error.__module__ = "bactrian"
