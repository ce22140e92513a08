"""Word of mouth on real data: what is public travels, good and bad, and peers are believed by what they did."""

import os
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import bactrian as bt

DATA = Path(os.environ.get("BACTRIAN_DATA", Path(__file__).resolve().parents[3] / "shared/data"))


def table(name, **options):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return pl.read_csv(path, **options)


def column(engine, name):
    read = engine.score(columns=[name])
    return {str(customer): value for customer, value in zip(read["customer"], read[name], strict=True)}


def reached(contacts, source, hops):
    """Whom a whisper reaches, each step later than the one before: earliest arrival after so many steps."""
    first = {source: [-1] + [None] * hops}
    for at, a, b in contacts:
        knows = first.get(a)
        if knows is None:
            continue
        for step in range(hops):
            if knows[step] is not None and knows[step] < at:
                there = first.setdefault(b, [None] * (hops + 1))
                if there[step + 1] is None or at < there[step + 1]:
                    there[step + 1] = at
    return {node for node, steps in first.items() if node != source and any(at is not None for at in steps)}


def test_only_what_is_public_feeds_reach():
    """Tweets of the sample: what asks for a direct message is told to one alone, the rest to everyone."""
    tweets = table("streams/twcs_sample/twcs_sample.csv.gz", infer_schema_length=None)
    tweets = tweets.with_columns(
        at=pl.col("created_at").str.to_datetime("%a %b %d %H:%M:%S %z %Y", time_unit="us", time_zone="UTC"),
        peer=pl.col("text").str.extract(r"@(\w+)"),
        mentions=pl.col("text").str.count_matches(r"@\w+"),
        public=~pl.col("text").str.contains(r"\bDM\b"),
    ).filter(pl.col("peer").is_not_null() & (pl.col("peer") != pl.col("author_id")))
    mode = pl.when(pl.col("mentions") > 1).then(pl.lit("1:n")).otherwise(pl.lit("1:1"))
    tweets = tweets.with_columns(mode=mode).select("author_id", "peer", "at", "public", "mode").sort("at")
    text = """
    [event.tweet]
    customer = "author_id"
    peer     = "peer"
    at       = "at"
    flag     = { public = "public" }
    category = { mode = "mode" }
    [tie.heard]
    on    = "tweet"
    where = "public"
    [feature.open]
    share = "public"
    of    = "true"
    [feature.many]
    share = "mode"
    of    = "1:n"
    [score.reach]
    model  = "reach"
    layers = "heard"
    hops   = 2
    """
    engine = bt.Engine(bt.Definition.from_toml(text))
    engine.observe(tweets, kind="tweet")
    engine.fit()
    shares = tweets.group_by("author_id").agg(pl.col("public").mean(), many=(pl.col("mode") == "1:n").mean())
    is_open, many = column(engine, "open"), column(engine, "many")
    assert 0.05 < 1 - tweets["public"].mean() < 0.95
    for author, share, of_many in shares.rows():
        assert is_open[author] == pytest.approx(share) and many[author] == pytest.approx(of_many)
    contacts = list(tweets.filter("public").select(pl.col("at").to_physical(), "author_id", "peer").rows())
    reach = column(engine, "reach")
    speakers = sorted(tweets.filter("public")["author_id"].unique())[::8]
    exact = np.array([len(reached(contacts, customer, 2)) for customer in speakers])
    about = np.array([reach[customer] for customer in speakers])
    # Sketches of 64 registers: 13% of standard error each, and those who reach the same hub err alike.
    assert np.corrcoef(exact, about)[0, 1] > 0.97 and exact.max() > 50
    assert np.median(np.abs(about - exact)) < 1.0 and np.abs(about / exact.clip(1) - 1)[exact > 20].max(initial=0) < 0.45
    silent = set(tweets["author_id"]) - set(tweets.filter("public")["author_id"])
    assert silent and all(reach[customer] < 0.1 for customer in silent)


@pytest.fixture(scope="module")
def ratings():
    rows = table("streams/bitcoin_otc/ratings.csv.gz")
    return rows.with_columns(pl.from_epoch(pl.col("time").cast(pl.Int64), time_unit="s").dt.replace_time_zone("UTC")).sort("time")


RATED = """
[event.rating]
customer = "source"
peer     = "target"
at       = "time"
amount   = "rating"
[tie.good]
on    = "rating"
where = "amount > 0.0"
[tie.bad]
on    = "rating"
where = "amount < 0.0"
[feature.praise]
count     = "event"
on        = "rating"
where     = "amount > 0.0"
direction = "in"
half_life = "365d"
[feature.blame]
count     = "event"
on        = "rating"
where     = "amount < 0.0"
direction = "in"
half_life = "365d"
[score.reputation]
value = "(praise + 1.0) / (praise + blame + 2.0)"
[score.bad_reach]
model   = "reach"
layers  = "bad"
reverse = true
hops    = 1
[segment.alarm]
axis.bad = { of = "bad_reach", edges = [10.0], labels = ["calm", "alarm"] }
"""


def test_reputation_tells_who_will_be_praised(ratings):
    """Beta reputation with decay (Josang and Ismail 2002): the first half by time says who fares how in the later."""
    assert (ratings["rating"] > 0).mean() == pytest.approx(0.8999, abs=5e-5)
    half = len(ratings) // 2
    past, later = ratings[:half], ratings[half:]
    engine = bt.Engine(bt.Definition.from_toml(RATED))
    engine.observe(past, kind="rating")
    trust = column(engine, "reputation")
    known = set(past["target"])
    age = (past["time"][-1] - past["time"]).dt.total_microseconds() / 86_400e6
    weighted = past.with_columns(weight=2.0 ** (-age / 365.0))
    sums = weighted.group_by("target").agg(
        praise=pl.col("weight").filter(pl.col("rating") > 0).sum(), blame=pl.col("weight").filter(pl.col("rating") < 0).sum()
    )
    for target, praise, blame in sums.rows():
        assert trust[str(target)] == pytest.approx((praise + 1) / (praise + blame + 2), rel=1e-9)
    # Each later rating is told from what was known just before it.
    score, good = [], []
    for source, target, rating, at in later.rows():
        engine.advance_to(at)
        if target in known:
            score.append(engine[target]["reputation"])
            good.append(rating > 0)
        engine.observe({"source": source, "target": target, "rating": float(rating), "time": at}, kind="rating")
        known.add(target)
    good = np.array(good)
    rank = pl.Series(score).rank("average").to_numpy()
    auc = (rank[good].sum() - good.sum() * (good.sum() + 1) / 2) / (good.sum() * (~good).sum())
    assert auc > 0.8


def test_an_alarm_goes_off_where_bad_word_of_mouth_grows(ratings):
    """Distrust is a layer of its own; whom more than ten distrust crosses into the cell `alarm` at the next fit."""
    engine = bt.Engine(bt.Definition.from_toml(RATED))
    half = len(ratings) // 2
    engine.observe(ratings[:half], kind="rating")
    engine.fit()
    before = {str(member) for member in engine.members("alarm", "alarm")}
    engine.observe(ratings[half:], kind="rating")
    engine.fit()
    crossed = engine.crossings("alarm", ratings["time"][-1] - timedelta(seconds=1))
    rows = zip(crossed["customer"], crossed["to"], crossed["cause"], strict=True)
    alarmed = {str(customer) for customer, to, cause in rows if to == "alarm" and cause == "fit"}
    assert alarmed and alarmed == {str(member) for member in engine.members("alarm", "alarm")} - before
    against = ratings.filter(pl.col("rating") < 0).group_by("target").agg(pl.col("source").n_unique())
    against = {str(target): people for target, people in against.rows()}
    reach = column(engine, "bad_reach")
    for target, people in against.items():
        assert reach[target] == pytest.approx(people, rel=0.4, abs=3.0)
    assert sum(value > 0.5 for value in reach.values()) == pytest.approx(len(against), rel=0.03)
    assert all(against[customer] > 6 for customer in alarmed)


def test_who_answers_collaborates():
    """CollegeMsg in three layers: to speak, to answer, to answer within the hour; one-way threads are only spoken."""
    messages = table("streams/collegemsg/messages.csv.gz")
    text = """
    [event.message]
    customer = "src"
    peer     = "dst"
    at       = "time"
    [tie.communicate]
    on        = "message"
    half_life = "60d"
    [tie.collaborate]
    on        = "message"
    where     = "reply_seconds >= 0.0"
    half_life = "60d"
    [tie.cooperate]
    on        = "message"
    where     = "reply_seconds >= 0.0 && reply_seconds <= 3600.0"
    half_life = "60d"
    [feature.answers]
    count  = "event"
    on     = "message"
    where  = "reply_seconds >= 0.0"
    toward = "peer"
    """
    engine = bt.Engine(bt.Definition.from_toml(text))
    engine.observe(messages, kind="message")
    pairs = messages.select("src", "dst").unique()
    both = set(pairs.rows()) & {(b, a) for a, b in pairs.rows()}
    quick = 0
    for a, b in pairs.sort("src", "dst").sample(2_000, seed=5).rows():
        toward = engine[a].toward(b)
        speak, answer, soon = (toward[layer] for layer in ("communicate", "collaborate", "cooperate"))
        assert speak + 1e-12 >= answer + 0.0 and answer + 1e-12 >= soon >= 0.0 and speak > 0.0
        assert (answer > 0.0) == (toward["answers"] > 0)
        if (a, b) in both:
            assert answer > 0.0 or engine[b].toward(a)["collaborate"] > 0.0
        else:
            assert answer == 0.0
        quick += soon > 0.0
    assert 100 < quick < 1_500


def test_speed_is_how_fast_they_answer():
    """Median time from a customer's tweet to a company's answer: AmazonHelp 533 s, Delta 1,352 s; speed is its inverse."""
    tweets = table("streams/twcs_sample/twcs_sample.csv.gz", infer_schema_length=None).with_columns(
        at=pl.col("created_at").str.to_datetime("%a %b %d %H:%M:%S %z %Y", time_unit="us", time_zone="UTC"),
        answers=pl.col("in_response_to_tweet_id").cast(pl.Int64),
    )
    asked = tweets.select(answers="tweet_id", peer="author_id", asked="at", asks="inbound")
    tweets = tweets.join(asked, on="answers", how="left").sort("at", "tweet_id")
    service = tweets.filter(pl.col("asks") & ~pl.col("inbound") & (pl.col("author_id") != pl.col("peer")))
    seconds = service.with_columns(seconds=(pl.col("at") - pl.col("asked")).dt.total_seconds())
    assert seconds["seconds"].median() == 723.5
    text = """
    [time]
    dedupe = "3650d"
    [event.tweet]
    customer = "author_id"
    peer     = "peer"
    at       = "at"
    id       = "tweet_id"
    reply_to = "answers"
    flag     = { inbound = "inbound", asks = "asks" }
    [feature.latency]
    quantile = "reply_seconds"
    q        = 0.5
    on       = "tweet"
    where    = "asks && !inbound"
    [score.speed]
    value = "1.0 / latency"
    """
    engine = bt.Engine(bt.Definition.from_toml(text))
    engine.observe(tweets.select("author_id", "peer", "at", "tweet_id", "answers", "inbound", "asks"), kind="tweet")
    speed = column(engine, "speed")
    medians = dict(seconds.group_by("author_id").agg(pl.col("seconds").median()).rows())
    assert (medians["AmazonHelp"], medians["Delta"]) == (533.0, 1352.0)
    many = dict(seconds.group_by("author_id").len().rows())
    for company, median in medians.items():
        if many[company] >= 20:
            assert 1 / speed[company] == pytest.approx(median, rel=0.05), company
