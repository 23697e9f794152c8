"""Optimisers of rows, written once more with NumPy, and torch's where it has them.

    python scripts/golden/rows.py      data/goldens/des/rows.safetensors

Rows of a table are updated in steps that touch some of them. torch.optim.Adagrad and SparseAdam get the
same gradients as sparse tensors; Adam with all rows touched is torch.optim.Adam's."""
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

ROWS, WIDTH, STEPS = 3, 70, 6  # wider than the pieces in which rows are computed


def soft(z, l1):
    return np.where(np.abs(z) <= l1, 0.0, z - np.copysign(l1, z))


def adagrad(w, g, s, t, lr, eps, start):
    s["a"] = s.get("a", start) + g * g
    return w - lr * g / (np.sqrt(s["a"]) + eps)


def adagrad_row(w, g, s, t, lr, eps, start):
    s["a"] = s.get("a", start) + np.mean(g * g)
    return w - lr * g / (np.sqrt(s["a"]) + eps)


def adam(w, g, s, t, lr, eps, b1, b2, corrected, own):
    s["t"] = s.get("t", 0) + 1
    t = s["t"] if own else t
    m = s["m"] = b1 * s.get("m", 0.0) + (1 - b1) * g
    v = s["v"] = b2 * s.get("v", 0.0) + (1 - b2) * g * g
    if corrected:
        return w - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
    return w - lr * np.sqrt(1 - b2**t) / (1 - b1**t) * m / (np.sqrt(v) + eps)


def ftrl(w, g, s, t, alpha, beta, l1, l2, start, group=None):
    n = s.get("n", start)
    sigma = (np.sqrt(n + g * g) - np.sqrt(n)) / alpha
    z = s["z"] = s.get("z", 0.0) + g - sigma * w
    s["n"] = n + g * g
    u = soft(z, l1)
    if group is not None:
        norm = np.linalg.norm(u)
        u = u * max(0.0, 1 - group * np.sqrt(len(w)) / norm) if norm > 0 else u
    return np.where(u == 0, 0.0, -u / ((beta + np.sqrt(s["n"])) / alpha + l2))


RULES = {
    "sgd": lambda w, g, s, t: w - 0.05 * g,
    "sgd_decay": lambda w, g, s, t: w - 0.05 * (g + 0.3 * w),
    "adagrad": lambda *a: adagrad(*a, 0.05, 1e-10, 0.0),
    "adagrad_tf": lambda *a: adagrad(*a, 0.05, 0.0, 0.1),
    "adagrad_row": lambda *a: adagrad_row(*a, 0.05, 1e-8, 0.0),
    "adagrad_row_decay": lambda w, g, s, t: adagrad_row(w, g + 0.3 * w, s, t, 0.05, 1e-8, 0.0),
    "adam": lambda *a: adam(*a, 0.05, 1e-3, 0.9, 0.999, True, False),
    "adam_tf": lambda *a: adam(*a, 0.05, 1e-3, 0.9, 0.999, False, False),
    "adam_own": lambda *a: adam(*a, 0.05, 1e-2, 0.9, 0.99, True, True),
    "adam_tf_own": lambda *a: adam(*a, 0.05, 1e-2, 0.9, 0.99, False, True),
    "ftrl": lambda *a: ftrl(*a, 0.1, 1.0, 0.05, 0.01, 0.0),
    "ftrl_tf": lambda *a: ftrl(*a, 0.1, 0.0, 0.05, 0.02, 0.1),
    "ftrl_group": lambda *a: ftrl(*a, 0.1, 1.0, 0.02, 0.01, 0.0, 0.05),
    "ftrl_group_decay": lambda w, g, s, t: ftrl(w, g + 0.3 * w, s, t, 0.1, 1.0, 0.02, 0.01, 0.0, 0.2),
}


def rows(rule, w, gradients, touched):
    w, states = w.copy(), [{} for _ in range(ROWS)]
    for t in range(STEPS):
        for r in range(ROWS):
            if touched[t, r]:
                w[r] = rule(w[r], gradients[t, r], states[r], t + 1)
    return w


def with_torch(optimizer, w, gradients, touched, sparse=True):
    p = torch.nn.Parameter(torch.tensor(w))
    opt = optimizer([p])
    for t in range(STEPS):
        at = np.flatnonzero(touched[t])
        g = torch.sparse_coo_tensor(torch.tensor(at)[None], torch.tensor(gradients[t, at]), w.shape)
        p.grad = g if sparse else g.to_dense()
        opt.step()
    return p.detach().numpy()


def main():
    random = np.random.default_rng(6)
    w = random.normal(0, 0.3, (ROWS, WIDTH))
    g = random.normal(0, 1, (STEPS, ROWS, WIDTH)) * 10.0 ** random.integers(-3, 1, (STEPS, ROWS, 1))
    g[1, 0, :5] = 0
    g[3, 2] *= 1e-3  # some rows of the group lasso go
    touched = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 0], [1, 0, 1]], dtype=np.uint8)
    out = {name: rows(rule, w, g, touched) for name, rule in RULES.items()}
    adagrad_torch = with_torch(lambda p: torch.optim.Adagrad(p, lr=0.05, eps=1e-10), w, g, touched)
    sparse_adam = with_torch(lambda p: torch.optim.SparseAdam(p, lr=0.05, eps=1e-3), w, g, touched)
    always = np.ones_like(touched)
    adam_torch = with_torch(lambda p: torch.optim.Adam(p, lr=0.05, eps=1e-3), w, g, always, sparse=False)
    for name, mine, torchs in [("adagrad", out["adagrad"], adagrad_torch), ("adam_tf", out["adam_tf"], sparse_adam),
                               ("adam, all rows", rows(RULES["adam"], w, g, always), adam_torch)]:
        print(name, "against torch", np.abs(mine - torchs).max())
        assert np.abs(mine - torchs).max() < 1e-12
    out.update(adagrad=adagrad_torch, adam_tf=sparse_adam, adam_always=adam_torch)
    path = Path("data/goldens/des/rows.safetensors")
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {f"out.{name}": np.ascontiguousarray(x) for name, x in out.items()}
    save_file({"values": w, "gradients": g, "touched": touched, **tensors}, path)


if __name__ == "__main__":
    main()
