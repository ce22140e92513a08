"""A response that is learnt, and the ledger by segment, from Python."""

import bactrian as bt
import pytest

SHOP = """
[trait]
band = "category"

[segment.bands]
axis.band = { of = "band" }

[action.card]
channel        = "email"
value          = 2
response_model = { learn = "beta", by = "bands", outcome = "redeem", within = "5d", prior = 0.25, strength = 8 }
"""


def test_what_was_sent_and_answered_is_learnt_by_cell():
    engine = bt.Engine(bt.Definition.from_toml(SHOP))
    engine.identify({"customer": ["anna", "ben"], "band": ["x", "y"]})
    first = engine.decide("anna", at="2024-03-01")
    assert first.factors["response"] == "0.25"
    engine.learn({"decision": first.id, "outcome": "redeem", "value": 1.5})
    engine.decide("ben", at="2024-03-01")
    engine.advance_to("2024-03-20")

    learnt = engine.responses().to_dict()
    assert learnt["cell"] == [None, "x", "y"]
    assert (learnt["successes"], learnt["failures"]) == ([1, 1, 0], [1, 0, 1])
    # The other cell's trial is the prior's; one's own counts once.
    whole = (0 + 8 * 0.25) / (1 + 8)
    assert learnt["response"][1] == pytest.approx((1 + 8 * whole) / (1 + 8), abs=1e-15)

    by_cell = engine.ledger("bands").to_dict()
    assert by_cell["cell"] == ["x", "y"] and by_cell["answered"] == [1, 0] and by_cell["expired"] == [0, 1]
    assert engine.ledger()["realised"] == [1.5]
    with pytest.raises(bt.UnknownNameError, match="no segment `band`"):
        engine.ledger("band")


def test_an_outcome_that_is_refused_changes_nothing():
    engine = bt.Engine(bt.Definition.from_toml(SHOP))
    engine.identify({"customer": ["anna", "ben"], "band": ["x", "y"]})
    decided = engine.decide("anna", at="2024-03-01")
    before, now = engine.digest(), engine.now
    report = engine.learn(
        {"decision": [999, decided.id], "at": ["2024-06-01", "2024-03-07"], "value": [1.0, 1.0]}, kind="redeem"
    )
    assert (report.accepted, report.rejected["row"]) == (0, [0, 1])
    assert (engine.digest(), engine.now) == (before, now)
    assert engine.learn({"decision": decided.id, "outcome": "redeem", "at": "2024-03-02"}).accepted == 1
