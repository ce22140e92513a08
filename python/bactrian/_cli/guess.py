"""What the columns of a table may be: types by their values, roles by their names and types."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Names that columns of a role have, the likeliest first; a column matches by its whole name or by its end.
NAMES: dict[str, tuple[str, ...]] = {
    "customer": (
        "customer_id", "customer", "household_id", "household", "client_id", "client", "user_id", "user", "member_id",
        "member", "account_id", "account", "person_id", "person", "subscriber_id", "subscriber", "buyer", "donor",
        "src", "sender", "from", "author", "caller", "employee_id", "employee", "card_id", "source", "id",
    ),
    "peer": ("peer", "peer_id", "dst", "receiver", "recipient", "addressee", "callee", "to", "friend", "target"),
    "at": (
        "at", "timestamp", "datetime", "time", "date", "when", "day", "invoicedate", "created", "ts", "epoch",
    ),
    "occasion": (
        "basket_id", "basket", "order_id", "order", "invoice_id", "invoice_no", "invoiceno", "invoice",
        "transaction_id", "receipt", "session_id", "visit_id", "ticket",
    ),
    "amount": (
        "amount", "sales_value", "revenue", "total", "paid", "spend", "sales", "turnover", "donation", "value",
    ),
    "quantity": ("quantity", "qty", "units"),
    "price": ("unit_price", "unitprice", "price"),
    "sentiment": ("sentiment", "polarity"),
    "need": (
        "need", "needs", "product_category", "category", "topics", "topic", "department", "commodity", "theme", "genre",
        "interest", "subject",
    ),
    "supplier": ("supplier", "supplier_id", "manufacturer_id", "manufacturer", "vendor", "maker"),
    "tier": ("tier", "brand"),
    "channel": ("channel", "medium"),
    "product": ("product_id", "product", "sku", "item_id", "item", "stockcode", "stock_code", "article"),
    "place": ("place", "store_id", "store", "branch", "shop", "city", "region", "country"),
    "campaign": ("campaign", "campaign_id"),
    "agent": ("agent", "agent_id", "operator"),
    "id": ("event_id", "line_id", "message_id", "interaction_id", "uuid", "event", "id"),
    "kind": ("kind", "event_type", "event_kind", "activity", "type", "event"),
}  # fmt: skip
NUMBERS = ("amount", "quantity", "price", "sentiment")
NAMED = ("need", "supplier", "tier", "channel", "product", "place", "campaign", "agent")
MOST_KINDS = 20
MOST_NAMES = 1000
SPLITS = ";|"
TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|[+-]\d\d:?\d\d))?)?")
FOREIGN = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
COMPACT = re.compile(r"(18|19|20|21)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")


class Column:
    """A column and what its known values have in common: a `number`, `bool`, `time` or `text`."""

    def __init__(self, name: str, values: Iterable[object]) -> None:
        self.name = name
        self.plain = plain(name)
        kept = [value for value in values if value is not None and value != ""]
        self.known = len(kept)
        texts = [";".join(map(str, value)) if isinstance(value, list) else str(value) for value in kept]
        self.distinct = sorted(set(texts))
        self.lists = any(isinstance(value, list) for value in kept)
        self.type = self._type(texts)

    def _type(self, texts: Sequence[str]) -> str:
        if not texts:
            return "empty"
        if all(text.lower() in ("true", "false") for text in texts):
            return "bool"
        named = any(self.called(name) for name in NAMES["at"])
        if all(TIME.fullmatch(text) for text in texts) or (named and all(COMPACT.fullmatch(text) for text in texts)):
            return "time"
        if all(map(number, texts)):
            return "time" if named and all(float(text) > 1e8 for text in texts) else "number"
        return "text"

    def called(self, name: str) -> bool:
        """Whether the column has this name, or ends with it."""
        return self.plain == name or self.plain.endswith("_" + name)

    def foreign(self) -> bool:
        """Whether it seems to hold times, in a way that can't be read."""
        named = any(self.called(name) for name in NAMES["at"])
        return named and self.type == "text" and all(map(FOREIGN.match, self.distinct))

    def unique(self) -> bool:
        """Whether no value comes twice."""
        return len(self.distinct) == self.known

    def split(self) -> str | None:
        """The character between several names in one text."""
        if self.lists:
            return ";"
        if self.type != "text":
            return None
        often = (split for split in SPLITS if 5 * sum(split in text for text in self.distinct) >= len(self.distinct))
        return next(often, None)


def plain(name: str) -> str:
    """A name as identifiers are written: `InvoiceNo` is `invoice_no`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    word = re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")
    return word if word and not word[0].isdigit() else f"_{word}"


def number(text: str) -> bool:
    """Whether a text is a finite number."""
    try:
        return abs(float(text)) < float("inf")
    except ValueError:
        return False


def telling(name: str) -> bool:
    """Whether the end of a name says enough: a `basket_id` is not an `id`, an `old_value` no money."""
    return len(name) > 4 and name not in ("value", "total", "sales", "event")


def fits(role: str, column: Column) -> bool:
    """Whether a column can play a role, by its values."""
    if role == "at":
        return column.type == "time"
    if role in NUMBERS:
        return column.type == "number"
    if role == "kind":
        return column.type == "text" and len(column.distinct) <= MOST_KINDS and not column.unique()
    if role == "id":
        return column.type in ("text", "number") and column.unique()
    if role == "need":
        return column.type == "text"
    return column.type in ("text", "number")


def roles(columns: Sequence[Column], given: dict[str, str]) -> dict[str, Column]:
    """The column of each role: as given, else by name and values; no column has two."""
    found: dict[str, Column] = {}
    for role, name in given.items():
        found[role] = next(column for column in columns if column.name == name)
    for role, names in NAMES.items():
        free = [column for column in columns if column not in found.values() and fits(role, column)]
        whole = [column for name in names for column in free if column.plain == name]
        telling_names = [name for name in names if role == "at" or telling(name)]
        ends = [column for name in telling_names for column in free if column.called(name)]
        if role not in found and (whole or ends):
            found[role] = (whole or ends)[0]
    times = [column for column in columns if column.type == "time"]
    if "at" not in found and times:
        found["at"] = times[0]
    return found
