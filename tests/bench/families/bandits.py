"""Decisions that learn, their evaluation, and plans."""

import functools
import random

from harness import fastest, row, rust

ARMS, FEATURES, ROUNDS = 10, 20, 3000


@functools.cache
def contexts() -> list[list[float]]:
    chance = random.Random(0)
    return [[chance.gauss(0, 1) for _ in range(FEATURES)] for _ in range(ROUNDS)]


def reward(context: list[float], arm: int) -> float:
    return float(context[arm] + context[-1] > 0)


def linucb() -> float:
    import bactrian as bt

    def run() -> None:
        bandit = bt.bandits.LinUCB(range(ARMS), FEATURES)
        for context in contexts():
            arm, _ = bandit.choose(context)
            bandit.learn(context, arm, reward(context, arm))

    return ROUNDS / fastest(run, 3)


def mabwiser() -> float:
    from mabwiser.mab import MAB, LearningPolicy

    some = contexts()[:200]

    def run() -> None:
        peer = MAB(list(range(ARMS)), LearningPolicy.LinUCB(alpha=1))
        peer.fit(list(range(ARMS)), [0.5] * ARMS, some[:ARMS])
        for context in some:
            arm = peer.predict([context])
            peer.partial_fit([arm], [reward(context, arm)], [context])

    return len(some) / fastest(run, 1)


def vowpal_wabbit() -> float:
    import vowpalwabbit

    texts = ["|x " + " ".join(f"f{i}:{x:.6f}" for i, x in enumerate(context)) for context in contexts()[:1000]]

    def run() -> None:
        peer = vowpalwabbit.Workspace(f"--cb_explore {ARMS} --squarecb --quiet")
        for text, context in zip(texts, contexts(), strict=False):
            chances = peer.predict(text)
            arm = max(range(ARMS), key=chances.__getitem__)
            peer.learn(f"{arm + 1}:{-reward(context, arm)}:{chances[arm]:.6f} {text}")
        peer.finish()

    return len(texts) / fastest(run, 1)


def gittins() -> float:
    import gittins as peer

    some = [({f"f{i}": x for i, x in enumerate(context)}, context) for context in contexts()[:1000]]
    candidates = [(str(arm), {}) for arm in range(ARMS)]

    def run() -> None:
        state = peer.create(18, 1000)
        for t, (context, numbers) in enumerate(some):
            decision = peer.decide(state, context, candidates, t, str(t))
            peer.learn(state, decision.decision_id, reward(numbers, int(decision.chosen)), t)

    return len(some) / fastest(run, 1)


def estimators() -> float:
    import numpy as np

    import bactrian as bt

    chance = np.random.default_rng(0)
    columns = [chance.random(100_000), chance.uniform(0.1, 1, 100_000), chance.random(100_000)]
    expected, policy = chance.random(100_000), chance.random(100_000)
    return fastest(lambda: bt.evaluation.off_policy(*columns, expected=expected, expected_target=policy)) * 1e3


def plan() -> float:
    import numpy as np

    import bactrian as bt

    chance = np.random.default_rng(0)
    customers, actions = 100_000, 50
    value = chance.exponential(size=(customers, actions))
    cost = chance.uniform(0.2, 1, size=(customers, actions))
    channels = [(np.arange(actions) % 5 == channel).astype(float) for channel in range(4)]
    limits = [(20_000, cost), *[(8_000 + 2_000 * i, uses) for i, uses in enumerate(channels)]]
    found = []

    def run() -> None:
        found[:] = [bt.evaluation.allocate(value, limits)]

    seconds = fastest(run, 1)
    if found[0].gap > 0.001:
        raise RuntimeError(f"the gap is {found[0].gap:.5f}, and 0.001 is the goal")
    return seconds


row("LinUCB 10 arms x 20 features, choose + learn, Python", "1/s", linucb, peer=("mabwiser", mabwiser), goal=125_000)
row("the same in Rust", "1/s", lambda: 1 / rust("bandit"), goal=250_000)
row("the same against gittins", "1/s", linucb, peer=("gittins", gittins), times=3)
row("the same against Vowpal Wabbit's SquareCB", "1/s", linucb, peer=("vowpalwabbit", vowpal_wabbit), times=13)
row("five off-policy estimators, 100,000 rounds", "ms", estimators, goal=10)
row("plan 100,000 customers x 50 actions x 5 limits, gap 0.1%", "s", plan, goal=5)
