"""Humps, clusters and split loyalty, against diptest, scikit-learn and published figures in this very run."""

import bactrian as bt
import numpy as np
import pandas as pd
import pytest


def samples():
    """Numbers of one hump and of two, with ties, of several sizes."""
    rng = np.random.default_rng(3)
    for n in (4, 5, 17, 63, 200, 1001, 5000):
        yield rng.normal(size=n)
        yield np.concatenate([rng.normal(size=n // 2), rng.normal(4, 1, n - n // 2)])
        yield rng.integers(0, 9, n).astype(float)
        yield rng.exponential(size=n).round(1)


def test_dip_is_diptests():
    peer = pytest.importorskip("diptest")
    for x in samples():
        dip, p = bt.humps.dip_test(x)
        theirs, their_p = peer.diptest(x)
        assert dip == pytest.approx(theirs, abs=1e-12)
        # Both tables are simulated; no sample has less than the least dip, where theirs goes on as at the next entry.
        least = dip <= 0.5 / len(x) * (1 + 1e-9)
        assert p == (1.0 if least else pytest.approx(their_p, abs=0.007))


def test_dip_by_hand_and_by_any_door():
    assert bt.humps.dip_test([1, 1, 2, 2])[0] == 0.25
    assert bt.humps.dip_test([0, 2, 3, 5, 6])[0] == pytest.approx(0.1333333, abs=1e-7)
    assert bt.humps.dip_test(pd.Series([1.0, 1.0, None, 2.0, 2.0]))[0] == 0.25
    for wrong in ("text", ["a", "b"], [1.0, float("inf")]):
        with pytest.raises(bt.SchemaError):
            bt.humps.dip_test(wrong)


def test_two_humps_need_both_tests():
    rng = np.random.default_rng(8)
    two = bt.humps.two_humps(np.concatenate([rng.normal(0, 1, 500), rng.normal(7, 1, 500)]))
    assert (two.claim, two.n) == ("effect", 1000) and "dip test says two humps" in two.why and "BIC says two humps" in two.why
    one = bt.humps.two_humps(rng.normal(size=1000))
    assert one.claim == "no evidence" and one.interval[0] <= 0 <= one.interval[1]
    assert bt.humps.two_humps([1.0, 2.0]).claim == "cannot tell"


def test_p_values_of_a_dip_for_any_size():
    """Against samples of the very size: tables of ours and of diptest interpolate between theirs."""
    diptest = pytest.importorskip("diptest")
    rng = np.random.default_rng(11)
    seen = 0
    for n in (4, 6, 7, 11, 17, 40, 63, 75, 150, 350, 1500):
        for apart in (0.0, 1.5, 2.5):
            x = rng.normal(size=n) + apart * (np.arange(n) % 2)
            dip, p = bt.humps.dip_test(x)
            _, simulated = diptest.diptest(x, boot_pval=True, n_boot=20_000, seed=1)
            assert dip == pytest.approx(diptest.dipstat(x), abs=1e-12)
            assert p == pytest.approx(simulated, abs=0.012), (n, apart)
            seen += p < 0.5
    assert seen >= 5


def blobs(rows=3000, columns=4, clusters=6, seed=1):
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 4, (clusters, columns))
    return centres[rng.integers(0, clusters, rows)] + rng.normal(size=(rows, columns))


@pytest.mark.parametrize("clusters", [2, 4, 6, 7, 9, 12])
def test_kmeans_is_as_good_as_scikit_learns(clusters):
    peer = pytest.importorskip("sklearn.cluster").KMeans(clusters, n_init=10, random_state=0)
    x = blobs()
    model = bt.cluster.KMeans(clusters).fit(x)
    assert model.inertia_ <= 1.001 * peer.fit(x).inertia_
    assert model.centres_.shape == (clusters, 4) and model.converged_ and model.iterations_ >= 1
    distances = ((x[:, None, :] - model.centres_[None]) ** 2).sum(axis=2)
    assert np.array_equal(model.labels_, distances.argmin(axis=1))
    assert model.inertia_ == pytest.approx(distances.min(axis=1).sum(), rel=1e-12)
    assert np.array_equal(model.predict(np.asfortranarray(x[:50])), model.labels_[:50])
    frame = pd.DataFrame(x, columns=list("abcd"))
    assert bt.cluster.KMeans(clusters).fit(frame).inertia_ == model.inertia_, "the same bits from a frame"


def test_mini_batches_come_near():
    x = blobs()
    whole, batches = bt.cluster.KMeans(6).fit(x), bt.cluster.KMeans(6, batch=256).fit(x)
    assert whole.inertia_ <= batches.inertia_ < 1.05 * whole.inertia_


@pytest.mark.parametrize("covariance", ["full", "diagonal"])
def test_gaussian_mixture_ends_where_scikit_learns_does(covariance):
    peers = pytest.importorskip("sklearn.mixture")
    x, k = blobs(seed=4), 6
    weights, means = np.full(k, 1 / k), x[:k]
    sizes = np.tile(np.eye(4) if covariance == "full" else np.ones(4), (k, 1, 1) if covariance == "full" else (k, 1))
    peer = peers.GaussianMixture(
        k,
        covariance_type="full" if covariance == "full" else "diag",
        weights_init=weights,
        means_init=means,
        precisions_init=1 / sizes if covariance == "diagonal" else sizes,
        tol=0.0,
        max_iter=60,
    )
    with pytest.warns(Warning, match="did not converge"):
        peer.fit(x)
    model = bt.cluster.GaussianMixture(k, covariance=covariance, tolerance=0.0, iterations=60)
    model.fit(x, weights=weights.tolist(), means=means.ravel().tolist(), covariances=sizes.ravel().tolist())
    assert model.lower_bound_ == pytest.approx(peer.lower_bound_, abs=1e-6)
    assert model.score(x) == pytest.approx(peer.score(x), abs=1e-6)
    assert model.means_ == pytest.approx(peer.means_, abs=1e-3)
    assert model.covariances_.shape == peer.covariances_.shape
    assert model.bic_ == pytest.approx(peer.bic(x), abs=0.1)
    assert model.predict_proba(x).sum(axis=1) == pytest.approx(np.ones(len(x)))
    assert (model.predict(x) == peer.predict(x)).mean() > 0.999
    assert model.weights_.sum() == pytest.approx(1.0)


def test_clusters_name_what_is_wrong():
    with pytest.raises(bt.SchemaError, match="column 1 is NaN in row 1"):
        bt.cluster.KMeans(2).fit([[0.0, 1.0], [2.0, np.nan], [1.0, 1.0]])
    with pytest.raises(bt.StateError, match="fewer than 3 clusters"):
        bt.cluster.KMeans(3).fit([[0.0], [1.0]])
    with pytest.raises(bt.SchemaError, match="-1 is out of range"):
        bt.cluster.KMeans(-1)
    for unfitted in (bt.cluster.KMeans(2), bt.cluster.GaussianMixture(2)):
        with pytest.raises(bt.StateError, match="not fitted"):
            unfitted.predict([[1.0]])
    with pytest.raises(bt.SchemaError, match="`full` or `diagonal`"):
        bt.cluster.GaussianMixture(2, covariance="spherical")
    with pytest.raises(bt.SchemaError, match="a start needs"):
        bt.cluster.GaussianMixture(2).fit([[1.0], [2.0]], weights=[0.5, 0.5])


# Goodhardt, Ehrenberg and Chatfield (1984), table 3.
SHARES = [0.25, 0.19, 0.10, 0.10, 0.09, 0.08, 0.03, 0.02]
PENETRATIONS = [0.20, 0.17, 0.09, 0.08, 0.08, 0.07, 0.03, 0.02]


def test_toothpaste():
    model = bt.loyalty.NBDDirichlet.fit(0.56, 2.6, SHARES, PENETRATIONS)
    assert model.params_["M"] == pytest.approx(1.456)
    # R's NBDdirichlet stops its search for K at .7788027, where the penetration is .5599977, and S follows.
    optimize = pytest.importorskip("scipy.optimize")
    root = optimize.brentq(lambda k: (1 + 1.456 / k) ** -k - 0.44, 0.1, 10, xtol=1e-15)
    assert model.params_["K"] == pytest.approx(root, rel=1e-12)
    assert model.params_["K"] == pytest.approx(0.7788027, rel=3e-5)
    assert model.params_["S"] == pytest.approx(1.2952796, rel=3e-5)
    assert model.penetration == pytest.approx(0.56)
    assert sum(model.probability_of(n) for n in range(300)) == pytest.approx(1.0)
    brand = model.brand(0)
    assert brand["frequency"] * brand["penetration"] == pytest.approx(1.456 * 0.25)
    assert brand["share_of_requirements"] == pytest.approx(brand["frequency"] / brand["category_frequency"])
    assert 0 < brand["sole"] < 1 and model.duplication(0, 0) == 1.0
    assert model.over(4).penetration > model.penetration
    assert model.posterior_shares([0] * 8) == pytest.approx(SHARES)
    mine = model.posterior_shares([3] + [0] * 7, elsewhere=1.0)
    assert mine[0] == pytest.approx((model.params_["S"] * 0.25 + 3) / (model.params_["S"] + 4))
    total, share = model.wallet(0, 5)
    assert total > 5 and 0.25 < share < 1
    given = bt.loyalty.NBDDirichlet(m=model.params_["M"], k=model.params_["K"], s=model.params_["S"], shares=SHARES)
    assert given.brand(3) == model.brand(3)
    assert [used for _, used in model.s_by_brand_].count(True) >= 5
    with pytest.raises(bt.SchemaError, match="more than all"):
        bt.loyalty.NBDDirichlet(m=1.0, k=1.0, s=1.0, shares=[0.8, 0.4])
    with pytest.raises(bt.SchemaError, match="no brand 9"):
        model.brand(9)


def test_purchases_by_brand_equal_pandas():
    rng = np.random.default_rng(2)
    customer = rng.integers(0, 300, 4000).astype(str)
    brand = rng.choice(["Heinz", "Hunts", "Del Monte", "own"], 4000, p=[0.5, 0.2, 0.2, 0.1])
    counts = pd.crosstab(customer, brand)
    buys = counts > 0
    expected = {name: counts.loc[buys[name], name].sum() / counts[buys[name]].to_numpy().sum() for name in counts}
    assert bt.loyalty.share_of_requirements(customer, brand) == pytest.approx(expected)
    found = bt.loyalty.duplication(customer, brand)
    assert found.brands == sorted(set(brand))
    both = buys.T.astype(float) @ buys.astype(float)
    assert found.shared == pytest.approx((both.T / np.diag(both)).T.to_numpy())
    penetration = buys.mean().to_numpy()
    off = ~np.eye(4, dtype=bool)
    by_law = np.broadcast_to(penetration, (4, 4))[off]
    assert found.d == pytest.approx((found.shared[off] * by_law).sum() / (by_law**2).sum())
    with pytest.raises(bt.SchemaError):
        bt.loyalty.duplication([1, 2], ["a"])
    for unknown in (None, float("nan"), pd.NA):
        with pytest.raises(bt.SchemaError, match="`brand` is unknown in row 1"):
            bt.loyalty.share_of_requirements([1, 2], pd.Series(["a", unknown], dtype="object"))
    with pytest.raises(bt.SchemaError, match="`customer` is unknown in row 0"):
        bt.loyalty.duplication([float("nan"), 2.0], ["a", "b"])
