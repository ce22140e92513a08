"""A small shop that every test may break: its own engine, in memory. And the lines of Complete Journey."""

import os
from pathlib import Path

import pytest
from bactrian._cli import main
from commands import LINES, observe, write

import bactrian as bt

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("BACTRIAN_DATA", ROOT.parent / "shared/data"))

SHOP = """
[event.purchase]
customer = "customer"
at       = "at"
amount   = "amount"
need     = { column = "needs", split = ";" }
occasion = "basket"

[event.message]
customer = "src"
peer     = "dst"
at       = "at"

[trait]
consent_email = "bool"
household     = "category"

[tie.talk]
on        = "message"
half_life = "30d"

[feature.orders]
count = "occasion"
on    = "purchase"

[feature.spend]
sum       = "amount"
on        = "purchase"
half_life = "90d"

[feature.replies]
count  = "event"
on     = "message"
where  = "reply_seconds >= 0.0"
toward = "peer"

[score.warmth]
mean   = "-ln(reply_seconds + 1.0)"
on     = "message"
toward = "peer"
shrink = 1.0

[segment.tier]
axis.value = { of = "spend", quantiles = [0.5], labels = ["low", "high"] }
decide_on  = ["enter"]

[action.recipe_box]
channel  = "email"
eligible = 'tier.value == "high"'
response = "0.1"
value    = "spend"
cost     = 0.1

[action.call]
channel  = "phone"
eligible = "orders >= 3.0 && consent_email"
response = "0.5"
value    = "1.0"
cost     = 0.6
"""

PURCHASES = [
    {"customer": "anna", "at": "2024-01-01", "amount": 8.0, "needs": "tea;milk", "basket": "1"},
    {"customer": "ben", "at": "2024-01-02", "amount": 4.0, "needs": "tea", "basket": "2"},
    {"customer": "anna", "at": "2024-01-03", "amount": 4.0, "needs": "bread", "basket": "3"},
    {"customer": "cleo", "at": "2024-01-04", "amount": 2.0, "needs": None, "basket": "4"},
    {"customer": "anna", "at": "2024-01-05", "amount": 4.0, "needs": "milk", "basket": "5"},
]
MESSAGES = [
    {"src": "ben", "dst": "anna", "at": "2024-01-01T10:00:00"},
    {"src": "anna", "dst": "ben", "at": "2024-01-01T10:01:00"},
    {"src": "cleo", "dst": "anna", "at": "2024-01-01T11:00:00"},
    {"src": "ben", "dst": "anna", "at": "2024-01-01T12:00:00"},
    {"src": "anna", "dst": "ben", "at": "2024-01-01T12:02:00"},
    {"src": "anna", "dst": "cleo", "at": "2024-01-01T20:00:00"},
]


@pytest.fixture(scope="session")
def definition():
    return bt.Definition.from_toml(SHOP)


@pytest.fixture
def empty(definition):
    """An engine that has seen nothing."""
    return bt.Engine(definition)


@pytest.fixture
def engine(empty):
    """The shop on 2024-01-05, fitted."""
    empty.observe(MESSAGES, kind="message")
    empty.observe(PURCHASES, kind="purchase")
    empty.fit()
    return empty


@pytest.fixture(scope="session")
def every_line():
    """The lines of Complete Journey with their products, in order of time."""
    import pandas as pd

    folder = DATA / "purchases/completejourney"
    if not folder.exists():
        pytest.skip(f"{folder.name} is not in BACTRIAN_DATA")
    lines = pd.read_csv(folder / "transactions_sample.csv.gz", dtype={"basket_id": str})
    products = pd.read_csv(folder / "products.csv.gz")[["product_id", "brand", "product_category", "department"]]
    lines = lines.merge(products, on="product_id")
    lines = lines.assign(price=lines.sales_value / lines.quantity.clip(lower=1), product_id=lines.product_id.astype(str))
    return lines.sort_values("transaction_timestamp", kind="stable", ignore_index=True)


@pytest.fixture(scope="session")
def journey(every_line):
    """The lines whose category is known."""
    return every_line.dropna(subset="product_category").reset_index(drop=True)


@pytest.fixture
def shop(tmp_path, definition):
    """A folder with a definition, purchases as CSV, and the path of an engine to be."""
    (tmp_path / "shop.toml").write_text(definition.to_toml())
    write(tmp_path / "purchases.csv", LINES)
    return tmp_path


@pytest.fixture
def taken(shop, capsys):
    assert observe(shop, "purchases.csv") == 0
    assert main(["fit", f"{shop}/e"]) == 0
    capsys.readouterr()
    return f"{shop}/e"
