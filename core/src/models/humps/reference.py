"""Writes reference.csv: dip, p-value, values, of samples with and without ties, with diptest 0.12.0.

python reference.py > reference.csv
"""
import numpy as np
from diptest import diptest

rng = np.random.default_rng(7)
for n in [4, 5, 6, 7, 9, 12, 17, 25, 40, 63, 100, 180, 350]:
    for kind in range(6):
        x = [
            rng.random(n),
            rng.normal(size=n),
            np.concatenate([rng.normal(size=n // 2), rng.normal(size=n - n // 2) + 4]),
            rng.integers(0, 10, n).astype(float),
            np.round(rng.gamma(1.0, size=n), 1),
            np.concatenate([rng.integers(0, 5, n // 3), rng.integers(8, 20, n - n // 3)]).astype(float),
        ][kind]
        x = np.round(x, 6)
        dip, p = diptest(x)
        print(",".join([repr(float(dip)), repr(float(p))] + [repr(float(v)) for v in x]))
