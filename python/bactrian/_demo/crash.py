"""A process killed while it writes, and its file opened again."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from bactrian import Engine
from bactrian._demo import data

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 500
COMMITS = 20


def kill_and_reopen() -> Iterator[str]:
    """Act five."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.bactrian"
        command = [
            sys.executable,
            "-c",
            "import sys; from bactrian._demo.crash import main; main(sys.argv[1])",
            str(path),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            acknowledged = [int(next(writer.stdout)) for _ in range(COMMITS)][-1]
            writer.kill()
        yield f"Process {writer.pid} wrote a file, one commit per {ROWS} lines, and was killed (SIGKILL) in the midst."
        yield f"  acknowledged before the kill  {acknowledged:,} lines"
        began = perf_counter()
        with Engine.open(path) as engine:
            seconds = perf_counter() - began
            found = engine.stats().events
            bits = engine.digest()
        yield f"  found after opening again     {found:,} lines, in {seconds * 1e3:.0f} ms"
    never_stopped = Engine(data.definition("grocery"))
    for _ in written(never_stopped, found // ROWS):
        pass
    expected = never_stopped.digest()
    yield f"  digest of everything known    {bits:016x}"
    yield f"  an engine that never stopped  {expected:016x}"
    same = "The same bits" if bits == expected else "OTHER BITS (please report it)"
    yield f"{same}; {'nothing' if found >= acknowledged else 'SOMETHING'} acknowledged is lost."


def written(engine: Engine, commits: int) -> Iterator[int]:
    """Commit batch after batch, and say how many lines are safe."""
    lines = data.journey("lines", ROWS * commits)
    for commit in range(commits):
        engine.observe(data.rows(lines, commit * ROWS, (commit + 1) * ROWS), kind="purchase")
        yield (commit + 1) * ROWS


def main(path: str) -> None:
    """The process that is killed."""
    for total in written(Engine.open(path, data.definition("grocery")), 10 * COMMITS):
        print(total, flush=True)
