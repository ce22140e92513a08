"""The shipped tables, by column."""

from __future__ import annotations

from pathlib import Path

from bactrian import Definition
from bactrian._cli.files import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    Columns = dict[str, list[str]]

DATA = Path(__file__).parents[1] / "data"


def definition(name: str) -> Definition:
    """A shipped definition."""
    return Definition.from_file(DATA / f"{name}.toml")


def table(path: Path, most: int = 100_000) -> Columns:
    """The first rows of a CSV file."""
    with Source(str(path), most) as source:
        chunk = next(iter(source))[1]
    assert isinstance(chunk, dict)
    return chunk


def journey(name: str, most: int = 100_000) -> Columns:
    """A table of Complete Journey."""
    return table(DATA / f"complete_journey_{name}.csv.gz", most)


def rows(columns: Columns, start: int, end: int | None = None) -> Columns:
    """Some rows of a table."""
    return {name: values[start:end] for name, values in columns.items()}
