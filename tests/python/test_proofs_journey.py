"""Complete Journey as of 2017-07-01: decayed spend, and the value x need matrix with later response, against pandas; jobs behind their sale."""

import os
from pathlib import Path

import bactrian as bt
import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("BACTRIAN_DATA", ROOT.parent / "shared/data"))
CUT = pd.Timestamp("2017-07-01")


def shipped(name: str) -> pd.DataFrame:
    table = pd.read_csv(ROOT / f"python/bactrian/data/complete_journey_{name}.csv.gz", dtype={"basket_id": str})
    times = table.columns.intersection(["transaction_timestamp", "start_date", "redemption_date"])
    return table.assign(**{time: pd.to_datetime(table[time]) for time in times})


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    return shipped("lines").query("transaction_timestamp <= @CUT")


@pytest.fixture(scope="module")
def spend(lines) -> pd.Series:
    age = (CUT - lines.transaction_timestamp).dt.total_seconds() / 86_400
    return (lines.sales_value * np.exp2(-age / 90)).groupby(lines.household_id).sum()


@pytest.fixture(scope="module")
def engine(lines) -> bt.Engine:
    engine = bt.Engine(bt.Definition.from_file(ROOT / "tests/golden/grocery.toml"))
    assert engine.observe(lines, kind="purchase").accepted == 37_158
    engine.advance_to(CUT)
    return engine


@pytest.fixture(scope="module")
def fit(engine) -> bt.FitReport:
    return engine.fit()


def test_decayed_spend(engine, spend):
    ours = engine.score(columns=["spend"]).to_pandas().set_index("customer").spend.sort_index()
    assert len(ours) == 2_212 and engine[2178]["spend"] == pytest.approx(63.476687, abs=5e-7)
    assert ours.to_numpy() == pytest.approx(spend.to_numpy(), rel=1e-9)


def test_edges(fit):
    edges = fit.columns["strategic.value"].diagnostics
    assert list(edges.values()) == pytest.approx([17.853342, 64.437193], abs=5e-7)


def test_the_matrix(engine, fit, spend):
    """Customers and later response rate by cell: value tiers from pandas, need labels from our fit."""
    edges = [-np.inf, *spend.quantile([0.5, 0.9]), np.inf]
    tier = pd.cut(spend, edges, labels=["low", "mid", "high"], right=False).astype(str)
    need = engine.score(columns=["basket"]).to_pandas().set_index("customer").basket.dropna()
    place = (tier + "/" + need).dropna()
    cells = engine.segment("strategic").to_pandas().dropna().set_index("cell")
    assert cells["size"].to_dict() == place.value_counts().to_dict()
    assert need.nunique() == 6 and len(place) == 2_208

    redeemed = shipped("redemptions")[["household_id", "campaign_id"]].drop_duplicates().assign(redeemed=True)
    later = shipped("contacts").query("start_date >= @CUT").merge(redeemed, how="left")
    answers = later.redeemed.notna()
    assert (len(later), later.household_id.nunique(), answers.sum()) == (4_123, 1_399, 530)
    theirs = answers.groupby(place.reindex(later.household_id).array).mean()
    cell_of = {household: cell for cell in cells.index for household in engine.members("strategic", cell)}
    ours = answers.groupby(later.household_id.map(cell_of).array).mean()
    assert ours.to_dict() == theirs.to_dict() and len(ours) >= 16


def test_the_next_basket_of_household_2178(engine):
    """Lines of one basket raise spend by what they cost, and orders by one."""
    orders, spend = engine[2178]["orders"], engine.score([2178], columns=["spend"], at="2017-07-01 13:24:21")["spend"][0]
    for amount in (3.79, 1.00, 10.00):
        line = {"household_id": 2178, "transaction_timestamp": "2017-07-01 13:24:21", "basket_id": "new", "sales_value": amount}
        assert engine.observe(line, kind="purchase").accepted == 1
    assert engine[2178]["spend"] == pytest.approx(spend + 14.79, rel=1e-12) and engine[2178]["orders"] == orders + 1


def test_the_journey_goes_on_in_time():
    """Row 76: what became of each job (a customer and an article) behind its sale, by the times of Online Retail.

    Bought, in use (bought again), given back: at five moments of the year against a recount in pandas.
    """
    path = DATA / "purchases/online_retail/online_retail.parquet"
    if not path.exists():
        pytest.skip("no purchases/online_retail under BACTRIAN_DATA")
    rows = pd.read_parquet(path).dropna(subset=["CustomerID"]).query("Quantity != 0")
    rows = rows[rows.CustomerID.astype(int) % 12 == 0]
    rows = rows.assign(job=rows.CustomerID.astype(int).astype(str) + ":" + rows.StockCode, at=rows.InvoiceDate)
    rows = rows.assign(kind=np.where(rows.Quantity > 0, "buy", "back"), amount=rows.Quantity.abs().astype(float)).sort_values("at", kind="stable")
    engine = bt.Engine(bt.Definition.from_toml("""
    [event.buy]
    customer = "job"
    occasion = "InvoiceNo"
    amount   = "amount"
    [event.back]
    customer = "job"
    amount   = "amount"
    [feature.times]
    count = "occasion"
    on    = "buy"
    [feature.got]
    sum = "amount"
    on  = "buy"
    [feature.returned]
    sum = "amount"
    on  = "back"
    [feature.since]
    first_time = "event"
    on         = "buy"
    [score.pace]
    value = "now > since ? times / ((now - since) / 2592000.0) : null"
    [segment.job]
    rules = [
      { label = "given back", when = "returned >= got" },
      { label = "in use", when = "times > 1.0" },
      { label = "bought", when = "times > 0.0" },
    ]
    """))
    moments = pd.to_datetime(["2011-02-01", "2011-04-15", "2011-07-01", "2011-09-15", "2011-12-09 12:50"])
    before, states = pd.Timestamp.min, []
    for moment in moments:
        new = rows[(rows["at"] > before) & (rows["at"] <= moment)]
        for kind in ("buy", "back"):
            engine.observe(new.loc[new.kind == kind, ["job", "at", "InvoiceNo", "amount"]], kind=kind)
        engine.advance_to(moment.tz_localize("UTC").to_pydatetime())
        before = moment
        seen = rows[rows["at"] <= moment]
        bought = seen[seen.kind == "buy"].groupby("job").agg(times=("InvoiceNo", "nunique"), got=("amount", "sum"), since=("at", "min"))
        bought["returned"] = seen[seen.kind == "back"].groupby("job").amount.sum().reindex(bought.index).fillna(0)
        state = np.select([bought.returned >= bought.got, bought.times > 1], ["given back", "in use"], "bought")
        read = engine.score(bought.index.tolist(), columns=["job", "pace"])
        assert read["job"] == state.tolist()
        months = (moment - bought.since).dt.total_seconds() / 2_592_000
        np.testing.assert_allclose(read["pace"], bought.times / months, rtol=1e-9)
        states.append(pd.Series(state, bought.index))
    # The journey does not end at the sale: of what was bought by April much is bought again by December, some given back.
    later = states[-1].reindex(states[1].index[states[1] == "bought"])
    assert (later == "in use").mean() > 0.2 and (later == "given back").sum() > 5
