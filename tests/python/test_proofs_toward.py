"""Toward a peer: the product's column against the oracle's errors, and its verdict on the pair."""

import csv
import gzip
import os
from collections.abc import Iterator
from math import log
from pathlib import Path

import bactrian as bt
import pytest

ROOT = Path(__file__).resolve().parents[2]
MESSAGES = Path(os.environ.get("BACTRIAN_DATA", ROOT.parent / "shared/data")) / "streams/collegemsg/messages.csv.gz"
DEFINITION = """
[event.message]
customer = "src"
peer     = "dst"
at       = "time"

[feature.answers_in]
quantile = "reply_seconds"
q        = 0.5
on       = "message"
toward   = "peer"

[score.warmth]
mean   = "-ln(reply_seconds + 1.0)"
on     = "message"
toward = "peer"
shrink = "fit"
"""
WARM_UP = 1_000


def rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def messages() -> list[tuple[int, int, int]]:
    if not MESSAGES.exists():
        pytest.skip(f"CollegeMsg is not at {MESSAGES}")
    return [(int(row["src"]), int(row["dst"]), int(row["time"])) for row in rows(MESSAGES)]


def waits(messages) -> Iterator[tuple[int, int, int, int | None]]:
    """Each message, and the seconds since the peer's first message that it answers."""
    open_since: dict[tuple[int, int], int] = {}
    for source, peer, at in messages:
        since = open_since.pop((source, peer), None)
        open_since.setdefault((peer, source), at)
        yield source, peer, at, None if since is None else at - since


def test_each_reply_of_collegemsg_predicted_from_its_past(messages):
    """Read before each reply, and fitted again whenever the replies have doubled."""
    engine = bt.Engine(bt.Definition.from_toml(DEFINITION))
    errors: list[float] = []
    replies, next_fit = 0, WARM_UP
    for source, peer, at, seconds in waits(messages):
        if seconds is not None:
            if replies == next_fit:
                engine.fit()
                next_fit *= 2
            if replies >= WARM_UP:
                toward = engine[source].toward(peer)
                if toward["warmth.evidence"] > 0:
                    errors.append((-log(seconds + 1.0) - toward["warmth"]) ** 2)
            replies += 1
        engine.observe({"src": source, "dst": peer, "time": at}, kind="message")
    assert len(errors) == 18_890
    error = sum(errors) / len(errors)
    assert error <= 6.9, error
    assert engine.fit().columns["warmth"].verdicts["pair"].claim == "effect"


def test_user_617_answers_one_peer_in_minutes_and_another_in_days(messages):
    engine = bt.Engine(bt.Definition.from_toml(DEFINITION))
    source, peer, time = zip(*messages, strict=True)
    engine.observe({"src": source, "dst": peer, "time": time}, kind="message")
    errors = engine.fit().columns["warmth"].diagnostics
    assert errors["mse_pair"] < errors["mse_additive"] < errors["mse_actor"] < errors["mse_mean"]
    near, far = engine[617].toward(734), engine[617].toward(1713)
    assert near["answers_in"] == 141.0 and far["answers_in"] / 86_400 == pytest.approx(7.0, abs=0.4)
    assert near["warmth"] > far["warmth"] + 2.0
    for pair in (near, far):
        explained = pair.explain("warmth")
        assert sum(explained.parts.values()) == pytest.approx(pair["warmth"], rel=1e-12)


def test_no_evidence_for_the_pair_in_the_quantum_community():
    events = [row for row in rows(ROOT / "tests/data/quantum_community/interactions.csv.gz") if row["kind"] in ("question", "answer")]
    engine = bt.Engine(bt.Definition.from_file(ROOT / "python/bactrian/data/community.toml"))
    assert engine.observe({name: [row[name] for row in events] for name in events[0]}).accepted > 1_600
    fitted = engine.fit().columns["warmth"]
    assert fitted.diagnostics["observations"] == 1_013
    verdict = fitted.verdicts["pair"]
    assert verdict.claim == "no evidence", verdict
    assert verdict.interval[0] < 0.0 < verdict.interval[1] and fitted.diagnostics["mse_additive"] < fitted.diagnostics["mse_mean"]
