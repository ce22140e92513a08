"""Who is where, who moves, and what goes with it: `segments`, `stability`, `associations`, `look-alikes`, `market`, `ablate`."""

from __future__ import annotations

from bactrian import Engine
from bactrian._cli import write
from bactrian._cli.commands import split
from bactrian._cli.files import Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction
    from collections.abc import Callable, Mapping, Sequence

    from bactrian._show import Rows

    Arguments = Callable[[ArgumentParser], None]

OK = 0
# What may be asked of a segment, the first that is given, and what else that takes.
MODES = {
    "--crossings": ("--since",),
    "--belonging": ("--members",),
    "--members": (),
    "--with": ("--within",),
    "--drift": ("--since", "--values"),
    "--since": ("--until", "--every", "--steps"),
}
OPTIONS = (*MODES, "--until", "--every", "--steps", "--values", "--within")


def add(verbs: _SubParsersAction[ArgumentParser], engine: Arguments, output: Arguments) -> None:
    """The commands and their arguments."""
    segmented = verbs.add_parser("segments", help="the cells of segments, or the members of one")
    engine(segmented)
    segmented.add_argument("segment", nargs="?", help="only this segment")
    segmented.add_argument("--members", metavar="CELL", help="list the members of this cell")
    segmented.add_argument("--since", metavar="TIME", help="how customers moved between cells since then")
    segmented.add_argument("--until", metavar="TIME", help="with --since: until then, by default the engine's clock")
    segmented.add_argument("--every", metavar="SPAN", help="with --since: count the moves over each span, as 30d")
    segmented.add_argument("--steps", type=int, metavar="N", help="with --since: the chances after so many spans")
    segmented.add_argument("--values", metavar="A,B", help="what each cell is worth by these columns")
    segmented.add_argument("--belonging", action="store_true", help="how surely each member belongs to its cell")
    segmented.add_argument("--crossings", action="store_true", help="the recorded crossings, with --since from then on")
    segmented.add_argument("--drift", action="store_true", help="with --since: where the members of each cell drift")
    segmented.add_argument("--with", metavar="COLUMN", help="the lift of this column's labels in each cell")
    segmented.add_argument("--within", metavar="COLUMN", help="with --with: inside each label of this column")
    output(segmented)
    segmented.set_defaults(run=segments)

    steady = verbs.add_parser("stability", help="how steady a segment was between two moments")
    engine(steady)
    steady.add_argument("segment")
    steady.add_argument("--since", metavar="TIME", required=True, help="the first moment")
    steady.add_argument("--until", metavar="TIME", help="the second one, by default the engine's clock")
    output(steady)
    steady.set_defaults(run=stability)

    together = verbs.add_parser("associations", help="how strongly a column goes with others")
    engine(together)
    together.add_argument("of", metavar="COLUMN", help="a segment, one of its axes, a trait, any column")
    together.add_argument("columns", nargs="?", metavar="A,B", help="those to hold against it (default the traits)")
    together.add_argument("--within", metavar="COLUMN", help="inside each label of this column")
    output(together)
    together.set_defaults(run=associations)

    alike = verbs.add_parser("look-alikes", help="who is like the customers with a label of a column")
    engine(alike)
    alike.add_argument("of", metavar="COLUMN", help="a segment, one of its axes, a trait, any column")
    alike.add_argument("label", help="its label that they have")
    alike.add_argument("by", metavar="A,B", help="the columns to be alike in")
    alike.add_argument("-n", type=int, help="most customers to list")
    output(alike)
    alike.set_defaults(run=look_alikes)

    sold = verbs.add_parser("market", help="the market by some columns: aggregates alone")
    engine(sold)
    sold.add_argument("of", metavar="A,B", help="the columns that part it")
    sold.add_argument("--measures", metavar="A,B", help="columns whose means to tell")
    sold.add_argument("-k", type=int, default=10, help="fewest customers of a row (default 10)")
    output(sold)
    sold.set_defaults(run=market)

    helped = verbs.add_parser("ablate", help="what groups of columns add in telling who has an outcome")
    engine(helped)
    helped.add_argument("outcome", help="a column that is true or false")
    helped.add_argument("groups", nargs="+", metavar="GROUP=A,B", help="columns; those of the first group come first")
    helped.add_argument("--at", metavar="TIME", help="read the columns as they were just before then")
    output(helped)
    helped.set_defaults(run=ablate)


def segments(asked: Namespace) -> int:
    """List cells, the members of one, how customers moved, or what goes with the cells."""
    mode = mode_of(asked)
    with Engine.open(asked.engine, read_only=True) as engine:
        if mode is not None:
            write.table(of_segment(engine, mode, asked), asked.format)
            return OK
        values = split(asked.values)
        if asked.segment is not None:
            write.table(engine.segment(asked.segment, values=values), asked.format)
            return OK
        cells = {name: engine.segment(name, values=values) for name in engine.definition.to_dict().get("segment", {})}
    if asked.format == "table":
        for name, table in cells.items():
            if len(cells) > 1:
                print(f"{name}:")
            write.table(table, asked.format)
    else:
        write.table(stacked(cells), asked.format)
    return OK


def mode_of(asked: Namespace) -> str | None:
    """What is asked of one segment beyond its cells; every other option must belong to it."""
    given = [option for option in OPTIONS if getattr(asked, option[2:]) not in (None, False)]
    mode = next((option for option in MODES if option in given), None)
    takes = ("--values",) if mode is None else (mode, *MODES[mode])
    if lost := [option for option in given if option not in takes]:
        homes = [home for home, taken in MODES.items() if lost[0] in taken]
        need = f"; it goes with {' or '.join(homes)}" if homes else ""
        raise Usage(f"{lost[0]} says nothing {f'with {mode}' if mode else 'by itself'}{need}")
    if mode == "--drift" and asked.since is None:
        raise Usage("--drift needs --since")
    if mode not in (None, "--crossings") and asked.segment is None:
        raise Usage(f"{mode} needs the name of a segment")
    return mode


def of_segment(engine: Engine, mode: str, asked: Namespace) -> Rows:
    """What is asked of one segment beyond its cells."""
    if mode == "--crossings":
        return engine.crossings(asked.segment, asked.since)
    if mode == "--belonging":
        return engine.belonging(asked.segment, asked.members)
    if mode == "--members":
        return write.listing(("customer",), ([member] for member in engine.members(asked.segment, asked.members)))
    if mode == "--with":
        return engine.lifts(asked.segment, getattr(asked, "with"), within=asked.within)
    if mode == "--drift":
        return engine.drift(asked.segment, asked.since, columns=split(asked.values))
    steps = 1 if asked.steps is None else asked.steps
    return engine.transitions(asked.segment, asked.since, asked.until, every=asked.every, steps=steps)


def stacked(tables: Mapping[str, Rows]) -> Rows:
    """Tables of cells as one: the segment, the cell, the axes of all, then what every cell has."""
    axes: list[str] = []
    rest = ["size", "title", "rule"]
    for table in tables.values():
        place = table.columns.index("size")
        axes.extend(name for name in table.columns[1:place] if name not in axes)
        rest = table.columns[place:]
    columns = ["cell", *axes, *rest]
    rows = [
        [name, *(table[column][row] if column in table.columns else None for column in columns)]
        for name, table in tables.items()
        for row in range(len(table))
    ]
    return write.listing(("segment", *columns), rows)


def stability(asked: Namespace) -> int:
    """Tell how steady a segment was."""
    with Engine.open(asked.engine, read_only=True) as engine:
        write.table(engine.stability(asked.segment, asked.since, asked.until), asked.format)
    return OK


def associations(asked: Namespace) -> int:
    """Tell how strongly a column goes with others."""
    with Engine.open(asked.engine, read_only=True) as engine:
        write.table(engine.associations(asked.of, split(asked.columns), within=asked.within), asked.format)
    return OK


def look_alikes(asked: Namespace) -> int:
    """List who is like the customers with a label."""
    with Engine.open(asked.engine, read_only=True) as engine:
        write.table(engine.look_alikes(asked.of, asked.label, split(asked.by) or [], n=asked.n), asked.format)
    return OK


def market(asked: Namespace) -> int:
    """Tell the market by some columns."""
    with Engine.open(asked.engine, read_only=True) as engine:
        table = engine.market(split(asked.of) or [], split(asked.measures), k=asked.k)
    write.table(table, asked.format)
    return OK


def ablate(asked: Namespace) -> int:
    """Tell what groups of columns add."""
    groups: dict[str, Sequence[str]] = {}
    for group in asked.groups:
        name, _, columns = group.partition("=")
        groups[name] = split(columns) or []
    with Engine.open(asked.engine, read_only=True) as engine:
        found = engine.ablate(asked.outcome, groups, at=asked.at)
    names = ("group", "measure", "value", "lower", "upper", "n", "claim", "why")
    rows = (
        [group, measure, verdict.value, *(verdict.interval or (None, None)), verdict.n, verdict.claim, verdict.why]
        for group, verdicts in found.items()
        for measure, verdict in verdicts.items()
    )
    write.table(write.listing(names, rows), asked.format)
    return OK
