"""Channels, velocity and volatility: Complete Journey's departments against polars, and ramps against closed forms."""

from datetime import datetime, timedelta
from fractions import Fraction
from math import log
from pathlib import Path

import bactrian as bt
import polars as pl
import pytest

ROOT = Path(__file__).resolve().parents[2]
HALF_LIFE = 60
ALPHA = 5.0
CUTS = [datetime(2017, month, 1 + month) for month in range(1, 13)]
HEAD = """
[event.purchase]
customer = "household_id"
at       = "transaction_timestamp"
amount   = "sales_value"
channel  = "department"
"""


@pytest.fixture(scope="module")
def lines() -> pl.DataFrame:
    table = pl.read_csv(ROOT / "python/bactrian/data/complete_journey_lines.csv.gz", schema_overrides={"basket_id": pl.String})
    # Some lines have no department.
    kept = (pl.col("household_id") % 2 == 0) & pl.col("department").is_not_null()
    return table.filter(kept).with_columns(pl.col("transaction_timestamp").str.to_datetime(time_unit="us"))


@pytest.fixture(scope="module")
def channels(lines) -> list[str]:
    """The four most used, and those with all others together have a prior each."""
    return lines["department"].value_counts(sort=True)["department"].head(4).to_list()


@pytest.fixture(scope="module")
def prior(lines, channels) -> dict[str, float]:
    return {channel: round((lines["department"] == channel).mean(), 4) for channel in channels}


def slug(channel: str) -> str:
    return "".join(letter if letter.isalpha() else "_" for letter in channel.lower())


def declared(channels: list[str], prior: dict[str, float]) -> str:
    """Shares as they are; the smoothed ones are expressions over decayed counts:
    (n_c + alpha p_c) / (n + alpha), the mean of a Dirichlet posterior."""
    decays = f'half_life = "{HALF_LIFE}d"\n'
    text = [HEAD, f'[feature.n]\ncount = "event"\n{decays}']
    for name in ("entropy", "top", "second"):
        word = {"entropy": 'entropy = "channel"', "top": 'top = "channel"', "second": 'top = "channel"\nk = 2'}[name]
        text += [f"[feature.{name}]\n{word}\n{decays}", f'[feature.{name}_30]\n{word}\nwindow = "30d"\n']
    for channel in channels:
        c = slug(channel)
        text += [
            f'[feature.share_{c}]\nshare = "channel"\nof = "{channel}"\n{decays}',
            f'[feature.share_{c}_30]\nshare = "channel"\nof = "{channel}"\nwindow = "30d"\n',
            f'[feature.n_{c}]\ncount = "event"\nwhere = \'channel == "{channel}"\'\n{decays}',
            f'[score.smooth_{c}]\nvalue = "(n_{c} + {ALPHA * prior[channel]!r}) / (n + {ALPHA})"\n',
        ]
    preferred = f'"{channels[-1]}"'
    for place in range(len(channels) - 2, -1, -1):
        # The first whose smoothed share is at least that of each after it.
        ahead = " && ".join(f"smooth_{slug(channels[place])} >= smooth_{slug(other)}" for other in channels[place + 1 :])
        preferred = f'({ahead}) ? "{channels[place]}" : ({preferred})'
    text.append(f"[score.preferred]\nvalue = '{preferred}'\n")
    return "\n".join(text)


def weighed(lines: pl.DataFrame, cut: datetime, days: int | None) -> pl.DataFrame:
    past = lines.filter(pl.col("transaction_timestamp") <= cut)
    if days:
        tail = (cut - timedelta(days=days)).replace(hour=0, minute=0, second=0)
        return past.filter(pl.col("transaction_timestamp") > tail).with_columns(weight=pl.lit(1.0))
    age = (pl.lit(cut) - pl.col("transaction_timestamp")).dt.total_seconds() / 86_400
    return past.with_columns(weight=(-age / HALF_LIFE * pl.lit(2.0).log()).exp())


def test_shares_entropy_and_preferred_channel_equal_polars_at_12_dates(lines, channels, prior):
    engine = bt.Engine(bt.Definition.from_toml(declared(channels, prior)))
    fed, smoothing_mattered = datetime(2000, 1, 1), 0
    for cut in CUTS:
        engine.observe(lines.filter(pl.col("transaction_timestamp").is_between(fed, cut, closed="right")))
        fed = cut
        ours = engine.score(at=cut).to_polars().with_columns(pl.col(pl.Float64).fill_nan(None))
        for suffix, days in (("", None), ("_30", 30)):
            held = weighed(lines, cut, days).group_by("household_id", "department").agg(pl.col("weight").sum())
            p = pl.col("weight") / pl.col("weight").sum()
            theirs = held.group_by("household_id").agg(
                -(p * p.log()).sum().alias("entropy"),
                pl.col("weight").sum().alias("n"),
                pl.col("weight").sort(descending=True).alias("ranked"),
                *(p.filter(pl.col("department") == channel).sum().alias(f"share_{slug(channel)}") for channel in channels),
                *(
                    pl.col("weight").filter(pl.col("department") == channel).sum().alias(f"n_{slug(channel)}")
                    for channel in channels
                ),
            )
            both = ours.join(theirs, left_on="customer", right_on="household_id", how="left", suffix="_twin")
            for name in ["entropy", *(f"share_{slug(channel)}" for channel in channels)]:
                mine, other = both[f"{name}{suffix}"], both[name if days and name not in ours.columns else f"{name}_twin"]
                assert (mine.is_null() == other.is_null()).all(), (cut, name)
                assert (mine - other).abs().max() <= 1e-9, (cut, name)
            for rank, name in enumerate(["top", "second"]):
                told = both.select("customer", department=f"{name}{suffix}", ranked="ranked").join(
                    held, left_on=["customer", "department"], right_on=["household_id", "department"], how="left"
                )
                wanted = told["ranked"].list.get(rank, null_on_oob=True)
                assert (told["weight"].is_null() == wanted.is_null()).all(), (cut, name)
                assert ((told["weight"] - wanted).abs() <= 1e-9).all(), (cut, name)
            if not days:
                smoothed = {
                    channel: (both[f"n_{slug(channel)}_twin"] + ALPHA * prior[channel]) / (both["n_twin"] + ALPHA)
                    for channel in channels
                }
                for channel, share in smoothed.items():
                    assert ((both[f"smooth_{slug(channel)}"] - share).abs() <= 1e-9).all(), (cut, channel)
                best = pl.DataFrame(smoothed).select(pl.concat_list(pl.all()).list.arg_max())[channels[0]]
                assert both["preferred"].to_list() == [channels[place] for place in best], cut
                smoothing_mattered += (both["preferred"] != both["top"]).sum()
    # For a customer of few lines the habits of all count for more than one's own.
    assert smoothing_mattered > 200 and len(ours) > 900


def test_smoothed_shares_of_the_unseen_are_the_prior(channels, prior):
    engine = bt.Engine(bt.Definition.from_toml(declared(channels, prior) + '[trait]\ncity = "category"\n'))
    engine.identify({"customer": 1, "city": "Ghent", "at": "2017-01-01"})
    read = engine[1]
    assert [read[f"smooth_{slug(channel)}"] for channel in channels] == pytest.approx(
        [prior[channel] for channel in channels], rel=1e-12
    )
    assert read["preferred"] == max(channels, key=prior.__getitem__) and read["top"] is None and read["entropy"] is None


def test_velocity_and_volatility_equal_polars_at_12_dates(lines):
    """Fast less slow decayed mean; the variance of the decayed weights."""
    spans = {"fast": 7, "slow": 90, "mid": 30}
    text = HEAD + '[feature.velocity]\nvelocity = "amount"\nfast = "7d"\nslow = "90d"\n'
    text += '[feature.volatility]\nvolatility = "amount"\nhalf_life = "30d"\n[feature.volatility_life]\nvolatility = "amount"\n'
    engine = bt.Engine(bt.Definition.from_toml(text))
    fed = datetime(2000, 1, 1)
    for cut in CUTS:
        engine.observe(lines.filter(pl.col("transaction_timestamp").is_between(fed, cut, closed="right")))
        fed = cut
        past = lines.filter(pl.col("transaction_timestamp") <= cut)
        x = pl.col("sales_value")
        # Means of weights do not change while nothing happens: weights are taken at the customer's last line.
        age = (
            pl.col("transaction_timestamp").max().over("household_id") - pl.col("transaction_timestamp")
        ).dt.total_seconds() / 86_400
        past = past.with_columns([(-age / days * pl.lit(2.0).log()).exp().alias(name) for name, days in spans.items()])
        mean = {name: (pl.col(name) * x).sum() / pl.col(name).sum() for name in spans}
        theirs = past.group_by(customer="household_id").agg(
            velocity=mean["fast"] - mean["slow"],
            volatility=(pl.col("mid") * (x - mean["mid"]) ** 2).sum() / pl.col("mid").sum(),
            volatility_life=x.var(),
        )
        ours = engine.score(at=cut).to_polars().with_columns(pl.col(pl.Float64).fill_nan(None))
        both = ours.join(theirs, on="customer", suffix="_twin")
        assert len(both) == len(ours)
        for name in ("velocity", "volatility", "volatility_life"):
            mine, other = both[name], both[f"{name}_twin"]
            assert (mine.is_null() == other.is_null()).all(), (cut, name)
            assert ((mine - other).abs() <= 1e-9 * other.abs().clip(1.0)).all(), (cut, name)


RAMP = """
[event.tick]
customer = "who"
at       = "at"
amount   = "amount"
[feature.velocity]
velocity = "amount"
fast     = "1d"
slow     = "2d"
[feature.volatility]
volatility = "amount"
half_life  = "1d"
[feature.level]
mean      = "amount"
half_life = "1d"
"""


def moments(values: list[Fraction], w: float) -> tuple[float, float]:
    """Mean and variance of x_0 .. x_n with weights w^n .. w^0, without rounding if w is a fraction."""
    weights = [w ** (len(values) - 1 - place) for place in range(len(values))]
    mean = sum(weight * x for weight, x in zip(weights, values, strict=True)) / sum(weights)
    return mean, sum(weight * (x - mean) ** 2 for weight, x in zip(weights, values, strict=True)) / sum(weights)


@pytest.mark.parametrize("step", [1.0, -2.5, 0.0, 1e6])
def test_ramps_have_their_closed_forms(step):
    """x_j = c + s j, a day apart, of weight w = 1/2 a day: after n more steps the mean is c + s (n - w / (1 - w) + (n + 1) w^(n+1) /
    (1 - w^(n+1))); for large n the velocity is s (w2 / (1 - w2) - w1 / (1 - w1)), and the variance s^2 w / (1 - w)^2."""
    engine = bt.Engine(bt.Definition.from_toml(RAMP))
    start, c = datetime(2020, 1, 1), 3.0
    lag = lambda w, n: w / (1 - w) - (n + 1) * w ** (n + 1) / (1 - w ** (n + 1))  # noqa: E731
    slow = 0.5**0.5
    for n in range(120):
        engine.observe({"who": 1, "at": start + timedelta(days=n), "amount": c + step * n})
        read = engine[1]
        scale = max(abs(c + step * n), 1.0)
        assert read["level"] == pytest.approx(c + step * (n - lag(0.5, n)), abs=1e-12 * scale)
        assert read["velocity"] == pytest.approx(step * (lag(slow, n) - lag(0.5, n)), abs=1e-11 * scale)
        _, variance = moments([Fraction(c) + Fraction(step) * j for j in range(n + 1)], Fraction(1, 2))
        assert read["volatility"] == pytest.approx(float(variance), rel=1e-11, abs=1e-12)
    assert read["velocity"] == pytest.approx(step * (slow / (1 - slow) - 1), rel=1e-9, abs=1e-12)
    assert read["volatility"] == pytest.approx(2 * step * step, rel=1e-9)


def test_a_step_and_a_swing():
    """After a step of height h the velocity rises to its peak and falls to nothing; a swing of +-a has the variance a^2 (1 - m^2)."""
    engine = bt.Engine(bt.Definition.from_toml(RAMP))
    start, seen = datetime(2020, 1, 1), []
    for n in range(200):
        engine.observe({"who": 1, "at": start + timedelta(days=n), "amount": 0.0 if n < 100 else 8.0})
        seen.append(engine[1]["velocity"])
    # 100 days of weight w^k each leave w^k of the old level, but for what lies before the stream: k steps after, h (v^k - w^k).
    for k in (1, 2, 5, 10):
        assert seen[99 + k] == pytest.approx(8.0 * (0.5 ** (k / 2) - 0.5**k), rel=1e-9)
    assert seen[98] == 0.0 and abs(seen[-1]) < 1e-9 and max(seen) == seen[101]
    for n in range(200):
        engine.observe({"who": 2, "at": start + timedelta(days=200 + n), "amount": 5.0 * (-1) ** n})
    mean, variance = moments([Fraction(5) * (-1) ** n for n in range(200)], Fraction(1, 2))
    assert engine[2]["level"] == pytest.approx(float(mean), rel=1e-12) and float(mean) == pytest.approx(-5 / 3, rel=1e-9)
    assert engine[2]["volatility"] == pytest.approx(float(variance), rel=1e-12)
    assert float(variance) == pytest.approx(25 * (1 - 1 / 9), rel=1e-9)


def test_entropy_of_equal_channels():
    """ln k for k channels used alike, and nothing for one."""
    engine = bt.Engine(
        bt.Definition.from_toml(
            '[event.buy]\ncustomer = "who"\nat = "at"\nchannel = "channel"\n[feature.entropy]\nentropy = "channel"\n'
        )
    )
    for k in range(1, 30):
        engine.observe([{"who": k, "at": "2020-01-01", "channel": f"channel {c}"} for c in range(k) for _ in range(3)])
        assert engine[k]["entropy"] == pytest.approx(log(k), rel=1e-14, abs=1e-15)
