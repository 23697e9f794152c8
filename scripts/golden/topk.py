"""Golden cases of selectors and schemes, in NumPy and double from their definitions.

    python scripts/golden/topk.py [data/goldens/topk]

Nothing here shares code with the library. The cases ms_*, exact*, hi_2x2, hi_4x2_residual and
hi_uneven beside these came from elsewhere (README.md of data/goldens).
"""
import json
import math
import os
import sys
from statistics import NormalDist

import numpy as np
from safetensors.numpy import save_file

FOLDER = sys.argv[1] if len(sys.argv) > 1 else "data/goldens/topk"
MADE_WITH = json.dumps({"numpy": np.__version__, "script": "scripts/golden/topk.py"})
MASK = (1 << 64) - 1


def mix(z):
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
    return z ^ z >> 31


def bits(seed, step=0, rank=0, bucket=0):
    z = mix((seed + 0x9E3779B97F4A7C15 * (step + 1)) & MASK)
    z = mix(z ^ (0xD1B54A32D192ED03 * (rank + 1)) & MASK)
    return mix(z ^ (0x8CB92BA72F3D8DD7 * (bucket + 1)) & MASK)


def save(name, module, settings, tensors, note=""):
    tensors = {k: np.ascontiguousarray(v) for k, v in tensors.items()}
    save_file(tensors, os.path.join(FOLDER, name + ".safetensors"),
              {"touchstone.case": "1", "module": module, "settings": json.dumps(settings),
               "made_with": MADE_WITH, "note": note})
    print(f"{name:24s} {module:16s} {sum(v.nbytes for v in tensors.values())}")


def selection(name, module, settings, x, chosen, counts=None, thresholds=None, extra=None):
    chosen = np.asarray(chosen, np.int64)
    tensors = {"in.x": x, "out.indices": chosen, "out.values": x[chosen]}
    if counts is not None:
        tensors["trace.counts"] = np.asarray(counts, np.int64)
    tensors.update(extra or {})
    save(name, module, settings, tensors)


# Selectors. -----------------------------------------------------------------------------------------

def mstopk(x, k, steps, start):
    a = np.abs(x.astype(np.float64))
    d, most = a.size, a.max()
    if k >= d:
        return list(range(d))
    mean = min(math.fsum(a) / d, most)
    low, high, t1, t2, k1, k2 = 0.0, 1.0, math.inf, 0.0, 0, d
    for _ in range(steps):
        ratio = low + (high - low) / 2
        t = mean + ratio * (most - mean)
        n = int((a >= t).sum())
        if n <= k:
            high = ratio
            if n > k1:
                k1, t1 = n, t
        else:
            low = ratio
            if n < k2:
                k2, t2 = n, t
    first = np.flatnonzero(a >= t1)
    band = np.flatnonzero((a < t1) & (a >= t2))
    assert 0 <= start <= len(band) - (k - k1)
    return list(first) + list(band[start:start + k - k1])


def largest(a, k):
    """Places of the k largest, ties by place, in that order."""
    return np.lexsort((np.arange(a.size), -a))[:k]


def dgc(x, num, den, start):
    a = np.abs(x.astype(np.float64))
    d = a.size
    percent, least = -(-d // 100), -(-2 * den // num)
    stride, samples = 1, d
    if d > least:
        stride = -(-d // (max(percent, least) * 32)) * 32 + 1
        samples = d // stride
        while samples < max(percent, least):
            stride -= 8
            samples = d // stride
    top, k = -(-samples * num // den), -(-d * num // den)
    t = float(np.sort(a[start::stride])[::-1][top - 1])
    chosen = np.flatnonzero(a >= t)
    counts = [chosen.size]
    if d > samples:
        for _ in range(10):
            if chosen.size > 1.3 * k:
                return np.sort(chosen[largest(a[chosen], k)]), counts
            if chosen.size >= 0.8 * k:
                break
            t *= 0.8
            chosen = np.flatnonzero(a >= t)
            counts.append(chosen.size)
    return chosen[:k], counts


def gaussian(x, k):
    x = x.astype(np.float64)
    t = x.mean() + NormalDist().inv_cdf(1 - k / x.size / 2) * x.std(ddof=1)
    counts = [int((np.abs(x) > t).sum())]
    for _ in range(20):
        if counts[-1] >= 0.75 * k:
            break
        t /= 1.02
        counts.append(int((np.abs(x) > t).sum()))
    for _ in range(20):
        if counts[-1] <= 1.25 * k:
            break
        t *= 1.02
        counts.append(int((np.abs(x) > t).sum()))
    return np.flatnonzero(np.abs(x) > t), counts


def random_k(d, k, word):
    words = [mix((word + 0x9E3779B97F4A7C15 * (i + 1)) & MASK) for i in range(d)]
    return sorted(sorted(range(d), key=words.__getitem__)[:k])


def selectors(rng):
    x = rng.standard_normal(10000).astype(np.float32)
    chosen, counts = dgc(x, 1, 100, 7)
    selection("dgc", "topk.dgc", {"density": [1, 100], "start": 7}, x, chosen, counts)
    low = x[:6000].copy()
    low[3::57] *= 0.01
    chosen, counts = dgc(low, 1, 50, 3)
    selection("dgc_resampled", "topk.dgc", {"density": 0.02, "start": 3}, low, chosen, counts)
    high = x[:6000].copy()
    high[3::57] *= 30
    chosen, counts = dgc(high, 1, 50, 3)
    selection("dgc_lowered", "topk.dgc", {"density": 0.02, "start": 3}, high, chosen, counts)
    small = x[:150]
    chosen, counts = dgc(small, 1, 100, 0)
    selection("dgc_small", "topk.dgc", {"density": "1/100", "start": 0}, small, chosen, counts)
    y = rng.standard_normal(2000)
    for name, v, k in (("gaussian", y, 40), ("gaussian_laplace", rng.laplace(size=2000), 40),
                       ("gaussian_uniform", rng.uniform(-1, 1, 2000), 80)):
        chosen, counts = gaussian(v, k)
        selection(name, "topk.gaussian", {"k": k}, v, chosen, counts)
    a = np.abs(y)
    kth = float(np.sort(a)[::-1][49])
    selection("reused_exact", "topk.reused", {"k": 50, "age": 32, "threshold": 99.0}, y,
              np.flatnonzero(a > kth), extra={"out.threshold": np.array([kth])})
    selection("reused_kept", "topk.reused", {"k": 50, "age": 5, "threshold": 3.5}, y,
              np.flatnonzero(a > 3.5), extra={"out.threshold": np.array([3.5 / 1.012])})
    selection("reused_global", "topk.reused",
              {"k": 50, "age": 5, "threshold": 1.0, "rule": "global"}, y, np.flatnonzero(a > 1.0),
              extra={"out.threshold": np.array([1.0 * 1.008])})
    selection("random", "topk.random", {"k": 30, "seed": 11, "step": 2, "rank": 3, "bucket": 1},
              y[:1000], random_k(1000, 30, bits(11, 2, 3, 1)))
    for name, dtype in (("ms_f16", np.float16),):
        h = rng.standard_normal(3000).astype(dtype)
        chosen = mstopk(h, 30, 30, 0)
        selection(name, "topk.mstopk", {"k": 30, "steps": 30, "start": 0}, h, chosen)
    drawn = rng.integers(-20, 21, 500).astype(np.float32)
    k, steps = 45, 5
    for start in range(500):  # the start that the counters draw, found from the range it has
        try:
            mstopk(drawn, k, steps, start)
        except AssertionError:
            break
    begin = (bits(7, 1, 2, 3) >> 32) * start >> 32
    selection("ms_drawn", "topk.mstopk", {"k": k, "steps": steps, "seed": 7, "step": 1, "rank": 2,
                                          "bucket": 3}, drawn, mstopk(drawn, k, steps, begin))


# Schemes. -------------------------------------------------------------------------------------------

def whole(rng, *size):
    return (rng.integers(-9, 10, size) * (1 + 20 * (rng.random(size) > 0.93))).astype(np.float32)


def cut(d, parts):
    q, r = divmod(d, parts)
    at = [0]
    for j in range(parts):
        at.append(at[-1] + q + (j < r))
    return at


def hitopk(name, rng, n, m, d, num, den, steps, start):
    g, e = whole(rng, n * m, d), whole(rng, n, d)
    at = cut(d, m)
    reduced = g.astype(np.float64).reshape(n, m, d).sum(1)
    u = reduced + e
    selected, out = np.zeros((n, d), np.uint8), np.zeros(d)
    for i in range(n):
        for j in range(m):
            part = slice(at[j], at[j + 1])
            k = max(1, (at[j + 1] - at[j]) * num // den)
            chosen = at[j] + np.asarray(mstopk(u[i, part], k, steps, start))
            selected[i, chosen] = 1
            out[chosen] += u[i, chosen]
    f = np.float32
    save(name, "topk.hitopk", {"nodes": n, "ranks_per_node": m, "density": [num, den],
                               "steps": steps, "start": start},
         {"in.grad": g, "in.residual": e, "out.sum": out.astype(f), "truth.sum": out,
          "out.residual": np.where(selected, 0, u).astype(f),
          "trace.reduce_scatter": reduced.astype(f), "trace.selected": selected})


def gtopk(name, rng, ranks, d, num, den):
    g, e = whole(rng, ranks, d), whole(rng, ranks, d)
    k = max(1, d * num // den)
    u = g.astype(np.float64) + e
    own = [np.sort(largest(np.abs(u[r]), k)) for r in range(ranks)]
    have = [{int(i): u[r, i] for i in own[r]} for r in range(ranks)]
    step = 1
    while step < ranks:
        for r in range(0, ranks - step, 2 * step):
            for i, v in have[r + step].items():
                have[r][i] = have[r].get(i, 0.0) + v
            best = sorted(have[r], key=lambda i: (-abs(have[r][i]), i))[:k]
            have[r] = {i: have[r][i] for i in best}
        step *= 2
    out, selected = np.zeros(d), np.zeros((ranks, d), np.uint8)
    for i, v in have[0].items():
        out[i] = v
    for r in range(ranks):
        selected[r, own[r]] = 1
        for i in own[r]:
            if int(i) in have[0]:
                u[r, i] = 0
    save(name, "topk.gtopk", {"nodes": 1, "ranks_per_node": ranks, "density": [num, den]},
         {"in.grad": g, "in.residual": e, "out.sum": out.astype(np.float32),
          "out.residual": u.astype(np.float32), "trace.selected": selected})


def gather(name, rng, ranks, d, k):
    g, e = whole(rng, ranks, d), whole(rng, ranks, d)
    u = g.astype(np.float64) + e
    out, selected = np.zeros(d), np.zeros((ranks, d), np.uint8)
    order = []
    for r in range(ranks):
        chosen = largest(np.abs(u[r]), k)
        order += list(chosen)
        selected[r, chosen] = 1
        out[chosen] += u[r, chosen]
    save(name, "topk.all_gather", {"nodes": ranks, "density": [k, d]},
         {"in.grad": g, "in.residual": e, "out.sum": out.astype(np.float32),
          "out.residual": np.where(selected, 0, u).astype(np.float32), "trace.selected": selected,
          "trace.packets.indices": np.asarray(order, np.uint32)})


def oktopk(name, rng, ranks, d, num, den, exact):
    """One step: with exact thresholds (the first), or with kept ones of age 5."""
    g, e = whole(rng, ranks, d), whole(rng, ranks, d)
    k = max(1, d * num // den)
    u = g.astype(np.float64) + e
    states = np.zeros((ranks, ranks + 5))
    if not exact:
        states[:, 0], states[:, 1] = 14.0 + np.arange(ranks), 5
        states[:, 2], states[:, 3] = 21.0, 5
        states[:, 4:] = cut(d, ranks)
    after = states.copy()
    selected = np.zeros((ranks, d), bool)
    for r in range(ranks):
        t = np.sort(np.abs(u[r]))[::-1][k - 1] if exact else states[r, 0]
        selected[r] = np.abs(u[r]) > t
        n = int(selected[r].sum())
        after[r, 0] = t / 1.012 if 3 * n < 2 * k else t * 1.012 if 4 * n > 5 * k else t
        after[r, 1] += 1
    total = np.where(selected, u, 0).sum(0)
    touched = selected.any(0)
    found = np.sort(np.abs(total[touched]))[::-1]
    t = found[min(k, found.size) - 1] if exact else states[0, 2]
    sent = touched & (np.abs(total) > t)
    n = int(sent.sum())
    after[:, 2] = t / 1.008 if 3 * n < 2 * k else t * 1.008 if 3 * n > 4 * k else t
    after[:, 3] += 1
    if exact:  # new cut points: the mean of what would share out each rank's entries
        cuts = np.zeros(ranks + 1)
        for r in range(ranks):
            own = np.flatnonzero(selected[r])
            even = cut(d, ranks)
            for j in range(1, ranks):
                cuts[j] += own[own.size * j // ranks] if own.size >= ranks else even[j]
        after[:, 4:] = np.floor(cuts / ranks)
        after[:, -1] = d
    tensors = {"in.grad": g, "in.residual": e,
               "out.sum": np.where(sent, total, 0).astype(np.float32),
               "out.residual": np.where(selected & sent, 0, u).astype(np.float32),
               "out.thresholds": after, "trace.selected": selected.astype(np.uint8)}
    settings = {"nodes": 2, "ranks_per_node": ranks // 2, "density": [num, den],
                "step": 0 if exact else 5}
    if not exact:
        tensors["in.thresholds"] = states
    save(name, "topk.oktopk", settings, tensors)


def main():
    rng = np.random.default_rng(20211)
    selectors(rng)
    hitopk("hi_slice", rng, 2, 3, 31, 1, 2, 3, 1)
    hitopk("hi_one_node", rng, 1, 4, 40, 1, 5, 30, 0)
    hitopk("hi_flat", rng, 4, 1, 40, 1, 5, 30, 0)
    gtopk("gtopk", rng, 4, 120, 1, 15)
    gtopk("gtopk_five", rng, 5, 90, 1, 10)
    gather("all_gather", rng, 3, 100, 7)
    oktopk("oktopk_exact", rng, 4, 160, 1, 16, True)
    oktopk("oktopk_kept", rng, 4, 160, 1, 16, False)


if __name__ == "__main__":
    main()
