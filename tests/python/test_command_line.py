"""The command `bactrian`: its verbs, its formats, its exit codes."""

import csv
import gzip
import io
import json
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet
import pytest

import bactrian as bt
from bactrian import _show
from bactrian._cli import main
from commands import LINES, observe, write


def spend(shop):
    with bt.Engine.open(f"{shop}/e", read_only=True) as engine:
        return engine.score(columns=["orders", "spend"]).to_dict()


def test_observe_says_what_came_of_it(shop, capsys):
    assert observe(shop, "purchases.csv") == 0
    said = capsys.readouterr()
    assert said.out == "3 accepted, 0 duplicates, 0 late, 0 rejected, 0 crossings, 0 decisions\n" and said.err == ""
    assert spend(shop)["orders"] == [2.0, 1.0]


def test_every_format_and_chunk_gives_the_same_bits(shop, tmp_path):
    rows = [dict(zip(LINES[0], line)) for line in LINES[1:]]
    text = (shop / "purchases.csv").read_text()
    (shop / "a.csv.gz").write_bytes(gzip.compress(text.encode("utf-8-sig")))
    (shop / "b.tsv").write_text(text.replace(",", "\t"))
    (shop / "c.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (shop / "d.jsonl.gz").write_bytes(gzip.compress((shop / "c.ndjson").read_bytes()))
    pa.parquet.write_table(pa.Table.from_pylist(rows), shop / "e.parquet", row_group_size=2)
    with pa.ipc.new_file(str(shop / "f.arrow"), pa.Table.from_pylist(rows).schema) as file:
        file.write_table(pa.Table.from_pylist(rows), max_chunksize=2)
    with pa.ipc.new_stream(str(shop / "g.arrow"), pa.Table.from_pylist(rows).schema) as stream:
        stream.write_table(pa.Table.from_pylist(rows))
    assert observe(shop, "purchases.csv") == 0
    expected = spend(shop)
    for name in ("a.csv.gz", "b.tsv", "c.ndjson", "d.jsonl.gz", "e.parquet", "f.arrow", "g.arrow"):
        for chunk in ("1", "2", "50"):
            (shop / "e").unlink()
            assert observe(shop, name, more=["--chunk", chunk]) == 0
            assert spend(shop) == expected, name


def test_standard_input(shop, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO((shop / "purchases.csv").read_text()))
    assert observe(shop, "-") == 0 and spend(shop)["orders"] == [2.0, 1.0]


def test_rejected_rows_are_named_and_exit_with_1(shop, capsys):
    write(
        shop / "bad.csv",
        [*LINES[:2], ["", "2024-01-02", "1", "", "4"], ["ben", "2024-01-02"], ["ben", "soon", "1", "", "5"], LINES[2]],
    )
    (shop / "bad.ndjson").write_text('{"customer": "cleo", "at": "2024-01-02", "amount": 1}\n\nno json\n[1]\n')
    assert observe(shop, "bad.csv", "bad.ndjson", more=["--chunk", "2"]) == 1
    said = capsys.readouterr()
    assert "3 accepted" in said.out and "5 rejected" in said.out
    rows = [line.split(": ")[:2] for line in said.err.splitlines()]
    assert sorted((path.rsplit("/", 1)[1], row) for path, row in rows) == [
        ("bad.csv", "row 2"), ("bad.csv", "row 3"), ("bad.csv", "row 4"), ("bad.ndjson", "row 2"), ("bad.ndjson", "row 3"),
    ]  # fmt: skip


def test_roles(shop):
    write(shop / "other.csv", [["household", *LINES[0][1:]], *LINES[1:]])
    assert observe(shop, "other.csv", more=["--role", "customer=household"]) == 0
    assert spend(shop)["customer"] == ["anna", "ben"]


def test_identify_and_relate(taken, shop, capsys):
    write(shop / "traits.csv", [["customer", "consent_email"], ["anna", "true"], ["ben", ""]])
    assert main(["identify", taken, f"{shop}/traits.csv"]) == 0
    write(shop / "ties.csv", [["customer", "peer", "weight"], ["anna", "ben", "2"]])
    assert main(["relate", taken, f"{shop}/ties.csv", "--kind", "talk"]) == 0
    with bt.Engine.open(taken, read_only=True) as engine:
        assert engine["anna"]["consent_email"] is True and engine.peers("anna") == ["ben"]


def test_seeds(taken, shop, capsys):
    write(shop / "ties.csv", [["customer", "peer", "weight"], ["anna", "ben", "2"], ["anna", "cleo", "1"]])
    assert main(["relate", taken, f"{shop}/ties.csv", "--kind", "talk"]) == 0
    capsys.readouterr()
    assert main(["seeds", taken, "1", "--format", "csv"]) == 0
    rows = [line.split(",") for line in lines(capsys)]
    assert rows[0] == ["what", "customer", "value"] and rows[1][:2] == ["seed", "anna"]
    assert [row[0] for row in rows[2:]] == ["spread", "lower", "upper"] and float(rows[2][2]) == 3.0
    assert main(["seeds", taken, "1", "--exclude", "anna", "--format", "csv"]) == 0
    assert lines(capsys)[1].split(",")[1] != "anna"
    assert main(["seeds", taken]) == 2
    assert "neither a number nor a budget" in capsys.readouterr().err


def lines(capsys):
    return capsys.readouterr().out.splitlines()


def test_score_in_every_format(shop, capfdbinary):
    taken = f"{shop}/e"
    assert observe(shop, "purchases.csv") == main(["fit", taken]) == 0
    capfdbinary.readouterr()
    command = ["score", taken, "--columns", "orders,tier.value", "--customers", "anna, ben", "--at", "2024-01-03"]
    expected = [
        {"customer": "anna", "orders": 2.0, "tier.value": "high"},
        {"customer": "ben", "orders": 1.0, "tier.value": "low"},
    ]
    assert main(command) == 0
    assert capfdbinary.readouterr().out.decode().splitlines()[1].split() == ["anna", "2", "high"]
    assert main([*command, "--format", "csv"]) == 0
    assert list(csv.reader(io.StringIO(capfdbinary.readouterr().out.decode())))[1] == ["anna", "2.0", "high"]
    assert main([*command, "--format", "json"]) == 0
    assert [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()] == expected
    assert main([*command, "--format", "arrow"]) == 0
    assert pa.ipc.open_stream(capfdbinary.readouterr().out).read_all().to_pylist() == expected


def test_segments_in_motion_and_the_market(taken, capsys):
    """What `segments`, `market` and `ablate` say is what the engine says."""
    cases = {
        ("segments", "tier", "--since", "2024-01-01"): lambda engine: engine.transitions("tier", "2024-01-01"),
        ("segments", "tier", "--since", "2024-01-01", "--until", "2024-01-03", "--every", "1d"): lambda engine: (
            engine.transitions("tier", "2024-01-01", "2024-01-03", every="1d")
        ),
        ("segments", "tier", "--with", "household"): lambda engine: engine.lifts("tier", "household"),
        ("segments", "tier", "--values", "orders,spend"): lambda engine: engine.segment("tier", values=["orders", "spend"]),
        ("segments", "tier", "--belonging"): lambda engine: engine.belonging("tier"),
        ("segments", "tier", "--belonging", "--members", "high"): lambda engine: engine.belonging("tier", "high"),
        ("segments", "--crossings"): lambda engine: engine.crossings(),
        ("segments", "tier", "--crossings", "--since", "2024-01-02"): lambda engine: engine.crossings("tier", "2024-01-02"),
        ("segments", "tier", "--drift", "--since", "2024-01-02"): lambda engine: engine.drift("tier", "2024-01-02"),
        ("segments", "tier", "--drift", "--since", "2024-01-02", "--values", "orders"): lambda engine: (
            engine.drift("tier", "2024-01-02", columns=["orders"])
        ),
        ("segments", "tier", "--since", "2024-01-01", "--every", "1d", "--steps", "3"): lambda engine: (
            engine.transitions("tier", "2024-01-01", every="1d", steps=3)
        ),
        ("segments", "tier", "--with", "household", "--within", "tier"): lambda engine: (
            engine.lifts("tier", "household", within="tier")
        ),
        ("stability", "tier", "--since", "2024-01-01"): lambda engine: engine.stability("tier", "2024-01-01"),
        ("stability", "tier", "--since", "2024-01-01", "--until", "2024-01-02"): lambda engine: (
            engine.stability("tier", "2024-01-01", "2024-01-02")
        ),
        ("associations", "tier", "household"): lambda engine: engine.associations("tier", ["household"]),
        ("associations", "tier", "--within", "household"): lambda engine: engine.associations("tier", within="household"),
        ("market", "tier", "--measures", "orders,spend", "-k", "2"): lambda engine: (
            engine.market(["tier"], ["orders", "spend"], k=2)
        ),
    }
    for command, expected in cases.items():
        verb, *rest = command
        theirs = io.StringIO()
        with bt.Engine.open(taken, read_only=True) as engine:
            _show.csv(expected(engine), theirs)
        assert main([verb, taken, *rest, "--format", "csv"]) == 0
        assert capsys.readouterr().out.splitlines() == theirs.getvalue().splitlines(), command


def test_ablate_says_what_the_engine_says(tmp_path, capsys):
    rows = [{"customer": who, "much": who % 7 * 1.0, "luck": who * 37 % 11 * 1.0, "age": who % 5 * 1.0, "came": who % 7 > 3, "at": "2024-01-01"} for who in range(400)]
    definition = bt.Definition.from_dict({"trait": {"much": "number", "luck": "number", "age": "number", "came": "bool"}})
    with bt.Engine.open(tmp_path / "e", definition) as engine:
        engine.identify(rows)
        found = engine.ablate("came", {"luck": ["luck"], "much": ["much"], "age": ["age"]})
    assert main(["ablate", f"{tmp_path}/e", "came", "luck=luck", "much=much", "age=age", "--format", "json"]) == 0
    told = [json.loads(line) for line in lines(capsys)]
    assert [(one["group"], one["measure"]) for one in told] == [(group, measure) for group in ("much", "age") for measure in ("log_loss", "auc")]
    for one in told:
        verdict = found[one["group"]][one["measure"]]
        assert (one["value"], one["lower"], one["upper"]) == (verdict.value, *verdict.interval)
        assert (one["n"], one["claim"], one["why"]) == (verdict.n, verdict.claim, verdict.why)
    assert told[1]["claim"] == "effect" and told[3]["claim"] == "no evidence"


def test_cells_of_several_segments_name_theirs(tmp_path, capsys):
    """One table for machines: the segment, the cell, the axes of all of them; of one that is named, as the engine has it."""
    text = """
        [trait]
        city = "category"
        age  = "number"
        [segment.home]
        axis.city = { of = "city" }
        [segment.both]
        axis.city = { of = "city" }
        axis.age  = { of = "age", edges = [40], labels = ["young", "old"] }
    """
    with bt.Engine.open(tmp_path / "e", bt.Definition.from_toml(text)) as engine:
        engine.identify([{"customer": who, "city": ["Bonn", "Graz"][who % 2], "age": 10.0 * who, "at": "2024-01-01"} for who in range(9)])
        cells = {name: engine.segment(name, values=["age"]).to_pandas() for name in ("home", "both")}
    expected = [(name, row["cell"], row["city"], row.get("age"), row["size"], row["age.mean"]) for name, table in cells.items() for row in table.to_dict("records")]
    command = ["segments", f"{tmp_path}/e", "--values", "age"]
    assert main([*command, "--format", "csv"]) == 0
    told = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    names = ("segment", "cell", "city", "age", "size", "age.mean")
    assert [(*(row[name] or None for name in names[:4]), int(row["size"]), float(row["age.mean"])) for row in told] == expected
    assert main([*command, "--format", "json"]) == 0
    assert [tuple(json.loads(line).get(name) for name in names) for line in lines(capsys)] == expected
    assert main(command) == 0
    assert {"home:", "both:"} <= set(lines(capsys))
    assert main(["segments", f"{tmp_path}/e", "home", "--format", "csv"]) == 0
    assert lines(capsys)[0] == "cell,city,size,title,rule"
    # A label that nobody has now is no mistake; one that nothing is called is.
    assert main(["segments", f"{tmp_path}/e", "both", "--members", "Graz/young", "--format", "csv"]) == 0
    assert lines(capsys) == ["customer", "1", "3"]
    assert main(["look-alikes", f"{tmp_path}/e", "both", "Graz/young", "age"]) == 2
    assert "10 of each are needed" in capsys.readouterr().err


IGNORED = {
    "until without since": (["tier", "--until", "2024-01-02"], "--until says nothing by itself; it goes with --since"),
    "every without since": (["tier", "--every", "1d"], "--every says nothing by itself; it goes with --since"),
    "steps without since": (["tier", "--steps", "2"], "--steps says nothing"),
    "members of crossings": (["tier", "--members", "high", "--crossings"], "--members says nothing with --crossings; it goes with --belonging"),
    "drift of belonging": (["tier", "--belonging", "--drift", "--since", "2024-01-02"], "--drift says nothing with --belonging"),
    "values of members": (["tier", "--members", "high", "--values", "orders"], "--values says nothing with --members; it goes with --drift"),
    "until of crossings": (["--crossings", "--until", "2024-01-02"], "--until says nothing with --crossings"),
    "within nothing": (["tier", "--within", "household"], "--within says nothing by itself; it goes with --with"),
    "drift since never": (["tier", "--drift"], "--drift needs --since"),
    "drift of nothing": (["--drift", "--since", "2024-01-02"], "--drift needs the name of a segment"),
    "an unknown cell": (["tier", "--members", "hihg"], "`tier` has no cell `hihg`"),
    "belonging to an unknown cell": (["tier", "--belonging", "--members", "hihg"], "did you mean `high`?"),
}


@pytest.mark.parametrize("name", IGNORED)
def test_no_option_is_passed_over(name, taken, capsys):
    asked, said = IGNORED[name]
    assert main(["segments", taken, *asked]) == 2
    assert said in capsys.readouterr().err


def test_fit_segments_decide_info(taken, capsys):
    assert main(["fit", taken, "tier.value", "--format", "csv"]) == 0
    assert lines(capsys)[1].startswith("tier.value,edge_1,")
    assert main(["segments", taken]) == 0
    assert {"low", "high"} <= {line.split()[0] for line in lines(capsys)}
    assert main(["segments", taken, "tier", "--members", "high"]) == 0
    assert lines(capsys) == ["customer", "anna"]
    assert main(["decide", taken, "anna", "--look", "--format", "json"]) == 0
    (decision,) = map(json.loads, lines(capsys))
    assert decision["action"] == "recipe_box" and decision["factors"] and decision["losers"][0]["action"] == "call"
    assert decision["flip"]["action"] is None and "instead of" in decision["flip"]["why"]
    assert main(["decide", taken, "anna", "ben"]) == 0
    assert "recipe_box" in lines(capsys)[1]
    assert main(["decide", taken, "--all", "--look", "--format", "csv"]) == 0
    assert len(lines(capsys)) == 3
    assert main(["info", taken]) == 0
    said = "\n".join(lines(capsys))
    assert "customers" in said and "tier.value" in said and "2024-01-03T00:00:00Z" in said
    assert main(["info", taken, "--format", "json"]) == 0
    told = json.loads(lines(capsys)[0])
    assert told["customers"] == 2 and told["memory a customer: features"] == told["memory: features"] / 2


def test_learn_ledger_funnel_export_erase(taken, shop, capsys):
    with bt.Engine.open(taken) as engine:
        decision = engine.decide("anna")
    write(shop / "outcomes.csv", [["decision", "outcome", "value"], [decision.id, "redeem", "4.5"], [7, "redeem", "1"]])
    assert main(["learn", taken, f"{shop}/outcomes.csv"]) == 1
    said = capsys.readouterr()
    assert "1 accepted" in said.out and "1 rejected" in said.out and "row 2" in said.err
    assert main(["ledger", taken, "--format", "json"]) == 0
    (row,) = [row for row in map(json.loads, lines(capsys)) if row["action"] == decision.action]
    assert row["realised"] == 4.5 and row["outcome.redeem"] == 1 and row["decisions"] == row["answered"] == 1
    assert main(["ledger", taken, "--by", "nothing"]) == 2
    assert "nothing" in capsys.readouterr().err
    with bt.Engine.open(taken, read_only=True) as engine:
        segment = engine.definition.to_dict()["segment"]
    (name,) = segment
    assert main(["ledger", taken, "--by", name, "--format", "json"]) == 0
    cells = [row for row in map(json.loads, lines(capsys)) if row["action"] == decision.action]
    assert sum(row["realised"] for row in cells) == 4.5 and all("cell" in row for row in cells)
    assert main(["responses", taken, "--format", "json"]) == 0
    assert lines(capsys) == []
    assert main(["funnel", taken, "--format", "json"]) == 0
    rows = list(map(json.loads, lines(capsys)))
    stages = set(rows[0]) - {"action", "customers"}
    assert all(sum(row[stage] for stage in stages) == row["customers"] == 2 for row in rows[:-1])
    assert main(["export", taken, "anna"]) == 0
    held = json.loads(lines(capsys)[0])
    assert held["ids"] == ["anna"] and len(held["events"]) == 2 and held["decisions"]
    assert main(["erase", taken, "anna", "--format", "csv"]) == 0
    receipt = {row["what"]: row["count"] for row in csv.DictReader(lines(capsys))}
    assert receipt["ids"] == "1" and receipt["found"] == "0" and int(receipt["searched"]) > 0
    assert main(["export", taken, "anna"]) == 2


def test_redefine(taken, shop, capsys):
    with bt.Engine.open(taken) as engine:
        more = engine.definition.to_dict()
    more["feature"]["lines"] = {"count": "event", "on": "purchase"}
    del more["feature"]["replies"]
    more["segment"]["tier"]["axis"]["value"]["quantiles"] = [0.25]
    (shop / "more.json").write_text(json.dumps(more))
    assert main(["redefine", taken, f"{shop}/more.json", "--format", "csv"]) == 0
    told = {row["what"]: row["changed"] for row in csv.DictReader(lines(capsys))}
    assert told == {
        "added": "lines", "removed": "replies", "unfitted": "tier.value", "begun": "", "since": "", "unread": "", "moved": "2",
    }  # fmt: skip
    with bt.Engine.open(taken, read_only=True) as engine:
        assert engine.score(["anna"], columns=["lines"])["lines"] == [2.0]
        digest = engine.digest()
    # One that is wrong leaves the old one running.
    (shop / "bad.toml").write_text("[feature.a]\nsmu = 'amount'")
    assert main(["redefine", taken, f"{shop}/bad.toml"]) == 2
    assert "smu" in capsys.readouterr().err
    with bt.Engine.open(taken, read_only=True) as engine:
        assert engine.digest() == digest


def test_merge_and_checkpoint(taken, capsys):
    assert main(["merge", taken, "anna", "ben"]) == 0
    assert lines(capsys) == ["ben is anna"]
    with bt.Engine.open(taken, read_only=True) as engine:
        assert engine["ben"]["orders"] == engine["anna"]["orders"] == 3.0
        digest = engine.digest()
    assert main(["merge", taken, "anna", "ben"]) == 2
    capsys.readouterr()
    assert main(["checkpoint", taken]) == 0
    assert lines(capsys)[0].endswith("records in the checkpoint")
    with bt.Engine.open(taken, read_only=True) as engine:
        assert engine.digest() == digest


def test_parts_are_absorbed_to_the_whole(shop, capsysbinary, monkeypatch):
    assert observe(shop, "purchases.csv") == 0
    whole = spend(shop)
    for number, rows in enumerate((LINES[:2], [LINES[0], *LINES[2:]])):
        write(shop / "some.csv", rows)
        more = ["--definition", f"{shop}/shop.toml", "--kind", "purchase"]
        assert main(["observe", f"{shop}/part{number}", f"{shop}/some.csv", *more]) == 0
        assert main(["partial", f"{shop}/part{number}", f"{shop}/{number}.part"]) == 0
        assert (shop / f"{number}.part").stat().st_size > 0
    (shop / "e").unlink()
    capsysbinary.readouterr()
    parts = [f"{shop}/0.part", f"{shop}/1.part"]
    assert main(["absorb", f"{shop}/e", *parts, "--definition", f"{shop}/shop.toml"]) == 0
    assert b"3 accepted" in capsysbinary.readouterr().out and spend(shop) == whole
    # A part is taken once; what is there is not written over; bytes go through pipes too.
    assert main(["absorb", f"{shop}/e", parts[0]]) == 2
    assert main(["partial", f"{shop}/part0", parts[0]]) == 2
    capsysbinary.readouterr()
    assert main(["partial", f"{shop}/part0", "-"]) == 0
    piped = capsysbinary.readouterr().out
    assert piped == (shop / "0.part").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(piped)))
    assert main(["absorb", f"{shop}/new", "-", "--definition", f"{shop}/shop.toml"]) == 0


def test_explain(taken, capsys):
    assert main(["explain", taken, "anna", "spend", "--format", "csv"]) == 0
    said = list(csv.DictReader(lines(capsys)))
    assert said[0]["what"] == "value" and {row["what"] for row in said} >= {"value", "part"}
    assert sum(float(row["value"]) for row in said if row["what"] == "part") == float(said[0]["value"])


def test_check(shop, capsys):
    assert main(["check", f"{shop}/shop.toml"]) == 0
    assert "no findings" in lines(capsys)[0]
    (shop / "bad.toml").write_text("[feature.orders]\ncuont = 'event'\n")
    assert main(["check", f"{shop}/bad.toml", "--format", "json"]) == 2
    found = [json.loads(line) for line in lines(capsys)]
    assert any(problem["hint"] and "count" in problem["hint"] for problem in found) and found[0]["line"] >= 1


WRONG = {
    "no engine": ["score", "{shop}/none"],
    "no definition for a new engine": ["observe", "{shop}/new", "{shop}/purchases.csv"],
    "no file": ["observe", "{taken}", "{shop}/none.csv"],
    "unknown format": ["observe", "{taken}", "{shop}/shop.toml"],
    "no role": ["observe", "{taken}", "{shop}/purchases.csv", "--role", "customer"],
    "no chunk": ["observe", "{taken}", "{shop}/purchases.csv", "--chunk", "0"],
    "unknown column": ["score", "{taken}", "--columns", "ordres"],
    "unknown customer": ["decide", "{taken}", "nobody"],
    "no customer": ["decide", "{taken}"],
    "bad time": ["score", "{taken}", "--at", "soon"],
    "members of nothing": ["segments", "{taken}", "--members", "high"],
    "moves of nothing": ["segments", "{taken}", "--since", "2024-01-01"],
    "lifts of nothing": ["segments", "{taken}", "--with", "household"],
    "belonging to nothing": ["segments", "{taken}", "--belonging"],
    "drift since never": ["segments", "{taken}", "tier", "--drift"],
    "a market of one": ["market", "{taken}", "tier", "-k", "1"],
    "a market of less than none": ["market", "{taken}", "tier", "-k", "-2"],
    "steps back": ["segments", "{taken}", "tier", "--since", "2024-01-01", "--steps", "-1"],
    "less than no look-alikes": ["look-alikes", "{taken}", "tier", "high", "orders", "-n", "-1"],
    "an association with nothing": ["associations", "{taken}", "teir"],
    "look-alikes of nobody": ["look-alikes", "{taken}", "tier", "hihg", "orders"],
    "an ablation of one group": ["ablate", "{taken}", "consent_email", "all=orders"],
    "an ablation without groups": ["ablate", "{taken}", "consent_email", "orders"],
    "binary": ["check", "{taken}"],
    "no definition to go on under": ["redefine", "{taken}", "{shop}/none.toml"],
    "a definition with mistakes": ["redefine", "{taken}", "{shop}/purchases.csv"],
    "nobody to merge": ["merge", "{taken}", "anna", "nobody"],
    "merged with itself": ["merge", "{taken}", "anna", "anna"],
    "a checkpoint of nothing": ["checkpoint", "{shop}/none"],
    "a part of nothing": ["partial", "{shop}/none", "{shop}/part"],
    "no part": ["absorb", "{taken}", "{shop}/none.part"],
    "a part that is none": ["absorb", "{taken}", "{shop}/purchases.csv"],
    "an absorbing engine without a definition": ["absorb", "{shop}/new", "{shop}/purchases.csv"],
    "broken csv": ["observe", "{taken}", "{shop}/broken.csv", "--kind", "purchase"],
    "broken gzip": ["observe", "{taken}", "{shop}/broken.csv.gz", "--kind", "purchase"],
    "broken parquet": ["observe", "{taken}", "{shop}/broken.parquet", "--kind", "purchase"],
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_is_one_line_and_exits_with_2(name, shop, taken, capsys):
    (shop / "broken.csv").write_text('customer,at\n"' + "x" * 200_000)
    for end in ("csv.gz", "parquet"):
        (shop / f"broken.{end}").write_bytes(b"PAR1 this is neither")
    assert main([part.format(shop=shop, taken=taken) for part in WRONG[name]]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("bactrian: ") and said.err.count("\n") == 1 and "Traceback" not in said.err


def test_a_mistake_of_ours_exits_with_3(shop, monkeypatch, capsys):
    monkeypatch.setattr("bactrian._cli.commands.write.table", lambda *_: 1 / 0)
    (shop / "bad.toml").write_text("x")
    assert main(["check", f"{shop}/bad.toml"]) == 3
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_usage_exits_with_2():
    for command in ([], ["nonsense"], ["score"], ["score", "e", "--format", "xml"]):
        with pytest.raises(SystemExit) as caught:
            main(command)
        assert caught.value.code == 2


def test_the_module_and_the_command_are_the_same(taken):
    ran = subprocess.run([sys.executable, "-m", "bactrian", "info", taken], capture_output=True, text=True, check=True)
    assert "customers" in ran.stdout
    ran = subprocess.run(
        f"{sys.executable} -m bactrian score {taken} --format csv | head -1",
        shell=True,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.startswith("customer,") and ran.stderr == ""
