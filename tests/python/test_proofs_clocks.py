"""Moments of every Arrow unit and zone, and of polars and Python, are read as the same moment."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import bactrian as bt
import polars as pl
import pyarrow as pa
import pytest

# Around the changes of daylight saving time of 2024, long ago, and with fractions.
MOMENTS = [
    datetime(2024, 3, 31, 0, 59, 59, 999_999),
    datetime(2024, 3, 31, 1, 0),
    datetime(2024, 3, 31, 1, 0, 0, 1),
    datetime(2024, 10, 27, 0, 30),
    datetime(2024, 10, 27, 1, 30),
    datetime(2024, 11, 3, 5, 30),
    datetime(2024, 11, 3, 6, 30),
    datetime(1969, 12, 31, 23, 59, 59, 999_999),
    datetime(1901, 12, 13, 20, 45, 52),
    datetime(2020, 2, 29, 12, 34, 56, 789_012),
]
ZONES = [None, "UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "+05:30", "-11:00"]


@pytest.fixture(scope="module")
def clockwork() -> bt.Definition:
    return bt.Definition.from_toml(
        '[event.buy]\ncustomer = "who"\nat = "at"\n[feature.seen]\nlast_time = "event"\n[trait]\nborn = "time"\n'
    )


def read_back(engine: bt.Engine, count: int) -> list[datetime]:
    return [at.astimezone(UTC).replace(tzinfo=None) for at in engine.score(list(range(count)), columns=["seen"])["seen"]]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamps_of_every_unit_and_zone(clockwork, unit, zone):
    """A zone is how a moment is shown, not which it is; finer than a microsecond is rounded down."""
    size = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[unit]
    counts = [
        ((moment - datetime(1970, 1, 1)) // timedelta(microseconds=1) * 1_000 + (999 if unit == "ns" else 0)) // size
        for moment in MOMENTS
    ]
    column = pa.array(counts, pa.int64()).cast(pa.timestamp(unit, zone))
    engine = bt.Engine(clockwork)
    engine.observe(pa.table({"who": range(len(MOMENTS)), "at": column}))
    expected = [datetime(1970, 1, 1) + timedelta(microseconds=count * size // 1_000) for count in counts]
    assert read_back(engine, len(MOMENTS)) == expected
    engine.identify(
        pa.table({"customer": range(len(MOMENTS)), "born": column, "at": pa.array([datetime(2024, 12, 1)] * len(MOMENTS))})
    )
    born = engine.score(list(range(len(MOMENTS))), columns=["born"])["born"]
    assert [at.astimezone(UTC).replace(tzinfo=None) for at in born] == expected


@pytest.mark.parametrize("zone", [zone for zone in ZONES if zone and "/" in zone])
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_moments_of_polars_and_of_the_row_call(clockwork, unit, zone):
    """Wall clocks around the hours that come twice or never, as polars converts them."""
    utc = pl.Series("at", MOMENTS).dt.cast_time_unit(unit)
    local = utc.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
    engine, singly = bt.Engine(clockwork), bt.Engine(clockwork)
    engine.observe(pl.DataFrame({"who": range(len(MOMENTS)), "at": local}))
    expected = local.dt.convert_time_zone("UTC").dt.replace_time_zone(None).dt.cast_time_unit("us").to_list()
    assert read_back(engine, len(MOMENTS)) == expected
    for who, moment in enumerate(expected):
        singly.observe({"who": who, "at": moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))}, kind="buy")
    assert read_back(singly, len(MOMENTS)) == expected


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()])
def test_dates_are_midnight_utc(clockwork, kind):
    days = [date(2024, 3, 31), date(1969, 12, 31), date(2020, 2, 29), date(2250, 1, 1), date(1700, 1, 1)]
    engine = bt.Engine(clockwork)
    report = engine.observe(pa.table({"who": range(5), "at": pa.array(days, kind)}))
    # The date in the year 2250 lies beyond what the host's clock allows.
    assert report.accepted == 4 and report.rejected["row"] == [3]
    told = [at.replace(tzinfo=None) for at in engine.score([0, 1, 2, 4], columns=["seen"])["seen"]]
    assert told == [datetime(day.year, day.month, day.day) for day in days if day.year < 2250]
