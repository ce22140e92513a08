"""Tables on the standard output, in the format asked for."""

from __future__ import annotations

import sys

from bactrian import _show
from bactrian._cli.files import Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bactrian._show import Rows


class Listing:
    """A table made here."""

    def __init__(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        self.columns = list(columns)
        self._rows = list(rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, column: str) -> list[object]:
        place = self.columns.index(column)
        return [row[place] for row in self._rows]


def listing(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Listing:
    """A table of rows."""
    return Listing(columns, rows)


def table(rows: Rows, form: str, *, whole: bool = False) -> None:
    """Write a table; `whole` cuts no cell."""
    if form == "csv":
        _show.csv(rows, sys.stdout)
    elif form == "json":
        _show.json(rows, sys.stdout)
    elif form == "arrow":
        arrow(rows)
    else:
        print(_show.text(rows, None, cut=not whole))


def line(value: object) -> None:
    """One JSON value on a line."""
    from json import dumps

    print(dumps(value, default=_show.plain))


def arrow(rows: Rows) -> None:
    """An Arrow stream."""
    try:
        import pyarrow
    except ImportError as error:
        raise Usage("--format arrow needs pyarrow (pip install pyarrow)") from error
    table = pyarrow.table(rows if hasattr(rows, "__arrow_c_stream__") else {name: rows[name] for name in rows.columns})
    with pyarrow.ipc.new_stream(sys.stdout.buffer, table.schema) as stream:
        stream.write_table(table)
