"""Tables out: lists, numpy, pandas, polars, pyarrow, DuckDB, and back in."""

import datetime as dt

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import bactrian as bt


@pytest.fixture
def table(engine):
    """Each type of column, with unknown values."""
    engine.identify({"customer": ["anna", "ben"], "consent_email": [True, False]})
    engine.observe({"customer": 7, "at": "2024-01-05", "amount": 1.0}, kind="purchase")
    return engine.score(["anna", "ben", "cleo", 7], columns=["orders", "consent_email", "household", "tier.value"])


def test_lists(table):
    assert len(table) == 4 and table.columns == ["customer", "orders", "consent_email", "household", "tier.value"]
    assert table["customer"] == ["anna", "ben", "cleo", 7]
    assert table["consent_email"] == [True, False, None, None]
    assert table["household"] == [None] * 4
    assert table.to_dict() == {name: table[name] for name in table.columns}
    with pytest.raises(bt.UnknownNameError):
        table["ordres"]
    with pytest.raises(TypeError):
        iter(table)


def test_numpy(table):
    arrays = table.to_numpy()
    assert arrays["orders"].dtype == np.float64 and arrays["orders"].tolist() == table["orders"]
    assert arrays["consent_email"].tolist() == [True, False, None, None]
    assert arrays["customer"].tolist() == ["anna", "ben", "cleo", 7]


def test_numbers_flags_and_times_have_their_types_in_numpy(engine):
    engine.observe(
        {
            "customer": [1, 2],
            "at": ["2024-01-06", "2024-01-06"],
            "amount": [1.0, 2.0],
            "needs": ["", ""],
            "basket": ["a", "b"],
        },
        kind="purchase",
    )
    engine.identify({"customer": [1, 2], "consent_email": [True, False]})
    arrays = engine.score([1, 2], columns=["consent_email"]).to_numpy()
    assert arrays["customer"].dtype == np.uint64 and arrays["consent_email"].dtype == bool
    crossings = engine.crossings("tier")
    assert crossings.to_numpy()["at"].dtype == np.dtype("datetime64[us]")
    assert crossings["at"][0].tzinfo == dt.timezone.utc
    assert str(crossings.to_pandas()["at"].dtype) == "datetime64[us, UTC]"
    assert crossings.to_arrow().schema.field("at").type == pa.timestamp("us", "UTC")


def test_frames(table):
    frame = table.to_pandas()
    assert isinstance(frame, pd.DataFrame) and frame["orders"].tolist() == table["orders"]
    frame = table.to_polars()
    assert isinstance(frame, pl.DataFrame) and frame["consent_email"].to_list() == table["consent_email"]
    arrow = table.to_arrow()
    assert isinstance(arrow, pa.Table) and arrow["tier.value"].to_pylist() == table["tier.value"]
    assert arrow["customer"].to_pylist() == ["anna", "ben", "cleo", "7"]
    arrow.validate(full=True)


def test_everyone_reads_the_stream(table):
    assert pa.table(table).num_rows == pl.DataFrame(table).height == 4
    assert pa.schema(table).names == table.columns
    reader = pa.RecordBatchReader.from_stream(table)
    assert duckdb.connect().from_arrow(reader).sum("orders").fetchall() == [(sum(table["orders"]),)]


def test_the_stream_may_be_left_unread(table):
    for _ in range(3):
        del_me = table.__arrow_c_stream__()
        assert "arrow_array_stream" in repr(del_me)
        del del_me
    assert "arrow_schema" in repr(table.__arrow_c_schema__())


def test_a_table_goes_back_in(engine, empty):
    taken = (
        engine.crossings()
        .to_pandas()
        .rename(columns={"segment": "basket"})[["customer", "at", "basket"]]
        .assign(amount=1.0, needs="")
    )
    assert empty.observe(taken, kind="purchase").accepted == len(taken) > 0
    assert empty.identify(engine.score(columns=["consent_email"])).accepted == 3


ROUND = {
    "itself": lambda table: table,
    "dict": lambda table: table.to_dict(),
    "numpy": lambda table: table.to_numpy(),
    "pandas": lambda table: table.to_pandas(),
    "polars": lambda table: table.to_polars(),
    "pyarrow": lambda table: table.to_arrow(),
    "pyarrow reader": lambda table: pa.RecordBatchReader.from_stream(table),
    "duckdb": lambda table: duckdb.connect().from_arrow(table.to_arrow()),
}


@pytest.mark.parametrize("library", ROUND)
def test_out_and_in_again_through_every_library(library, engine, definition):
    engine.identify({"customer": ["anna", "ben", "cleo"], "consent_email": [True, None, False], "household": ["x", "y", None]})
    names = ["consent_email", "household"]
    table = engine.score(columns=names)
    other = bt.Engine(definition)
    assert other.identify(ROUND[library](table)).accepted == 3
    assert other.score(columns=names).to_dict() == table.to_dict()


def test_no_rows(engine):
    table = engine.score([])
    assert len(table) == 0 and table.to_pandas().shape[0] == table.to_polars().height == table.to_arrow().num_rows == 0
    assert all(len(array) == 0 for array in table.to_numpy().values())


def test_text_and_html(table, engine):
    engine.identify({"customer": "anna", "household": "<b>&"})
    table = engine.score(columns=["household", "orders"])
    assert "unknown" in repr(table) and "anna" in repr(table)
    html = table._repr_html_()
    assert html.startswith("<table>") and "&lt;b&gt;&amp;" in html and "<b>" not in html
    many = bt.Engine(engine.definition)
    many.observe(
        {
            "customer": list(range(30)),
            "at": ["2024-01-01"] * 30,
            "amount": [1.0] * 30,
            "needs": [""] * 30,
            "basket": ["x"] * 30,
        },
        kind="purchase",
    )
    assert repr(many.score(columns=["orders"])).endswith("... 20 more rows")
