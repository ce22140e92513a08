"""Clusters of rows of numbers: k-means and Gaussian mixtures, and how far they are to be believed.

>>> import bactrian as bt
>>> model = bt.cluster.KMeans(2).fit({"spend": [1.0, 2.0, 90.0, 95.0], "orders": [1, 1, 9, 8]})
>>> sorted(model.centres_.round(1).tolist())
[[1.5, 1.0], [92.5, 8.5]]
"""

from bactrian._native import GaussianMixture, KMeans, silhouette

__all__ = ["GaussianMixture", "KMeans", "silhouette"]
