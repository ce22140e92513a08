"""Writes the tables of README.md anew: capabilities from tests/capabilities.toml, speeds from the last `make bench`.

`--check` writes nothing, and fails if the capabilities in README.md are not those of the file.
"""

from __future__ import annotations

import json
import os
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
BENCH = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "bench.json"
KEYS = ("work", "ours", "peer", "ratio", "goal", "met")


def capabilities() -> str:
    """How many are proven and owed, by the first place where each lives."""
    rows = tomllib.loads((ROOT / "tests" / "capabilities.toml").read_text())["row"]
    places: dict[str, list[bool]] = {}
    for row in rows:
        places.setdefault(row["where"][0].split("/")[0], []).append("proof" in row)
    lines = [f"| {place} | {sum(proven)} | {len(proven) - sum(proven)} |" for place, proven in sorted(places.items())]
    total = sum("proof" in row for row in rows)
    return "\n".join(["| where | proven | owed |", "|---|---|---|", *lines, f"| all | {total} | {len(rows) - total} |"])


def bench() -> str | None:
    """The rows of the last run."""
    if not BENCH.exists():
        return None
    rows = json.loads(BENCH.read_text())
    cell = {None: "", True: "yes", False: "no"}
    lines = ["| " + " | ".join(str(cell.get(row[key], row[key])) for key in KEYS) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(KEYS) + " |", "|" + "---|" * len(KEYS), *lines])


def replaced(text: str, name: str, table: str | None) -> str:
    """The text with a table between its marks; as it was without one."""
    if table is None:
        return text
    before, rest = text.split(f"<!-- {name} -->\n")
    _, after = rest.split("<!-- end -->", 1)
    return f"{before}<!-- {name} -->\n{table}\n<!-- end -->{after}"


def main() -> int:
    """Write, or check."""
    old = README.read_text()
    new = replaced(old, "capabilities", capabilities())
    if "--check" in sys.argv[1:]:
        if old != new:
            print("README.md has old tables: run `make tables`", file=sys.stderr)
        return int(old != new)
    README.write_text(replaced(new, "bench", bench()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
