"""Engines of a definition and what they saw, and what they know: shared by the proofs of worth, loyalty and humps."""

import bactrian as bt


def engine_of(text, *observed, traits=None, at=None):
    engine = bt.Engine(bt.Definition.from_toml(text))
    for events, kind in observed:
        report = engine.observe(events, kind=kind)
        assert (report.accepted, len(report.rejected)) == (len(events), 0)
    if traits is not None:
        engine.identify(traits)
    if at is not None:
        engine.advance_to(at)
    return engine


def scores(engine, name, *parts):
    columns = [f"{name}.{part}" if part else name for part in parts]
    found = engine.score(columns=columns).to_pandas().set_index("customer")
    return found.rename(columns=lambda column: column.removeprefix(f"{name}."))
