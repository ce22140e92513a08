"""The small shop on the command line: its rows as CSV, and the call that observes them."""

import csv

from bactrian._cli import main

LINES = [
    ["customer", "at", "amount", "needs", "basket"],
    ["anna", "2024-01-01", "8.0", "tea;milk", "1"],
    ["ben", "2024-01-02 10:00:00", "4.0", "", "2"],
    ["anna", "2024-01-03T00:00:00Z", "4.0", "milk", "3"],
]


def write(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def observe(shop, *files, kind="purchase", more=()):
    paths = [name if name == "-" else f"{shop}/{name}" for name in files]
    return main(["observe", f"{shop}/e", *paths, "--definition", f"{shop}/shop.toml", "--kind", kind, *more])
