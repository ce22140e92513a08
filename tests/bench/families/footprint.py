"""What it costs to have the wheel at all."""

import subprocess
import sys
import tempfile
from pathlib import Path

from harness import ROOT, row

CPU = "import time; start = time.process_time(); import {}; print(time.process_time() - start)"


def import_cpu(module: str) -> float:
    """Milliseconds of CPU of the cheapest of ten imports, each in a process of its own."""
    run = [sys.executable, "-c", CPU.format(module)]
    return min(float(subprocess.run(run, capture_output=True, text=True, check=True).stdout) for _ in range(10)) * 1e3


def wheel() -> float:
    with tempfile.TemporaryDirectory() as folder:
        build = ["maturin", "build", "--release", "--quiet", "--manifest-path", "python/Cargo.toml", "--out", folder]
        subprocess.run([Path(sys.executable).parent / build[0], *build[1:]], cwd=ROOT, check=True, capture_output=True)
        return sum(path.stat().st_size for path in Path(folder).glob("*.whl")) / 1e6


def ours() -> float:
    return import_cpu("bactrian")


def numpy() -> float:
    return import_cpu("numpy")


row("import bactrian", "ms CPU", ours, peer=("numpy", numpy), goal=20)
row("size of the wheel", "MB", wheel, goal=6)
