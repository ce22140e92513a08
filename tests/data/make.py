"""Rebuilds the shipped data from the sources that README.md names.

    python tests/data/make.py [SOURCE]      SOURCE: default $BACTRIAN_DATA, else ../shared/data

Standard library only; the same sources give the same bytes.
"""

import csv
import gzip
import io
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "python" / "bactrian" / "data"
LINE = [
    "household_id", "transaction_timestamp", "basket_id", "product_category", "department",
    "brand", "manufacturer_id", "sales_value", "quantity",
]  # fmt: skip


def read(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(name: str, columns: list[str], rows: list[dict[str, str]]) -> None:
    """No file name and no time in the gzip header, so that equal rows are equal bytes."""
    text = io.StringIO()
    out = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    out.writeheader()
    out.writerows(rows)
    path = PACKAGE / f"complete_journey_{name}.csv.gz"
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(text.getvalue().encode())
    print(f"{path.relative_to(ROOT)}: {len(rows)} rows, {path.stat().st_size} bytes")


def complete_journey(source: Path) -> None:
    products = {row["product_id"]: row for row in read(source / "products.csv.gz")}
    lines = read(source / "transactions_sample.csv.gz")
    for line in lines:
        line.update(products.get(line["product_id"], {}))
        line["quantity"] = line["quantity"].removesuffix(".0")
    lines.sort(key=lambda line: line["transaction_timestamp"])
    write("lines", LINE, lines)

    campaigns = {row["campaign_id"]: row for row in read(source / "campaign_descriptions.csv.gz")}
    contacts = [row | campaigns[row["campaign_id"]] for row in read(source / "campaigns.csv.gz")]
    contacts.sort(key=lambda row: (row["start_date"], int(row["campaign_id"]), int(row["household_id"])))
    write("contacts", ["household_id", "start_date", "campaign_id", "campaign_type"], contacts)

    redemptions = read(source / "coupon_redemptions.csv.gz")
    redemptions.sort(key=lambda row: (row["redemption_date"], int(row["household_id"]), row["coupon_upc"]))
    write("redemptions", ["household_id", "redemption_date", "campaign_id", "coupon_upc"], redemptions)

    households = read(source / "demographics.csv.gz")
    households.sort(key=lambda row: int(row["household_id"]))
    write("households", list(households[0]), households)


def main() -> None:
    source = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BACTRIAN_DATA", ROOT / "../shared/data"))
    PACKAGE.mkdir(parents=True, exist_ok=True)
    complete_journey(source / "purchases" / "completejourney")
    community = Path(__file__).parent / "quantum_community"
    shutil.copyfile(source / "social/quantum_community/interactions.csv.gz", community / "interactions.csv.gz")


if __name__ == "__main__":
    main()
