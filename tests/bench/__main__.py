"""`make bench [ONLY=family]`: prints the table, and writes it to target/bench.json."""

import importlib
import json
import sys
from pathlib import Path

from harness import ROWS, TARGET

FAMILIES = sorted(path.stem for path in (Path(__file__).parent / "families").glob("*.py"))
COLUMNS = ["work", "ours", "peer", "ratio", "goal", "met"]
WIDTHS = [52, 20, 34, 7, 26, 3]
MET = {True: "yes", False: "no", None: "-"}


def line(cells: list[str]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS)).rstrip()


def main(only: list[str]) -> int:
    if unknown := [name for name in only if name not in FAMILIES]:
        print(f"no family `{unknown[0]}`: there are {', '.join(FAMILIES)}", file=sys.stderr)
        return 2
    for family in only or FAMILIES:
        importlib.import_module(f"families.{family}")
    print(line(COLUMNS), line(["-" * width for width in WIDTHS]), sep="\n")
    measured, failed = [], 0
    for row in (row for family in ROWS.values() for row in family):
        try:
            result = row.measure()
        except Exception as error:  # the other rows still count
            print(f"{row.work}: failed: {type(error).__name__}: {error}", flush=True)
            failed += 1
            continue
        measured.append(result)
        ratio = "" if result["ratio"] is None else f"{result['ratio']:g}x"
        cells = result | {"ratio": ratio, "met": MET[result["met"]]}
        print(line([str(cells[column]) for column in COLUMNS]), flush=True)
    (TARGET / "bench.json").write_text(json.dumps(measured, indent=1) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
