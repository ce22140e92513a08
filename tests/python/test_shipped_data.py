"""The shipped data against figures that pandas gives (as of 2017-07-01 00:00 UTC where a date matters)."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
CUT = pd.Timestamp("2017-07-01")


def shipped(name: str) -> pd.DataFrame:
    return pd.read_csv(ROOT / f"python/bactrian/data/complete_journey_{name}.csv.gz", dtype={"basket_id": str, "household_id": str})


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    return shipped("lines").assign(when=lambda f: pd.to_datetime(f.transaction_timestamp))


def test_lines_are_whole_and_sorted(lines):
    assert len(lines) == 75_000 and lines.household_id.nunique() == 2_377 and lines.basket_id.nunique() == 47_243
    assert lines.when.is_monotonic_increasing
    assert lines.sales_value.sum() == pytest.approx(233_935.24)
    assert (lines.brand == "Private").mean() == pytest.approx(0.28845333333333334)


def test_decayed_spend_at_the_cut(lines):
    before = lines[lines["when"] <= CUT]
    assert len(before) == 37_158 and before.household_id.nunique() == 2_212
    age = (CUT - before.when).dt.total_seconds() / 86_400
    spend = (before.sales_value * np.exp2(-age / 90)).groupby(before.household_id).sum()
    assert spend.quantile([0.5, 0.9]).tolist() == pytest.approx([17.853342, 64.437193], abs=5e-7)
    assert spend["2178"] == pytest.approx(63.476687, abs=5e-7)


def test_the_next_basket_of_household_2178(lines):
    after = lines[(lines.household_id == "2178") & (lines["when"] > CUT)]
    first = after[after.when == after.when.min()]
    assert str(first.when.iloc[0]) == "2017-07-01 13:24:21" and first.basket_id.nunique() == 1
    assert first.sales_value.tolist() == [3.79, 1.00, 10.00, 4.00]


def test_both_humps(lines):
    cells = lines.dropna(subset=["product_category"]).groupby(["household_id", "product_category"])
    private = cells.brand.agg(n="size", share=lambda brand: (brand == "Private").mean())
    private = private[private.n >= 3]
    by_household = private.share.groupby("household_id").agg(["min", "max"])
    assert len(private) == 5_301 and len(by_household) == 1_276
    assert ((by_household["max"] >= 0.8) & (by_household["min"] <= 0.2)).sum() == 473


def test_contacts_and_redemptions():
    contacts = shipped("contacts")
    redeemed = set(map(tuple, shipped("redemptions")[["household_id", "campaign_id"]].to_numpy()))
    contacts["redeemed"] = [pair in redeemed for pair in zip(contacts.household_id, contacts.campaign_id)]
    assert len(contacts) == 6_589 and len(redeemed) == contacts.redeemed.sum() == 792
    later = contacts[contacts.start_date >= "2017-07-01"]
    assert (len(later), later.household_id.nunique(), later.redeemed.sum()) == (4_123, 1_399, 530)


def test_quantum_community():
    events = pd.read_csv(ROOT / "tests/data/quantum_community/interactions.csv.gz", dtype=str)
    assert len(events) == 16_577 and events["at"].is_monotonic_increasing
    assert events.kind.value_counts().to_dict() == {
        "vote": 10_375, "comment": 3_413, "answer": 1_060, "favorite": 706, "question": 612, "accept": 389, "bounty": 22,
    }  # fmt: skip
    assert len(set(events.person.dropna()) | set(events.peer.dropna())) == 555
    votes = events[events.kind == "vote"].assign(score=lambda f: f.score.astype(int)).groupby("post").score.sum()
    posts = events[events.kind.isin(["question", "answer"])].set_index("post").score.astype(int)
    assert (votes.reindex(posts.index, fill_value=0) == posts).all()
