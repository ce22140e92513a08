"""Ties: communities, ranks, pairs and seeds, against igraph, leidenalg and NetworKit on the same graphs."""

import functools
import time

from harness import fastest, row, rust

NODES, SMALL, PAIRS, UPSERTS = 1_000_000, 1_000, 1_000_000, 1_000_000
SEEDS = 50


@functools.cache
def planted(nodes: int):
    """Ends of the ties of a graph with planted communities (power laws for degrees and sizes, mean degree 20, mixing .4)."""
    import numpy as np

    chance = np.random.default_rng(11)
    degree = np.minimum(8.7 * (1 - chance.random(nodes)) ** (-1 / 1.5), 200)
    least, most = (50, 1000) if nodes > SMALL else (20, 100)
    sizes = (least * (1 - chance.random(nodes // least)) ** (-1 / 0.5)).clip(least, most).astype(int)
    community = np.repeat(np.arange(len(sizes)), sizes)[:nodes]
    inner = (0.6 * degree + chance.random(nodes)).astype(int)
    within = np.repeat(np.arange(nodes), inner)
    within = within[np.lexsort((chance.random(len(within)), community[within]))]
    across = chance.permutation(np.repeat(np.arange(nodes), (0.4 * degree + chance.random(nodes)).astype(int)))
    ends = [stubs[: len(stubs) // 2 * 2].reshape(-1, 2) for stubs in (within, across)]
    ends[0] = ends[0][community[ends[0][:, 0]] == community[ends[0][:, 1]]]
    ties = np.sort(np.concatenate(ends), axis=1)
    ties = np.unique(ties[ties[:, 0] != ties[:, 1]], axis=0)
    return ties[:, 0].astype(np.uint32), ties[:, 1].astype(np.uint32)


@functools.cache
def ours(nodes: int):
    import bactrian as bt

    return bt.graph.Graph.from_edges(*planted(nodes), nodes=nodes)


@functools.cache
def in_igraph(nodes: int):
    import igraph
    import numpy as np

    return igraph.Graph(nodes, np.column_stack(planted(nodes)))


@functools.cache
def in_networkit(nodes: int):
    import networkit

    networkit.setNumberOfThreads(2)
    source, target = planted(nodes)
    return networkit.GraphFromCoo((source, target), n=nodes)


def once(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_quality(labels, nodes: int, least: float) -> None:
    if (quality := ours(nodes).modularity(labels)) < least:
        raise RuntimeError(f"modularity {quality:.5f}, the peer's is {least:.5f}")


@functools.cache
def large_igraph() -> tuple[float, float]:
    found = []
    seconds = once(lambda: found.append(in_igraph(NODES).community_leiden("modularity", n_iterations=2)))
    return seconds, ours(NODES).modularity(found[0].membership)


@functools.cache
def large_networkit() -> tuple[float, float]:
    import networkit

    leiden = networkit.community.ParallelLeiden(in_networkit(NODES), iterations=3, randomize=True)
    seconds = once(leiden.run)
    return seconds, ours(NODES).modularity(leiden.getPartition().getVector())


def communities() -> float:
    graph, found = ours(NODES), []
    seconds = fastest(lambda: found.append(graph.leiden()), 1)
    in_quality(found[-1], NODES, 0.999 * max(large_igraph()[1], large_networkit()[1]))
    return seconds


def small() -> float:
    graph, found = ours(SMALL), []
    seconds = fastest(lambda: found.append(graph.leiden(iterations=2)), 20)
    in_quality(found[-1], SMALL, 0.999 * graph.modularity(by_leidenalg()))
    return seconds


def by_leidenalg() -> list[int]:
    import leidenalg

    kind = leidenalg.ModularityVertexPartition
    return leidenalg.find_partition(in_igraph(SMALL), kind, n_iterations=2, seed=0).membership


def small_peer() -> float:
    return fastest(by_leidenalg, 5)


def rank() -> float:
    graph = ours(NODES)
    return fastest(lambda: graph.pagerank(tolerance=1e-8), 2)


def rank_peer() -> float:
    import networkit

    graph = in_networkit(NODES)

    def run():
        walk = networkit.centrality.PageRank(graph, 0.85, 1e-8)
        walk.norm = networkit.centrality.Norm.L1_NORM
        walk.run()

    return fastest(run, 2)


def pairs() -> float:
    import numpy as np

    graph, (source, target) = ours(NODES), planted(NODES)
    chosen = np.random.default_rng(3).integers(0, len(source), PAIRS)
    a, b = source[chosen], target[chosen]
    return PAIRS / fastest(lambda: graph.pairs(a, b), 3)


def seeds() -> float:
    graph = ours(100_000)
    return fastest(lambda: graph.select_seeds(SEEDS, epsilon=0.1), 3)


def seeds_peer() -> float:
    raise RuntimeError("OPIM-C is its authors' program, in no registry")


def columns() -> float:
    import bactrian as bt
    import numpy as np

    definition = bt.Definition.from_toml('[event.message]\ncustomer = "a"\npeer = "b"\n[tie.talk]\non = "message"\nhalf_life = "30d"')
    chance = np.random.default_rng(5)
    a = chance.integers(0, 100_000, UPSERTS)
    ties = {
        "customer": a,
        "peer": (a + chance.integers(1, 10, UPSERTS)) % 100_000,
        "at": np.arange(UPSERTS) * 1_000,
        "weight": np.ones(UPSERTS),
    }
    engine = bt.Engine(definition)
    return UPSERTS / fastest(lambda: engine.relate(ties, kind="talk"), 3)


row("Leiden, 1M nodes and 10M ties, two threads", "s", communities, peer=("igraph", lambda: large_igraph()[0]), times=8)
row("the same, against parallel Leiden", "s", communities, peer=("NetworKit", lambda: large_networkit()[0]), times=3)
row("Leiden, 1,000 nodes, two passes each", "s", small, peer=("leidenalg", small_peer), times=40)
row(
    "communities repaired after 0.1% of 10M ties changed",
    "s",
    lambda: rust("graph-repair"),
    peer=("own whole run", lambda: rust("graph-communities")),
    times=10,
)
row("tie upsert with decay, Rust", "ties/s", lambda: 1 / rust("graph-upsert"), goal=8e6)
row("tie upsert with decay, engine, Python columns", "ties/s", columns, goal=5e6)
row("pairs' columns (reciprocity, overlap, Adamic-Adar), degree 20", "pairs/s", pairs, goal=1e6)
row("PageRank, 1M nodes and 10M ties, to 1e-8", "s", rank, peer=("NetworKit", rank_peer), times=1)
row("50 seeds of 100k nodes, within a tenth, with bounds", "s", seeds, peer=("OPIM-C", seeds_peer), times=3)
