"""Every aggregate over every window against polars, at 12 dates: Online Retail by customer and by country, ciao by user.

Each feature is read live as the clock goes on, and again from the whole stream by `training_set`, with the same bits.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import bactrian as bt
import polars as pl
import pytest

DATA = Path(os.environ.get("BACTRIAN_DATA", Path(__file__).resolve().parents[3] / "shared/data"))
DAY = timedelta(days=1)
US = timedelta(microseconds=1)

# What an aggregate is in a definition, and whether it has a value where nothing was taken.
NUMBERS = {
    "count": ('count = "event"', 0.0),
    "sum": ('sum = "amount"', 0.0),
    "mean": ('mean = "amount"', None),
    "variance": ('variance = "amount"', None),
    "min": ('min = "amount"', None),
    "max": ('max = "amount"', None),
    "first": ('first = "quantity"', None),
    "last": ('last = "quantity"', None),
    "first_time": ('first_time = "event"', None),
    "last_time": ('last_time = "event"', None),
    "distinct": ('distinct = "product"', 0.0),
    "median": ('quantile = "amount"\nq = 0.5', None),
    "ninth": ('quantile = "amount"\nq = 0.9', None),
    "top": ('top = "need"', None),
    "share": ('share = "need"\nof = "{key}"', None),
    "entropy": ('entropy = "need"', None),
    "gap_mean": ('gap_mean = "event"', None),
    "gap_variance": ('gap_variance = "event"', None),
    "gap_log_sum": ('gap_log_sum = "event"', 0.0),
}
OF_OCCASIONS = {
    "orders": ('count = "occasion"', 0.0),
    "order_gap": ('gap_mean = "occasion"', None),
}
# Refused over a half-life: they have no weight that could decay.
UNDECAYED = {"min", "max", "first", "last", "first_time", "last_time", "distinct"}
# Not said: the key would stand twice in one table.
UNSAID = {("last", "n25")}
# Equal to the bit where nothing decays: counts, and what is one of the values.
EXACT = {"count", "orders", "min", "max", "first", "last", "first_time", "last_time"}


@dataclass(frozen=True)
class Span:
    """A window as a definition says it, and the rows of it at a cut, each with its weight."""

    text: str
    rows: Callable[[pl.DataFrame, datetime], pl.DataFrame]
    decays: bool = False

    @staticmethod
    def half_life(days: int) -> "Span":
        def rows(taken: pl.DataFrame, cut: datetime) -> pl.DataFrame:
            age = (pl.lit(cut) - pl.col("at")).dt.total_microseconds() / 86_400e6
            return taken.with_columns(weight=(-age / days * pl.lit(2.0).log()).exp())

        return Span(f'half_life = "{days}d"', rows, decays=True)

    @staticmethod
    def window(days: int, hop: str) -> "Span":
        """(cut - length, cut], its tail rounded down to the hop."""

        def rows(taken: pl.DataFrame, cut: datetime) -> pl.DataFrame:
            tail = cut - days * DAY
            tail = tail if hop == "exact" else tail.replace(hour=0, minute=0, second=0, microsecond=0)
            return taken.filter(pl.col("at") > tail)

        return Span(f'window = "{days}d"\nhop = "{hop}"', rows)

    @staticmethod
    def session(days: int) -> "Span":
        """The current session: what came no more than the gap after what was before it."""

        def rows(taken: pl.DataFrame, cut: datetime) -> pl.DataFrame:
            begins = (pl.col("at") - pl.col("at").shift().over("who") > days * DAY).fill_null(value=True)
            session = begins.cast(pl.Int64).cum_sum().over("who")
            current = session == session.max().over("who")
            return taken.filter(current & (pl.col("at").max().over("who") >= cut - days * DAY))

        return Span(f'session = "{days}d"', rows)

    @staticmethod
    def last(n: int) -> "Span":
        return Span(f"last = {n}", lambda taken, _: taken.group_by("who", maintain_order=True).tail(n))


SPANS = {
    "life": Span("", lambda taken, _: taken),
    "h30": Span.half_life(30),
    "w30": Span.window(30, "1d"),
    "w45x": Span.window(45, "exact"),
    "s20": Span.session(20),
    "n25": Span.last(25),
}


@dataclass(frozen=True)
class Stream:
    """A table of events, and the cuts at which it is read."""

    definition: str
    rows: pl.DataFrame  # customer, at, amount, quantity, need, product, occasion
    cuts: list[datetime]
    where: tuple[str, pl.Expr]
    key: str

    def features(self, group: str | None) -> dict[str, str]:
        sections = {}
        for span in SPANS:
            for name, (text, _) in (NUMBERS | OF_OCCASIONS).items():
                if not (SPANS[span].decays and name in UNDECAYED) and (name, span) not in UNSAID:
                    lines = [text.format(key=self.key), 'on = "purchase"', SPANS[span].text]
                    sections[f"{name}_{span}"] = lines
                    if span in ("life", "h30", "w30"):
                        sections[f"{name}_{span}_where"] = [*lines, f"where = '{self.where[0]}'"]
        grouped = [f'by = "{group}"'] if group else []
        return {name: "\n".join(lines + grouped) for name, lines in sections.items()}

    def engine(self, group: str | None = None) -> bt.Engine:
        features = "".join(f"\n[feature.{name}]\n{text}\n" for name, text in self.features(group).items())
        engine = bt.Engine(bt.Definition.from_toml(self.definition + features))
        if group:
            first = self.rows.group_by("customer", maintain_order=True).agg(pl.col(group).first())
            engine.identify(first.with_columns(at=pl.lit(self.rows["at"].min())))
        return engine


def twin(taken: pl.DataFrame, occasions: pl.DataFrame, span: Span, key: str) -> pl.DataFrame:
    """Every aggregate of the rows of one window, by `who`. Rows are in the order of (time, arrival)."""
    weight, amount = pl.col("weight"), pl.col("amount")
    total = weight.sum()
    mean = (weight * amount).sum() / total
    squares = (weight * (amount - mean) ** 2).sum()
    variance = squares / total if span.decays else pl.when(pl.len() > 1).then(squares / (total - 1.0))
    plain = taken.group_by("who").agg(
        count=total,
        sum=(weight * amount).sum(),
        mean=mean,
        variance=variance,
        min=amount.min(),
        max=amount.max(),
        first=pl.col("quantity").first().cast(pl.Float64),
        last=pl.col("quantity").last().cast(pl.Float64),
        first_time=pl.col("at").first(),
        last_time=pl.col("at").last(),
        distinct=pl.col("product").n_unique().cast(pl.Float64),
    )
    p = pl.col("weight") / pl.col("weight").sum()
    shares = (
        taken.group_by("who", "need").agg(total).group_by("who").agg(
            share=p.filter(pl.col("need") == key).sum(), entropy=-(p * p.log()).sum()
        )
    )  # fmt: skip
    orders = occasions.group_by("who").agg(orders=total)
    parts = [plain, shares, orders, gaps(taken, span, "gap"), gaps(occasions, span, "order_gap")]
    parts += [quantile(taken, span, q).rename({"quantile": name}) for name, q in (("median", 0.5), ("ninth", 0.9))]
    for part in parts[1:]:
        parts[0] = parts[0].join(part, on="who", how="left")
    return parts[0]


def gaps(taken: pl.DataFrame, span: Span, name: str) -> pl.DataFrame:
    """Gaps between distinct instants, in seconds; a gap has the weight of its end."""
    apart = taken.unique(["who", "at"], keep="first", maintain_order=True).with_columns(
        gap=(pl.col("at") - pl.col("at").shift().over("who")).dt.total_microseconds() / 1e6
    )
    gap, weight = pl.col("gap"), pl.col("weight")
    mean = (weight * gap).sum() / weight.sum()
    squares = (weight * (gap - mean) ** 2).sum()
    made = apart.drop_nulls("gap").group_by("who").agg(
        mean.alias("mean"),
        (squares / weight.sum() if span.decays else pl.when(pl.len() > 1).then(squares / (pl.len() - 1))).alias("variance"),
        (weight * gap.log()).sum().alias("log_sum"),
    )  # fmt: skip
    if name == "order_gap":
        return made.select("who", order_gap="mean")
    return made.select("who", gap_mean="mean", gap_variance="variance", gap_log_sum="log_sum")


def quantile(taken: pl.DataFrame, span: Span, q: float) -> pl.DataFrame:
    """Linear between ranks among up to 32 values and the last n, else the value of the rank q (n - 1);
    of weights the first value at which they reach q of their sum."""
    amount = pl.col("amount")
    if span.decays:
        rising = taken.sort("who", "amount").with_columns(below=pl.col("weight").cum_sum().over("who"))
        reached = pl.col("below") >= q * pl.col("weight").sum().over("who") * (1 - 1e-12)
        return rising.filter(reached).group_by("who", maintain_order=True).agg(quantile=amount.first())
    exact = pl.lit("last" in span.text) | (pl.len() <= 32)
    ranked = pl.when(exact).then(amount.quantile(q, "linear")).otherwise(amount.quantile(q, "lower"))
    return taken.group_by("who").agg(quantile=ranked)


def check(ours: pl.DataFrame, theirs: pl.DataFrame, taken: pl.DataFrame, suffix: str, span: Span, what: str) -> None:
    """One window's columns, by `who`."""
    both = ours.join(theirs, on="who", how="left", suffix="_twin", maintain_order="left")
    for name, (_, empty) in (NUMBERS | OF_OCCASIONS).items():
        if f"{name}{suffix}" not in ours.columns or name == "top":
            continue
        mine, other = both[f"{name}{suffix}"], both[name].fill_null(empty) if empty is not None else both[name]
        assert (mine.is_null() == other.is_null()).all(), f"{what}: {name}{suffix}"
        if name.endswith("_time") or (name in EXACT and not span.decays):
            assert (mine == other).all(), f"{what}: {name}{suffix}"
        elif name == "distinct":
            many = other > 128
            assert (mine == other).filter(~many).all(), f"{what}: {name}{suffix}"
            if many.any() and "last" not in span.text:
                # HyperLogLog with 1,024 registers: a standard error of 3.3%.
                error = ((mine - other) / other).filter(many)
                assert error.abs().max() <= 4.5 * 0.033, f"{what}: {name}{suffix}"
        else:
            # Sums are apart by the rounding of what they add up, quantiles by half a bucket.
            bound = 0.0101 if name in ("median", "ninth") else 1e-9
            apart = ((mine - other).abs() / other.abs().clip(1.0)).max() or 0.0
            assert apart <= bound, f"{what}: {name}{suffix} by {apart}"
    weights = taken.group_by("who", "need").agg(pl.col("weight").sum())
    most = pl.col("weight").max().over("who")
    # Of equal weights the name that is earlier in the alphabet; sums of weights are equal but for rounding.
    first = weights.filter(pl.col("weight") >= most * (1 - 1e-12)).group_by("who").agg(pl.col("need").min())
    told = both.select("who", need=f"top{suffix}").join(first, on="who", how="left", suffix="_twin")
    assert told["need"].eq_missing(told["need_twin"]).all(), what


def prove(stream: Stream, group: str | None = None) -> None:
    """Reads at each cut as the clock goes on, and compares each window with polars."""
    engine, names = stream.engine(group), list(stream.features(group))
    who = group or "customer"
    rows = stream.rows.with_columns(who=pl.col(who), weight=pl.lit(1.0))
    past = rows.clear()
    fed = datetime(1970, 1, 1)
    for cut in stream.cuts:
        engine.observe(rows.filter(pl.col("at") > fed, pl.col("at") <= cut).drop("who", "weight"), kind="purchase")
        past, fed = rows.filter(pl.col("at") <= cut), cut
        # One customer speaks for its group.
        asked = past.select("customer", "who").unique("who", keep="first", maintain_order=True)
        ours = engine.score(asked["customer"].to_list(), columns=names, at=cut).to_polars()
        ours = ours.with_columns(pl.col(pl.Float64).fill_nan(None), pl.col(pl.Datetime).dt.replace_time_zone(None))
        ours = ours.rename({"customer": "who"}).with_columns(asked["who"])
        for suffix, condition in {"": pl.lit(value=True), "_where": stream.where[1]}.items():
            held = past.filter(condition)
            first = held.unique(["customer", "occasion"], keep="first", maintain_order=True)
            for name, span in SPANS.items():
                if f"count_{name}{suffix}" in names:
                    taken, occasions = span.rows(held, cut), span.rows(first, cut)
                    theirs = twin(taken, occasions, span, stream.key)
                    check(ours, theirs, taken, f"_{name}{suffix}", span, f"{cut} {name}")


def prove_training(stream: Stream) -> None:
    """The rows of `training_set` are those that were read just before each moment, to the bit."""
    live, whole = stream.engine(), stream.engine()
    whole.observe(stream.rows, kind="purchase")
    fed = datetime(1970, 1, 1)
    for cut in stream.cuts:
        live.observe(stream.rows.filter(pl.col("at") >= fed, pl.col("at") < cut), kind="purchase")
        fed = cut
        read, told = live.score(at=cut - US), whole.training_set(cut)
        assert read.to_polars().equals(told.to_polars(), null_equal=True), cut
    assert len(told) > 200


@pytest.fixture(scope="module")
def retail() -> Stream:
    path = DATA / "purchases/online_retail/online_retail.parquet"
    if not path.exists():
        pytest.skip(f"Online Retail is not at {path}")
    rows = pl.read_parquet(path).filter(pl.col("CustomerID").is_not_null(), pl.col("UnitPrice") > 0, pl.col("Quantity") > 0)
    rows = rows.select(
        customer=pl.col("CustomerID").cast(pl.Int64),
        at=pl.col("InvoiceDate"),
        occasion=pl.col("InvoiceNo"),
        amount=pl.col("Quantity") * pl.col("UnitPrice"),
        quantity=pl.col("Quantity"),
        product=pl.col("StockCode"),
        need=pl.col("StockCode").str.head(2),
        country=pl.col("Country").first().over("CustomerID"),
    )
    # Several dates are moments at which something was bought.
    cuts = [datetime(2010 + (month + 11) // 12, (month + 11) % 12 + 1, 1 + 2 * month, 12 + month % 3) for month in range(12)]
    cuts[3] = rows.filter(pl.col("at") < cuts[3])["at"].max()
    definition = """
[event.purchase]
customer = "customer"
at       = "at"
amount   = "amount"
quantity = "quantity"
product  = "product"
need     = "need"
occasion = "occasion"

[trait]
country = "category"
"""
    where = ("amount >= 15.0 && quantity > 1", (pl.col("amount") >= 15) & (pl.col("quantity") > 1))
    return Stream(definition, rows.sort("at", maintain_order=True), cuts, where, "22")


@pytest.fixture(scope="module")
def ciao() -> Stream:
    path = DATA / "social/ciao/reviews.csv.gz"
    if not path.exists():
        pytest.skip(f"ciao is not at {path}")
    rows = pl.read_csv(path).select(
        customer=pl.col("user_id"),
        at=pl.from_epoch("ts").dt.cast_time_unit("us"),
        occasion=pl.concat_str("category_id", "ts", separator=" "),
        amount=pl.col("rating").cast(pl.Float64),
        quantity=pl.col("helpfulness"),
        product=pl.col("product_id").cast(pl.String),
        need=pl.col("category_id").cast(pl.String),
    )
    moments = rows["at"].unique().sort()
    cuts = [moments[len(moments) * (number + 1) // 13] for number in range(12)]
    definition = """
[event.purchase]
customer = "customer"
at       = "at"
amount   = "amount"
quantity = "quantity"
product  = "product"
need     = "need"
occasion = "occasion"
"""
    where = ("amount > 3.0 || quantity == 5.0", (pl.col("amount") > 3) | (pl.col("quantity") == 5))
    return Stream(definition, rows, cuts, where, "4")


def only(stream: Stream, every: int) -> Stream:
    """One in so many customers."""
    return Stream(stream.definition, stream.rows.filter(pl.col("customer") % every == 0), stream.cuts, stream.where, stream.key)


def test_online_retail_equals_polars_at_12_dates(retail):
    prove(only(retail, 3))


def test_online_retail_by_country_equals_polars_at_12_dates(retail):
    prove(only(retail, 5), "country")


def test_ciao_equals_polars_at_12_dates(ciao):
    prove(ciao)


def test_training_sets_of_online_retail_are_the_live_reads_to_the_bit(retail):
    prove_training(only(retail, 16))


def test_training_sets_of_ciao_are_the_live_reads_to_the_bit(ciao):
    prove_training(only(ciao, 16))
