"""Files that the command line reads: their formats, their memory, and what is wrong with them."""

import csv
import json
import sys

import pyarrow as pa
import pyarrow.parquet
import pytest
from bactrian._cli import main
from commands import LINES, observe, write


def rows_of(count):
    """Plain columns of so many rows."""
    return {"customer": [f"c{n % 99}" for n in range(count)], "at": ["2024-01-01"] * count, "amount": [float(n) for n in range(count)]}


def write_csv(path, table):
    path.write_text("customer,at,amount\n" + "".join(f"{c},{at},{n}\n" for c, at, n in zip(*table.values())))


def write_ndjson(path, table):
    path.write_text("".join(json.dumps(dict(zip(table, row))) + "\n" for row in zip(*table.values())))


def write_parquet(path, table):
    pa.parquet.write_table(pa.table(table), path, row_group_size=2_000)


def write_arrow(path, table):
    with pa.ipc.new_file(str(path), pa.table(table).schema) as file:
        file.write_table(pa.table(table), max_chunksize=1_000)


def write_arrow_stream(path, table):
    with pa.ipc.new_stream(str(path), pa.table(table).schema) as stream:
        stream.write_table(pa.table(table), max_chunksize=1_000)


@pytest.mark.parametrize(
    ("end", "make"),
    [("csv", write_csv), ("ndjson", write_ndjson), ("parquet", write_parquet), ("arrow", write_arrow), ("arrow", write_arrow_stream)],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_files_of_any_length_take_bounded_memory(end, make, tmp_path):
    """Twenty times the rows take no more memory at any moment, of Python's and of Arrow's."""
    import gc
    import tracemalloc

    from bactrian._cli.files import Source

    def peaks(count):
        path = tmp_path / f"{count}.{end}"
        make(path, rows_of(count))
        gc.collect()
        before, most, rows = pa.total_allocated_bytes(), 0, 0
        tracemalloc.start()
        with Source(str(path), 500) as source:
            for first, chunk in source:
                assert first == rows + 1
                rows += len(chunk["customer"]) if isinstance(chunk, dict) else len(chunk) if isinstance(chunk, list) else chunk.num_rows
                most = max(most, pa.total_allocated_bytes() - before)
        _, python = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert rows == count
        return python, most

    (small, small_arrow), (large, large_arrow) = peaks(2_000), peaks(40_000)
    assert large < 1.2 * small + 200_000 and large_arrow < 1.2 * small_arrow + 500_000 < pa.table(rows_of(40_000)).nbytes


@pytest.mark.parametrize("command", [["observe", "{taken}", "{shop}/x.parquet"], ["score", "{taken}", "--format", "arrow"]])
def test_what_needs_pyarrow_says_so(command, shop, taken, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (shop / "x.parquet").write_bytes(b"PAR1")
    assert main([part.format(shop=shop, taken=taken) for part in command]) == 2
    assert "needs pyarrow (pip install pyarrow)" in capsys.readouterr().err


def test_bytes_that_are_no_text_are_one_bad_row(shop, capsys):
    (shop / "odd.csv").write_bytes(b"customer,at,amount\nanna,2024-01-02,1\nb\xffn,2024-01-02,1\ncleo,2024-01-02,1\n")
    assert observe(shop, "odd.csv") == 1
    said = capsys.readouterr()
    assert "2 accepted" in said.out and "odd.csv: row 2: it is not UTF-8" in said.err


def test_a_file_that_stops_half_way_says_what_was_taken(shop, capsys):
    write(shop / "good.csv", LINES)
    assert observe(shop, "good.csv", "none.csv") == 2
    assert "none.csv" in capsys.readouterr().err and not (shop / "e").exists()
    (shop / "twice.csv").write_text("customer,customer,at\n1,2,2024-01-02\n")
    assert observe(shop, "good.csv", "twice.csv") == 2
    said = capsys.readouterr()
    assert said.out.startswith("3 accepted") and "two columns `customer`" in said.err and "stopped after 3 rows" in said.err


def test_other_delimiters_of_csv(shop, capsys):
    for name, delimiter in (("semicolons.csv", ";"), ("tabs.csv", "\t"), ("bars.csv", "|")):
        with open(shop / name, "w", newline="") as file:
            csv.writer(file, delimiter=delimiter).writerows(LINES)
        (shop / "e").unlink(missing_ok=True)
        assert observe(shop, name) == 0
        assert capsys.readouterr().out.startswith("3 accepted")
