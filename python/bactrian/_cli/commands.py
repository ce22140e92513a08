"""One function a command: what it was asked, done through the package, its result written."""

from __future__ import annotations

import os
import sys

from bactrian import Definition, Engine, _native
from bactrian._cli import files, write
from bactrian._cli.files import Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from bactrian import Decision, IngestReport

OK, REJECTED, WRONG = 0, 1, 2
SHOWN = 20


def demo(asked: Namespace) -> int:
    """Show the five acts."""
    from bactrian._demo import run

    return run()


def check(asked: Namespace) -> int:
    """List every finding of a definition; mistakes make it fail, parts to come and warnings don't."""
    found = _native.check_file(asked.definition)
    names = ("severity", "line", "column", "path", "message", "hint")
    if found or asked.format != "table":
        write.table(
            write.listing(names, ([getattr(problem, name) for name in names] for problem in found)), asked.format
        )
    else:
        print(f"{asked.definition}: no findings")
    return WRONG if any(problem.severity == "error" for problem in found) else OK


def init(asked: Namespace) -> int:
    """Guess a definition from the columns of a table."""
    from bactrian._cli.init import definition

    text = definition(asked.file, asked.kind, dict(role(pair) for pair in asked.role))
    if asked.output is None:
        print(text, end="")
    else:
        with open(asked.output, "x", encoding="utf-8") as file:
            file.write(text)
    return OK


def take(asked: Namespace) -> int:
    """Take files chunk by chunk; each chunk is durable when the next begins."""
    roles = dict(role(pair) for pair in asked.role)
    if asked.chunk < 1:
        raise Usage("--chunk must be at least 1")
    kind = roles.pop("kind", None)
    if asked.verb != "identify" and asked.kind is not None:
        roles["kind"] = asked.kind
    definition = Definition.from_file(asked.definition) if asked.definition else None
    for path in asked.files:
        files.form_of(path)
        if path != "-":
            os.stat(path)
    total = Total()
    with Engine.open(asked.engine, definition) as engine:
        write_to = getattr(engine, asked.verb)
        for path in asked.files:
            with files.Source(path, asked.chunk) as source:
                try:
                    for first, chunk in source:
                        rows = chunk if kind is None else files.renamed(chunk, kind, "kind")
                        total.add(path, first, write_to(rows, **roles))
                except BaseException:
                    # Chunks before the one that fails are taken: who goes on has to know.
                    if taken := total.accepted + total.duplicates + total.rejected:
                        print(f"{path}: stopped after {taken:,} rows", file=sys.stderr)
                        total.close()
                    raise
                for row, reason in source.rejected:
                    total.reject(path, row, reason)
    return total.close()


def advance(asked: Namespace) -> int:
    """Move the clock, and say what time alone has brought."""
    total = Total()
    with Engine.open(asked.engine) as engine:
        total.add(asked.engine, 1, engine.advance_to(asked.to))
    return total.close()


def fit(asked: Namespace) -> int:
    """Learn, and list the figures of each fit."""
    with Engine.open(asked.engine) as engine:
        report = engine.fit(asked.names or None)
    rows: list[list[object]] = []
    for name, column in report.columns.items():
        if column.skipped is not None:
            rows.append([name, "skipped", None, column.skipped])
        rows.extend([name, figure, value, None] for figure, value in column.diagnostics.items())
        rows.extend([name, question, verdict.value, str(verdict)] for question, verdict in column.verdicts.items())
    write.table(write.listing(("column", "figure", "value", "note"), rows), asked.format)
    return OK


def score(asked: Namespace) -> int:
    """Read columns."""
    with Engine.open(asked.engine, read_only=True) as engine:
        table = engine.score(split(asked.customers), columns=split(asked.columns), at=asked.at, toward=asked.toward)
    write.table(table, asked.format)
    return OK


def decide(asked: Namespace) -> int:
    """Decide for some or for all."""
    if bool(asked.customers) == asked.all:
        raise Usage("name customers, or give --all")
    with Engine.open(asked.engine, read_only=asked.look) as engine:
        if asked.all:
            write.table(engine.decide_batch(toward=asked.toward, at=asked.at, record=not asked.look), asked.format)
            return OK
        decisions = [
            engine.decide(customer, toward=asked.toward, at=asked.at, record=not asked.look)
            for customer in asked.customers
        ]
    if asked.format == "json":
        for decision in decisions:
            write.line(whole(decision))
    else:
        names = ("customer", "at", "action", "priority", "propensity", "why")
        rows = ([getattr(decision, name) for name in names] for decision in decisions)
        write.table(write.listing(names, rows), asked.format)
    return OK


def seeds(asked: Namespace) -> int:
    """Choose whose ears to whisper in, and say how far that goes."""
    with Engine.open(asked.engine, read_only=True) as engine:
        found = engine.seeds(
            asked.k,
            budget=asked.budget,
            cost=asked.cost,
            value=asked.value,
            exclude=split(asked.exclude),
            active=split(asked.active),
            layer=asked.layer,
            reverse=asked.reverse,
        )
    rows: list[list[object]] = [["seed", *row] for row in zip(found.seeds, found.gains, strict=True)]
    rows.extend([name, None, getattr(found, name)] for name in ("spread", "lower", "upper"))
    write.table(write.listing(("what", "customer", "value"), rows), asked.format)
    return OK


def explain(asked: Namespace) -> int:
    """List the parts that sum to a value, and the evidence behind it."""
    with Engine.open(asked.engine, read_only=True) as engine:
        found = engine.explain(asked.customer, asked.column, at=asked.at, toward=asked.toward)
    rows: list[list[object]] = [["value", asked.column, found.value]]
    rows.extend(["part", name, value] for name, value in found.parts.items())
    rows.extend(["evidence", name, value] for name, value in found.evidence.items())
    write.table(write.listing(("what", "name", "value"), rows), asked.format)
    return OK


def ledger(asked: Namespace) -> int:
    """What was expected, and what came."""
    with Engine.open(asked.engine, read_only=True) as engine:
        write.table(engine.ledger(asked.by), asked.format)
    return OK


def responses(asked: Namespace) -> int:
    """What was learnt of responses."""
    with Engine.open(asked.engine, read_only=True) as engine:
        write.table(engine.responses(), asked.format)
    return OK


def trials(asked: Namespace) -> int:
    """Where trials stand."""
    with Engine.open(asked.engine, read_only=True) as engine:
        write.table(engine.trials(), asked.format)
    return OK


def funnel(asked: Namespace) -> int:
    """Where each action falls."""
    with Engine.open(asked.engine, read_only=True) as engine:
        write.table(engine.funnel(toward=asked.toward, at=asked.at), asked.format)
    return OK


def export(asked: Namespace) -> int:
    """All that is held about one customer."""
    with Engine.open(asked.engine, read_only=True) as engine:
        write.line(engine.export(asked.customer))
    return OK


def erase(asked: Namespace) -> int:
    """Erase one customer, and print the receipt."""
    with Engine.open(asked.engine) as engine:
        receipt = engine.erase(asked.customer)
    names = ("ids", "events", "unnamed", "traits", "ties", "words", "searched", "found")
    rows: list[list[object]] = [[name, getattr(receipt, name)] for name in names]
    write.table(write.listing(("what", "count"), [*rows, ["fits", ", ".join(receipt.fits)]]), asked.format, whole=True)
    return OK


def redefine(asked: Namespace) -> int:
    """Go on under another definition, and say what that changed."""
    definition = Definition.from_file(asked.definition)
    with Engine.open(asked.engine) as engine:
        changed = engine.redefine(definition)
    names = ("added", "removed", "unfitted", "begun")
    rows: list[list[object]] = [[name, ", ".join(getattr(changed, name))] for name in names]
    rows.append(["since", changed.since])
    rows.append(["unread", ", ".join(f"{word} ({count:,} records)" for word, count in changed.unread.items())])
    write.table(write.listing(("what", "changed"), [*rows, ["moved", changed.moved]]), asked.format, whole=True)
    return OK


def merge(asked: Namespace) -> int:
    """Make two customers one."""
    with Engine.open(asked.engine) as engine:
        engine.merge(asked.kept, asked.folded)
    print(f"{asked.folded} is {asked.kept}")
    return OK


def checkpoint(asked: Namespace) -> int:
    """Write the state beside the journal."""
    with Engine.open(asked.engine) as engine:
        engine.checkpoint()
        print(f"{engine.stats().records:,} records in the checkpoint")
    return OK


def partial(asked: Namespace) -> int:
    """Write what an engine knows."""
    with Engine.open(asked.engine, read_only=True) as engine:
        known = engine.partial()
    if asked.output == "-":
        sys.stdout.buffer.write(known)
        return OK
    with open(asked.output, "xb") as file:
        file.write(known)
    print(f"{len(known):,} bytes")
    return OK


def absorb(asked: Namespace) -> int:
    """Take over what others know, file by file; each is durable when the next begins."""
    definition = Definition.from_file(asked.definition) if asked.definition else None
    gone = [path for path in asked.files if path != "-" and not os.path.isfile(path)]
    if gone:
        raise Usage(f"`{gone[0]}` can't be read: there is no such file")
    total = Total()
    with Engine.open(asked.engine, definition) as engine:
        for path in asked.files:
            total.add(path, 1, engine.absorb(contents(path)))
    return total.close()


def info(asked: Namespace) -> int:
    """Sizes, counts, columns."""
    with Engine.open(asked.engine, read_only=True) as engine:
        stats = engine.stats()
        rows: list[list[object]] = [
            ["definition", engine.definition.fingerprint],
            ["now", stats.now],
            ["customers", stats.customers],
            ["events", stats.events],
            ["late", stats.late],
            ["records", stats.records],
            ["bytes", stats.bytes],
            *([f"memory: {part}", size] for part, size in stats.memory.items()),
            *([f"memory a customer: {part}", size] for part, size in stats.bytes_per_customer.items()),
            ["columns", ", ".join(engine.columns)],
        ]
    if asked.format in ("table", "csv"):
        write.table(write.listing(("what", "value"), rows), asked.format, whole=True)
    else:
        write.table(write.listing([str(name) for name, _ in rows], [[value for _, value in rows]]), asked.format)
    return OK


class Total:
    """What became of the rows of all files."""

    def __init__(self) -> None:
        self.accepted = self.duplicates = self.late = self.rejected = self.crossings = self.decisions = 0

    def add(self, path: str, first: int, report: IngestReport) -> None:
        """Count one chunk, whose first row is row `first` of the file, counted from 1."""
        self.accepted += report.accepted
        self.duplicates += report.duplicates
        self.late += report.late
        self.crossings += len(report.crossings)
        self.decisions += len(report.decisions)
        rejected = report.rejected
        for row, reason in zip(rejected["row"], rejected["reason"], strict=True):
            self.reject(path, first + row, reason)
        if sys.stderr.isatty():
            print(f"\r{self.accepted:,} rows", end="", file=sys.stderr, flush=True)

    def reject(self, path: str, row: int, reason: str) -> None:
        """Count one bad row, and show the first few."""
        self.rejected += 1
        if self.rejected <= SHOWN:
            print(f"{path}: row {row}: {reason}", file=sys.stderr)
        elif self.rejected == SHOWN + 1:
            print("further rejected rows are only counted", file=sys.stderr)

    def close(self) -> int:
        """Say what came of it all."""
        if sys.stderr.isatty():
            print("\r", end="", file=sys.stderr)
        counts = ("accepted", "duplicates", "late", "rejected", "crossings", "decisions")
        print(", ".join(f"{getattr(self, count):,} {count}" for count in counts))
        return REJECTED if self.rejected else OK


def contents(path: str) -> bytes:
    """The bytes of a file."""
    if path == "-":
        return sys.stdin.buffer.read()
    with open(path, "rb") as file:
        return file.read()


def role(pair: str) -> tuple[str, str]:
    """`OUR=THEIR` in two."""
    our, found, their = pair.partition("=")
    if not (our and found and their):
        raise Usage(f"`{pair}` is not a role: write it as customer=household_id")
    return our, their


def split(names: str | None) -> list[str] | None:
    """Names between commas."""
    return None if names is None else [name.strip() for name in names.split(",") if name.strip()]


def whole(decision: Decision) -> dict[str, object]:
    """A decision with all its reasons."""
    names = ("id", "customer", "at", "action", "propensity", "priority", "why", "factors")
    losers = [{name: getattr(loser, name) for name in ("action", "reason", "why", "read")} for loser in decision.losers]
    turn = decision.flip()
    flip = turn and {name: getattr(turn, name) for name in ("column", "value", "to", "action", "why")}
    return {**{name: getattr(decision, name) for name in names}, "losers": losers, "flip": flip}
