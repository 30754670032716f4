"""Prints the coefficients of packages/graph/src/functions: minimax polynomials, rounded to binary32 one by one.

For each function a Remez exchange in 40 digits shows how good a polynomial could be. The one printed is fitted by least
squares on Chebyshev points, which is nearly as good; then the lowest coefficient is rounded to binary32 and the rest are
fitted again around it, until all are rounded. Run from the repository
root: `.venv/bin/python scripts/generate/polynomials.py [name …]`. Needs mpmath (scripts/train/requirements.txt).
"""

import struct
import sys

from mpmath import mp, mpf, matrix, lu_solve, exp, log, expm1, tanh, erf, erfc, atan, sin, cos, tan, asin, sqrt, pi
from mpmath import asinh, atanh, sinh

mp.dps = 40


def single(x):
    return struct.unpack("<f", struct.pack("<f", float(x)))[0]


def bits(x):
    return struct.unpack("<I", struct.pack("<f", float(x)))[0]


def chebyshev_points(a, b, n):
    return [(a + b) / 2 - (b - a) / 2 * cos(pi * mpf(i) / (n - 1)) for i in range(n)]


def remez(f, weigh, powers, a, b, rounds=12, grid=600):
    """Coefficients c of sum c_i x^powers_i near f on [a, b], least greatest |weight * error|."""
    n = len(powers)
    weight = lambda x: max(abs(weigh(x)), mpf(10) ** -5)  # a weight of 0 would divide by 0

    points = chebyshev_points(a, b, n + 1)
    samples = chebyshev_points(a, b, grid)
    fs = [f(x) for x in samples]
    ws = [weight(x) for x in samples]
    coefficients = None
    for _ in range(rounds):
        m = matrix(n + 1, n + 1)
        v = matrix(n + 1, 1)
        for i, x in enumerate(points):
            for j, p in enumerate(powers):
                m[i, j] = x**p
            m[i, n] = (-1) ** i / weight(x)
            v[i] = f(x)
        s = lu_solve(m, v)
        coefficients = [s[j] for j in range(n)]
        errors = [w * (y - sum(c * x**p for c, p in zip(coefficients, powers))) for x, y, w in zip(samples, fs, ws)]
        # One extremum per run of equal sign.
        extrema, start = [], 0
        for i in range(1, len(samples) + 1):
            if i == len(samples) or (errors[i] > 0) != (errors[start] > 0):
                best = max(range(start, i), key=lambda k: abs(errors[k]))
                extrema.append(best)
                start = i
        while len(extrema) > n + 1:
            extrema.pop(0 if abs(errors[extrema[0]]) < abs(errors[extrema[-1]]) else -1)
        if len(extrema) < n + 1:
            break
        points = [samples[i] for i in extrema]
    return coefficients, max(abs(e) for e in errors)


def least_squares(f, weight, powers, a, b, grid=200):
    """Coefficients of least weighted squares on Chebyshev points."""
    points = chebyshev_points(a, b, grid)
    m = matrix(grid, len(powers))
    v = matrix(grid, 1)
    for i, x in enumerate(points):
        w = weight(x)
        v[i] = w * f(x)
        for j, p in enumerate(powers):
            m[i, j] = w * x**p
    return lu_solve(m, v)


def fit(name, f, weight, powers, a, b, fixed=()):
    """Prints the rounded coefficients, lowest power first."""
    a, b = mpf(a), mpf(b)
    known = list(fixed)
    _, ideal = remez(lambda x: f(x) - sum(c * x**p for p, c in known), weight, powers, a, b)
    rest = list(powers)
    while rest:
        c = least_squares(lambda x: f(x) - sum(c * x**p for p, c in known), weight, rest, a, b)
        known.append((rest[0], mpf(single(c[0]))))
        rest = rest[1:]
    points = chebyshev_points(a, b, 1000)
    reached = max(abs(weight(x) * (f(x) - sum(c * x**p for p, c in known))) for x in points)
    ulps = lambda e: float(e * 2**24)
    print(f"{name}: error {ulps(ideal):.4f} before, {ulps(reached):.4f} half units after rounding", flush=True)
    for p, c in sorted(known):
        print(f"  x^{p}: 0x{bits(c):08x}  {single(c)!r}")


def split(name, x, bits_high):
    """A constant as high part with few bits, and low part."""
    scale = mpf(2) ** (bits_high - 1 - int(mp.floor(log(x, 2))))
    high = mp.nint(x * scale) / scale
    print(f"{name}: high 0x{bits(high):08x} {single(high)!r}, low 0x{bits(x - high):08x} {single(x - high)!r}")


ONE = mpf(1)
LN2 = log(mpf(2))


def q_log(f):
    """(log(1 + f) - f) / f²"""
    if abs(f) < mpf(10) ** -12:
        return -ONE / 2 + f / 3
    return (log(1 + f) - f) / f**2


def q_expm1(r):
    """(expm1(r) - r) / r²"""
    return ONE / 2 + r / 6 if abs(r) < mpf(10) ** -12 else (expm1(r) - r) / r**2


def odd(function, slope):
    """(function(sqrt u) / sqrt u - slope) / u as a function of u = x²."""

    def g(u):
        u = max(u, mpf(10) ** -14)
        x = sqrt(u)
        return (function(x) / x - slope) / u

    return g


def q_cos(u):
    """(cos x - 1 + x²/2) / x⁴ as a function of u = x²."""
    u = max(u, mpf(10) ** -8)
    return (cos(sqrt(u)) - 1 + u / 2) / u**2


def q_power(u):
    """(2 atanh(s) / s - 2 - 2/3 s²) / s⁴ as a function of u = s²."""
    u = max(u, mpf(10) ** -8)
    return (2 * atanh(sqrt(u)) / sqrt(u) - 2 - 2 * u / 3) / u**2


def odd_fit(name, function, degree, reach):
    """function(x) = x + x³ q(x²) for |x| ≤ reach."""
    weight = lambda u: u * sqrt(u) / function(sqrt(u)) if u > 0 else u
    return fit(f"{name}: x + x³ q(x²)", odd(function, 1), weight, range(0, degree + 1), 0, mpf(reach) ** 2)


def fits():
    return {
        "exp": lambda: fit("exp: exp(r) = 1 + r + r² q", exp, lambda r: 1 / exp(r), range(2, 7), -0.3475, 0.3475, [(0, ONE), (1, ONE)]),
        "exp2": lambda: fit("exp2", lambda r: mpf(2) ** r, lambda r: mpf(2) ** -r, range(1, 7), -0.501, 0.501, [(0, ONE)]),
        "expm1": lambda: fit("expm1: r + r² q", q_expm1, lambda r: r**2 / expm1(r) if r != 0 else r, range(1, 7), -0.695, 0.695, [(0, ONE / 2)]),
        "log": lambda: fit("log: f + f² q", q_log, lambda f: f**2 / log(1 + f) if f != 0 else f, range(1, 9), sqrt(mpf("0.5")) - 1, sqrt(mpf(2)) - 1, [(0, -ONE / 2)]),
        "tanh": lambda: fit("tanh: x + x³ q(x²)", odd(tanh, 1), lambda u: u, range(0, 5), 0, 0.31),
        "erf": lambda: fit("erf: x + x q(x²)", lambda u: odd(erf, 1)(u) * u, lambda u: 1 / (1 + odd(erf, 1)(u) * u), range(0, 7), mpf(10) ** -14, 1),
        "erf_tail": lambda: fit("log erfc on [1, 4]", lambda x: log(erfc(x)), lambda x: erfc(x) / erf(x), range(0, 8), 0.98, 3.95),
        "sin": lambda: odd_fit("sin", sin, 2, 0.7858),
        "cos": lambda: fit("cos: 1 - x²/2 + x⁴ q(x²)", q_cos, lambda u: u**2 / cos(sqrt(u)), range(0, 3), 0, mpf("0.7858") ** 2),
        "tan": lambda: odd_fit("tan", tan, 6, 0.7858),
        "asin": lambda: odd_fit("asin", asin, 5, 0.5),
        "atan": lambda: odd_fit("atan", atan, 8, 1),
        "sinh": lambda: odd_fit("sinh", sinh, 3, 1),
        "asinh": lambda: odd_fit("asinh", asinh, 5, 0.5),
        "atanh": lambda: odd_fit("atanh", atanh, 7, 0.5),
        "pow": lambda: fit("pow: 2 atanh s = s (2 + 2/3 s² + s⁴ q(s²))", q_power, lambda u: u**2, range(0, 4), 0, mpf("0.0296")),
    }


def words(name, x, count):
    """A number as a sum of binary32 numbers, each the nearest to what the ones before leave."""
    parts = []
    for _ in range(count):
        parts.append(mpf(single(x - sum(parts))))
    print(f"{name}: " + ", ".join(f"0x{bits(p):08x} {single(p)!r}" for p in parts))


def constants():
    words("pi / 2", pi / 2, 3)
    words("pi", pi, 2)
    words("2 / pi", 2 / pi, 1)
    words("pi / 2 / 2^64", pi / 2 / mpf(2) ** 64, 2)
    words("log2 e", 1 / LN2, 2)
    words("2 / 3", mpf(2) / 3, 2)
    mp.dps = 100
    print("2 / pi, 246 bits after 10 zeros:", f"0x{int(mp.floor(2 / pi * mpf(2) ** 246)):064x}")
    mp.dps = 40
    split("ln 2", LN2, 15)
    split("ln 2 of exp", LN2, 16)
    for name, x in {"log2 e": 1 / LN2, "2 log2 e": 2 / LN2}.items():
        print(f"{name}: 0x{bits(x):08x} {single(x)!r}")


if __name__ == "__main__":
    chosen = sys.argv[1:]
    constants()
    for name, make in fits().items():
        if not chosen or name in chosen:
            make()
