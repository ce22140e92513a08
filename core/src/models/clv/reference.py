"""Writes reference.csv: what the purchase models say, with mpmath, 150 digits, rounded once.

The formulas are those of the papers, or integrals over the mixing distributions, not those of the code.
python reference.py > reference.csv
"""
import itertools

from mpmath import mp, mpf, beta, binomial, exp, gamma, hyp2f1, hyperu, inf, log, loggamma, quad, rf

mp.dps = 150


def row(name, *numbers):
    *inputs, value = numbers
    print(",".join([name] + [repr(float(x)) for x in inputs] + [repr(float(value))]))


def lbeta(a, b):
    return loggamma(a) + loggamma(b) - loggamma(a + b)


# BG/NBD (d = 0) and MBG/NBD (d = 1): parameters r, alpha, a, b, d.
def bg_terms(r, alpha, a, b, d, x, tx, T):
    both = loggamma(r + x) - loggamma(r) + r * log(alpha) - lbeta(a, b)
    alive = exp(both + lbeta(a, b + x + d) - (r + x) * log(alpha + T))
    dead = exp(both + lbeta(a + 1, b + x + d - 1) - (r + x) * log(alpha + tx)) if x + d > 0 else mpf(0)
    return alive, dead


def bg_expected(r, alpha, a, b, d, t, x, tx, T):
    alive, dead = bg_terms(r, alpha, a, b, d, x, tx, T)
    c = a + b + x + d - 1
    z = t / (alpha + T + t)
    # Fader, Hardie, Lee 2005, eq. 10, with the Gauss function in Euler's form, which needs fewer digits.
    gauss = (1 - z) ** (a - 1) * hyp2f1(c - r - x, a - 1, c, z, maxterms=10 ** 7)
    return alive / (alive + dead) * c / (a - 1) * (1 - gauss)


def bg_survival(r, alpha, a, b, d, t, x, tx, T):
    alive, dead = bg_terms(r, alpha, a, b, d, x, tx, T)
    z = t / (alpha + T + t)
    return alive / (alive + dead) * (1 - z) ** a * hyp2f1(a, a + b + x + d - r - x, a + b + x + d, z, maxterms=10 ** 7)


def nbd(n, m, scale, t):
    return rf(m, n) / gamma(n + 1) * (scale / (scale + t)) ** m * (t / (scale + t)) ** n


def bg_count(r, alpha, a, b, d, n, t, x, tx, T):
    alive, dead = bg_terms(r, alpha, a, b, d, x, tx, T)
    p = alive / (alive + dead)
    m, scale, b = r + x, alpha + T, b + x + d
    stayed = beta(a, b + n) / beta(a, b) * nbd(n, m, scale, t)
    left = beta(a + 1, b + n - 1) / beta(a, b) * (1 - sum(nbd(j, m, scale, t) for j in range(n))) if n else 0
    return (1 - p if n == 0 else 0) + p * (stayed + left)


BG = [(0.2426, 4.4135, 0.7929, 2.4258), (0.243, 4.414, 0.793, 2.426), (0.5, 10.0, 1.0, 2.0), (2.5, 3.0, 0.3, 0.5), (0.05, 1.0, 5.0, 20.0),
      (0.01, 1.0, 0.01, 0.2), (8.0, 20.0, 0.5, 1.1), (12.0, 3.0, 0.8, 2.0), (0.5, 1.0, 40.0, 100.0), (0.7, 300.0, 0.4, 0.6)]
ROWS = [(0, 0, 0), (0, 0, 38.86), (1, 0.1, 700), (1, 5, 10), (2, 30.43, 38.86), (26, 30.86, 31), (50, 38, 38.86), (170, 77, 77.86), (500, 360, 365),
        (2000, 364.9, 365), (10000, 364, 365), (7, 20, 20)]
for params, d, (x, tx, T) in itertools.product(BG, (0, 1), ROWS):
    p = [mpf(v) for v in params] + [d]
    h = [mpf(v) for v in (x, tx, T)]
    alive, dead = bg_terms(*p, *h)
    row("bg_likelihood", *p, *h, log(alive + dead))
    row("bg_alive", *p, *h, alive / (alive + dead))
    nudged = [v + (mpf(10) ** -25 if i == 2 and (v == 1 or abs(p[2] + p[3] - 1) < 1e-9) else 0) for i, v in enumerate(p)]
    for t in (mpf(1) / 7, 10, 39, 365, 100000):
        row("bg_expected", *p, t, *h, bg_expected(*nudged, mpf(t), *h))
        row("bg_survival", *p, t, *h, bg_survival(*p, mpf(t), *h))
    for n in (0, 1, 5, 40):
        row("bg_count", *p, n, 39, *h, bg_count(*p, n, mpf(39), *h))

# Gamma-Gamma: parameters p, q, gamma; x, mean.
for p, q, g in [(6.25, 3.74, 15.44), (0.5, 0.4, 2.0), (200.0, 3.0, 0.1)]:
    for x, m in [(1, 11.77), (2, 22.35), (40, 0.5), (10000, 30.0)]:
        p, q, g, x, m = (mpf(v) for v in (p, q, g, x, m))
        value = loggamma(p * x + q) - loggamma(p * x) - loggamma(q) + q * log(g) + (p * x - 1) * log(m) + p * x * log(x)
        row("gg_likelihood", p, q, g, x, m, value - (p * x + q) * log(g + m * x))


# Pareto/NBD: parameters r, alpha, s, beta.
def pareto_terms(r, alpha, s, beta, x, tx, T):
    m = r + x
    factor = exp(loggamma(m) - loggamma(r)) * alpha ** r * beta ** s
    alive = factor * (alpha + T) ** -m * (beta + T) ** -s

    # Fader, Hardie 2005: the Gauss functions in the form whose terms are positive.
    def a0(y):
        big, small, other = (alpha, beta, s + 1) if alpha >= beta else (beta, alpha, m)
        z = (big - small) / (big + y)
        c = m + s + 1
        return (1 - z) ** (1 - other) * hyp2f1(1, c - other, c, z, maxterms=10 ** 6) / (big + y) ** (m + s)

    dead = factor * s / (m + s) * (a0(tx) - a0(T))
    return alive, dead


def pareto_expected(r, alpha, s, beta, t, x, tx, T):
    alive, dead = pareto_terms(r, alpha, s, beta, x, tx, T)
    return alive / (alive + dead) * (r + x) * (beta + T) / ((alpha + T) * (s - 1)) * (1 - ((beta + T) / (beta + T + t)) ** (s - 1))


PARETO = [(0.5532755, 10.577612, 0.6062136, 11.6679125), (0.5534, 10.5802, 0.6061, 11.6562), (0.05, 0.1, 3.0, 40.0), (5.0, 80.0, 0.1, 0.5),
          (1.2, 3.0, 20.0, 3.0), (0.3, 2.0, 1.0001, 500.0)]
ROWS.append((10000, 364.999, 365))
mp.dps = 60
for params, (x, tx, T) in itertools.product(PARETO, ROWS):
    p = [mpf(v) for v in params]
    h = [mpf(v) for v in (x, tx, T)]
    alive, dead = pareto_terms(*p, *h)
    row("pareto_likelihood", *p, *h, log(alive + dead))
    row("pareto_alive", *p, *h, alive / (alive + dead))
    for t in (mpf(1) / 7, 52, 100000):
        row("pareto_expected", *p, t, *h, pareto_expected(*p, mpf(t), *h))
for params, (x, tx, T) in itertools.product(PARETO[:3], [(0, 0, 38.86), (2, 30.43, 38.86), (26, 30.86, 31)]):
    p = [mpf(v) for v in params]
    r, alpha, s, beta = p
    h = [mpf(v) for v in (x, tx, T)]
    alive, dead = pareto_terms(*p, *h)
    for delta in (0.0027, 0.1):
        z = mpf(delta) * (beta + mpf(T))
        value = alive / (alive + dead) * (r + x) / (alpha + mpf(T)) * mpf(delta) ** (s - 1) * (beta + mpf(T)) ** s * hyperu(s, s, z)
        row("pareto_residual", *p, delta, *h, value)
mp.dps = 50
for params, (x, tx, T), n in itertools.product(PARETO[:5], [(0, 0, 0), (2, 30.43, 38.86), (26, 30.86, 31)], (0, 1, 7, 60)):
    r, alpha, s, beta = p = [mpf(v) for v in params]
    alive, dead = pareto_terms(*p, *[mpf(v) for v in (x, tx, T)])
    pa = alive / (alive + dead)
    m, a, b, t = r + x, alpha + mpf(T), beta + mpf(T), mpf(39)
    density = lambda y: nbd(n, m, a, y) * s * b ** s / (b + y) ** (s + 1)
    value = nbd(n, m, a, t) * (b / (b + t)) ** s + quad(density, [0, t / 64, t / 16, t / 4, t / 2, t])
    row("pareto_count", *p, n, t, x, tx, T, (1 - pa if n == 0 else 0) + pa * value)


# BG/BB: parameters alpha, beta, gamma, delta.
from mpmath import beta, gamma  # noqa: E402 (the names served as parameters above)

mp.dps = 50
for params in [(1.203522, 0.749716, 0.656718, 2.783443), (0.2, 3.0, 5.0, 90.0), (40.0, 0.3, 0.05, 0.1)]:
    A, B, C, D = p = [mpf(v) for v in params]
    for x, tx, n in [(0, 0, 0), (0, 0, 6), (1, 1, 6), (3, 5, 6), (6, 6, 6), (17, 30, 52), (200, 300, 1000)]:
        first = beta(A + x, B + n - x) / beta(A, B) * beta(C, D + n) / beta(C, D)
        L = first + sum(beta(A + x, B + tx - x + i) / beta(A, B) * beta(C + 1, D + tx + i) / beta(C, D) for i in range(n - tx))
        row("bb_likelihood", *p, x, tx, n, log(L))
        for k in (0, 1, 12):
            row("bb_alive", *p, k, x, tx, n, first / L * beta(C, D + n + k) / beta(C, D + n))
        for k in (1, 12):
            some = beta(A + x + 1, B + n - x) / beta(A, B) / L * D / (C - 1) * gamma(C + D) / gamma(1 + D)
            value = some * (gamma(1 + D + n) / gamma(C + D + n) - gamma(1 + D + n + k) / gamma(C + D + n + k))
            row("bb_expected", *p, k, x, tx, n, value)
        for k in (0, 3):
            a, b, d = A + x, B + n - x, D + n
            value = binomial(7, k) * beta(a + k, b + 7 - k) * beta(C, d + 7) + sum(binomial(i, k) * beta(a + k, b + i - k) * beta(C + 1, d + i) for i in range(k, 7))
            row("bb_count", *p, k, 7, x, tx, n, (1 - first / L if k == 0 else 0) + first / L * value / beta(a, b) / beta(C, d))
        rate = mpf(0.05)
        value = beta(A + x + 1, B + n - x) / beta(A, B) * beta(C, D + n + 1) / beta(C, D) / (1 + rate) * hyp2f1(1, D + n + 1, C + D + n + 1, 1 / (1 + rate)) / L
        row("bb_residual", *p, rate, x, tx, n, value)
