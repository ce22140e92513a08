"""Every kind of table in, right or refused by a typed error that leaves the engine as it was."""

import datetime as dt
import decimal
import fractions
import subprocess
import sys

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import bactrian as bt

AT = ["2024-01-01T00:00:00", "2024-01-02T12:00:00", "2024-01-03T00:00:00"]
COLUMNS = {
    "customer": ["7", "8", "7"],
    "at": AT,
    "amount": [1.5, 2.0, 4.0],
    "needs": ["a;b", None, "c"],
    "basket": ["x", "y", "z"],
}
ROWS = [dict(zip(COLUMNS, row)) for row in zip(*COLUMNS.values())]
READ = ["orders", "spend"]


def read(engine):
    """The bits of the purchases."""
    return engine.score(columns=READ, at="2024-02-01").to_dict()


@pytest.fixture(scope="module")
def expected(definition):
    engine = bt.Engine(definition)
    assert engine.observe(COLUMNS, kind="purchase").accepted == 3
    return read(engine)


def typed():
    return pd.DataFrame(COLUMNS).assign(
        customer=lambda f: f.customer.astype("uint64"), at=lambda f: pd.to_datetime(f["at"])
    )


def duck(columns):
    frame = pa.table(columns)
    return duckdb.connect().from_arrow(frame)


TABLES = {
    "dict of lists": lambda: COLUMNS,
    "dict of tuples": lambda: {name: tuple(values) for name, values in COLUMNS.items()},
    "dict of numpy": lambda: {
        "customer": np.array([7, 8, 7], dtype=np.int32),
        "at": np.array(AT, dtype="datetime64[ns]"),
        "amount": np.array([1.5, 2.0, 4.0], dtype=np.float32),
        "needs": np.array(COLUMNS["needs"], dtype=object),
        "basket": np.array(COLUMNS["basket"]),
    },
    "numpy strides": lambda: COLUMNS | {"customer": np.array([7, 0, 8, 0, 7], dtype=np.uint64)[::2]},
    "numpy byte order": lambda: COLUMNS | {"customer": np.array([7, 8, 7], dtype=">u4")},
    "numpy seconds": lambda: COLUMNS | {"at": np.array(AT, dtype="datetime64[s]")},
    "dict of series": lambda: {name: pd.Series(values) for name, values in COLUMNS.items()},
    "dict of polars series": lambda: {name: pl.Series(values) for name, values in COLUMNS.items()},
    "dict of arrow arrays": lambda: {name: pa.array(values) for name, values in COLUMNS.items()},
    "list of dicts": lambda: ROWS,
    "generator of dicts": lambda: (row for row in ROWS),
    "dicts of times": lambda: [row | {"at": dt.datetime.fromisoformat(row["at"])} for row in ROWS],
    "dicts of other zones": lambda: [
        row | {"at": dt.datetime.fromisoformat(row["at"] + "+00:00").astimezone(dt.timezone(dt.timedelta(hours=-5)))}
        for row in ROWS
    ],
    "dicts of seconds": lambda: [row | {"at": pd.Timestamp(row["at"]).timestamp()} for row in ROWS],
    "dicts of whole seconds": lambda: [row | {"at": int(pd.Timestamp(row["at"]).timestamp())} for row in ROWS],
    "dicts of numpy scalars": lambda: [
        row
        | {"customer": np.uint64(row["customer"]), "at": np.datetime64(row["at"]), "amount": np.float32(row["amount"])}
        for row in ROWS
    ],
    "dicts of decimals": lambda: [row | {"amount": decimal.Decimal(str(row["amount"]))} for row in ROWS],
    "dicts of fractions": lambda: [row | {"amount": fractions.Fraction(row["amount"])} for row in ROWS],
    "dicts of texts": lambda: [row | {"amount": str(row["amount"])} for row in ROWS],
    "dicts of mixed ids": lambda: [row | {"customer": 7 if row["customer"] == "7" else "8"} for row in ROWS],
    "dicts of lists": lambda: [row | {"needs": row["needs"].split(";") if row["needs"] else None} for row in ROWS],
    "pandas": lambda: pd.DataFrame(COLUMNS),
    "pandas typed": typed,
    "pandas zoned": lambda: typed().assign(at=lambda f: f["at"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")),
    "pandas category": lambda: pd.DataFrame(COLUMNS).astype({"customer": "category", "needs": "category"}),
    "pandas index": lambda: typed().set_index(pd.Index([5, 5, 5])),
    "polars": lambda: pl.DataFrame(COLUMNS),
    "polars typed": lambda: pl.from_pandas(typed()),
    "polars categorical": lambda: pl.DataFrame(COLUMNS).with_columns(pl.col("customer").cast(pl.Categorical)),
    "polars chunks": lambda: pl.concat([pl.DataFrame(COLUMNS)[row : row + 1] for row in range(3)], rechunk=False),
    "polars slice": lambda: pl.concat([pl.DataFrame(COLUMNS)] * 2)[3:],
    "pyarrow": lambda: pa.table(COLUMNS),
    "pyarrow batch": lambda: pa.RecordBatch.from_pydict(COLUMNS),
    "pyarrow reader": lambda: pa.table(COLUMNS).to_reader(max_chunksize=1),
    "pyarrow slice": lambda: pa.concat_tables([pa.table(COLUMNS)] * 3).slice(3, 3),
    "pyarrow many chunks": lambda: pa.concat_tables([pa.table(COLUMNS).slice(row, 1) for row in range(3)]),
    "pyarrow dictionaries": lambda: pa.table(
        {name: pa.array(values).dictionary_encode() for name, values in COLUMNS.items()}
    ),
    "pyarrow large strings": lambda: pa.table(
        COLUMNS
        | {
            "customer": pa.array(COLUMNS["customer"], pa.large_string()),
            "needs": pa.array(COLUMNS["needs"], pa.large_string()),
        }
    ),
    "pyarrow string views": lambda: pa.table(
        COLUMNS
        | {
            "customer": pa.array(COLUMNS["customer"], pa.string_view()),
            "needs": pa.array(COLUMNS["needs"], pa.string_view()),
        }
    ),
    "pyarrow lists": lambda: pa.table(COLUMNS | {"needs": pa.array([["a", "b"], None, ["c"]])}),
    "pyarrow milliseconds": lambda: pa.table(COLUMNS | {"at": pa.array(pd.to_datetime(AT)).cast(pa.timestamp("ms"))}),
    "duckdb": lambda: duck(COLUMNS),
    "duckdb query": lambda: duck(COLUMNS).filter("amount > 0").order("amount"),
}


@pytest.mark.parametrize("name", TABLES)
def test_every_table_gives_the_same_bits(name, empty, expected):
    report = empty.observe(TABLES[name](), kind="purchase")
    assert (report.accepted, len(report.rejected)) == (3, 0)
    assert read(empty) == expected


def test_rows_sent_singly_give_the_same_bits(empty, expected):
    for row in ROWS:
        assert empty.observe(row, kind="purchase").accepted == 1
    assert read(empty) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"customer": 7},
        {"customer": np.int64(7)},
        {"at": dt.datetime(2024, 1, 1)},
        {"at": dt.datetime(2024, 1, 1, 9, tzinfo=dt.timezone(dt.timedelta(hours=9)))},
        {"at": dt.date(2024, 1, 1)},
        {"at": np.datetime64("2024-01-01")},
        {"at": pd.Timestamp("2024-01-01", tz="UTC")},
        {"at": 1_704_067_200},
        {"at": 1_704_067_200.0},
        {"amount": "1.5"},
        {"amount": np.float64(1.5)},
        {"amount": decimal.Decimal("1.5")},
        {"needs": ["a", "b"]},
        {"needs": ("a", "b")},
        {"extra": 1},
    ],
    ids=lambda change: repr(change)[:50],
)
def test_one_row_of_any_types(change, empty, expected):
    assert empty.observe(ROWS[0] | change, kind="purchase").accepted == 1
    one = read(empty)
    twin = bt.Engine(empty.definition)
    twin.observe([ROWS[0]], kind="purchase")
    assert one == read(twin)


def test_keys_absent_from_rows_are_unknown(empty):
    assert empty.observe({"customer": "7", "at": AT[0]}, kind="purchase").accepted == 1
    assert empty.observe([{"customer": "8", "at": AT[1]}], kind="purchase").accepted == 1
    assert empty.observe([{"customer": "8", "at": AT[1], "more": 1}], kind="purchase").accepted == 1


def test_columns_absent_from_a_dict_are_unknown_as_keys_of_rows_are(empty):
    """A dict of columns is the rows that it stands for; a frame says what it has, and must have every column."""
    names = ("customer", "at", "amount")
    assert empty.observe({name: COLUMNS[name] for name in names}, kind="purchase").accepted == 3
    twin = bt.Engine(empty.definition)
    assert twin.observe([{name: row[name] for name in names} for row in ROWS], kind="purchase").accepted == 3
    assert read(empty) == read(twin)
    numpy = bt.Engine(empty.definition)
    assert numpy.observe({name: np.array(COLUMNS[name]) for name in names}, kind="purchase").accepted == 3
    assert read(numpy) == read(twin)
    # Without a customer each row is refused, whatever it came in.
    for rows in ({"at": AT, "amount": [1.0, 2.0, 3.0]}, [{"at": at} for at in AT]):
        report = bt.Engine(empty.definition).observe(rows, kind="purchase")
        assert (report.accepted, report.rejected["reason"]) == (0, ["`customer` is missing"] * 3)
    with pytest.raises(bt.SchemaError):
        empty.observe(pd.DataFrame({name: COLUMNS[name] for name in names}), kind="purchase")


@pytest.mark.parametrize("write", ["observe", "identify", "relate", "learn"])
def test_a_dict_of_nothing_is_no_table(write, empty):
    with pytest.raises(bt.SchemaError) as caught:
        getattr(empty, write)({})
    assert (caught.value.code, caught.value.message) == (201, "the dict has no columns")
    assert "`[]` is a table without rows" in caught.value.hint
    assert getattr(empty, write)([]).accepted == 0


def test_kind_as_a_column_with_other_columns_per_kind(empty):
    rows = [
        ROWS[0] | {"kind": "purchase"},
        {"kind": "message", "src": "7", "dst": "8", "at": AT[1]},
        {"kind": "nonsense", "at": AT[1]},
    ]
    report = empty.observe(rows)
    assert report.accepted == 2 and report.rejected["row"] == [2]
    assert empty.observe(rows[1]).accepted == 1
    assert empty.peers(7) == [8]


def test_roles_by_keyword(empty, expected):
    renamed = {
        "household": COLUMNS["customer"],
        "when": COLUMNS["at"],
        "usd": COLUMNS["amount"],
        "needs": COLUMNS["needs"],
        "basket": COLUMNS["basket"],
    }
    empty.observe(renamed, kind="purchase", customer="household", at="when", amount="usd")
    assert read(empty) == expected
    twin = bt.Engine(empty.definition)
    for row in range(3):
        twin.observe(
            {name: values[row] for name, values in renamed.items()},
            kind="purchase",
            customer="household",
            at="when",
            amount="usd",
        )
    assert read(twin) == expected


def test_pandas_without_pyarrow(tmp_path):
    program = """
import sys
sys.modules["pyarrow"] = None
import pandas as pd, bactrian as bt
engine = bt.Engine(bt.Definition.from_toml('''
[event.purchase]
customer = "customer"
at = "at"
amount = "amount"
[feature.spend]
sum = "amount"
on = "purchase"
'''))
frame = pd.DataFrame({"customer": ["a", "b", None], "at": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"]), "amount": [1.0, None, 3.0]})
report = engine.observe(frame)
assert report.rejected["row"] == [2], report.rejected
print(engine.score().to_dict())
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.stdout.strip() == "{'customer': ['a', 'b'], 'spend': [1.0, 0.0]}", ran.stderr


@pytest.mark.parametrize(
    "nothing", [[], {name: [] for name in COLUMNS}, pd.DataFrame(COLUMNS)[:0], pa.table(COLUMNS).schema.empty_table()]
)
def test_zero_rows(nothing, empty):
    report = empty.observe(nothing, kind="purchase")
    assert (report.accepted, len(report.rejected), empty.now) == (0, 0, None)


BAD_ROWS = {
    "no customer": {"customer": None},
    "no time": {"at": None},
    "not a time": {"at": "yesterday"},
    "month 13": {"at": "2024-13-01"},
    "infinite": {"amount": float("inf")},
    "not a number": {"amount": float("nan")},
    "text for a number": {"amount": "a lot"},
    "far future": {"at": "2200-01-01"},
    "far past": {"at": dt.datetime(1, 1, 1)},
}


def test_milliseconds_are_no_seconds(empty):
    for rows in (ROWS[0] | {"at": 1_704_067_200_000}, [ROWS[0] | {"at": 1_704_067_200_000}]):
        assert "seconds" in empty.observe(rows, kind="purchase").rejected["reason"][0]


@pytest.mark.parametrize("name", BAD_ROWS)
def test_bad_rows_are_rejected_one_by_one(name, empty, expected):
    rows = [ROWS[0], ROWS[0] | BAD_ROWS[name], *ROWS[1:]]
    report = empty.observe(rows, kind="purchase")
    assert report.accepted == 3 and report.rejected["row"] == [1] and report.rejected["reason"][0]
    assert read(empty) == expected
    single = empty.observe(ROWS[0] | BAD_ROWS[name], kind="purchase")
    assert (single.accepted, single.rejected["reason"]) == (0, report.rejected["reason"])
    assert read(empty) == expected


BAD_TABLES = {
    "number": (lambda: 7, "SchemaError"),
    "text": (lambda: "customer,at", "SchemaError"),
    "nothing": (lambda: None, "SchemaError"),
    "no columns": (dict, "SchemaError"),
    "list of lists": (lambda: [[1, 2]], "SchemaError"),
    "uneven columns": (lambda: COLUMNS | {"amount": [1.0]}, "SchemaError"),
    "two dimensions": (lambda: COLUMNS | {"amount": np.zeros((3, 2))}, "SchemaError"),
    "bytes": (lambda: [ROWS[0] | {"amount": b"1"}], "SchemaError"),
    "nested dict": (lambda: [ROWS[0] | {"amount": {"usd": 1}}], "SchemaError"),
    "lists and texts": (lambda: [ROWS[0] | {"needs": ["a"]}, ROWS[1] | {"needs": "b"}], "SchemaError"),
    "complex": (lambda: COLUMNS | {"amount": np.array([1j, 2j, 3j])}, "SchemaError"),
    "name that is no text": (lambda: {1: [2]}, "SchemaError"),
    "missing column": (lambda: pd.DataFrame(COLUMNS).drop(columns="amount"), "SchemaError"),
    "two columns of one name": (
        lambda: pa.table([pa.array(["7"]), pa.array(["8"]), pa.array(AT[:1])], names=["customer", "customer", "at"]),
        "SchemaError",
    ),
    "struct column": (lambda: pa.table(COLUMNS | {"amount": pa.array([{"usd": 1.0}] * 3)}), "SchemaError"),
    "list for a number": (lambda: pa.table(COLUMNS | {"amount": pa.array([[1.0]] * 3)}), "SchemaError"),
    "failing stream": (lambda: Failing(), "ValueError"),
    "wrong capsule": (lambda: Wrong(), "BactrianError"),
    "stream that breaks": (lambda: Broken(), "SchemaError"),
}


class Failing:
    def __arrow_c_stream__(self, requested_schema=None):
        raise ValueError("no")


class Wrong:
    def __arrow_c_stream__(self, requested_schema=None):
        return pa.table(COLUMNS).schema.__arrow_c_schema__()


class Broken:
    def __arrow_c_stream__(self, requested_schema=None):
        def batches():
            yield pa.RecordBatch.from_pydict(COLUMNS)
            raise RuntimeError("the disk is gone")

        return pa.RecordBatchReader.from_batches(pa.table(COLUMNS).schema, batches()).__arrow_c_stream__()


@pytest.mark.parametrize("name", BAD_TABLES)
def test_bad_tables_are_refused_and_change_nothing(name, empty, expected):
    make, error = BAD_TABLES[name]
    empty.observe(COLUMNS, kind="purchase")
    with pytest.raises(ValueError if error == "ValueError" else getattr(bt, error)):
        empty.observe(make(), kind="purchase")
    assert read(empty) == expected and empty.stats().customers == 2


def test_a_stream_is_read_once(empty):
    class Used:
        capsule = pa.table(COLUMNS).__arrow_c_stream__()

        def __arrow_c_stream__(self, requested_schema=None):
            return self.capsule

    assert empty.observe(Used(), kind="purchase").accepted == 3
    with pytest.raises(bt.SchemaError):
        empty.observe(Used(), kind="purchase")


@pytest.mark.parametrize("roles", [{"customer": "nobody"}, {"nonsense": "customer"}])
def test_wrong_roles(roles, empty):
    with pytest.raises(bt.BactrianError) as caught:
        empty.observe(COLUMNS, kind="purchase", **roles)
    assert caught.value.hint


def test_identify_and_relate_take_the_same_tables(empty):
    for make in (dict, pd.DataFrame, pl.DataFrame, pa.table):
        assert empty.identify(make({"customer": ["7", "8"], "consent_email": [True, None]})).accepted == 2
        assert empty.relate(make({"customer": ["7"], "peer": ["8"], "weight": [2.0]}), kind="talk").accepted == 1
    assert empty.identify({"customer": 7, "household": "big"}).accepted == 1
    assert empty[7]["consent_email"] is True and empty[7]["household"] == "big" and empty[8]["consent_email"] is None
    assert empty.peers(7) == [8]


@pytest.mark.parametrize("rows", [{"customer": ["ann"], "at": ["2024-01-10"], "amont": [50.0]}, [{"customer": "ann", "at": "2024-01-10", "amont": 50.0}]])
def test_a_mistyped_column_is_no_unknown_one(engine, rows):
    with pytest.raises(bt.SchemaError, match="amount"):
        engine.observe(rows, kind="purchase")


def test_two_columns_of_one_name_are_refused(empty):
    import pandas as pd

    frame = pd.DataFrame([["anna", "2024-01-01", 3.0, 900.0]], columns=["customer", "at", "amount", "amount"])
    for table in (frame, frame.astype(object)):
        with pytest.raises(bt.SchemaError, match="amount"):
            empty.observe(table, kind="purchase")
