"""`bactrian init`: a definition that runs, guessed from the columns of a table."""

from __future__ import annotations

import json
import os
import re
import shlex

from bactrian._cli import files, guess
from bactrian._cli.files import Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bactrian._cli.guess import Column

SAMPLE = 20_000
WHAT = {
    "customer": "whom it is about",
    "peer": "toward whom",
    "at": "when",
    "occasion": "rows of one are one purchase or visit",
    "id": "the same id again changes nothing",
    "amount": "money",
    "need": "what the customer wants to get done",
    "supplier": "who made it",
    "tier": "such as private and national",
}
ACTION = """
# What may be done. An action wins if its priority (response x value - cost, in money) exceeds the price of
# attention; else silence does. Put your own figures, and take the marks away.
#
# [action.thank_you]
# channel  = "email"
# eligible = '{eligible}'
# response = "0.05"                      # P(outcome | action)
# value    = {value} # money, if the outcome comes
# cost     = 0.10
#
# [decide]
# attention = 0.05
#
# [contact.email]
# at_most = 2
# per     = "7d"
# quiet   = "21:00-08:00"
"""


def definition(path: str, kind: str | None, given: dict[str, str]) -> str:
    """A commented definition for the table in a file."""
    columns = sample(path)
    names = [column.name for column in columns]
    for role, name in given.items():
        if name not in names:
            raise Usage(f"`{path}` has no column `{name}` for role `{role}` (its columns are {', '.join(names)})")
    roles = guess.roles(columns, given)
    if "customer" not in roles and "peer" not in roles:
        raise Usage(f"no column of `{path}` looks like a customer (say which: --role customer=COLUMN)")
    if "at" not in roles and (times := next((column.name for column in columns if column.foreign()), None)):
        raise Usage(f"column `{times}` of `{path}` seems to hold times: write them as 2024-02-01 or 2024-02-01 19:06:53")
    rest = [column for column in columns if column not in roles.values() and column.type != "empty"]
    lines = traits(path, roles, rest) if "at" not in roles else list(events(path, kind, roles, rest))
    return "\n".join(lines) + "\n"


def sample(path: str) -> list[Column]:
    """The columns of the first rows of a file."""
    with files.Source(path, SAMPLE) as source:
        for _, chunk in source:
            return [guess.Column(name, values) for name, values in files.named(chunk).items()]
    raise Usage(f"`{path}` has no rows")


def events(path: str, kind: str | None, roles: dict[str, Column], rest: Sequence[Column]) -> Iterator[str]:
    """The definition of a table of events."""
    by_kind = roles.pop("kind", None) if kind is None else None
    kinds = by_kind.distinct if by_kind else [kind or named(path, roles)]
    more = f" --kind {shlex.quote(kinds[0])}" if by_kind is None else f" --role {shlex.quote(f'kind={by_kind.name}')}"
    yield from head(path, "observe", more if by_kind is None or by_kind.name != "kind" else "")
    for name in kinds:
        yield f"\n[event.{key(name)}]"
        yield from declared(roles, rest)
    if "peer" in roles:
        yield from ("", "[tie.contact]                          # who deals with whom", f"on        = {several(kinds)}")
        yield 'half_life = "30d"'
    yield from features(kinds, roles)


def declared(roles: dict[str, Column], rest: Sequence[Column]) -> Iterator[str]:
    """The roles of an event, then roles of the user's own by type."""
    for role, column in roles.items():
        yield noted(f"{role:8} = {source(column, role in guess.NAMED)}", WHAT.get(role))
    taken = {*guess.NAMES, "kind", "reply_seconds", "reply_to", "action", "direction", "visibility", "weight"}
    for word, kind in (("number", "number"), ("category", "text"), ("flag", "bool")):
        few = [column for column in rest if kind == "number" or len(column.distinct) <= guess.MOST_NAMES]
        own = [column for column in few if column.type == kind]
        pairs = [f"{free(column.plain, taken)} = {source(column, column.lists)}" for column in own]
        if pairs:
            yield noted(f"{word:8} = {{ {', '.join(pairs)} }}", "roles of your own")


def source(column: Column, named: bool) -> str:
    """Where a role stands; one of names may hold several."""
    split = column.split() if named else None
    return f"{{ column = {text(column.name)}, split = {text(split)} }}" if split else text(column.name)


def features(kinds: Sequence[str], roles: dict[str, Column]) -> Iterator[str]:
    """What is kept of each customer, the needs, and a segment by value and needs."""
    on = several(kinds)
    yield from ("", "[feature.events]                       # how many, over the lifetime", 'count = "event"')
    yield f"on    = {on}"
    frequency = "occasion" if "occasion" in roles else "event"
    yield from ("", "[feature.recent]                       # how often of late: halves in 30 days")
    yield from (f'count     = "{frequency}"', f"on        = {on}", 'half_life = "30d"')
    yield from ("", "[feature.last_seen]", 'last_time = "event"', f"on        = {on}")
    worth = "recent"
    if "amount" in roles:
        worth = "spend"
        yield from ("", "[feature.spend]                        # money: halves in 90 days", 'sum       = "amount"')
        yield from (f"on        = {on}", 'half_life = "90d"')
    if "need" in roles:
        topics = max(2, min(6, len(roles["need"].distinct)))
        yield from ("", "[needs.wants]                          # what is wanted together: `bactrian fit` learns it")
        yield from (f"topics    = {topics}", f"on        = {on}", 'half_life = "180d"')
    if "peer" in roles:
        yield from ("", "[score.warmth]                         # how soon A answers B: one number for each pair")
        yield from ('mean   = "-ln(reply_seconds + 1.0)"', f"on     = {on}", 'toward = "peer"')
    yield from ("", "[segment.value]                        # `bactrian fit` finds the edges")
    yield f'axis.tier  = {{ of = "{worth}", quantiles = [0.5, 0.9], labels = ["low", "mid", "high"] }}'
    if "need" in roles:
        yield 'axis.wants = { of = "wants" }'
    yield from ("hysteresis = 0.1                       # a cell is left later than it is entered", 'dwell      = "7d"')
    value = "0.1 * spend" if worth == "spend" else "1.0"
    yield ACTION.format(eligible='value.tier == "high"', value=text(value).ljust(27)).rstrip()


def traits(path: str, roles: dict[str, Column], rest: Sequence[Column]) -> list[str]:
    """The definition of a table without times: what customers are."""
    customer = roles["customer"].name
    more = "" if customer == "customer" else f" --role {shlex.quote(f'customer={customer}')}"
    lines = [*head(path, "identify", more), "", "[trait]"]
    types = {"number": "number", "bool": "bool", "text": "category", "time": "time"}
    for column in [column for role, column in roles.items() if role != "customer"] + list(rest):
        if column.plain != column.name:
            lines.append(f"# column {text(column.name)}: call it `{column.plain}`, so that expressions can read it")
        else:
            lines.append(f'{column.name} = "{types[column.type]}"')
    return lines


def head(path: str, verb: str, more: str) -> Iterator[str]:
    """What the file is, and how to go on."""
    name = os.path.basename(path)
    yield f"# Guessed from {name}: read it, change it, then"
    yield "#"
    yield "#     bactrian check THIS_FILE"
    yield f"#     bactrian {verb} ENGINE {shlex.quote(name)} --definition THIS_FILE{more}"
    yield "#     bactrian fit ENGINE"
    yield "#     bactrian score ENGINE"
    yield "#"
    yield "# docs/definition.md has every key."


def named(path: str, roles: dict[str, Column]) -> str:
    """The kind of events without a column that says it."""
    if "amount" in roles:
        return "purchase"
    if "peer" in roles:
        return "message"
    stem = os.path.basename(path).split(".")[0]
    word = guess.plain(re.split(r"[^A-Za-z0-9]+", stem)[-1])
    return word.removesuffix("s") if len(word) > 2 else "event"


def free(name: str, taken: set[str]) -> str:
    """A name that nobody has, and that expressions can read."""
    while name in taken or name in RESERVED:
        name += "_"
    taken.add(name)
    return name


RESERVED = frozenset(
    "as at break const continue else false for function if import in let loop namespace null package return true var"
    " void while".split()
)


def several(names: Sequence[str]) -> str:
    """One name, or a list."""
    return text(names[0]) if len(names) == 1 else f"[{', '.join(map(text, names))}]"


def text(value: str) -> str:
    """A text of TOML: its escapes are those of JSON."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def key(name: str) -> str:
    """A key of TOML."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else text(name)


def noted(line: str, note: str | None) -> str:
    """A line with a comment to its right."""
    return f"{line:38} # {note}" if note else line
