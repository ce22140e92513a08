"""`bactrian init`: what it guesses from real tables runs as it stands."""

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

import bactrian as bt
from bactrian._cli import main

DATA = Path(bt.__file__).parent / "data"
TESTS = Path(__file__).resolve().parents[1] / "data"
# Rows of the beginning of each that nobody did: the people left, and no peer is named.
NOBODY = {"quantum": 5}
SHIPPED = {
    "lines": (DATA / "complete_journey_lines.csv.gz", "purchase"),
    "contacts": (DATA / "complete_journey_contacts.csv.gz", "contact"),
    "redemptions": (DATA / "complete_journey_redemptions.csv.gz", "redemption"),
    "cdnow": (TESTS / "cdnow" / "cdnow_master.csv.gz", "purchase"),
    "quantum": (TESTS / "quantum_community" / "interactions.csv.gz", None),
}


def made(path, tmp_path, *more):
    """The definition that `init` writes for a file, checked."""
    out = tmp_path / "guessed.toml"
    out.unlink(missing_ok=True)
    assert main(["init", str(path), "--output", str(out), *more]) == 0
    assert main(["check", str(out)]) == 0
    return bt.Definition.from_file(out)


def head_of(path, tmp_path):
    """The first thousands of rows, so that the whole way stays short."""
    import gzip

    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = [line for _, line in zip(range(4001), file)]
    short = tmp_path / path.name.removesuffix(".gz")
    short.write_text("".join(lines))
    return short


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_guessed_from_real_events_runs(name, tmp_path, capsys):
    path, kind = SHIPPED[name]
    short = head_of(path, tmp_path)
    definition = made(short, tmp_path).to_dict()
    assert kind is None or list(definition["event"]) == [kind]
    engine = str(tmp_path / "e")
    command = ["observe", engine, str(short), "--definition", str(tmp_path / "guessed.toml")]
    rejected = NOBODY.get(name, 0)
    assert main([*command, *(["--kind", kind] if kind else [])]) == min(rejected, 1)
    said, rows = capsys.readouterr(), short.read_text().count("\n") - 1
    assert f"{rows - rejected:,} accepted, 0 duplicates, 0 late, {rejected} rejected" in said.out
    assert said.err.count("`person` is missing") == rejected
    assert main(["fit", engine]) == main(["score", engine]) == main(["segments", engine]) == 0
    said = capsys.readouterr().out
    assert "high" in said and "low" in said


def test_roles_of_the_grocer(tmp_path):
    event = made(SHIPPED["lines"][0], tmp_path).to_dict()["event"]["purchase"]
    assert event == {
        "customer": "household_id",
        "at": "transaction_timestamp",
        "occasion": "basket_id",
        "amount": "sales_value",
        "quantity": "quantity",
        "need": "product_category",
        "supplier": "manufacturer_id",
        "tier": "brand",
        "category": {"department": "department"},
    }


def test_roles_of_the_community(tmp_path):
    definition = made(SHIPPED["quantum"][0], tmp_path).to_dict()
    question = definition["event"]["question"]
    assert (question["customer"], question["peer"], question["id"]) == ("person", "peer", "event")
    assert question["need"] == {"column": "topics", "split": ";"}
    assert {"question", "comment", "answer"} <= set(definition["event"]) and definition["score"]["warmth"]


def test_a_table_without_times_is_one_of_traits(tmp_path, capsys):
    path = DATA / "complete_journey_households.csv.gz"
    definition = made(path, tmp_path).to_dict()
    assert definition["trait"]["income"] == "category" and definition["trait"]["kids_count"] in ("number", "category")
    guessed = str(tmp_path / "guessed.toml")
    assert main(["identify", str(tmp_path / "e"), str(path), "--definition", guessed, "--role", "customer=household_id"]) == 0
    assert "0 rejected" in capsys.readouterr().out


def test_the_action_that_is_commented_out_is_sound_too(tmp_path):
    made(SHIPPED["lines"][0], tmp_path)
    text = (tmp_path / "guessed.toml").read_text()
    before, action = text.split("# [action", 1)
    whole = before + "\n".join(line.removeprefix("# ") for line in ("# [action" + action).splitlines())
    definition = bt.Definition.from_toml(whole)
    assert definition.check() == [] and "thank_you" in definition.to_dict()["action"]


def test_every_format_gives_the_same_guess(tmp_path):
    rows = [{"Client": f"c{n % 7}", "SoldAt": f"2024-01-{n + 1:02}", "amount": n / 2, "vip": n % 2 == 0, "tags": "a;b"} for n in range(20)]
    with (tmp_path / "sales.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    (tmp_path / "sales.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    pa.parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "sales.parquet")
    guesses = [made(tmp_path / f"sales.{end}", tmp_path) for end in ("csv", "ndjson", "parquet")]
    assert guesses[0] == guesses[1] == guesses[2]
    event = guesses[0].to_dict()["event"]["purchase"]
    assert (event["customer"], event["at"], event["flag"]) == ("Client", "SoldAt", {"vip": "vip"})


def test_kinds_by_a_column_of_another_name(tmp_path, capsys):
    rows = "user_id,time,event_type\n" + "".join(f"{n % 3},2024-01-{n + 1:02},{('view', 'buy now')[n % 2]}\n" for n in range(8))
    (tmp_path / "log.csv").write_text(rows)
    definition = made(tmp_path / "log.csv", tmp_path)
    assert set(definition.to_dict()["event"]) == {"view", "buy now"}
    command = ["observe", str(tmp_path / "e"), str(tmp_path / "log.csv"), "--definition", str(tmp_path / "guessed.toml")]
    assert main([*command, "--role", "kind=event_type"]) == 0
    assert "8 accepted" in capsys.readouterr().out


def test_what_can_not_be_guessed_is_said_in_a_line(tmp_path, capsys):
    (tmp_path / "x.csv").write_text("x,y\n1,2\n")
    (tmp_path / "empty.csv").write_text("customer,at\n")
    assert main(["init", str(tmp_path / "x.csv")]) == 2
    assert "say which: --role customer=COLUMN" in capsys.readouterr().err
    assert main(["init", str(tmp_path / "x.csv"), "--role", "customer=z"]) == 2
    assert "has no column `z`" in capsys.readouterr().err
    assert main(["init", str(tmp_path / "x.csv"), "--role", "customer=x"]) == 0
    assert '[trait]' in capsys.readouterr().out
    (tmp_path / "there.toml").write_text("")
    assert main(["init", str(tmp_path / "x.csv"), "--role", "customer=x", "--output", str(tmp_path / "there.toml")]) == 2


def test_times_in_another_form_are_named(tmp_path, capsys):
    path = tmp_path / "days.csv"
    path.write_text("customer,day,amount\nanna,01/02/2024,3\nben,03/02/2024,4\n")
    assert main(["init", str(path)]) == 2
    assert "column `day`" in capsys.readouterr().err
    path.write_text("customer;ts;amount\nanna;1700000000;3\nben;1700000100;4\n")
    assert 'at       = "ts"' in made(path, tmp_path).to_toml() or "ts" in str(made(path, tmp_path).to_dict()["event"])


def test_lists_and_names_with_spaces(tmp_path, capsys):
    path = tmp_path / "lists.ndjson"
    path.write_text('{"customer": "anna", "at": "2024-01-01", "tags": ["u", "v"]}\n{"customer": "b", "at": "2024-01-02", "tags": []}\n')
    engine = bt.Engine(made(path, tmp_path))
    report = engine.observe([json.loads(line) for line in path.read_text().splitlines()], kind="list")
    assert (report.accepted, len(report.rejected)) == (2, 0)
    path = tmp_path / "who is who.csv"
    path.write_text("Client ID,age\nanna,3\n")
    assert main(["init", str(path)]) == 0
    said = capsys.readouterr().out
    assert "'who is who.csv'" in said and "--role 'customer=Client ID'" in said
