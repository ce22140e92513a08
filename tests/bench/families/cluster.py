"""Clusters and humps: k-means and Gaussian mixtures against scikit-learn, Hartigan's dip against diptest."""

import functools

from harness import fastest, row

ROWS, COLUMNS, CLUSTERS = 200_000, 8, 12


@functools.cache
def points():
    import numpy as np

    chance = np.random.default_rng(0)
    centres = chance.normal(0, 2, (CLUSTERS, COLUMNS))
    return centres[chance.integers(0, CLUSTERS, ROWS)] + chance.normal(size=(ROWS, COLUMNS))


@functools.cache
def their_inertia() -> float:
    from sklearn.cluster import KMeans

    return float(KMeans(CLUSTERS, n_init=10, random_state=0).fit(points()).inertia_)


def kmeans() -> float:
    import bactrian as bt

    x = points()
    seconds = fastest(lambda: bt.cluster.KMeans(CLUSTERS).fit(x), 3)
    ours, theirs = bt.cluster.KMeans(CLUSTERS).fit(x).inertia_, their_inertia()
    if ours > 1.001 * theirs:
        raise RuntimeError(f"inertia {ours:.6g}, scikit-learn's {theirs:.6g}")
    return seconds


def kmeans_peer() -> float:
    from sklearn.cluster import KMeans

    x = points()
    return fastest(lambda: KMeans(CLUSTERS, n_init=10, random_state=0).fit(x), 2)


def start():
    import numpy as np

    return np.full(CLUSTERS, 1 / CLUSTERS), points()[:CLUSTERS], np.tile(np.eye(COLUMNS), (CLUSTERS, 1, 1))


def mixture() -> float:
    import bactrian as bt

    x, (weights, means, sizes) = points(), start()
    flat = {"weights": weights.tolist(), "means": means.ravel().tolist(), "covariances": sizes.ravel().tolist()}
    model = bt.cluster.GaussianMixture(CLUSTERS, tolerance=0.0, iterations=20)
    return fastest(lambda: model.fit(x, **flat), 3)


def mixture_peer() -> float:
    import warnings

    from sklearn.mixture import GaussianMixture

    warnings.filterwarnings("ignore")
    x, (weights, means, sizes) = points(), start()
    given = {"weights_init": weights, "means_init": means, "precisions_init": sizes}
    return fastest(lambda: GaussianMixture(CLUSTERS, tol=0.0, max_iter=20, **given).fit(x), 2)


def dip() -> float:
    import bactrian as bt

    x = points()[:, 0].copy()
    return fastest(lambda: bt.humps.dip_test(x), 3)


def dip_peer() -> float:
    import diptest

    x = points()[:, 0].copy()
    return fastest(lambda: diptest.dipstat(x), 3)


row("k-means, 200k x 8, 12 clusters, ten restarts", "s", kmeans, peer=("scikit-learn", kmeans_peer), times=1)
row("Gaussian mixture, 200k x 8, 12 full components, 20 steps", "s", mixture, peer=("scikit-learn", mixture_peer), times=5)
row("Hartigan's dip of 200k values", "s", dip, peer=("diptest", dip_peer))
