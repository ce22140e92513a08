"""Writes reference.csv: values of the special functions with mpmath, 50 digits, rounded once.

python reference.py > reference.csv
"""
import itertools

from mpmath import mp, mpf, beta, betainc, digamma, erfc, exp, findroot, hyp2f1, hyperu, log, loggamma, ncdf, polygamma, sqrt

mp.dps = 50


def row(name, *args):
    *inputs, value = args
    print(",".join([name] + [repr(float(x)) for x in inputs] + [repr(float(value))]))


def gamma_series(a, x):
    term = total = exp(a * log(x) - x - loggamma(a + 1))
    k = 1
    while term > total * mpf(10) ** -60:
        term *= x / (a + k)
        total += term
        k += 1
    return total


ARGS = [1e-8, 1e-3, 0.1, 0.2426, 0.4999, 0.5, 0.7, 0.9, 0.99999, 1.0, 1.00001, 1.2, 1.4616, 1.5, 1.99, 2.0, 2.001, 2.3, 2.5, 3.7, 5.0, 7.49, 9.99, 10.0,
        10.5, 17.3, 50.0, 123.456, 1e3, 1e4, 123456.7, 1e8]
for x in ARGS:
    row("ln_gamma", x, loggamma(mpf(x)))
    row("digamma", x, digamma(mpf(x)))
    row("trigamma", x, polygamma(1, mpf(x)))
for x, d in itertools.product([0.1, 0.5532, 2.0, 9.5, 10.5, 1e3, 1e6, 1e9], [1e-6, 0.25, 1.0, 7.5, 1000.0]):
    row("ln_gamma_ratio", x, d, loggamma(mpf(x) + mpf(d)) - loggamma(mpf(x)))
for a, b in itertools.product([1e-3, 0.2426, 0.7929, 1.0, 2.4258, 9.9, 12.0, 100.0, 1e4, 1e7], repeat=2):
    row("ln_beta", a, b, log(beta(mpf(a), mpf(b))))
mp.dps = 80
for a in [0.01, 0.5, 1.0, 2.4, 9.99, 10.0, 33.3, 400.0, 1e4, 1e5]:
    for z in [-6.0, -3.0, -1.0, -0.1, 0.0, 0.1, 1.0, 3.0, 6.0]:
        x = a + z * a ** 0.5
        for x in [x] if x > 0 else [a / 10, a / 1000]:
            lower = gamma_series(mpf(a), mpf(x))
            row("gamma_inc", a, x, lower)
            row("gamma_inc_upper", a, x, 1 - lower)
for a, b in itertools.product([0.05, 0.7929, 2.4258, 12.0, 150.0, 3000.0], repeat=2):
    mean, sd = a / (a + b), (a * b / (a + b + 1)) ** 0.5 / (a + b)
    for z in [-4.0, -1.0, 0.0, 1.0, 4.0]:
        x = mean + z * sd
        if 0 < x < 1:
            row("beta_inc", a, b, x, betainc(mpf(a), mpf(b), 0, mpf(x), regularized=True))
mp.dps = 50
for z in [-38.0, -30.0, -20.0, -8.0, -5.0, -3.0, -2.5, -2.0, -1.3, -1.25, -1.0, -0.5, -0.01, 0.0, 0.01, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0]:
    row("normal_cdf", z, erfc(-mpf(z) / sqrt(2)) / 2)
    row("normal_ln_cdf", z, log(erfc(-mpf(z) / sqrt(2)) / 2))
for p in [1e-300, 1e-100, 1e-20, 1e-10, 1e-5, 0.001, 0.0249, 0.025, 0.1, 0.3, 0.49, 0.4999999, 0.6, 0.9, 0.975, 0.999]:
    start = -sqrt(-2 * log(mpf(p))) if p < 0.01 else mpf(p) - mpf(1) / 2
    z = findroot(lambda t: log(ncdf(t)) - log(mpf(p)), start)
    row("normal_quantile", p, z)
for a, b, c, z in itertools.product([0.2, 1.0, 2.4, 14.7], [0.6, 2.0, 7.5, 120.0], [0.4, 3.1, 130.0], [-40.0, -2.0, -0.3, 0.05, 0.5, 0.89, 0.95, 0.995]):
    if z < 0 and c < min(a, b):
        continue
    value = hyp2f1(mpf(a), mpf(b), mpf(c), mpf(z))
    if abs(value) < 1e200:
        row("hypergeometric", a, b, c, z, value)
for a, b, c, z in [(-0.2, 2.0, 3.2, 0.7), (-0.2, 1.97, 2.2, 0.92), (0.3, -0.5, 4.2, 0.6), (1.0, 7.0, 9.4, 0.9999), (1.0, 3.8, 4.5, 1 / 1.1)]:
    row("hypergeometric", a, b, c, z, hyp2f1(mpf(a), mpf(b), mpf(c), mpf(z)))
for a, b, z in itertools.product([1e-3, 0.3, 0.6061, 1.0, 2.5, 40.0], [-3.0, 0.6061, 1.0, 2.2, 30.0], [1e-4, 0.02, 0.5, 3.0, 50.0, 2000.0]):
    row("ln_tricomi_u", a, b, z, log(hyperu(mpf(a), mpf(b), mpf(z))))
