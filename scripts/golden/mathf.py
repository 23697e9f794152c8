#!/usr/bin/env python3
"""data/goldens/base/mathf.txt: elementary functions in 400 bits (mpmath), for tests/base/test_mathf.c.

A section is "NAME COUNT"; a line is the bits of x (and of y for pow), the bits of the correctly
rounded result, and what is missing to the exact result in thousandths of a unit in its last place."""
import math
import random
import struct
import sys
from mpmath import mp, mpf, floor, log as mlog
import mpmath as M

mp.prec = 400


def bits(x):
    return struct.pack(">d", x).hex()


def rounded(v):
    """Correctly rounded double of v, and the rest in thousandths of its unit in the last place."""
    if v == 0:
        return 0.0, 0
    e = max(int(floor(mlog(abs(v), 2))), -1022)
    unit = mpf(2) ** (e - 52)
    steps = M.nint(v / unit)  # to nearest; exact halves do not occur but in exact cases
    value = float(mpf(steps) * unit) if abs(steps * unit) < mpf(2) ** 1024 else math.copysign(math.inf, v)
    return value, int(M.nint((v / unit - steps) * 1000))


def huge_exact(f):
    def g(x):
        with mp.workprec(2400):
            return +f(x)
    return g


FUNCTIONS = {
    "exp": (M.exp, [(-1, 1), (-745, 709.78), (-746, -708), (-20, 20)], (-60, 9)),
    "expm1": (M.expm1, [(-1, 1), (-40, 60), (0, 709.7), (-0.4, 0.4)], (-70, 9)),
    "log": (M.log, [(0.5, 2), (0.99, 1.01), (0, 100), (1, 1e12)], (-1074, 1023)),
    "log1p": (M.log1p, [(-0.999, 1), (-0.01, 0.01), (0, 100), (1, 1e12)], (-70, 1023)),
    "sin": (huge_exact(M.sin), [(-4, 4), (-100, 100), (-1e6, 1e6), (-1e9, 1e9)], (-40, 1023)),
    "cos": (huge_exact(M.cos), [(-4, 4), (-100, 100), (-1e6, 1e6), (-1e9, 1e9)], (-40, 1023)),
    "tanh": (M.tanh, [(-1, 1), (-20, 20), (-0.3, 0.3), (-3, 3)], (-70, 5)),
    "erf": (M.erf, [(-1, 1), (-6, 6), (-0.7, -0.6), (0.6, 0.7)], (-70, 3)),
    "erfc": (M.erfc, [(-1, 1), (-6, 27.2), (0.6, 0.7), (20, 27.2)], (-70, 4)),
}
EDGE = [1.0, 2.0, 0.5, 0.25, 5e-324, 2.2250738585072014e-308, 1e-300, 2.0 ** -27, 2.0 ** -28, 0.6931471805599453,
        1.5707963267948966, 3.141592653589793, 0.625, 0.6249999999999999, 0.7853981633974483,
        1048576.0, 1048576.0000000002, 22.0, 26.5, 27.0]
MORE = {
    "exp": [709.782712893384, 709.7827128933841, -745.1332191019411, -745.1332191019412, -708.3964185322641],
    "sin": [math.ldexp(6381956970095103, 797), math.ldexp(1, 1023), 1.7976931348623157e308],
    "cos": [math.ldexp(6381956970095103, 797), math.ldexp(1, 1023), 1.7976931348623157e308],
    "log": [1.7976931348623157e308, 0.7071067811865476, 1.4142135623730951],
    "log1p": [1.7976931348623157e308, -0.9999999999999999, 2.0 ** -53, 2.0 ** -52],
}


def allowed(name, x):
    return x > 0 if name == "log" else x > -1 if name == "log1p" else \
        x < 709.7827128933841 if name in ("exp", "expm1") else abs(x) < 28 if name == "erfc" else True


def points(name, ranges, powers, count):
    rng = random.Random(name)
    xs = EDGE + [-x for x in EDGE] + MORE.get(name, [])
    while len(xs) < count:
        kind = len(xs) % 6
        if kind < 4:
            low, high = ranges[kind]
            x = rng.uniform(low, high)
        else:
            x = math.ldexp(rng.uniform(1, 2), rng.randint(*powers)) * rng.choice([-1, 1])
        if kind % 2:
            x = struct.unpack("f", struct.pack("f", x))[0] if abs(x) < 3e38 else x
        xs.append(x)
    return [x for x in xs if allowed(name, x)]


def pow_points(count):
    rng = random.Random("pow")
    pairs = [(2.0, 0.5), (2.0, -1074.0), (2.0, 1023.0), (10.0, 308.0), (10.0, -323.0), (10000.0, -0.875),
             (1.0000000000000002, 2.0 ** 61), (0.9999999999999999, 2.0 ** 62), (5e-324, 0.5), (3.0, 40.0),
             (1.7976931348623157e308, -1.0), (1.7976931348623157e308, 0.9999999999999999)]
    for i in range(1, 64):
        pairs.append((10000.0, -i / 64.0))
    while len(pairs) < count:
        x = rng.choice([rng.uniform(0, 2), rng.uniform(0, 1e4), math.ldexp(rng.uniform(1, 2), rng.randint(-1000, 1000)),
                        1 + rng.uniform(-1e-3, 1e-3)])
        limit = 740 / abs(math.log(x)) if x != 1 else 1
        pairs.append((x, rng.uniform(-limit, limit) if len(pairs) % 2 else round(rng.uniform(-min(limit, 300), min(limit, 300)))))
    return [(x, float(y)) for x, y in pairs if y != 0 and M.power(mpf(x), mpf(y)) < mpf(2) ** 1024]


def main():
    out = sys.stdout
    for name, (f, ranges, powers) in FUNCTIONS.items():
        xs = points(name, ranges, powers, 900)
        rows = []
        for x in xs:
            value, rest = rounded(f(mpf(x)))
            rows.append(f"{bits(x)} {bits(value)} {rest}\n")
        out.write(f"{name} {len(rows)}\n" + "".join(rows))
    rows = []
    for x, y in pow_points(900):
        value, rest = rounded(M.power(mpf(x), mpf(y)))
        rows.append(f"{bits(x)} {bits(y)} {bits(value)} {rest}\n")
    out.write(f"pow {len(rows)}\n" + "".join(rows))


main()
