"""Tables as text, HTML, CSV and JSON lines, with the standard library alone."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Protocol, TextIO

    class Rows(Protocol):
        """Named columns of one length, such as a `Table`."""

        @property
        def columns(self) -> list[str]: ...

        def __len__(self) -> int: ...

        def __getitem__(self, column: str, /) -> list[Any]: ...


ROWS = 10
WIDTH = 40


def text(table: Rows, rows: int | None = ROWS, *, cut: bool = True) -> str:
    """Aligned columns, numbers to the right; at most `rows` rows, and a line that says how many more."""
    shown = list(_rows(table, rows))
    most = WIDTH if cut else None
    cells = [table.columns, *([_cut(_short(value), most) for value in row] for row in shown)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = [_numeric(column) for column in zip(*shown, strict=True)] or [False] * len(widths)
    lines = [
        "  ".join(
            cell.rjust(width) if flush else cell.ljust(width)
            for cell, width, flush in zip(row, widths, right, strict=True)
        )
        for row in cells
    ]
    if len(table) > len(shown):
        lines.append(f"... {len(table) - len(shown):,} more rows")
    return "\n".join(line.rstrip() for line in lines)


def html(table: Rows) -> str:
    """What a notebook shows."""
    from html import escape

    head = "".join(f"<th>{escape(name)}</th>" for name in table.columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_short(value))}</td>" for value in row) + "</tr>" for row in _rows(table, ROWS)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><small>{len(table):,} rows</small>"


def csv(table: Rows, out: TextIO) -> None:
    """Comma-separated values with a header; unknown is empty, times are ISO 8601."""
    from csv import writer

    write = writer(out, lineterminator="\n").writerow
    write(table.columns)
    for row in _rows(table, None):
        write(["" if value is None else plain(value) for value in row])


def json(table: Rows, out: TextIO) -> None:
    """One JSON object a line; unknown is null, times are ISO 8601."""
    from json import dumps

    names = table.columns
    for row in _rows(table, None):
        out.write(dumps(dict(zip(names, map(plain, row), strict=True))) + "\n")


def _rows(table: Rows, limit: int | None) -> Iterator[tuple[object, ...]]:
    columns = [table[name][:limit] for name in table.columns]
    return zip(*columns, strict=True)


def plain(value: object) -> object:
    """A value that CSV and JSON can hold: times as ISO 8601."""
    return value if value is None or isinstance(value, (bool, int, float, str)) else _iso(value)


def _iso(value: object) -> str:
    from datetime import datetime

    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


def _short(value: object) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(plain(value))


def _cut(cell: str, width: int | None) -> str:
    return cell if width is None or len(cell) <= width else cell[: width - 3] + "..."


def _numeric(column: tuple[object, ...]) -> bool:
    return any(isinstance(value, (int, float)) for value in column)
