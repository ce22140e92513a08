"""Twenty rules over 100,000 rows of a table, and over one row: two ranges each, every fourth of a tier too."""

import functools
import json
import statistics
import time

from harness import fastest, row, rust

ROWS, RULES, NUMBERS = 100_000, 20, 8
TIERS = ("bronze", "silver", "gold", "platinum")


@functools.cache
def rules() -> list[tuple[str, float, str, float, str | None]]:
    """First column, its least, second column, its most, and the tier if there is one."""

    def rule(i: int) -> tuple[str, float, str, float, str | None]:
        tier = TIERS[i // 4 % 4] if i % 4 == 0 else None
        return f"x{i % NUMBERS}", round(0.1 + 0.02 * i, 2), f"x{(3 * i + 1) % NUMBERS}", round(0.95 - 0.01 * i, 2), tier

    return [rule(i) for i in range(RULES)]


@functools.cache
def lines() -> list[dict[str, object]]:
    import numpy as np

    chance = np.random.default_rng(0)
    numbers, tiers = chance.random((2_000, NUMBERS)), chance.integers(0, 4, 2_000)
    return [{f"x{i}": float(x) for i, x in enumerate(line)} | {"tier": TIERS[tier]} for line, tier in zip(numbers, tiers)]


def one_by_one(evaluate) -> float:
    """Microseconds of the median row."""
    taken = []
    for line in lines() * 2:
        start = time.perf_counter()
        evaluate(line)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1e6


def expressions(conjunction: str) -> list[str]:
    texts = []
    for first, low, second, high, tier in rules():
        text = f"{first} > {low} {conjunction} {second} < {high}"
        texts.append(text + f" {conjunction} tier == '{tier}'" if tier else text)
    return texts


def bactrian() -> float:
    import bactrian as bt

    columns = {f"x{i}": "number" for i in range(NUMBERS)} | {"tier": "category"}
    return one_by_one(bt.Rules(columns, {f"r{i}": text for i, text in enumerate(expressions("&&"))}).row)


def functions() -> float:
    """A Python function a rule."""
    made = [eval(f"lambda {', '.join(f'x{i}' for i in range(NUMBERS))}, tier: {text}") for text in expressions("and")]
    return one_by_one(lambda line: {f"r{i}": rule(**line) for i, rule in enumerate(made)})


def zen_engine() -> float:
    import zen

    node = {"id": "r", "type": "expressionNode", "name": "rules"}
    node["content"] = {"expressions": [{"id": f"e{i}", "key": f"r{i}", "value": text} for i, text in enumerate(expressions("and"))]}
    ends = [{"id": "i", "type": "inputNode", "name": "in"}, {"id": "o", "type": "outputNode", "name": "out"}]
    edges = [{"id": "1", "sourceId": "i", "targetId": "r"}, {"id": "2", "sourceId": "r", "targetId": "o"}]
    decision = zen.ZenEngine().create_decision(json.dumps({"nodes": [*ends, node], "edges": [{**e, "type": "edge"} for e in edges]}))
    first, (low, column, high) = lines()[0], (rules()[1][1], rules()[1][2], rules()[1][3])
    assert decision.evaluate(first)["result"]["r1"] == (first["x1"] > low and first[column] < high)
    return one_by_one(decision.evaluate)


def blazerules() -> float:
    """Rows a second, on one thread, with a bit a rule and row, as ours."""
    import blazerules as peer
    import numpy as np
    import pyarrow as pa

    chance = np.random.default_rng(0)
    columns = {f"x{i}": pa.array(chance.random(ROWS)) for i in range(NUMBERS)}
    codes = pa.array(chance.integers(0, 4, ROWS).astype(np.int32))
    batch = pa.record_batch(columns | {"tier": pa.DictionaryArray.from_arrays(codes, pa.array(TIERS))})
    fields = {f"x{i}": {"type": "float64", "nullable": False} for i in range(NUMBERS)}
    fields["tier"] = {"type": "categorical", "values": list(TIERS)}
    made = []
    for i, (first, low, second, high, tier) in enumerate(rules()):
        parts = [{"field": first, "op": "gt", "value": low}, {"field": second, "op": "lt", "value": high}]
        parts += [{"field": "tier", "op": "eq", "value": tier}] if tier else []
        made.append({"id": f"r{i}", "action": "flag", "severity": "LOW", "weight": 5, "conditions": {"and": parts}})
    ruleset = {"name": "rules", "version": "1.0.0", "rules": made}
    decisions = {"default": "approve", "precedence": ["approve", "flag", "review", "block"]}
    text = json.dumps({"schema_version": "2.1", "fields": fields, "decisions": decisions, "ruleset": ruleset})
    config = peer.EngineConfig()
    config.eval_thread_count, config.enable_avx512 = 1, True
    config.output_detail = peer.OutputDetail.BITMASKS
    engine = peer.RuleEngine(config)
    engine.load_rules_from_string(text, peer.RuleFileFormat.JSON)
    first, low, second, high, tier = rules()[0]
    holds = (batch[first].to_numpy() > low) & (batch[second].to_numpy() < high) & (np.array(TIERS)[codes] == tier)
    assert engine.evaluate_batch(batch, False).match_counts["r0"] == holds.sum()
    return ROWS / fastest(lambda: engine.evaluate_batch(batch, False), 20)


row("20 rules, 100,000 rows from columns, Rust", "rows/s", lambda: 1.0 / rust("rules"), peer=("blazerules", blazerules), goal=1e7, times=8)
row("20 rules, one row, Rust", "us", lambda: rust("rules-row") * 1e6, peer=("zen-engine", zen_engine), goal=0.7)
row("20 rules, one row, Python, p50", "us", bactrian, peer=("zen-engine", zen_engine), goal=5)
row("20 rules, one row, Python, p50, against functions", "us", bactrian, peer=("lambda", functions))
