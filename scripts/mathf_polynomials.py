#!/usr/bin/env python3
"""The polynomials of ref/base/mathf_*.h: interpolation at Chebyshev nodes in 60 digits, coefficients
rounded to double. Prints each as a C list, lowest power first, with the largest error of the rounded
polynomial (weighted as it enters the result). Needs mpmath."""
from mpmath import mp, mpf, exp, log, sqrt, sin, cos, erf, erfc, pi, matrix, lu_solve

mp.dps = 60


def fit(name, f, low, high, degree, weight):
    nodes = [(low + high) / 2 + (high - low) / 2 * cos(pi * (2 * i + 1) / (2 * degree + 2))
             for i in range(degree + 1)]
    system = matrix(degree + 1, degree + 1)
    for i, x in enumerate(nodes):
        for j in range(degree + 1):
            system[i, j] = x ** j
    solved = lu_solve(system, matrix([f(x) for x in nodes]))
    c = [float(v) for v in solved]
    worst = mpf(0)
    for i in range(400):
        x = low + (high - low) * (i + mpf(1) / 3) / 400
        p = sum(mpf(v) * x ** j for j, v in enumerate(c))
        worst = max(worst, abs(p - f(x)) * weight(x))
    print(f"/* {name}: degree {degree}, error 2^{float(log(worst, 2)):.1f} of the result */")
    print(", ".join(v.hex() for v in c))


def atanh_tail(z):
    """(log(1 + f) - 2 s) / (s z), s = f / (2 + f), z = s^2: 2/3 + 2 z / 5 + ..."""
    s = sqrt(z)
    return (log((1 + s) / (1 - s)) - 2 * s) / (s * z)


def pow_tail(z):
    """(atanh(s) / s - 1 - z / 3) / z^2: 1/5 + z / 7 + ..."""
    s = sqrt(z)
    return (log((1 + s) / (1 - s)) / (2 * s) - 1 - z / 3) / z ** 2


def sin_tail(z):
    """(sin x / x - 1 + z / 6) / z^2, z = x^2"""
    x = sqrt(z)
    return (sin(x) / x - 1 + z / 6) / z ** 2


def cos_tail(z):
    x = sqrt(z)
    return (cos(x) - 1 + z / 2) / z ** 2


def erf_core(z):
    x = sqrt(z)
    return erf(x) / x - mpf(9) / 8


def erfcx_core(q):
    """(1 + 2 x) exp(x^2) erfc(x) - 5/4, q = (x - 4) / (x + 4)"""
    x = 4 * (1 + q) / (1 - q)
    if x > 10 ** 6:
        return (1 + 2 * x) / (x * sqrt(pi)) * (1 - 1 / (2 * x * x)) - mpf(5) / 4
    with mp.workdps(60 if x < 20 else 80):
        if x < 200:
            return (1 + 2 * x) * exp(x * x) * erfc(x) - mpf(5) / 4
        term, total = mpf(1), mpf(1)
        for k in range(1, 30):
            term *= -(2 * k - 1) / (2 * x * x)
            total += term
        return (1 + 2 * x) * total / (x * sqrt(pi)) - mpf(5) / 4


if __name__ == "__main__":
    half = log(2) / 2 * mpf("1.001")
    small = mpf(10) ** -12
    z_log = ((sqrt(2) - 1) / (sqrt(2) + 1)) ** 2 * mpf("1.001")
    z_sin = (pi / 4) ** 2 * mpf("1.001")
    fit("exp, (e^r - 1 - r - r^2/2) / r^3", lambda r: (exp(r) - 1 - r - r * r / 2) / r ** 3, -half * mpf("1.0001"),
        half, 9, lambda r: abs(r) ** 3)
    fit("exp near, (e^r - 1 - r) / r^2", lambda r: (exp(r) - 1 - r) / r ** 2, -half * mpf("1.0001"), half, 8,
        lambda r: r * r)
    fit("the same for float vectors", lambda r: (exp(r) - 1 - r) / r ** 2, -half * mpf("1.0001"), half, 4,
        lambda r: r * r)
    fit("log", atanh_tail, small, z_log, 7, lambda z: z * mpf("0.5"))
    fit("pow", pow_tail, small, z_log, 7, lambda z: z * z)
    fit("sin", sin_tail, small, z_sin, 5, lambda z: z * z)
    fit("cos", cos_tail, small, z_sin, 5, lambda z: z * z * mpf("1.4"))
    fit("erf", erf_core, small, mpf("0.391"), 11, lambda z: 1)
    fit("erfcx", erfcx_core, mpf("-0.7298"), mpf("0.7501"), 22, lambda q: 1)
    mp.dps = 420
    bits = mp.floor(2 / pi * mpf(2) ** 1280)
    print("/* 2/pi: 40 words of 32 bits */")
    print(", ".join(hex(int(mp.floor(bits / mpf(2) ** (1280 - 32 * (i + 1)))) % 2 ** 32) for i in range(40)))
