"""The command line: the same verbs as in Python, on files.

Exit codes: 0 all went well, 1 rows were rejected, 2 the command or what it was given is wrong, 3 a
mistake of this program. Errors are one line on the standard error, with a hint.
"""

from __future__ import annotations

import argparse
import os
import sys

from bactrian import BactrianError, InternalError, __version__
from bactrian._cli import commands, judging, segmenting
from bactrian._cli.files import Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

USAGE, INTERNAL, INTERRUPTED = 2, 3, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; `arguments` are those of the process by default."""
    parsed = parser().parse_args(arguments)
    try:
        code: int = parsed.run(parsed)
        sys.stdout.flush()
    except BactrianError as error:
        return fail(INTERNAL if isinstance(error, InternalError) else USAGE, str(error))
    except BrokenPipeError:
        # Whoever read has read enough; the interpreter must not flush into the closed pipe at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (OSError, UnicodeError, Usage) as error:
        return fail(USAGE, str(error))
    except KeyboardInterrupt:
        return fail(INTERRUPTED, "interrupted")
    except Exception as error:
        return fail(INTERNAL, f"{type(error).__name__}: {error} (please report it)")
    return code


def fail(code: int, message: str) -> int:
    """One line, however many the message has."""
    print("bactrian:", "; ".join(line.strip() for line in message.splitlines()), file=sys.stderr)
    return code


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    root = argparse.ArgumentParser(
        prog="bactrian",
        description="Know customers and decide what to do next.",
        epilog="exit codes: 0 done, 1 rows were rejected, 2 wrong use, 3 a mistake of this program",
    )
    root.add_argument("--version", action="version", version=f"bactrian {__version__}")
    verbs = root.add_subparsers(required=True, metavar="COMMAND")

    demo = verbs.add_parser("demo", help="show what it does, on real data")
    demo.set_defaults(run=commands.demo)

    check = verbs.add_parser("check", help="find every mistake of a definition")
    check.add_argument("definition", help="a file of TOML")
    output(check)
    check.set_defaults(run=commands.check)

    init = verbs.add_parser("init", help="guess a definition from the columns of a table")
    init.add_argument("file", metavar="FILE", help="CSV, NDJSON (both also .gz), Parquet or Arrow")
    init.add_argument("--kind", help="the kind of its events, where no column says it")
    init.add_argument(
        "--role", action="append", default=[], metavar="OUR=THEIR", help="a role and the column that plays it"
    )
    init.add_argument("--output", metavar="FILE", help="a file to write, which must not exist (default: print it)")
    init.set_defaults(run=commands.init)

    for verb, what in (("observe", "events"), ("identify", "traits"), ("relate", "ties"), ("learn", "outcomes")):
        take = verbs.add_parser(verb, help=f"take {what} from files into an engine")
        engine(take)
        take.add_argument(
            "files",
            nargs="+",
            metavar="FILE",
            help="CSV, NDJSON (both also .gz), Parquet or Arrow; - is CSV on the standard input",
        )
        take.add_argument("--definition", metavar="FILE", help="for an engine that does not exist yet")
        if verb != "identify":
            take.add_argument("--kind", help=f"the {'layer' if verb == 'relate' else 'kind'} of all {what} of the files")
        take.add_argument(
            "--role",
            action="append",
            default=[],
            metavar="OUR=THEIR",
            help="a role and the column that plays it; may be repeated",
        )
        take.add_argument(
            "--chunk", type=int, default=20_000, metavar="ROWS", help="rows that go in at once (default %(default)s)"
        )
        take.set_defaults(run=commands.take, verb=verb)

    advance = verbs.add_parser("advance", help="move the engine's clock")
    engine(advance)
    advance.add_argument("to", metavar="TIME", help="a moment after the clock")
    advance.set_defaults(run=commands.advance)

    fit = verbs.add_parser("fit", help="learn the population")
    engine(fit)
    fit.add_argument("names", nargs="*", metavar="COLUMN", help="only these")
    output(fit)
    fit.set_defaults(run=commands.fit)

    score = verbs.add_parser("score", help="read columns of customers")
    engine(score)
    reading(score)
    score.add_argument("--columns", metavar="A,B", help="only these columns")
    score.add_argument("--customers", metavar="A,B", help="only these customers")
    output(score)
    score.set_defaults(run=commands.score)

    segmenting.add(verbs, engine, output)

    decide = verbs.add_parser("decide", help="decide what to do next")
    engine(decide)
    decide.add_argument("customers", nargs="*", metavar="CUSTOMER")
    decide.add_argument("--all", action="store_true", help="decide for everyone")
    decide.add_argument("--look", action="store_true", help="record nothing")
    reading(decide)
    output(decide)
    decide.set_defaults(run=commands.decide)

    seeds = verbs.add_parser("seeds", help="whose ears to whisper in, and how far that goes")
    engine(seeds)
    seeds.add_argument("k", nargs="?", type=int, help="most seeds")
    seeds.add_argument("--budget", type=float, metavar="SUM", help="what they may cost in all")
    seeds.add_argument("--cost", metavar="COLUMN", help="the cost of each customer (default 1)")
    seeds.add_argument("--value", metavar="COLUMN", help="what reaching each customer is worth (default 1)")
    seeds.add_argument("--exclude", metavar="A,B", help="customers who must not be seeds")
    seeds.add_argument("--active", metavar="A,B", help="customers who are reached already")
    seeds.add_argument("--layer", metavar="NAME", help="the layer of ties, where there are several")
    seeds.add_argument("--reverse", action="store_true", help="whisper from who is trusted to who trusts")
    output(seeds)
    seeds.set_defaults(run=commands.seeds)

    ledger = verbs.add_parser("ledger", help="what was expected of each action, and what came of it")
    engine(ledger)
    ledger.add_argument("--by", metavar="SEGMENT", help="by the cells of a segment in which customers were")
    output(ledger)
    ledger.set_defaults(run=commands.ledger)

    responses = verbs.add_parser("responses", help="what was learnt of the response to each action")
    engine(responses)
    output(responses)
    responses.set_defaults(run=commands.responses)

    trials = verbs.add_parser("trials", help="where the trials of new actions stand")
    engine(trials)
    output(trials)
    trials.set_defaults(run=commands.trials)

    funnel = verbs.add_parser("funnel", help="where each action falls, for everyone")
    engine(funnel)
    reading(funnel)
    output(funnel)
    funnel.set_defaults(run=commands.funnel)

    judging.add(verbs, engine, output)

    redefine = verbs.add_parser("redefine", help="go on under another definition, back-filled from the journal")
    engine(redefine)
    redefine.add_argument("definition", metavar="DEFINITION", help="a file of TOML or JSON")
    output(redefine)
    redefine.set_defaults(run=commands.redefine)

    merge = verbs.add_parser("merge", help="make two customers one, under both ids")
    engine(merge)
    merge.add_argument("kept", metavar="KEPT")
    merge.add_argument("folded", metavar="FOLDED", help="from now on another id of KEPT")
    merge.set_defaults(run=commands.merge)

    checkpoint = verbs.add_parser("checkpoint", help="write the state beside the journal, so that opening is quick")
    engine(checkpoint)
    checkpoint.set_defaults(run=commands.checkpoint)

    partial = verbs.add_parser("partial", help="write what an engine knows, for `absorb` elsewhere")
    engine(partial)
    partial.add_argument("output", metavar="FILE", help="a file to write, which must not exist; - is the standard output")
    partial.set_defaults(run=commands.partial)

    absorb = verbs.add_parser("absorb", help="take over what engines over other events know")
    engine(absorb)
    absorb.add_argument("files", nargs="+", metavar="FILE", help="what `partial` wrote; - is the standard input")
    absorb.add_argument("--definition", metavar="FILE", help="for an engine that does not exist yet")
    absorb.set_defaults(run=commands.absorb)

    export = verbs.add_parser("export", help="all that is held about a customer, as JSON")
    engine(export)
    export.add_argument("customer", metavar="CUSTOMER")
    export.set_defaults(run=commands.export)

    erase = verbs.add_parser("erase", help="erase a customer, and prove it")
    engine(erase)
    erase.add_argument("customer", metavar="CUSTOMER")
    output(erase)
    erase.set_defaults(run=commands.erase)

    explain = verbs.add_parser("explain", help="why a column has its value")
    engine(explain)
    explain.add_argument("customer", metavar="CUSTOMER")
    explain.add_argument("column", metavar="COLUMN")
    reading(explain)
    output(explain)
    explain.set_defaults(run=commands.explain)

    info = verbs.add_parser("info", help="sizes and counts of an engine")
    engine(info)
    output(info)
    info.set_defaults(run=commands.info)
    return root


def engine(verb: argparse.ArgumentParser) -> None:
    """The engine's file."""
    verb.add_argument("engine", help="the engine's file")


def reading(verb: argparse.ArgumentParser) -> None:
    """When, and toward whom."""
    verb.add_argument("--at", metavar="TIME", help="a moment at or after the engine's clock")
    verb.add_argument("--toward", metavar="CUSTOMER", help="the peer toward whom")


def output(verb: argparse.ArgumentParser) -> None:
    """How tables are written."""
    verb.add_argument(
        "--format",
        choices=("table", "csv", "json", "arrow"),
        default="table",
        help="json: one object a line (default %(default)s)",
    )
