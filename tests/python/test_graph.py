"""`bt.graph` against igraph and leidenalg, which run beside it, and against figures of the data's publishers."""

import gzip
import itertools
import os
from pathlib import Path

import igraph
import leidenalg
import numpy as np
import pandas as pd
import polars as pl
import pytest

import bactrian as bt

DATA = Path(os.environ.get("BACTRIAN_DATA", Path(__file__).resolve().parents[3] / "shared/data")) / "graph"


def published(name):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    opened = gzip.open(path, "rt") if name.endswith(".gz") else path.open()
    with opened as lines:
        edges = np.loadtxt((line for line in lines if not line.startswith("#")), dtype=np.int64)[:, :2]
    _, ends = np.unique(edges, return_inverse=True)
    return ends.reshape(edges.shape)


def random_edges(seed, nodes=60, edges=300):
    rng = np.random.default_rng(seed)
    source, target = rng.integers(0, nodes, edges), rng.integers(0, nodes, edges)
    apart = source != target
    pairs = pd.DataFrame({"source": source[apart], "target": target[apart]}).drop_duplicates()
    return pairs.assign(weight=rng.uniform(0.1, 3.0, len(pairs)))


def both(edges, directed, nodes=60):
    ours = bt.graph.Graph.from_edges(edges.source, edges.target, edges.weight, directed=directed, nodes=nodes)
    theirs = igraph.Graph(nodes, edges[["source", "target"]].to_numpy().tolist(), directed=directed)
    theirs.es["weight"] = edges.weight.tolist()
    return ours, theirs.simplify(combine_edges="sum")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("directed", [False, True])
def test_measures_are_those_of_igraph(seed, directed):
    ours, theirs = both(random_edges(seed), directed)
    assert (len(ours), ours.edges, ours.directed) == (theirs.vcount(), theirs.ecount(), directed)
    rank = theirs.pagerank(weights="weight", damping=0.85, directed=directed)
    assert np.abs(ours.pagerank() - rank).sum() < 1e-8
    np.testing.assert_allclose(ours.strength(), theirs.strength(weights="weight", mode="out"), rtol=1e-12)
    assert ours.degree().tolist() == theirs.degree(mode="out")
    np.testing.assert_allclose(ours.betweenness(), theirs.betweenness(), rtol=1e-9, atol=1e-9)
    for strong, mode in ((False, "weak"), (True, "strong")):
        membership = theirs.connected_components(mode).membership
        pairs = set(zip(ours.components(strong=strong).tolist(), membership, strict=True))
        assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})


@pytest.mark.parametrize("seed", range(5))
def test_undirected_measures_are_those_of_igraph(seed):
    ours, theirs = both(random_edges(seed), directed=False)
    assert ours.core_numbers().tolist() == theirs.coreness()
    triangles = [0] * 60
    for triangle in theirs.cliques(3, 3):
        for node in triangle:
            triangles[node] += 1
    assert ours.triangles().tolist() == triangles
    np.testing.assert_allclose(ours.clustering(), theirs.transitivity_local_undirected(), equal_nan=True)
    np.testing.assert_allclose(ours.constraint(), theirs.constraint(weights="weight"), rtol=1e-12, equal_nan=True)
    labels = np.arange(60) % 7
    expected = theirs.modularity(labels.tolist(), weights="weight")
    assert ours.modularity(labels) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("name", "triangles", "core"), [("facebook_combined.txt.gz", 1_612_010, 115), ("wiki-Vote.txt.gz", 608_389, 53)])
def test_counts_are_the_published_ones(name, triangles, core):
    source, target = published(name).T
    graph = bt.graph.Graph.from_edges(source, target)
    assert (graph.triangles().sum() // 3, graph.core_numbers().max()) == (triangles, core)


@pytest.mark.parametrize("name", ["email-Eu-core.txt", "facebook_combined.txt.gz", "ca-GrQc.txt"])
def test_communities_are_as_good_as_those_of_leidenalg(name):
    source, target = published(name).T
    ours = bt.graph.Graph.from_edges(source, target)
    theirs = igraph.Graph(len(ours), np.column_stack([source, target]).tolist()).simplify()
    seeds = range(10)
    found = np.mean([ours.modularity(ours.leiden(seed=seed)) for seed in seeds])
    peer = [leidenalg.find_partition(theirs, leidenalg.ModularityVertexPartition, seed=seed).modularity for seed in seeds]
    assert found >= np.mean(peer) * 0.999
    labels = ours.leiden(seed=3)
    assert (labels == ours.leiden(seed=3)).all()
    for label in range(labels.max() + 1):
        assert theirs.induced_subgraph(np.flatnonzero(labels == label).tolist()).is_connected()


def test_seeds_are_the_best_of_all_pairs_and_lie_within_their_bounds():
    edges = random_edges(7, nodes=12, edges=40)
    graph = bt.graph.Graph.from_edges(edges.source, edges.target, directed=True, nodes=12)
    found = graph.select_seeds(2, epsilon=0.02)
    spreads = {pair: graph.spread(pair, simulations=20_000) for pair in itertools.combinations(range(12), 2)}
    best = max(spreads.values())
    reached = spreads[tuple(sorted(found.seeds))]
    assert reached >= best - 4 * reached.error
    assert found.lower <= reached + 4 * reached.error and found.upper >= best - 4 * best.error
    assert found.spread == pytest.approx(reached, rel=0.03)


def test_limits_of_seeds():
    edges = random_edges(8)
    graph = bt.graph.Graph.from_edges(edges.source, edges.target, directed=True, nodes=60)
    first = graph.select_seeds(3)
    assert not set(graph.select_seeds(3, exclude=first.seeds).seeds) & set(first.seeds)
    assert not set(graph.select_seeds(3, active=first.seeds).seeds) & set(first.seeds)
    cost = np.linspace(1.0, 3.0, 60)
    bought = graph.select_seeds(budget=5.0, cost=cost)
    assert 0 < cost[bought.seeds].sum() <= 5.0
    worth = np.zeros(60)
    worth[41] = 1.0
    assert graph.select_seeds(1, value=worth).seeds == [41]
    assert graph.select_seeds(2, model="threshold", seed=5).seeds == graph.select_seeds(2, model="threshold", seed=5).seeds
    assert float(graph.spread([0], chance=0.0)) == 1.0


@pytest.mark.parametrize("column", [list, np.array, pd.Series, pl.Series])
def test_nodes_may_be_texts_of_any_kind_of_column(column):
    graph = bt.graph.Graph.from_edges(column(["ann", "ann", "bob"]), column(["bob", "cid", "cid"]))
    assert graph.ids == ["ann", "bob", "cid"]
    assert graph.triangles().tolist() == [1, 1, 1]
    assert graph.pairs(["ann"], ["cid"])["common"].tolist() == [1]
    assert set(graph.select_seeds(1).seeds) <= {"ann", "bob", "cid"}


def test_what_is_dropped_and_joined_is_told():
    graph = bt.graph.Graph.from_edges([0, 0, 1, 2], [1, 1, 0, 2], [1.0, 2.0, 4.0, 9.0])
    assert (graph.edges, graph.self_loops, graph.strength().tolist()) == (1, 1, [7.0, 7.0, 0.0])
    assert len(bt.graph.Graph.from_edges([], [])) == 0
    assert len(bt.graph.Graph.from_edges([0], [1], nodes=5).leiden()) == 5


@pytest.mark.parametrize(
    ("work", "kind", "words"),
    [
        (lambda graph: graph.from_edges([0, 1], [1]), bt.SchemaError, "2"),
        (lambda graph: graph.from_edges([0.5], [1]), bt.SchemaError, ""),
        (lambda graph: graph.from_edges([-1], [1]), bt.SchemaError, "-1"),
        (lambda graph: graph.from_edges([0], [4_000_000_000]), bt.SchemaError, "nodes"),
        (lambda graph: graph.from_edges([0], [1], [float("nan")]), bt.SchemaError, ""),
        (lambda graph: graph.from_edges([[0]], [[1]]), bt.SchemaError, "dimension"),
        (lambda graph: graph.leiden(quality="best"), bt.SchemaError, "potts"),
        (lambda graph: graph.leiden(resolution=-1.0), bt.SchemaError, ""),
        (lambda graph: graph.modularity([0]), bt.SchemaError, ""),
        (lambda graph: graph.pagerank(damping=1.5), bt.SchemaError, ""),
        (lambda graph: graph.select_seeds(), bt.SchemaError, "budget"),
        (lambda graph: graph.select_seeds(1, exclude=[0, 1, 2]), bt.BactrianError, ""),
        (lambda graph: graph.select_seeds(1, exclude=[7]), bt.UnknownNameError, "7"),
        (lambda graph: graph.select_seeds(1, active=[7]), bt.UnknownNameError, "7"),
        (lambda graph: graph.spread([9]), bt.UnknownNameError, "9"),
        (lambda graph: graph.spread([0], model="rumour"), bt.SchemaError, "cascade"),
        (lambda graph: graph.spread([0], chance=1.5), bt.SchemaError, ""),
        (lambda graph: graph.pairs([0, 1], [1]), bt.SchemaError, "1"),
        (lambda graph: graph.pairs([0], [3]), bt.UnknownNameError, "3"),
        (lambda graph: graph.pairs(0, 1), bt.SchemaError, "a list"),
        (lambda graph: graph.pairs(["0"], ["1"]), bt.SchemaError, "a column of texts holds no node"),
        (lambda graph: graph.from_edges(["a"], ["b"]).pairs(["a"], ["z"]), bt.UnknownNameError, "z"),
        (lambda graph: graph.from_edges(["a"], ["b"]).pairs("a", "b"), bt.SchemaError, "a list"),
        (lambda graph: graph.from_edges(["a"], ["b"]).spread(["z"]), bt.UnknownNameError, "z"),
        (lambda graph: graph.from_edges(["a", None], ["b", "c"]), bt.SchemaError, "None"),
        (lambda graph: graph.from_edges([0, 1], ["a", "b"]), bt.SchemaError, "the other in texts"),
        (lambda graph: graph.modularity(["x", "x", "y"]), bt.SchemaError, "a column of texts holds no label (labels are whole numbers"),
        (lambda graph: graph.modularity([0.0, 1.0, 2.0]), bt.SchemaError, "a column of numbers with a fraction holds no label"),
        (lambda graph: graph.modularity([True, False, True]), bt.SchemaError, "flags"),
        (lambda graph: graph.modularity(None), bt.SchemaError, "a list"),
        (lambda graph: graph.from_edges([0], [1], [float("inf")]), bt.SchemaError, "finite"),
        (lambda graph: graph.from_edges([0, 0], [1, 1], [1.5e308, 1.5e308]), bt.SchemaError, "finite"),
        (lambda graph: graph.from_edges([0], [1], nodes=-1), bt.SchemaError, "-1"),
        (lambda graph: graph.from_edges([0], [1], nodes=1), bt.SchemaError, "1"),
        (lambda graph: graph.from_edges([0], [1], nodes=2**70), bt.SchemaError, "range"),
        (lambda graph: graph.from_edges([0], [1], nodes=2**40), bt.SchemaError, "more than"),
        (lambda graph: graph.leiden(seed=-1), bt.SchemaError, "-1"),
        (lambda graph: graph.leiden(iterations=-1), bt.SchemaError, "-1"),
        (lambda graph: graph.leiden(resolution=float("nan")), bt.SchemaError, "resolution"),
        (lambda graph: graph.modularity([0, 1, 2], float("inf")), bt.SchemaError, "resolution"),
        (lambda graph: graph.modularity([0, 1, -2]), bt.SchemaError, "-2"),
        (lambda graph: graph.pagerank(damping=float("nan")), bt.SchemaError, "damping"),
        (lambda graph: graph.pagerank(tolerance=float("nan")), bt.SchemaError, "tolerance"),
        (lambda graph: graph.pagerank(restart=[0.0, 0.0, 0.0]), bt.SchemaError, "restart"),
        (lambda graph: graph.pagerank(restart=[1e308, 1e308, 1.0]), bt.SchemaError, "finite"),
        (lambda graph: graph.pagerank(restart=[1.0]), bt.SchemaError, "restart"),
        (lambda graph: graph.betweenness(-1), bt.SchemaError, "-1"),
        (lambda graph: graph.betweenness(1, -1), bt.SchemaError, "-1"),
        (lambda graph: graph.select_seeds(-1), bt.SchemaError, "-1"),
        (lambda graph: graph.select_seeds(2**70), bt.SchemaError, "range"),
        (lambda graph: graph.select_seeds(1, seed=-1), bt.SchemaError, "-1"),
        (lambda graph: graph.select_seeds(1, exclude=[0, 1], active=[2]), bt.StateError, "nobody"),
        (lambda graph: graph.select_seeds(1, exclude=[-1]), bt.SchemaError, "-1"),
        (lambda graph: graph.select_seeds(1, epsilon=float("nan")), bt.SchemaError, "epsilon"),
        (lambda graph: graph.select_seeds(1, delta=1.0), bt.SchemaError, "delta"),
        (lambda graph: graph.select_seeds(1, value=[1.0, float("nan"), 1.0]), bt.SchemaError, "value"),
        (lambda graph: graph.select_seeds(1, value=[1e308, 1e308, 1e308]), bt.SchemaError, "finite"),
        (lambda graph: graph.select_seeds(1, value=[0.0, 0.0, 0.0]), bt.SchemaError, "value"),
        (lambda graph: graph.select_seeds(budget=1.0), bt.SchemaError, "cost"),
        (lambda graph: graph.select_seeds(1, cost=[1.0, 1.0, 1.0]), bt.SchemaError, "budget"),
        (lambda graph: graph.select_seeds(budget=-1.0, cost=[1.0, 1.0, 1.0]), bt.SchemaError, "budget"),
        (lambda graph: graph.select_seeds(budget=1.0, cost=[1.0, 0.0, 1.0]), bt.SchemaError, "cost"),
        (lambda graph: graph.select_seeds(1, chance=float("nan")), bt.SchemaError, "chance"),
        (lambda graph: graph.select_seeds(1, chance=0.9, model="threshold"), bt.SchemaError, "chances"),
        (lambda graph: graph.spread([0], simulations=0), bt.SchemaError, "run"),
        (lambda graph: graph.spread([0], simulations=-5), bt.SchemaError, "-5"),
        (lambda graph: graph.spread([0], value=[1.0, float("inf"), 1.0]), bt.SchemaError, "finite"),
    ],
)
def test_bad_input_is_a_typed_error(work, kind, words):
    graph = bt.graph.Graph.from_edges([0, 0, 1], [1, 2, 2])
    with pytest.raises(kind) as raised:
        work(graph)
    assert words in f"{raised.value} {raised.value.hint}"


@pytest.mark.parametrize("work", ["leiden", "pagerank", "constraint", "select_seeds", "modularity", "spread"])
def test_ties_below_zero_are_refused_where_a_method_forbids_them(work):
    graph = bt.graph.Graph.from_edges([0, 0, 1], [1, 2, 2], [1.0, -1.0, 2.0])
    arguments = {"select_seeds": (1,), "modularity": ([0, 0, 1],), "spread": ([0],)}.get(work, ())
    with pytest.raises(bt.SchemaError):
        getattr(graph, work)(*arguments)
    # Counts of ties take them.
    assert graph.triangles().tolist() == [1, 1, 1] and graph.core_numbers().tolist() == [2, 2, 2]


@pytest.mark.parametrize("nodes", [0, 1, 3])
def test_graphs_without_ties_have_answers(nodes):
    """No node, one, or some, all alone: each its own community, nobody between others; seeds need somebody."""
    graph = bt.graph.Graph.from_edges([], [], nodes=nodes)
    assert graph.leiden().tolist() == list(range(nodes)) and graph.modularity(list(range(nodes))) == 0.0
    assert graph.pagerank().tolist() == pytest.approx([1 / nodes] * nodes if nodes else [])
    for counts in (graph.core_numbers(), graph.triangles(), graph.degree(), graph.strength(), graph.betweenness()):
        assert counts.tolist() == [0] * nodes
    assert np.isnan(graph.clustering()).all() and np.isnan(graph.constraint()).all()
    assert graph.components().tolist() == graph.components(strong=True).tolist() == list(range(nodes))
    if nodes == 0:
        with pytest.raises(bt.StateError):
            graph.select_seeds(1)
    else:
        many = graph.select_seeds(10**6)
        assert sorted(many.seeds) == list(range(nodes)) and many.lower <= nodes == many.upper
        assert float(graph.spread([0, 0], simulations=5)) == 1.0
