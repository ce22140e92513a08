"""The quantum community: warmth toward a peer, and whether the pair matters at all."""

from __future__ import annotations

from math import exp
from pathlib import Path

from bactrian import Engine
from bactrian._demo import data

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# In the repository, and not in the wheel: the data are CC BY-SA.
EVENTS = Path(__file__).parents[3] / "tests" / "data" / "quantum_community" / "interactions.csv.gz"
KINDS = ("question", "answer")
ENOUGH = 3


def taken() -> Engine:
    """An engine that has seen every question and answer."""
    table = data.table(EVENTS)
    wanted = [row for row, kind in enumerate(table["kind"]) if kind in KINDS]
    engine = Engine(data.definition("community"))
    engine.observe({name: [values[row] for row in wanted] for name, values in table.items()})
    return engine


def warmth() -> Iterator[str]:
    """Act three."""
    if not EVENTS.exists():
        yield "The data of this act (CC BY-SA) are in the repository and not in the wheel; it is left out here."
        return
    engine = taken()
    fit = engine.fit().columns["warmth"]
    person, warm, cold = widest(engine)
    yield f"Person {person} answers one peer sooner than another (warmth = -ln(1 + hours), shrunk by evidence):"
    for peer in (warm, cold):
        explanation = engine.explain(person, "warmth", toward=peer)
        parts = ", ".join(f"{name} {value:+.2f}" for name, value in explanation.parts.items() if value is not None)
        value = explanation.value or 0.0
        count = explanation.evidence["pair"]
        yield f"  toward {peer:<4} {value:+.2f} (about {exp(-value) - 1:4.1f} h) from {count:.0f} answers: {parts}"
    errors = fit.diagnostics
    yield (
        f"Predicting {errors['predicted']:.0f} answers from the past alone, mean squared error: nothing known "
        f"{errors['mse_mean']:.3f},"
    )
    yield f"A alone {errors['mse_actor']:.3f}, A and B {errors['mse_additive']:.3f}, the pair {errors['mse_pair']:.3f}."
    verdict = fit.verdicts["pair"]
    low, high = verdict.interval or (float("nan"), float("nan"))
    yield f"Does the pair add to A and B? Verdict: {verdict.claim} ({verdict.value:+.3f} [{low:+.3f}, {high:+.3f}], n {verdict.n})."


def widest(engine: Engine) -> tuple[int | str, int | str, int | str]:
    """The person whose warmth toward two peers, with a few answers each, differs most; warmest peer first."""
    best: tuple[float, int | str, int | str, int | str] | None = None
    for person in engine.score(columns=[])["customer"]:
        found = []
        for peer in engine.peers(person):
            toward = engine[person].toward(peer)
            if (toward["warmth.evidence"] or 0.0) >= ENOUGH:
                found.append((toward["warmth"], peer))
        if len(found) > 1:
            (cold, away), (warm, near) = min(found), max(found)
            if best is None or warm - cold > best[0]:
                best = (warm - cold, person, near, away)
    assert best is not None
    return best[1:]
