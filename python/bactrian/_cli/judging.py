"""Plans, forecasts, and what policies would have brought: `plan`, `forecast`, `backtest`, `evaluate`, `effects`."""

from __future__ import annotations

import sys

from bactrian import Definition, Engine
from bactrian._cli import write
from bactrian._cli.files import Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction
    from collections.abc import Callable

    from bactrian.evaluation import OffPolicy, Value

    Arguments = Callable[[ArgumentParser], None]

OK = 0


def add(verbs: _SubParsersAction[ArgumentParser], engine: Arguments, output: Arguments) -> None:
    """The commands and their arguments."""
    planned = verbs.add_parser("plan", help="who gets what under a budget and capacities; records nothing")
    engine(planned)
    planned.add_argument("--budget", type=float, metavar="SUM", help="the most that all costs come to")
    planned.add_argument(
        "--capacity",
        action="append",
        default=[],
        metavar="NAME=COUNT",
        help="how many contacts an action, channel, group, process or relationship may have; may be repeated",
    )
    planned.add_argument(
        "--at-least",
        action="append",
        default=[],
        metavar="NAME=COUNT",
        help="how many it should have; may be repeated; what can't be met is told",
    )
    planned.add_argument("-n", type=int, default=1, metavar="COUNT", help="most actions of a customer (default 1)")
    output(planned)
    planned.set_defaults(run=plan)

    foreseen = verbs.add_parser("forecast", help="what the opportunities under way will bring")
    engine(foreseen)
    foreseen.add_argument("column", metavar="COLUMN", help="a score of the model `pipeline`")
    foreseen.add_argument("--by", metavar="COLUMN", help="a row each label of this column, and the total")
    foreseen.add_argument("--at", metavar="TIME", help="at this moment (default the engine's clock)")
    output(foreseen)
    foreseen.set_defaults(run=forecast)

    tested = verbs.add_parser("backtest", help="what another definition would have decided")
    engine(tested)
    tested.add_argument("definition", metavar="DEFINITION", help="a file of TOML or JSON")
    tested.add_argument("--since", metavar="TIME", help="decisions from then on (default all)")
    tested.add_argument(
        "--show",
        choices=("summary", "funnel", "moved", "unserved"),
        default="summary",
        help="figures; which rule drops how many; who gains and loses; who gets nothing (default %(default)s)",
    )
    output(tested)
    tested.set_defaults(run=backtest)

    judged = verbs.add_parser("evaluate", help="what a policy would have brought, by what was recorded")
    engine(judged)
    policy = judged.add_mutually_exclusive_group(required=True)
    policy.add_argument("--definition", metavar="FILE", help="what a definition would have chosen")
    policy.add_argument("--always", metavar="ACTION", help="always this action")
    policy.add_argument("--silence", action="store_true", help="never any")
    judged.add_argument("--since", metavar="TIME", help="decisions from then on (default all)")
    output(judged)
    judged.set_defaults(run=evaluate)

    effect = verbs.add_parser("effects", help="the effect of every action by its control arm")
    engine(effect)
    effect.add_argument("--by", metavar="SEGMENT", help="by the cells of a segment in which customers were")
    effect.add_argument("--before", metavar="COLUMN", help="what was known before, to take noise out")
    effect.add_argument("--since", metavar="TIME", help="decisions from then on (default all)")
    output(effect)
    effect.set_defaults(run=effects)


def plan(asked: Namespace) -> int:
    """Who gets what."""
    capacity, least = limits(asked.capacity), limits(asked.at_least)
    if asked.n < 1:
        raise Usage(f"a customer may get 1 action at least, not {asked.n}")
    with Engine.open(asked.engine, read_only=True) as engine:
        found = engine.plan(budget=asked.budget, capacity=capacity, at_least=least, n=asked.n)
    write.table(found.table, asked.format)
    for name, wanted, got in found.unmet:
        print(f"of `{name}` {wanted:g} were asked for at least, and the plan has {got:g}", file=sys.stderr)
    return OK


def limits(texts: list[str]) -> dict[str, float]:
    """Each `NAME=COUNT` in its parts."""
    found: dict[str, float] = {}
    for text in texts:
        name, _, count = text.partition("=")
        if name in found:
            raise Usage(f"`{name}` is given twice")
        try:
            found[name] = float(count)
        except ValueError:
            raise Usage(f"expected NAME=COUNT, found `{text}`") from None
    return found


def forecast(asked: Namespace) -> int:
    """What opportunities will bring."""
    with Engine.open(asked.engine, read_only=True) as engine:
        write.table(engine.forecast(asked.column, by=asked.by, at=asked.at), asked.format)
    return OK


def backtest(asked: Namespace) -> int:
    """What another definition would have decided."""
    with Engine.open(asked.engine, read_only=True) as engine:
        found = engine.backtest(Definition.from_file(asked.definition), asked.since)
    if asked.show != "summary":
        write.table(getattr(found, asked.show), asked.format)
        return OK
    rows: list[list[object]] = [[name, getattr(found, name)] for name in ("decisions", "agreed", "customers")]
    rows += estimate("expected", found.expected) + estimate("recorded", found.recorded)
    rows += judged("value", found.value) + judged("success", found.success)
    write.table(write.listing(("what", "value"), rows), asked.format)
    return OK


def evaluate(asked: Namespace) -> int:
    """What a policy would have brought."""
    policy = Definition.from_file(asked.definition) if asked.definition else asked.always
    with Engine.open(asked.engine, read_only=True) as engine:
        found = engine.evaluate(policy, asked.since)
    rows: list[list[object]] = [[name, getattr(found, name)] for name in ("decisions", "settled")]
    rows += judged("value", found.value) + judged("success", found.success)
    write.table(write.listing(("what", "value"), rows), asked.format)
    return OK


def effects(asked: Namespace) -> int:
    """What was sent against what was withheld."""
    with Engine.open(asked.engine, read_only=True) as engine:
        write.table(engine.effects(asked.by, before=asked.before, since=asked.since), asked.format)
    return OK


def estimate(name: str, value: Value | None) -> list[list[object]]:
    """A value and its interval."""
    if value is None:
        return []
    low, high = value.interval
    return [[name, value.value], [f"{name}.low", low], [f"{name}.high", high]]


def judged(name: str, found: OffPolicy | None) -> list[list[object]]:
    """The estimators, the overlap and what may be claimed."""
    if found is None:
        return []
    rows: list[list[object]] = []
    for estimator in ("ips", "snips", "dm", "dr", "switch_dr"):
        rows += estimate(f"{name}.{estimator}", getattr(found, estimator))
    rows += [[f"{name}.{part}", getattr(found, part)] for part in ("effective_sample_size", "largest_weight", "mean_weight")]
    return [*rows, [f"{name}.gain", found.gain.claim]]
