"""Rules over tables and rows, against polars and against each other."""

from datetime import date

import polars as pl
import pytest

import bactrian as bt

COLUMNS = {"x": "number", "y": "number", "tier": "category", "at": "time"}
RULES = {
    "range": "x > 0.25 && y <= 0.75",
    "tier": 'tier in ["gold", "tin"]',
    "either": 'x > y || tier == "gold"',
    "sum": "x + 2 * y",
    "old": 'at < timestamp("2024-01-02T00:00:00Z")',
}


def frame(rows: int) -> pl.DataFrame:
    of = pl.int_range(rows, eager=True)
    tiers = pl.Series(["gold", "tin", None, "lead"])
    return pl.DataFrame({
        "x": ((of * 7919) % 1000 / 1000).set(of % 11 == 0, None),
        "y": (of * 104_729) % 1000 / 1000,
        "tier": tiers.gather(of % 4).cast(pl.Categorical),
        "at": pl.Series([1_704_067_200_000_000 + 3_600_000_000 * i for i in range(rows)]).cast(pl.Datetime("us", "UTC")),
    })  # fmt: skip


def test_a_table_is_what_polars_makes_of_it():
    data = frame(3000)
    found = bt.Rules(COLUMNS, RULES).evaluate(data).to_polars()
    x, y, tier = pl.col("x"), pl.col("y"), pl.col("tier").cast(pl.String)
    expected = data.select(
        range=(x > 0.25) & (y <= 0.75),
        tier=tier.is_in(["gold", "tin"]),
        either=(x > y) | (tier == "gold"),
        sum=x + 2 * y,
        old=pl.col("at") < pl.datetime(2024, 1, 2, time_zone="UTC"),
    )
    assert found.to_dict(as_series=False) == expected.to_dict(as_series=False)


def test_a_row_is_a_row_of_its_table():
    rules, data = bt.Rules(COLUMNS, RULES), frame(300)
    assert [rules.row(row) for row in data.to_dicts()] == rules.evaluate(data).to_polars().to_dicts()


def test_mistakes_are_raised():
    with pytest.raises(bt.DefinitionError) as raised:
        bt.Rules({"spend": "number"}, {"vip": "spnd > 3", "odd": "spend +"})
    assert {problem.path for problem in raised.value.problems} == {"vip", "odd"}
    with pytest.raises(bt.SchemaError, match="did you mean `number`"):
        bt.Rules({"spend": "nubmer"}, {})
    with pytest.raises(bt.SchemaError, match="`spend`"):
        bt.Rules({"spend": "number"}, {"vip": "spend > 3"}).evaluate({"spent": [1.0]})


def test_names_come_back_as_names():
    rules = bt.Rules({"tier": "category", "day": "time"}, {"name": 'tier == "tin" ? "gold" : tier', "day": "day"})
    row = rules.row({"tier": "lead", "day": date(2024, 3, 1)})
    assert row["name"] == "lead" and rules.row({"tier": "tin"}) == {"name": "gold", "day": None}
