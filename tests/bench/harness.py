"""Rows of `make bench`: one piece of work, ours and the peer's, measured in the same run.

A family is a module of this folder; it registers its rows with `row`. Numbers are in the row's unit: a unit that ends in
`/s` is a rate (more is better), any other is a time or a size (less is better). The ratio is above 1 where ours is better.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))


@dataclass(frozen=True)
class Row:
    work: str
    unit: str
    ours: Callable[[], float]
    peer_name: str | None
    peer: Callable[[], float] | None
    goal: float | None
    times: float | None

    @property
    def rate(self) -> bool:
        return self.unit.endswith("/s")

    def measure(self) -> dict[str, object]:
        ours = self.ours()
        peer, peer_text = self._measure_peer()
        ratio = None if peer is None else (ours / peer if self.rate else peer / ours)
        return {
            "work": self.work,
            "ours": self._text(ours),
            "peer": peer_text,
            "ratio": ratio and float(f"{ratio:.3g}"),
            "goal": self._goal_text(),
            "met": self._met(ours, ratio),
        }

    def _measure_peer(self) -> tuple[float | None, str]:
        if self.peer is None:
            return None, ""
        try:
            value = self.peer()
        except Exception as error:  # a peer may fail in any way; ours must not
            return None, f"peer absent: {str(error) or type(error).__name__}"
        return value, f"{self.peer_name} {self._text(value)}"

    def _met(self, ours: float, ratio: float | None) -> bool | None:
        """`None` where the peer that the goal needs is absent, or there is no goal."""
        held = []
        if self.goal is not None:
            held.append(ours >= self.goal if self.rate else ours <= self.goal)
        if self.times is not None:
            held.append(None if ratio is None else ratio >= self.times)
        if False in held:
            return False
        return None if None in held or not held else True

    def _goal_text(self) -> str:
        bound = "at least" if self.rate else "at most"
        parts = [] if self.goal is None else [f"{bound} {self._text(self.goal)}"]
        return ", ".join(parts + ([] if self.times is None else [f"{self.times:g}x"]))

    def _text(self, value: float) -> str:
        return f"{value:.3g} {self.unit}" if value < 1000 else f"{value:,.0f} {self.unit}"


ROWS: dict[str, list[Row]] = {}


def row(
    work: str,
    unit: str,
    ours: Callable[[], float],
    *,
    peer: tuple[str, Callable[[], float]] | None = None,
    goal: float | None = None,
    times: float | None = None,
) -> None:
    """Registers a row: `goal` bounds ours in the row's unit, `times` the ratio. The work names the row."""
    name, measure = peer or (None, None)
    family = ours.__module__.removeprefix("families.")
    ROWS.setdefault(family, []).append(Row(work, unit, ours, name, measure, goal, times))


def fastest(work: Callable[[], object], rounds: int = 5) -> float:
    """Seconds of the fastest run, after one to warm up."""
    work()
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def rust(name: str) -> float:
    """Seconds of one operation, measured by the row of this name in core/benches/rows."""
    command = ["cargo", "bench", "--quiet", "--package", "bactrian", "--bench", "rows", "--", name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    return float(json.loads(done.stdout)["seconds"])
