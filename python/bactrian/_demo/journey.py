"""Complete Journey: the value/needs matrix, one event, and who should get nothing."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from time import perf_counter

from bactrian import Engine
from bactrian._demo import data

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

CUT = "2017-07-01 00:00:00"
TONIGHT = "2018-01-01 18:00:00"
HOUSEHOLD = "2178"
VALUES = ("high", "mid", "low")
READ = ("spend", "orders", "visits", "strategic.value", "strategic.need")


class Cell:
    """Customers of a cell, and what became of their later contacts."""

    def __init__(self) -> None:
        self.customers = self.contacted = self.redeemed = 0

    def __str__(self) -> str:
        rate = f"{self.redeemed / self.contacted:6.1%}" if self.contacted else " " * 6
        return f"{self.customers:4}{rate}"


class Journey:
    """An engine in memory over the year, taken in step by step."""

    def __init__(self) -> None:
        self.lines = data.journey("lines")
        self.contacts = data.journey("contacts")
        self.redemptions = data.journey("redemptions")
        self.engine = Engine(data.definition("grocery"))
        self.taken = 0
        self.topics: dict[str, str] = {}

    def learn(self) -> tuple[int, float]:
        """Take what happened to the cut, and learn the population there; rows taken and seconds."""
        began = perf_counter()
        accepted = 0
        for kind, table, at in self.kinds():
            past = data.rows(table, 0, bisect_left(table[at], CUT))
            accepted += self.engine.observe(past, kind=kind).accepted
        self.taken = bisect_left(self.lines["transaction_timestamp"], CUT)
        self.engine.advance_to(CUT)
        self.topics = self.engine.fit().columns["basket"].notes
        return accepted, perf_counter() - began

    def kinds(self) -> tuple[tuple[str, data.Columns, str], ...]:
        """Each kind of event: its table, and its column of time."""
        return (
            ("purchase", self.lines, "transaction_timestamp"),
            ("contact", self.contacts, "start_date"),
            ("redeem", self.redemptions, "redemption_date"),
        )

    def cells(self) -> dict[tuple[str | None, str | None], Cell]:
        """Cells of the matrix at the cut: customers, later contacts, and those redeemed."""
        table = self.engine.score(columns=["strategic.value", "strategic.need"])
        places = zip(
            map(str, table["customer"]),
            zip(table["strategic.value"], table["strategic.need"], strict=True),
            strict=True,
        )
        cell_of = dict(places)
        cells: dict[tuple[str | None, str | None], Cell] = {}
        for place in cell_of.values():
            cells.setdefault(place, Cell()).customers += 1
        redeemed = set(zip(self.redemptions["household_id"], self.redemptions["campaign_id"], strict=True))
        contacts = data.rows(self.contacts, bisect_left(self.contacts["start_date"], CUT[:10]))
        for contact in zip(contacts["household_id"], contacts["campaign_id"], strict=True):
            cell = cells.setdefault(cell_of.get(contact[0], (None, None)), Cell())
            cell.contacted += 1
            cell.redeemed += contact in redeemed
        return cells

    def matrix(self) -> Iterator[str]:
        """Act one."""
        accepted, seconds = self.learn()
        yield f"{accepted:,} events up to 2017-07-01 taken, and the population learnt, in {seconds:.2f} s. Households and their"
        yield "response from then on (campaigns redeemed / sent), by value tier (decayed spend) and need:"
        cells = self.cells()
        needs = sorted({need for _, need in cells if need is not None})
        yield " " * 5 + "".join(f"{self.topics[need].partition(',')[0]:>13.11}" for need in needs)
        for value in VALUES:
            yield f"{value:5}" + "".join(f"   {cells.get((value, need), Cell())}" for need in needs)
        known = sum(cell.customers for (value, need), cell in cells.items() if value and need)
        rest = sum(cell.customers for cell in cells.values()) - known
        yield f"{known:,} households are in a cell; {rest} are unknown: of them too little is known to say."

    def one_event(self) -> Iterator[str]:
        """Act two."""
        at = self.lines["transaction_timestamp"]
        place = next(row for row in range(self.taken, len(at)) if self.lines["household_id"][row] == HOUSEHOLD)
        self.engine.observe(data.rows(self.lines, self.taken, place), kind="purchase")
        line = {name: values[place] for name, values in self.lines.items()}
        self.taken = place + 1
        household = self.engine[HOUSEHOLD]
        before = {name: household[name] for name in READ}
        decided = household.decide(at=line["transaction_timestamp"], record=False)
        began = perf_counter()
        report = self.engine.observe(line, kind="purchase")
        seconds = perf_counter() - began
        after = {name: household[name] for name in READ}
        yield f"before   {shown(before)}   decision: {decided.action or 'silence'}"
        yield f"line     {line['sales_value']} dollars of {line['product_category']}, at {line['transaction_timestamp']}"
        yield f"after    {shown(after)}"
        for crossing in zip(*(report.crossings[name] for name in ("segment", "from", "to")), strict=True):
            yield "crossed  {}: {} -> {}".format(*crossing) + f", and decided in {seconds * 1e6:,.0f} microseconds:"
        for decision in report.decisions:
            yield f"         {decision.why}"
            for loser in decision.losers:
                yield f"         not {loser.action}: {loser.why}"

    def silence(self) -> Iterator[str]:
        """Act four."""
        accepted = self.engine.observe(data.rows(self.lines, self.taken), kind="purchase").accepted
        for kind, table, at in self.kinds()[1:]:
            accepted += self.engine.observe(data.rows(table, bisect_left(table[at], CUT)), kind=kind).accepted
        self.taken = len(self.lines["household_id"])
        households = self.engine.score(columns=[])["customer"]
        began = perf_counter()
        decisions = [self.engine.decide(household, at=TONIGHT, record=False) for household in households]
        seconds = perf_counter() - began
        silent = [decision for decision in decisions if decision.action is None]
        chosen = Counter(decision.action for decision in decisions if decision.action is not None)
        reasons = Counter(loser.reason for decision in silent for loser in decision.losers)
        yield f"{accepted:,} more events bring us to {TONIGHT[:16]}; {len(decisions):,} decisions in {seconds:.2f} s."
        yield f"{len(silent):,} of them ({len(silent) / len(decisions):.0%}) get nothing. Why, over all actions that lost:"
        for reason, count in reasons.most_common(3):
            yield f"{count:7,}  {reason}"
        yield "The others get " + ", ".join(f"{action} ({count:,})" for action, count in chosen.most_common()) + "."


def shown(columns: dict[str, object]) -> str:
    """Values of columns on one line."""
    values = {name: f"{value:.2f}" if isinstance(value, float) else value for name, value in columns.items()}
    cell = f"{values.pop('strategic.value')}/{values.pop('strategic.need')}"
    return "  ".join(f"{name} {value}" for name, value in values.items()) + f"  in {cell}"
