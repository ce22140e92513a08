"""1,000 random rules against polars filters: the touched customer after each of 10,000 events, everyone at 100 checkpoints.

Each rule is drawn once, as text for the engine and as an expression of polars: over features and traits of every type, with
unknown values throughout. 840 stand alone; 100 are the ordered rules of 20 segments; 60 give the axes of 20 matrix segments.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import bactrian as bt
import polars as pl
import pytest

EVENTS, CUSTOMERS, CHECKPOINTS = 10_000, 300, 100
ALONE, ORDERED, MATRIX = 840, (20, 5), (20, 3)
PER_NUMBER = 30  # 3^30 < 2^53: so many rules fit into one number, exactly
START = datetime(2024, 1, 1)

DEFINITION = """
[event.purchase]
customer = "who"
at       = "at"
amount   = "amount"
channel  = "channel"

[trait]
age    = "number"
city   = "category"
vip    = "bool"
joined = "time"

[feature.orders]
count = "event"
[feature.spend]
sum = "amount"
[feature.fresh]
sum       = "amount"
half_life = "20d"
[feature.month]
count  = "event"
window = "30d"
hop    = "exact"
[feature.line]
mean  = "amount"
where = "amount > 6.0"
[feature.least]
min = "amount"
[feature.latest]
last = "amount"
[feature.variance]
variance = "amount"
[feature.pause]
gap_mean = "event"
[feature.first_channel]
first = "channel"
[feature.last_channel]
last = "channel"
[feature.since]
first_time = "event"
[feature.seen]
last_time = "event"
"""

NUMBERS = {
    "orders": 30,
    "spend": 300,
    "fresh": 60,
    "month": 4,
    "line": 14,
    "least": 8,
    "latest": 10,
    "variance": 40,
    "pause": 4e5,
    "age": 50,
}
NAMES = {
    "first_channel": ["web", "shop", "mail"],
    "last_channel": ["web", "shop", "mail"],
    "city": ["Ghent", "Lyon", "Bern", "Oslo"],
}
FLAGS = ["vip"]
TIMES = ["since", "seen", "joined"]


@dataclass(frozen=True)
class Both:
    """An expression as the engine's text and as polars' own."""

    text: str
    twin: pl.Expr


def finite(value: pl.Expr) -> pl.Expr:
    """Arithmetic whose result is not finite is unknown."""
    return pl.when(value.is_finite()).then(value)


def known(a: pl.Expr, b: pl.Expr, value: pl.Expr) -> pl.Expr:
    return pl.when(a.is_not_null() & b.is_not_null()).then(value)


class Draw:
    """Random expressions."""

    def __init__(self, seed: int):
        self.chance = random.Random(seed)

    def number(self, depth: int) -> Both:
        pick = self.chance.random()
        if depth == 0 or pick < 0.35:
            name = self.chance.choice(list(NUMBERS))
            return Both(name, pl.col(name))
        if pick < 0.45:
            return self.constant(100)
        one = self.number(depth - 1)
        if pick < 0.65:
            return self.of_one(one)
        if pick < 0.70:
            flag, other = self.flag(depth - 1), self.number(depth - 1)
            twin = pl.when(flag.twin).then(one.twin).otherwise(other.twin)
            return Both(f"({flag.text} ? {one.text} : {other.text})", pl.when(flag.twin.is_not_null()).then(twin))
        if pick < 0.75:
            before, after = self.chance.sample(TIMES, 2)
            return Both(f"({after} - {before})", (pl.col(after) - pl.col(before)).dt.total_microseconds() / 1e6)
        return self.of_two(one, self.number(depth - 1))

    def of_one(self, x: Both) -> Both:
        least = self.constant(20)
        forms = [
            Both(f"(-{x.text})", -x.twin),
            Both(f"abs({x.text})", x.twin.abs()),
            Both(f"floor({x.text})", x.twin.floor()),
            Both(f"ceil({x.text})", x.twin.ceil()),
            Both(f"sqrt(abs({x.text}))", x.twin.abs().sqrt()),
            Both(f"ln({x.text})", finite(x.twin.log())),
            Both(f"pow({x.text}, 2)", finite(x.twin * x.twin)),
            Both(f"coalesce({x.text}, {least.text})", pl.coalesce(x.twin, least.twin)),
            Both(f"clamp({x.text}, 3, 40)", x.twin.clip(3.0, 40.0)),
        ]
        return self.chance.choice(forms)

    def of_two(self, x: Both, y: Both) -> Both:
        a, b = x.twin, y.twin
        forms = [
            Both(f"({x.text} + {y.text})", finite(a + b)),
            Both(f"({x.text} - {y.text})", finite(a - b)),
            Both(f"({x.text} * {y.text})", finite(a * b)),
            Both(f"({x.text} / {y.text})", finite(a / b)),
            Both(f"(abs({x.text}) % 7)", finite(a.abs() % 7.0)),
            Both(f"min({x.text}, {y.text})", known(a, b, pl.min_horizontal(a, b))),
            Both(f"max({x.text}, {y.text})", known(a, b, pl.max_horizontal(a, b))),
        ]
        return self.chance.choice(forms)

    def constant(self, most: float) -> Both:
        # No sum or variance of quarters is such a number, which leaves nothing to how they are rounded.
        value = round(self.chance.uniform(-0.1, 1.0) * most, 2) + 0.0037
        return Both(f"({value})", pl.lit(value))

    def flag(self, depth: int) -> Both:
        pick = self.chance.random()
        if depth == 0 or pick < 0.4:
            return self.comparison(max(depth - 1, 0))
        one = self.flag(depth - 1)
        if pick < 0.55:
            return Both(f"!({one.text})", ~one.twin)
        other = self.flag(depth - 1)
        if pick < 0.75:
            return Both(f"({one.text} && {other.text})", one.twin & other.twin)
        if pick < 0.95:
            return Both(f"({one.text} || {other.text})", one.twin | other.twin)
        third = self.flag(depth - 1)
        twin = pl.when(one.twin).then(other.twin).otherwise(third.twin)
        return Both(f"({one.text} ? {other.text} : {third.text})", pl.when(one.twin.is_not_null()).then(twin))

    def comparison(self, depth: int) -> Both:
        pick = self.chance.random()
        if pick < 0.4:
            name = self.chance.choice(list(NUMBERS))
            left, right = Both(name, pl.col(name)), self.constant(NUMBERS[name])
            return self.compared(left, right, ["<", "<=", ">", ">="])
        if pick < 0.6:
            return self.compared(self.number(depth), self.number(depth), ["<", "<=", ">", ">=", "==", "!="])
        if pick < 0.75:
            name = self.chance.choice(list(NAMES))
            words = self.chance.sample(NAMES[name], 2)
            column = pl.col(name)
            forms = [
                Both(f'{name} == "{words[0]}"', column == words[0]),
                Both(f'{name} != "{words[0]}"', column != words[0]),
                Both(f'{name} in ["{words[0]}", "{words[1]}"]', column.is_in(words)),
                Both("first_channel == last_channel", pl.col("first_channel") == pl.col("last_channel")),
            ]
            return self.chance.choice(forms)
        if pick < 0.85:
            name, month, day = self.chance.choice(TIMES), self.chance.randint(1, 4), self.chance.randint(1, 28)
            moment = Both(f'timestamp("2024-{month:02d}-{day:02d}")', pl.lit(datetime(2024, month, day)))
            return self.compared(Both(name, pl.col(name)), moment, ["<", ">="])
        if pick < 0.92:
            return Both("vip", pl.col("vip"))
        name = self.chance.choice([*NUMBERS, *NAMES, *FLAGS, *TIMES])
        forms = [
            Both(f"has({name})", pl.col(name).is_not_null()),
            Both(f"isnull({name})", pl.col(name).is_null()),
            Both(f"{name} != null", pl.col(name).is_not_null()),
        ]
        return self.chance.choice(forms)

    def compared(self, x: Both, y: Both, operators: list[str]) -> Both:
        operator = self.chance.choice(operators)
        a, b = x.twin, y.twin
        twins = {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b, "==": a == b, "!=": a != b}
        return Both(f"({x.text} {operator} {y.text})", twins[operator])


@pytest.fixture(scope="module")
def rules() -> list[Both]:
    draw, still, moving = Draw(1966), {}, {}
    size = {"alone": ALONE, "ordered": ORDERED[0] * ORDERED[1], "matrix": MATRIX[0] * MATRIX[1]}
    while len(still) + len(moving) < sum(size.values()):
        rule = draw.flag(3)
        (moving if "fresh" in rule.text or "month" in rule.text else still)[rule.text] = rule
    # Segments take rules that time alone does not move: a timer costs some fifty reads, and other proofs are theirs.
    still, moving = list(still.values()), list(moving.values())
    cut = len(still) - size["ordered"] - size["matrix"]
    return still[:cut] + moving + still[cut:]


@pytest.fixture(scope="module")
def people() -> pl.DataFrame:
    chance = random.Random(1)
    maybe = lambda value: None if chance.random() < 0.2 else value  # noqa: E731
    rows = [
        {
            "who": f"c{number}",
            "age": maybe(float(chance.randint(18, 90))),
            "city": maybe(chance.choice(NAMES["city"])),
            "vip": maybe(chance.random() < 0.3),
            "joined": maybe(START + timedelta(seconds=chance.randint(0, 100 * 86_400))),
        }
        for number in range(CUSTOMERS)
    ]
    return pl.DataFrame(rows)


@pytest.fixture(scope="module")
def events() -> pl.DataFrame:
    """Amounts are quarters and times whole seconds, so that sums are exact in any order; no times tie."""
    chance = random.Random(2)
    seconds = sorted(chance.sample(range(120 * 86_400), EVENTS))
    rows = [
        {
            "who": f"c{int(CUSTOMERS * chance.random() ** 2)}",
            "at": START + timedelta(seconds=second),
            "amount": chance.randint(1, 80) / 4,
            "channel": chance.choice([None, *NAMES["first_channel"]]),
        }
        for second in seconds
    ]
    return pl.DataFrame(rows, schema_overrides={"at": pl.Datetime("us")})


def after_each(events: pl.DataFrame) -> pl.DataFrame:
    """The touched customer's features right after each event."""
    amount, big = pl.col("amount"), pl.col("amount") > 6
    n = amount.cum_count()
    gap = (pl.col("at") - pl.col("at").first()).dt.total_seconds()
    squares = (amount * amount).cum_sum() - amount.cum_sum() ** 2 / n
    features = {
        "orders": n.cast(pl.Float64),
        "spend": amount.cum_sum(),
        "line": finite(pl.when(big).then(amount).otherwise(0.0).cum_sum() / big.cast(pl.Float64).cum_sum()),
        "least": amount.cum_min(),
        "latest": amount,
        "variance": pl.when(n > 1).then(squares / (n - 1)),
        "pause": pl.when(n > 1).then(gap / (n - 1)),
        "first_channel": pl.when(pl.col("channel").forward_fill().is_not_null()).then(pl.col("channel").drop_nulls().first()),
        "last_channel": pl.col("channel").forward_fill(),
        "since": pl.col("at").first(),
        "seen": pl.col("at"),
    }
    fresh, last = [], dict.fromkeys(events["who"].unique(), (0.0, START))
    for who, at, amount in events.select("who", "at", "amount").iter_rows():
        before, then = last[who]
        last[who] = (before * 2.0 ** (-(at - then).total_seconds() / (20 * 86_400)) + amount, at)
        fresh.append(last[who][0])
    kept = [value.over("who").alias(name) for name, value in features.items()]
    return events.with_columns(kept).with_columns(fresh=pl.Series(fresh))


def readings(events: pl.DataFrame, people: pl.DataFrame, moments: pl.DataFrame) -> pl.DataFrame:
    """Every feature and trait of some customers at some moments: `who` and `now`, rising."""
    known = after_each(events).drop("amount", "channel")
    read = moments.join_asof(known, left_on="now", right_on="at", by="who", strategy="backward", check_sortedness=False)
    idle = (pl.col("now") - pl.col("at")).dt.total_seconds() / 86_400
    read = read.with_columns(
        pl.col("orders", "spend").fill_null(0.0),
        fresh=(pl.col("fresh") * (-idle / 20 * pl.lit(2.0).log()).exp()).fill_null(0.0),
    )
    pairs = moments.join(events.select("who", then="at"), on="who", how="left")
    inside = (pl.col("then") <= pl.col("now")) & (pl.col("then") > pl.col("now") - timedelta(days=30))
    month = pairs.group_by("who", "now").agg(month=inside.fill_null(value=False).sum().cast(pl.Float64))
    return read.join(month, on=["who", "now"], how="left").join(people, on="who", how="left", maintain_order="left")


def parts(rules: list[Both]) -> tuple[list[Both], list[list[Both]], list[list[Both]]]:
    """Rules that stand alone, those of ordered segments, those of matrix segments."""
    rest = iter(rules[ALONE:])
    ordered, matrix = ([[next(rest) for _ in range(size)] for _ in range(count)] for count, size in (ORDERED, MATRIX))
    return rules[:ALONE], ordered, matrix


def declared(rules: list[Both]) -> str:
    alone, ordered, matrix = parts(rules)
    text = [DEFINITION] + [f"[score.r{number}]\nvalue = '{rule.text}'" for number, rule in enumerate(alone)]
    for first in range(0, ALONE, PER_NUMBER):
        terms = [f"coalesce(r{first + k} ? 1.0 : 0.0, 2.0) * {3**k}.0" for k in range(PER_NUMBER)]
        text.append(f"[score.pack{first}]\nvalue = '{' + '.join(terms)}'")
    for number, group in enumerate(ordered):
        lines = [f"{{ label = 'rule{place}', when = '{rule.text}' }}" for place, rule in enumerate(group)]
        text.append(f"[segment.ordered{number}]\nrules = [{', '.join(lines)}]")
    for number, group in enumerate(matrix):
        for place, rule in enumerate(group):
            text.append(f"[score.m{number}_{place}]\nvalue = '({rule.text}) ? 1.0 : 0.0'")
        axes = [
            f'axis.a{place} = {{ of = "m{number}_{place}", edges = [0.5], labels = ["no", "yes"] }}'
            for place in range(len(group))
        ]
        text.append("\n".join([f"[segment.matrix{number}]", *axes]))
    return "\n".join(text)


def expected(read: pl.DataFrame, rules: list[Both]) -> pl.DataFrame:
    """What polars makes of every rule, in the columns that the engine is asked for."""
    alone, ordered, matrix = parts(rules)
    columns = {}
    for first in range(0, ALONE, PER_NUMBER):
        terms = [alone[first + k].twin.cast(pl.Float64).fill_null(2.0) * float(3**k) for k in range(PER_NUMBER)]
        columns[f"pack{first}"] = pl.sum_horizontal(terms)
    for number, group in enumerate(ordered):
        cell = pl.lit("other")
        for place, rule in reversed(list(enumerate(group))):
            cell = pl.when(rule.twin).then(pl.lit(f"rule{place}")).otherwise(cell)
        columns[f"ordered{number}"] = cell
    for number, group in enumerate(matrix):
        labels = [
            pl.when(rule.twin.is_not_null()).then(pl.when(rule.twin).then(pl.lit("yes")).otherwise(pl.lit("no")))
            for rule in group
        ]
        columns[f"matrix{number}"] = pl.concat_str(labels, separator="/")
    return read.select(**columns)


def differences(ours: pl.DataFrame, theirs: pl.DataFrame, rules: list[Both]) -> list[str]:
    """The rules and segments that differ anywhere, with the first place."""
    found = []
    for name in theirs.columns:
        rows = (ours[name].ne_missing(theirs[name])).arg_true()
        if len(rows) and name.startswith("pack"):
            for k in range(PER_NUMBER):
                mine, other = (int(table[name][rows[0]]) // 3**k % 3 for table in (ours, theirs))
                if mine != other:
                    found.append(f"row {rows[0]}: {rules[int(name[4:]) + k].text} is {mine}, not {other}")
        elif len(rows):
            found.append(f"row {rows[0]}: {name} is {ours[name][rows[0]]}, not {theirs[name][rows[0]]}")
    return found


def test_rules_equal_polars_after_each_event_and_at_every_checkpoint(rules, people, events):
    engine = bt.Engine(bt.Definition.from_toml(declared(rules)))
    engine.identify(people.with_columns(at=pl.lit(START)), customer="who")
    columns = expected(
        readings(events, people, pl.DataFrame({"who": [], "now": []}, schema={"who": pl.String, "now": pl.Datetime("us")})), rules
    ).columns
    touched, everyone, moments = [], [], []
    next_at = [*events["at"][1:], events["at"][-1] + timedelta(days=3)]
    for number, (event, after) in enumerate(zip(events.iter_rows(named=True), next_at, strict=True)):
        engine.observe(event)
        touched.append(engine.score([event["who"]], columns=columns).to_dict())
        if number % (EVENTS // CHECKPOINTS) == EVENTS // CHECKPOINTS - 1:
            # Half-way to the next event: of all others time alone has moved the scores.
            moments.append(event["at"] + (after - event["at"]) / 2)
            engine.advance_to(moments[-1])
            everyone.append(engine.score(columns=columns).to_polars())
    ours = pl.DataFrame({name: [row[name][0] for row in touched] for name in columns})
    read = readings(events, people, events.select("who", now="at"))
    theirs = expected(read, rules)
    assert differences(ours, theirs, rules) == []
    grid = people.select("who").join(pl.DataFrame({"now": moments}), how="cross").sort("now", maintain_order=True)
    theirs = expected(readings(events, people, grid), rules)
    assert differences(pl.concat(everyone).drop("customer"), theirs, rules) == []
    assert len(ours) == EVENTS and len(everyone) == CHECKPOINTS and len(theirs) == CHECKPOINTS * CUSTOMERS


def test_rules_are_not_all_alike(rules, people, events):
    """Most rules hold for some, fail for some, and are unknown of some."""
    read = readings(events, people, events.select("who", now="at"))
    values = read.select([rule.twin.alias(str(number)) for number, rule in enumerate(rules)])
    kinds = [values[name].n_unique() for name in values.columns]
    assert len(rules) == 1_000
    assert sum(kind == 3 for kind in kinds) > 400 and sum(kind > 1 for kind in kinds) > 800
