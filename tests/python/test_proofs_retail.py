"""Online Retail: published figures as of 2011-12-10, and every plain feature against polars."""

import os
from pathlib import Path

import bactrian as bt
import polars as pl
import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(os.environ.get("BACTRIAN_DATA", ROOT.parent / "shared/data")) / "purchases/online_retail/online_retail.parquet"

DEFINITION = """
[event.purchase]
customer = "CustomerID"
at       = "InvoiceDate"
occasion = "InvoiceNo"
amount   = "amount"
quantity = "Quantity"
category = { country = "Country" }

[event.refund]
customer = "CustomerID"
at       = "InvoiceDate"
occasion = "InvoiceNo"
amount   = "amount"
quantity = "Quantity"
category = { country = "Country" }

[score.rfm]
model  = "rfm"
on     = "purchase"
amount = "amount"
"""

# Each feature: what the definition says of it, and polars' twin, over the rows of `on` for which `where` holds.
KINDS = {"purchase": ["purchase"], "refund": ["refund"], "both": ["purchase", "refund"]}
WHERE = {
    "all": (None, pl.lit(True)),
    "big": ("amount >= 100.0", pl.col("amount") >= 100),
    "abroad": ('country != "United Kingdom" && quantity > 1', (pl.col("Country") != "United Kingdom") & (pl.col("Quantity") > 1)),
}
SPANS = {"lifetime": None, "d7": 7, "d90": 90}
AGGREGATES = {"lines": 'count = "event"', "sum": 'sum = "amount"', "mean": 'mean = "quantity"'}
CUTS = ["2011-02-14 00:00:00", "2011-07-01 12:30:00", "2011-12-10 00:00:00"]


def declared() -> dict[str, str]:
    """The sections of all features, by name."""
    sections = {}
    for on, kinds in KINDS.items():
        for where, (condition, _) in WHERE.items():
            for span, days in SPANS.items():
                for name, aggregate in AGGREGATES.items():
                    lines = [aggregate, f"on = {kinds}"]
                    lines += [f"where = '{condition}'"] if condition else []
                    lines += [f'half_life = "{days}d"'] if days else []
                    sections[f"{name}_{on}_{where}_{span}"] = "\n".join(lines)
    return sections


def twins(rows: pl.DataFrame, cut: pl.Expr) -> pl.DataFrame:
    """What polars makes of the same rows."""
    columns = []
    for on, kinds in KINDS.items():
        for where, (_, condition) in WHERE.items():
            held = pl.col("kind").is_in(kinds) & condition
            for span, days in SPANS.items():
                age = (cut - pl.col("InvoiceDate")).dt.total_microseconds() / 86_400e6
                weight = pl.lit(1.0) if days is None else (-age / days * pl.lit(2.0).log()).exp()
                weight = pl.when(held).then(weight).otherwise(0.0)
                mean = (weight * pl.col("Quantity")).sum() / weight.sum()
                for name, twin in {"lines": weight.sum(), "sum": (weight * pl.col("amount")).sum(), "mean": mean}.items():
                    columns.append(twin.alias(f"{name}_{on}_{where}_{span}"))
    return rows.group_by("CustomerID").agg(columns)


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    if not TABLE.exists():
        pytest.skip(f"Online Retail is not at {TABLE}")
    known = pl.read_parquet(TABLE).filter(pl.col("CustomerID").is_not_null(), pl.col("UnitPrice") > 0)
    return known.select(
        pl.col("CustomerID").cast(pl.UInt64),
        "InvoiceNo", "InvoiceDate", "Quantity", "Country",
        amount=pl.col("Quantity") * pl.col("UnitPrice"),
        kind=pl.when(pl.col("Quantity") > 0).then(pl.lit("purchase")).otherwise(pl.lit("refund")),
    )  # fmt: skip


def test_rfm_as_of_the_day_after_the_last(rows):
    engine = bt.Engine(bt.Definition.from_toml(DEFINITION))
    assert engine.observe(rows.filter(pl.col("kind") == "purchase")).accepted == 397_884
    engine.advance_to("2011-12-10")
    rfm = engine.score(columns=["rfm.recency", "rfm.frequency", "rfm.monetary"]).to_polars()
    assert len(rfm) == 4_338
    recency, frequency, monetary = rfm.filter(pl.col("customer") == 12347).row(0)[1:]
    assert (recency, frequency) == (2.0, 7.0) and monetary == pytest.approx(4310.00)
    assert (rfm["rfm.frequency"] == 1).mean() == pytest.approx(0.3442, abs=5e-5)
    value = rfm["rfm.monetary"].sort(descending=True)
    assert value.head(round(len(value) / 5)).sum() / value.sum() == pytest.approx(0.7462, abs=5e-5)


def test_features_equal_polars_at_each_cut(rows):
    features = declared()
    text = DEFINITION + "".join(f"\n[feature.{name}]\n{section}\n" for name, section in features.items())
    engine = bt.Engine(bt.Definition.from_toml(text))
    after = "1970-01-01"
    for cut in CUTS:
        moment = pl.lit(cut).str.to_datetime()
        past = pl.col("InvoiceDate") <= moment
        engine.observe(rows.filter(past, pl.col("InvoiceDate") > pl.lit(after).str.to_datetime()))
        engine.advance_to(cut)
        after = cut
        ours = engine.score(columns=list(features)).to_polars().sort("customer")
        theirs = twins(rows.filter(past), moment).sort("CustomerID")
        assert ours["customer"].to_list() == theirs["CustomerID"].to_list()
        for name in features:
            assert_close(ours[name].fill_nan(None), theirs[name].fill_nan(None), f"{name} at {cut}")


def assert_close(ours: pl.Series, theirs: pl.Series, what: str) -> None:
    """Known for the same customers, and equal within 1e-9 of the sizes that were added up."""
    assert (ours.is_null() == theirs.is_null()).all(), what
    apart = (ours - theirs).abs() / theirs.abs().clip(1.0)
    assert (apart.max() or 0.0) <= 1e-9, f"{what}: {apart.max()}"


def test_orders_equal_polars(rows):
    """An order is one occasion, however many lines and instants it spans."""
    orders = {"orders": "", "orders_d90": 'half_life = "90d"\n', "abroad": "where = 'country != \"United Kingdom\"'\n"}
    text = "".join(f'\n[feature.{name}]\ncount = "occasion"\non = "purchase"\n{more}' for name, more in orders.items())
    engine = bt.Engine(bt.Definition.from_toml(DEFINITION + text))
    engine.observe(rows)
    engine.advance_to(CUTS[-1])
    ours = engine.score(columns=list(orders)).to_polars().sort("customer")
    bought = rows.filter(pl.col("kind") == "purchase").group_by("CustomerID", "InvoiceNo")
    firsts = bought.agg(pl.col("InvoiceDate").min(), pl.col("Country").first())
    age = (pl.lit(CUTS[-1]).str.to_datetime() - pl.col("InvoiceDate")).dt.total_microseconds() / 86_400e6
    theirs = firsts.group_by("CustomerID").agg(
        orders=pl.len().cast(pl.Float64),
        orders_d90=(-age / 90 * pl.lit(2.0).log()).exp().sum(),
        abroad=(pl.col("Country") != "United Kingdom").sum().cast(pl.Float64),
    )
    joined = ours.join(theirs, left_on="customer", right_on="CustomerID", how="left", suffix="_twin").fill_null(0.0)
    for name in orders:
        assert_close(joined[name], joined[f"{name}_twin"], name)
