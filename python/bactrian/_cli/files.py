"""Tables from files, chunk by chunk, so that a file of any length takes bounded memory.

CSV and NDJSON, plain or gzipped, with the standard library; Parquet and Arrow with pyarrow.
"""

from __future__ import annotations

import sys
from itertools import chain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Any, TextIO

FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
}


DELIMITERS = ",;\t|"


class Usage(Exception):
    """The command was given something wrong."""


class Source:
    """A file as chunks of at most `rows` rows, each with the number of its first row, from 1.

    Rows that are no rows (a wrong number of fields, a line that is no object) are kept in `rejected`.
    """

    def __init__(self, path: str, rows: int) -> None:
        self.path = path
        self.rows = rows
        self.rejected: list[tuple[int, str]] = []
        self._file: Any = None

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None and self._file is not sys.stdin:
            self._file.close()

    def __iter__(self) -> Iterator[tuple[int, object]]:
        form = form_of(self.path)
        if form in ("parquet", "arrow"):
            return self._arrow(form)
        self._file = self._text()
        return self._objects() if form == "ndjson" else self._fields("\t" if form == "tsv" else None)

    def _text(self) -> TextIO:
        if self.path == "-":
            return sys.stdin
        if self.path.endswith(".gz"):
            import gzip

            return gzip.open(self.path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="")
        return open(self.path, encoding="utf-8-sig", errors="surrogateescape", newline="")

    def _fields(self, delimiter: str | None) -> Iterator[tuple[int, object]]:
        import csv

        try:
            yield from self._lines(delimiter)
        except csv.Error as error:
            raise Usage(f"`{self.path}` can't be read: {error}") from error

    def _lines(self, delimiter: str | None) -> Iterator[tuple[int, object]]:
        import csv

        first_line = next(self._file, "")
        # Whichever of the usual characters the header has most of, which is a comma where it has none.
        delimiter = delimiter or max(DELIMITERS, key=first_line.count)
        reader = csv.reader(chain([first_line], self._file), delimiter=delimiter)
        header = next(reader, [])
        if repeated := next((name for name in header if header.count(name) > 1), None):
            raise Usage(f"`{self.path}` has two columns `{repeated}`")
        chunk: list[list[str]] = []
        first = count = 0
        for count, row in enumerate(filter(None, reader), 1):
            if len(row) != len(header) or not readable("".join(row)):
                # The chunk ends here, so that the numbers of its rows stay those of the file.
                fields = f"it has {len(row)} fields, and the header has {len(header)}"
                self.rejected.append((count, fields if len(row) != len(header) else "it is not UTF-8"))
                if chunk:
                    yield first, columns(header, chunk)
                    chunk = []
                continue
            first = first if chunk else count
            chunk.append(row)
            if len(chunk) == self.rows:
                yield first, columns(header, chunk)
                chunk = []
        if chunk or not count:
            yield first, columns(header, chunk)

    def _objects(self) -> Iterator[tuple[int, object]]:
        import json

        chunk: list[dict[str, object]] = []
        first = 0
        for count, line in enumerate(filter(str.strip, self._file), 1):
            try:
                row = json.loads(line) if readable(line) else None
            except ValueError:
                row = None
            if not isinstance(row, dict):
                self.rejected.append((count, "it is not a JSON object" if readable(line) else "it is not UTF-8"))
                if chunk:
                    yield first, chunk
                    chunk = []
                continue
            first = first if chunk else count
            chunk.append(row)
            if len(chunk) == self.rows:
                yield first, chunk
                chunk = []
        if chunk:
            yield first, chunk

    def _arrow(self, form: str) -> Iterator[tuple[int, object]]:
        first = 1
        for batch in self._batches(form):
            for start in range(0, batch.num_rows, self.rows):
                yield first + start, batch.slice(start, self.rows)
            first += batch.num_rows

    def _batches(self, form: str) -> Iterator[Any]:
        try:
            import pyarrow
        except ImportError as error:
            raise Usage(f"`{self.path}` needs pyarrow (pip install pyarrow)") from error
        try:
            if form == "parquet":
                import pyarrow.parquet

                self._file = pyarrow.parquet.ParquetFile(self.path)
                yield from self._file.iter_batches(self.rows)
                return
            self._file = pyarrow.memory_map(self.path)
            try:
                reader = pyarrow.ipc.open_file(self._file)
            except pyarrow.ArrowInvalid:
                self._file.seek(0)
                yield from pyarrow.ipc.open_stream(self._file)
            else:
                yield from map(reader.get_batch, range(reader.num_record_batches))
        except pyarrow.ArrowException as error:
            raise Usage(f"`{self.path}` can't be read: {error}") from error


def form_of(path: str) -> str:
    """The format of a file, by its name; the standard input is CSV."""
    name = path.removesuffix(".gz")
    form = "csv" if name == "-" else next((form for end, form in FORMATS.items() if name.endswith(end)), None)
    if form is None:
        raise Usage(f"`{path}` is of no known format: name it {', '.join(FORMATS)}, the texts also with .gz")
    return form


def readable(text: str) -> bool:
    """Whether a text came from UTF-8."""
    try:
        return text.isascii() or bool(text.encode())
    except UnicodeEncodeError:
        return False


def named(chunk: Any) -> dict[str, list[object]]:
    """A chunk as named columns of plain values."""
    if isinstance(chunk, dict):
        return chunk
    if isinstance(chunk, list):
        names = {name: True for row in chunk for name in row}
        return {name: [row.get(name) for row in chunk] for name in names}
    found: dict[str, list[object]] = chunk.to_pydict()
    return found


def renamed(chunk: Any, old: str, new: str) -> object:
    """A chunk whose column `old` is called `new`."""
    swapped = {old: new}
    if isinstance(chunk, dict):
        return {swapped.get(name, name): values for name, values in chunk.items()}
    if isinstance(chunk, list):
        return [{swapped.get(name, name): value for name, value in row.items()} for row in chunk]
    return chunk.rename_columns([swapped.get(name, name) for name in chunk.schema.names])


def columns(header: list[str], rows: list[list[str]]) -> dict[str, list[str]]:
    """Rows turned; a header without rows is a table without rows."""
    turned = list(map(list, zip(*rows, strict=True))) or [[] for _ in header]
    return dict(zip(header, turned, strict=True))
