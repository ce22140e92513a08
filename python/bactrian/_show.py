"""Tables as text, HTML, CSV and JSON lines, with the standard library alone."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from bactrian._native import Table

    Value = object

ROWS = 10
WIDTH = 40


def text(table: Table, rows: int | None = ROWS) -> str:
    """Aligned columns, numbers to the right; at most ``rows`` rows, and a line that says how many more."""
    shown = list(_rows(table, rows))
    cells = [[_cut(name) for name in table.columns], *([_cut(_short(value)) for value in row] for row in shown)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = [_numeric(column) for column in zip(*shown, strict=True)] or [False] * len(widths)
    lines = [
        "  ".join(cell.rjust(width) if flush else cell.ljust(width) for cell, width, flush in zip(row, widths, right, strict=True))
        for row in cells
    ]
    if len(table) > len(shown):
        lines.append(f"... {len(table) - len(shown):,} more rows")
    return "\n".join(line.rstrip() for line in lines)


def html(table: Table) -> str:
    """What a notebook shows."""
    from html import escape

    head = "".join(f"<th>{escape(name)}</th>" for name in table.columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_short(value))}</td>" for value in row) + "</tr>" for row in _rows(table, ROWS)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><small>{len(table):,} rows</small>"


def csv(table: Table, out: TextIO) -> None:
    """Comma-separated values with a header; unknown is empty, times are ISO 8601."""
    from csv import writer

    write = writer(out, lineterminator="\n").writerow
    write(table.columns)
    for row in _rows(table, None):
        write(["" if value is None else _plain(value) for value in row])


def json(table: Table, out: TextIO) -> None:
    """One JSON object a line; unknown is null, times are ISO 8601."""
    from json import dumps

    names = table.columns
    for row in _rows(table, None):
        out.write(dumps(dict(zip(names, map(_plain, row), strict=True))) + "\n")


def _rows(table: Table, limit: int | None) -> Iterator[tuple[Value, ...]]:
    columns = [table[name][:limit] for name in table.columns]
    return zip(*columns, strict=True)


def _plain(value: Value) -> Value:
    return value if value is None or isinstance(value, (bool, int, float, str)) else _iso(value)


def _iso(value: Value) -> str:
    from datetime import datetime

    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)


def _short(value: Value) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(_plain(value))


def _cut(cell: str) -> str:
    return cell if len(cell) <= WIDTH else cell[: WIDTH - 3] + "..."


def _numeric(column: tuple[Value, ...]) -> bool:
    return any(isinstance(value, (int, float)) for value in column)
