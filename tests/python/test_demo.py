"""The demo's five acts: their figures against pandas, and what they say."""

import re

import numpy as np
import pandas as pd
import pytest

from bactrian._cli import main
from bactrian._demo import community, crash, journey

CUT = pd.Timestamp("2017-07-01")


@pytest.fixture(scope="module")
def learnt():
    shop = journey.Journey()
    shop.learn()
    return shop


@pytest.fixture(scope="module")
def printed():
    from contextlib import redirect_stdout
    from io import StringIO

    out = StringIO()
    with redirect_stdout(out):
        assert main(["demo"]) == 0
    return out.getvalue()


def test_the_counts_of_the_matrix(learnt):
    """Value tiers and responses from pandas alone; need labels are those of the fit."""
    lines = pd.DataFrame(learnt.lines).assign(
        at=lambda f: pd.to_datetime(f.transaction_timestamp), amount=lambda f: f.sales_value.astype(float)
    )
    past = lines[lines["at"] <= CUT]
    age = (CUT - past["at"]).dt.total_seconds() / 86_400
    spend = (past.amount * np.exp2(-age / 90)).groupby(past.household_id).sum()
    table = learnt.engine.score(columns=["strategic.value", "strategic.need", "spend"]).to_pandas()
    table = table.assign(customer=table.customer.astype(str)).set_index("customer")
    # Twelve households were only written to, or redeemed a coupon of a line outside the sample: they spent nothing.
    edges = spend.reindex(table.index, fill_value=0.0).quantile([0.5, 0.9])
    tier = pd.cut(spend, [-np.inf, *edges, np.inf], labels=["low", "mid", "high"], right=False).astype(str)
    assert (len(spend), len(table)) == (2_212, 2_224)
    assert table["spend"].loc[spend.index].to_numpy() == pytest.approx(spend.to_numpy(), rel=1e-9)
    # A household whose lines all lack a category, or are coupons, has no need, so no cell.
    needy = past[~past.product_category.isin(["", "COUPON/MISC ITEMS"])].household_id.unique()
    known = table[table["strategic.value"].notna()]
    assert set(known.index) == set(needy) and len(needy) == 2_208
    assert (known["strategic.value"] == tier.loc[known.index]).all()
    place = pd.DataFrame({"value": tier.loc[known.index], "need": known["strategic.need"]})
    sizes = place.groupby(["value", "need"]).size()

    contacts = pd.DataFrame(learnt.contacts)
    contacts = contacts[pd.to_datetime(contacts.start_date) >= CUT]
    pairs = set(map(tuple, pd.DataFrame(learnt.redemptions)[["household_id", "campaign_id"]].to_numpy()))
    contacts["redeemed"] = [pair in pairs for pair in zip(contacts.household_id, contacts.campaign_id)]
    responses = contacts.join(place, on="household_id").groupby(["value", "need"]).redeemed.agg(["size", "sum"])

    cells = learnt.cells()
    full = {where: cell for where, cell in cells.items() if None not in where}
    assert {where: cell.customers for where, cell in full.items() if cell.customers} == sizes.to_dict()
    assert {where: (cell.contacted, cell.redeemed) for where, cell in full.items() if cell.contacted} == {
        where: (row["size"], row["sum"]) for where, row in responses.iterrows()
    }
    assert (
        sum(cell.contacted for cell in cells.values()) == 4_123 and sum(cell.redeemed for cell in cells.values()) == 530
    )


def test_the_edges_of_buyers_alone():
    shop = journey.Journey()
    shop.engine.observe(journey.data.rows(shop.lines, 0, 37_158), kind="purchase")
    shop.engine.advance_to("2017-07-01")
    edges = shop.engine.fit(["strategic.value"]).columns["strategic.value"].diagnostics
    assert edges == pytest.approx({"edge_1": 17.853342, "edge_2": 64.437193}, abs=5e-7)
    assert shop.engine["2178"]["spend"] == pytest.approx(63.476687, abs=5e-7)


def test_the_six_needs_are_told_apart(learnt):
    needs = {need for _, need in learnt.cells() if need}
    assert len(needs) == 6


def test_every_act_is_six_to_eight_lines_that_fit_a_terminal(printed):
    acts = re.split(r"\n\n", printed.strip())
    assert len(acts) == 6
    for number, act in enumerate(acts[:5], 1):
        lines = act.splitlines()
        assert lines[0].startswith(f"{number}. ") and 6 <= len(lines) <= 8, act
        assert max(map(len, lines)) <= 110, act
    assert "5% sample" in acts[0] and "import bactrian as bt" in acts[5] and len(acts[5].splitlines()) == 4


def test_one_more_line_flips_the_decision(printed):
    act = printed.split("\n\n")[1]
    assert re.search(
        r"crossed +strategic: mid/.* -> high/.*, and decided in [\d,]+ microseconds:\n +`recipe_box` has", act
    )
    before = re.search(r"decision: (\w+)", act)[1]
    assert before == "own_brand_sampler" and len(re.findall(r"^ +not \w+: ", act, re.M)) == 2


def test_the_pair_adds_nothing_on_the_quantum_community():
    engine = community.taken()
    warmth = engine.fit().columns["warmth"]
    assert warmth.verdicts["pair"].claim == "no evidence"
    assert warmth.diagnostics["mse_additive"] < warmth.diagnostics["mse_mean"]
    person, warm, cold = community.widest(engine)
    assert engine[person].toward(warm)["warmth"] > engine[person].toward(cold)["warmth"]
    assert min(engine[person].toward(peer)["warmth.evidence"] for peer in (warm, cold)) >= community.ENOUGH


def test_silence_gives_reasons(printed):
    act = printed.split("\n\n")[3]
    assert re.search(r"[\d,]+ of them \(\d+%\) get nothing", act) and len(re.findall(r"^ +[\d,]+  \w", act, re.M)) == 3


def test_a_killed_process_loses_nothing(printed):
    assert "The same bits; nothing acknowledged is lost" in printed
    for line in crash.kill_and_reopen():
        assert "OTHER" not in line and "SOMETHING" not in line
