"""Golden cases of optimisers.

    python scripts/golden/optim.py [data/goldens/optim]

Each case: p.N and grad.STEP.N, the parameters after every step in float32 (out.*) and in float64
(truth.*), where the whole recursion runs in that type. torch.optim and prodigyopt compute what they
have; diffusers and transformers the moving averages and schedules. LARS and LAMB, and SGD in Keras'
form, are written here a second time in NumPy, from the
published programs' descriptions and in their order of operations, one function for each program.
A gradient that a case lacks is torch's None.
"""
import json
import os
import sys

import numpy as np
import prodigyopt
import torch
import transformers.optimization as T
from diffusers.training_utils import EMAModel
from safetensors.numpy import save_file

FOLDER = sys.argv[1] if len(sys.argv) > 1 else "data/goldens/optim"
MADE_WITH = json.dumps({"torch": torch.__version__, "numpy": np.__version__,
                        "prodigyopt": "1.1.2", "script": "scripts/golden/optim.py"})
SHAPES = [(4, 6), (5,), (3, 2, 2)]
torch.set_num_threads(1)


def problem(steps, seed=0, scale=1.0, without=(), zero=()):
    """Parameters, and gradients of a noisy quadratic as far as they do not depend on the steps."""
    rng = np.random.default_rng(seed)
    p = [rng.standard_normal(s).astype(np.float32) for s in SHAPES]
    g = {(k, i): (scale * (0.3 * p[i] + 0.5 * rng.standard_normal(p[i].shape))).astype(np.float32)
         for k in range(steps) for i in range(len(p))}
    for key in without:
        del g[key]
    for key in zero:
        g[key] = np.zeros_like(g[key])
    return p, g


def write(name, module, settings, tensors, note=""):
    save_file(tensors, os.path.join(FOLDER, name + ".safetensors"), {
        "touchstone.case": "1", "module": module, "settings": json.dumps(settings),
        "forward": json.dumps([k[3:] for k in tensors if k.startswith("in.")]),
        "made_with": MADE_WITH, "note": note})
    print(f"{name:28s} {module}")


def case(name, module, settings, run, steps=5, keep=None, note="", **how):
    p, g = problem(steps, **how)
    tensors = {f"in.p.{i}": x for i, x in enumerate(p)}
    tensors.update({f"in.grad.{k}.{i}": x for (k, i), x in g.items()})
    for dtype, prefix in ((np.float32, "out."), (np.float64, "truth.")):
        wide = [x.astype(dtype) for x in p]
        for k, values in enumerate(run(wide, {key: x.astype(dtype) for key, x in g.items()}, steps)):
            if keep is None or k in keep:
                for key, value in values.items():
                    assert value.dtype == dtype, (name, key, value.dtype)
                    tensors[f"{prefix}{key}.step{k}"] = value
    write(name, module, settings, tensors, note)


def by_torch(make, extra=lambda optimizer: {}):
    def run(p, g, steps):
        q = [torch.tensor(x, requires_grad=True) for x in p]
        optimizer = make(q)
        for k in range(steps):
            for i, x in enumerate(q):
                x.grad = torch.tensor(g[k, i]) if (k, i) in g else None
            optimizer.step()
            values = {f"p.{i}": x.detach().numpy().copy() for i, x in enumerate(q)}
            values.update({key: np.array([v], dtype=q[0].detach().numpy().dtype)
                           for key, v in extra(optimizer).items()})
            yield values
    return run


def by_numpy(step):
    """step(p, g, state, k): the new parameter; state is a dictionary of this parameter's own."""
    def run(p, g, steps):
        state = [{} for _ in p]
        p = [x.copy() for x in p]
        for k in range(steps):
            for i in range(len(p)):
                if (k, i) in g:
                    p[i] = step(p[i], g[k, i], state[i], k).astype(p[i].dtype)
            yield {f"p.{i}": x.copy() for i, x in enumerate(p)}
    return run


def norm(x):
    return x.dtype.type(np.sqrt(np.sum(x.astype(np.float64) ** 2)))


def sgd_cases():
    for name, settings in (
            ("sgd_plain", dict(lr=0.1)),
            ("sgd_dampening", dict(lr=0.05, momentum=0.9, dampening=0.3, weight_decay=0.02)),
            ("sgd_nesterov", dict(lr=0.05, momentum=0.8, nesterov=True, weight_decay=0.01))):
        case(name, "optim.sgd", settings, by_torch(lambda q: torch.optim.SGD(q, **settings)),
             without=[(0, 1), (2, 0)])

    def keras(nesterov, lr=0.05, momentum=0.9):
        def step(p, g, state, k):
            v = momentum * state.get("v", np.zeros_like(p)) - lr * g
            state["v"] = v
            return p + momentum * v - lr * g if nesterov else p + v
        return by_numpy(step)
    case("sgd_keras", "optim.sgd", dict(lr=0.05, momentum=0.9, lr_inside=True), keras(False))
    case("sgd_keras_nesterov", "optim.sgd",
         dict(lr=0.05, momentum=0.9, lr_inside=True, nesterov=True), keras(True))


def adam_cases():
    for name, make, module, settings in (
            ("adam_l2", torch.optim.Adam, "optim.adam", dict(lr=0.02, weight_decay=0.1)),
            ("adam_amsgrad", torch.optim.Adam, "optim.adam", dict(lr=0.02, amsgrad=True)),
            ("adamw_betas", torch.optim.AdamW, "optim.adamw",
             dict(lr=0.03, betas=(0.8, 0.95), eps=1e-4, weight_decay=0.2)),
            ("adamw_amsgrad", torch.optim.AdamW, "optim.adamw", dict(lr=0.03, amsgrad=True))):
        case(name, module, settings, by_torch(lambda q: make(q, **settings)), steps=6,
             without=[(0, 2), (3, 1)])

    def tensorflow(p, g, state, k, lr=0.02, b1=0.9, b2=0.999, eps=1e-3):
        m = state["m"] = state.get("m", np.zeros_like(p)) * b1 + g * (1 - b1)
        v = state["v"] = state.get("v", np.zeros_like(p)) * b2 + g * g * (1 - b2)
        rate = lr * np.sqrt(1 - b2 ** (k + 1)) / (1 - b1 ** (k + 1))
        return p - (rate * m / (np.sqrt(v) + eps)).astype(p.dtype)
    case("adam_eps_hat", "optim.adam", dict(lr=0.02, eps=1e-3, eps_hat=True), by_numpy(tensorflow))


def lars_cases():
    def torchlars(p, g, state, k, lr=0.5, eta=0.02, eps=1e-8, wd=0.01, mu=0.9):
        """Wraps torch's SGD: the rate is a factor of the gradient, lr stays outside."""
        rate = eta * norm(p) / (norm(g) + wd * norm(p) + eps) if norm(p) * norm(g) > 0 else 1
        g = (g + wd * p) * p.dtype.type(rate)
        v = state["v"] = state["v"] * mu + g if "v" in state else g
        return p - lr * v
    case("lars_torchlars", "optim.lars",
         dict(kind="you", lr=0.5, eta=0.02, eps=1e-8, weight_decay=0.01, momentum=0.9,
              lr_inside=False), by_numpy(torchlars))

    def larc(p, g, state, k, lr=0.3, eta=0.02, eps=1e-8, wd=0.01, mu=0.9):
        wn, gn = norm(p), norm(g)
        if wn != 0 and gn != 0:
            g = (g + wd * p) * p.dtype.type(min(eta * wn / (gn + wn * wd + eps) / lr, 1))
        v = state["v"] = state["v"] * mu + g if "v" in state else g
        return p - lr * v
    case("lars_larc", "optim.lars",
         dict(kind="larc", lr=0.3, eta=0.02, eps=1e-8, weight_decay=0.01, momentum=0.9),
         by_numpy(larc), zero=[(1, 2), (3, 0)])

    def classic(p, g, state, k, lr=0.5, eta=0.05, wd=0.1, mu=0.9):
        """TensorFlow, classic momentum with Nesterov; the ratio clamped as in the 2020 record."""
        g = g + wd * p
        trust = np.clip(eta * norm(p) / norm(g), 0.02, 0.06)
        scaled = p.dtype.type(lr * trust)
        v = state["v"] = mu * state.get("v", np.zeros_like(p)) + scaled * g
        return p - (mu * v + scaled * g)
    case("lars_tf_nesterov", "optim.lars",
         dict(kind="tf", lr=0.5, eta=0.05, weight_decay=0.1, momentum=0.9, nesterov=True,
              min_trust=0.02, max_trust=0.06), by_numpy(classic))

    def popular(nesterov):
        def step(p, g, state, k, lr=0.5, eta=0.05, wd=0.1, mu=0.9):
            g = g + wd * p
            v = state["v"] = mu * state.get("v", np.zeros_like(p)) + g
            u = mu * v + g if nesterov else v
            return p - p.dtype.type(lr * eta * norm(p) / norm(u)) * u
        return by_numpy(step)
    for nesterov in (False, True):
        case("lars_popular" + "_nesterov" * nesterov, "optim.lars",
             dict(kind="popular", lr=0.5, eta=0.05, weight_decay=0.1, momentum=0.9,
                  nesterov=nesterov), popular(nesterov))

    def skipping(p, g, state, k, lr=2.0, eta=0.05, wd=0.1, mu=0.5):
        v = mu * state.get("v", np.zeros_like(p))
        if norm(g) > 0:
            trust = eta * norm(p) / (norm(g) + wd * norm(p))
            v = v + p.dtype.type(lr * trust) * (g + wd * p)
        state["v"] = v
        return p - v
    case("lars_skip_zero", "optim.lars",
         dict(lr=2.0, eta=0.05, weight_decay=0.1, momentum=0.5, skip_zero_gradient=True),
         by_numpy(skipping), zero=[(0, 0), (2, 1), (3, 2)])


def lamb_cases():
    def lamb(lr=0.05, b1=0.9, b2=0.999, eps=1e-6, wd=0.02, correct=True, clamp=(0, np.inf),
             average=True, l2=False, ratio=lambda wd: True, most=np.inf, max_all=0.0):
        def run(p, g, steps):
            m = [np.zeros_like(x) for x in p]
            v = [np.zeros_like(x) for x in p]
            p = [x.copy() for x in p]
            for k in range(steps):
                all_norm = np.sqrt(sum(float(norm(g[k, i])) ** 2 for i in range(len(p))))
                by = all_norm / max_all if max_all and all_norm > max_all else 1.0
                for i, x in enumerate(p):
                    kind = x.dtype.type
                    d = g[k, i] / kind(by)
                    if l2:
                        d = d + kind(wd) * x
                    m[i] = kind(b1) * m[i] + kind(1 - b1 if average else 1) * d
                    v[i] = kind(b2) * v[i] + kind(1 - b2) * d * d
                    c1, c2 = (1 - b1 ** (k + 1), 1 - b2 ** (k + 1)) if correct else (1, 1)
                    u = m[i] / kind(c1) / (np.sqrt(v[i] / kind(c2)) + kind(eps))
                    if not l2:
                        u = u + kind(wd) * x
                    trust = 1.0
                    if ratio(wd) and norm(x) > 0 and norm(u) > 0:
                        trust = min(np.clip(norm(x), *clamp) / norm(u), most)
                    p[i] = x - kind(lr * trust) * u
                yield {f"p.{i}": x.copy() for i, x in enumerate(p)}
        return run
    case("lamb_paper", "optim.lamb", dict(lr=0.05, weight_decay=0.02), lamb())
    case("lamb_pytorch", "optim.lamb",
         dict(lr=0.05, weight_decay=0.02, bias_correction=False, max_norm=2.0),
         lamb(correct=False, clamp=(0, 2.0)), note="pytorch-lamb: |w| clamped (there to 10)")
    case("lamb_apex", "optim.lamb",
         dict(lr=0.05, weight_decay=0.0, max_grad_norm=1.0, adapt_without_decay=False),
         lamb(wd=0.0, max_all=1.0, ratio=lambda wd: wd != 0))
    case("lamb_nvlamb", "optim.lamb",
         dict(lr=0.05, weight_decay=0.1, max_grad_norm=1.0, grad_averaging=False, decoupled=False,
              betas=[0.8, 0.99]),
         lamb(wd=0.1, max_all=1.0, average=False, l2=True, b1=0.8, b2=0.99))
    case("lamb_trust_clip", "optim.lamb", dict(lr=0.05, weight_decay=0.02, max_trust=1.0),
         lamb(most=1.0))


def prodigy_cases():
    few = {0, 1, 2, 4, 9, 19, 29, 39, 49}
    d = lambda optimizer: {"d": optimizer.param_groups[0]["d"]}
    for name, settings in (
            ("prodigy_trainer", dict(lr=1.0, d0=1e-3, weight_decay=0.01, use_bias_correction=True,
                                     safeguard_warmup=True)),
            ("prodigy_default", dict(d0=1e-3)),
            ("prodigy_coupled", dict(d0=1e-3, weight_decay=0.05, decouple=False, d_coef=2.0,
                                     growth_rate=1.2)),
            ("prodigy_slice", dict(d0=1e-3, slice_p=3, beta3=0.9))):
        case(name, "optim.prodigy", settings,
             by_torch(lambda q: prodigyopt.Prodigy(q, **settings), d), steps=50, keep=few,
             without=[(5, 1)])
    bare = dict(d0=1e-3, betas=(0.0, 0.99), weight_decay=0.01)
    case("prodigy_no_momentum", "optim.prodigy", bare,
         by_torch(lambda q: prodigyopt.Prodigy(q, **bare), d), steps=4)


def around_cases():
    p, g = problem(1, seed=3, scale=4.0)
    tensors = {f"in.gradient.{i}": g[0, i] for i in range(len(p))}
    for dtype, prefix in ((torch.float32, "out."), (torch.float64, "truth.")):
        q = [torch.zeros(x.shape, dtype=dtype, requires_grad=True) for x in p]
        for i, x in enumerate(q):
            x.grad = torch.tensor(g[0, i], dtype=dtype)
        norm = torch.nn.utils.clip_grad_norm_(q, 1.5)
        tensors[prefix + "norm"] = norm.numpy().copy()
        for i, x in enumerate(q):
            tensors[f"{prefix}clipped.{i}"] = x.grad.numpy().copy()
    write("clip", "optim.clip", dict(max_norm=1.5), tensors)

    rng = np.random.default_rng(7)
    values = [rng.standard_normal(11).astype(np.float32) for _ in range(9)]
    for name, settings in (
            ("ema_constant", dict(decay=0.75)),
            ("ema_diffusers", dict(decay=0.6, grows=True, update_after_step=2)),
            ("ema_warmup", dict(decay=0.8, grows=True, use_ema_warmup=True, inv_gamma=2.0,
                                power=0.75, min_decay=0.3))):
        tensors = {f"in.p.{k}": x for k, x in enumerate(values)}
        for dtype, prefix in ((torch.float32, "out."), (torch.float64, "truth.")):
            parameter = torch.nn.Parameter(torch.tensor(values[0], dtype=dtype))
            if settings.get("grows"):
                own = {k: v for k, v in settings.items() if k != "grows"}
                ema = EMAModel([parameter], **own)
                shadow = lambda: ema.shadow_params[0]
                step = lambda: ema.step([parameter])
            else:
                average = parameter.detach().clone()
                update = torch.optim.swa_utils.get_ema_multi_avg_fn(settings["decay"])
                shadow = lambda: average
                step = lambda: update([average], [parameter.detach()], None)
            for k in range(1, len(values)):
                parameter.data.copy_(torch.tensor(values[k], dtype=dtype))
                step()
                tensors[f"{prefix}average.step{k}"] = shadow().numpy().copy()
        write(name, "optim.ema", settings, tensors)


def schedule_case():
    """Published schedulers over 25 steps in double; a cosine up to its end, where the published ones
    go up again and ours stays."""
    def published(make, base):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
        scheduler = make(optimizer)
        rates = []
        for _ in range(25):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        return rates
    rows = []
    for base, row, make in (
            (0.3, dict(kind="constant", warmup=6), lambda o: T.get_constant_schedule_with_warmup(o, 6)),
            (0.3, dict(kind="linear", warmup=4, total=20),
             lambda o: T.get_linear_schedule_with_warmup(o, 4, 20)),
            (1.7, dict(kind="cosine", warmup=3, total=22),
             lambda o: T.get_cosine_schedule_with_warmup(o, 3, 22)),
            (1.7, dict(kind="cosine", warmup=0, total=18, cycles=1.25),
             lambda o: T.get_cosine_schedule_with_warmup(o, 0, 18, num_cycles=1.25)),
            (0.5, dict(kind="polynomial", warmup=5, total=21, end=0.01, power=2.0),
             lambda o: T.get_polynomial_decay_schedule_with_warmup(o, 5, 21, lr_end=0.01, power=2.0)),
            (0.4, dict(kind="steps", at=[7, 15], value=[0.04, 0.004]),
             lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [7, 15], 0.1))):
        steps = row["total"] + 1 if row["kind"] == "cosine" else 25
        rows.append(dict(base=base, steps=steps, truth_rates=published(make, base)[:steps], **row))
    knots = dict(kind="knots", at=[0, 14, 28], value=[0.5, 25.0, 0.2])
    rows.append(dict(base=1.0, steps=30, **knots, truth_rates=[
        float(x) for x in np.interp(np.arange(30), knots["at"], knots["value"])]))
    with open(os.path.join(FOLDER, "schedules.json"), "w") as f:
        json.dump({"touchstone.case": "1", "module": "optim.schedule", "settings": {},
                   "made_with": MADE_WITH, "rows": rows}, f, indent=1)


for group in (sgd_cases, adam_cases, lars_cases, lamb_cases, prodigy_cases, around_cases,
              schedule_case):
    group()
