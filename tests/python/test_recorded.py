"""What was recorded of a decision, and the smallest change that would have turned it."""

import pytest

import bactrian as bt

OFFERS = """
[event.purchase]
customer = "customer"
amount   = "amount"

[trait]
consent = "bool"

[feature.spend]
sum = "amount"
on  = "purchase"

[action.umbrella]
channel  = "email"
eligible = "consent"
response = "0.1"
value    = "spend"
lever    = 2.0
cost     = 1.0

[action.tea]
response = 0.05
value    = 10.0

[contact.email]
at_most = 1
per     = "7d"

[decide]
attention = 0.25
"""


@pytest.fixture
def shop():
    engine = bt.Engine(bt.Definition.from_toml(OFFERS))
    engine.observe({"customer": "anna", "at": "2024-01-01", "amount": 30.0})
    engine.identify({"customer": "anna", "consent": True})
    return engine


def test_what_is_recorded_is_what_was_decided(shop):
    taken = [shop.decide("anna"), shop.decide("anna")]
    for decision in taken:
        found = shop.recorded(decision.id)
        assert (found.id, found.customer, found.at) == (decision.id, "anna", decision.at)
        assert (found.action, found.propensity, found.priority) == (decision.action, decision.propensity, decision.priority)
        assert (found.withheld, found.attention, found.definition) == (False, 0.25, shop.definition.fingerprint)
    umbrella, tea = shop.recorded(taken[0].id).candidates
    assert (umbrella.action, umbrella.reason, umbrella.priority) == ("umbrella", None, 5.0)
    assert umbrella.factors == {"response": 0.1, "weight": 1.0, "value": 30.0, "lever": 2.0, "cost": 1.0}
    assert (tea.action, tea.priority) == ("tea", 0.5)
    # The second time the cap is reached: the loser says so in the words of the decision.
    umbrella, tea = shop.recorded(taken[1].id).candidates
    assert (umbrella.reason, umbrella.priority) == ("contact cap", None) and set(umbrella.factors.values()) == {None}
    assert umbrella.reason == next(loser.reason for loser in taken[1].losers if loser.action == "umbrella")
    assert "contact cap" in repr(umbrella) and "tea: 0.5" in repr(tea) and "anna" in repr(shop.recorded(taken[0].id))


def test_it_is_told_under_the_definition_of_its_time(shop, tmp_path):
    decision = shop.decide("anna")
    before = shop.recorded(decision.id)
    other = shop.definition.to_dict()
    del other["action"]["tea"]
    other["action"]["call"] = {"response": 1.0, "value": 2.0}
    shop.redefine(bt.Definition.from_dict(other))
    after = shop.recorded(decision.id)
    assert [candidate.action for candidate in after.candidates] == ["umbrella", "tea"]
    assert (after.definition, after.priority) == (before.definition, before.priority) != (shop.definition.fingerprint, None)


def test_an_erased_customer_has_no_decisions(shop):
    decision = shop.decide("anna")
    shop.erase("anna")
    with pytest.raises(bt.UnknownNameError) as caught:
        shop.recorded(decision.id)
    assert caught.value.code == 304
    with pytest.raises(bt.UnknownNameError):
        shop.recorded(7)


def test_the_smallest_change_turns_the_decision(shop):
    """Spend is worth 0.2 each less 1, and tea 0.5: at 7.5 they are equal. Consent is a flag, and farther away."""
    decision = shop.decide("anna", record=False)
    flip = decision.flip()
    assert (flip.column, flip.value, flip.action) == ("spend", 30.0, "tea")
    assert flip.to == pytest.approx(7.5) and flip.to <= 7.5
    assert "instead of" in flip.why and flip.why in repr(flip)
    # A twin whose spend is that value has it so.
    for amount, action in ((flip.to, "tea"), (flip.to + 0.01, "umbrella")):
        twin = bt.Engine(shop.definition)
        twin.observe({"customer": "anna", "at": "2024-01-01", "amount": amount})
        twin.identify({"customer": "anna", "consent": True})
        assert twin.decide("anna").action == action


def test_no_single_change_is_none():
    engine = bt.Engine(bt.Definition.from_toml('[trait]\nage = "number"\n[action.tea]\nresponse = 0.5\nvalue = 1.0\n'))
    engine.identify({"customer": "anna", "at": "2024-01-01", "age": 3.0})
    assert engine.decide("anna").flip() is None
