"""Golden cases of norms, softmax, activations, arithmetic, gates and positions.

    python scripts/golden/ops_pointwise.py [data/goldens/ops]

As ops_shape.py, whose case() writes them; torch, diffusers and transformers compute.
"""
import json
import os

import diffusers
import torch
import torch.nn.functional as F
import transformers
from diffusers.models.embeddings import apply_rotary_emb, get_1d_rotary_pos_embed, get_timestep_embedding
from diffusers.models.normalization import RMSNorm
from safetensors.torch import save_file
from transformers.activations import NewGELUActivation, QuickGELUActivation

import ops_shape as base
from ops_shape import FOLDER, case, values

base.MADE_WITH = json.dumps({"torch": torch.__version__, "diffusers": diffusers.__version__,
                             "transformers": transformers.__version__,
                             "script": "scripts/golden/ops_pointwise.py"})


def norms():
    for rows, n in ((3, 7), (1, 1), (5, 131), (0, 4), (2, 64)):
        x, w, b = values(rows, n, seed=1), values(n, seed=2) * 0.2 + 1, values(n, seed=3)
        end = f"_{rows}x{n}"
        case("layer_norm" + end, "ops.layer_norm",
             lambda input, weight, bias: F.layer_norm(input, (n,), weight, bias, 1e-6),
             {"input": x, "weight": w, "bias": b}, {"eps": 1e-6})

        def rms(input, weight):
            # diffusers' RMSNorm takes its variance in float32; in double it is the same formula.
            if input.dtype == torch.float32:
                norm = RMSNorm(n, 1e-6, elementwise_affine=False)
                return norm(input) * weight
            return input * torch.rsqrt(input.pow(2).mean(-1, keepdim=True) + 1e-6) * weight
        case("rms_norm" + end, "ops.rms_norm", rms, {"input": x, "weight": w}, {"eps": 1e-6})
    case("layer_norm_bare", "ops.layer_norm", lambda input: F.layer_norm(input, (16,), None, None, 1e-6),
         {"input": values(2, 3, 16, seed=4)}, {"eps": 1e-6}, "no weight, no bias")
    case("layer_norm_far", "ops.layer_norm", lambda input: F.layer_norm(input, (33,), None, None, 1e-5),
         {"input": values(2, 33, seed=5) + 1000}, {"eps": 1e-5}, "far from zero")
    for b, c, h, w, groups in ((2, 6, 3, 5, 3), (1, 4, 1, 7, 4), (2, 32, 4, 4, 32), (3, 5, 2, 3, 1)):
        case(f"group_norm_{c}_{groups}", "ops.group_norm",
             lambda input, weight, bias: F.group_norm(input, groups, weight, bias, 1e-6),
             {"input": values(b, c, h, w, seed=6), "weight": values(c, seed=7), "bias": values(c, seed=8)},
             {"num_groups": groups, "eps": 1e-6})
    for b, c, h, w in ((2, 3, 4, 5), (1, 1, 1, 1), (3, 7, 1, 2)):
        case(f"batch_norm_{c}", "ops.batch_norm",
             lambda input, weight, bias, running_mean, running_var:
             (input - running_mean[:, None, None]) / torch.sqrt(running_var[:, None, None] + 1e-5)
             * weight[:, None, None] + bias[:, None, None] if running_mean.requires_grad
             else F.batch_norm(input, running_mean, running_var, weight, bias, False, 0.0, 1e-5),
             {"input": values(b, c, h, w, seed=9), "weight": values(c, seed=10), "bias": values(c, seed=11),
              "running_mean": values(c, seed=12), "running_var": values(c, seed=13).abs() + 0.5},
             {"eps": 1e-5}, "written out, so that mean and variance have gradients too")
    for name, x in (("3x5", values(3, 5, seed=14, scale=3)), ("1x1", values(1, 1, seed=15)),
                    ("2x131", values(2, 131, seed=16)), ("huge", values(4, 9, seed=17, scale=1e4)),
                    ("none", values(0, 3, seed=17))):
        case("softmax_" + name, "ops.softmax", lambda input: torch.softmax(input, -1), {"input": x})
        case("log_softmax_" + name, "ops.log_softmax", lambda input: torch.log_softmax(input, -1),
             {"input": x})
    x = values(3, 6, seed=18)
    x[0, 2:] = -torch.inf
    x[1, 0] = -torch.inf
    case("softmax_masked", "ops.softmax", lambda input: torch.softmax(input, -1), {"input": x},
         note="some logits are -infinity")


def hard_sigmoid(x):
    # torch's gradient of it in double has a float32 sixth in it
    return F.hardsigmoid(x) if x.dtype == torch.float32 else (x + 3).clamp(0, 6) / 6


def activations():
    gelu_tanh = NewGELUActivation()
    functions = {"silu": F.silu, "gelu": F.gelu, "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
                 "quick_gelu": QuickGELUActivation(), "relu": F.relu, "hard_swish": F.hardswish,
                 "hard_sigmoid": hard_sigmoid, "sigmoid": torch.sigmoid, "tanh": torch.tanh,
                 "exp": torch.exp}
    for name, f in functions.items():
        x = torch.cat([values(40, seed=30, scale=2), torch.linspace(-12, 12, 31)])
        case(name, "ops." + name, lambda input: f(input), {"input": x})
        case(name + "_one", "ops." + name, lambda input: f(input), {"input": values(1, 1, seed=31)})
    case("gelu_tanh_new", "ops.gelu_tanh", lambda input: gelu_tanh(input), {"input": values(5, 7, seed=32)},
         note="transformers' NewGELU, which T5 uses")
    case("clamp", "ops.clamp", lambda input: input.clamp(-0.5, 0.75), {"input": values(5, 7, seed=33)},
         {"min": -0.5, "max": 0.75})
    gates = {"gelu_tanh": functions["gelu_tanh"], "gelu": F.gelu, "silu": F.silu, "sigmoid": torch.sigmoid}
    for name, f in gates.items():
        case("gated_" + name, "ops.gated", lambda gate, input: f(gate) * input,
             {"gate": values(3, 11, seed=34, scale=2), "input": values(3, 11, seed=35)}, {"function": name})


def arithmetic():
    sizes = (((3, 5), (3, 5)), ((2, 3, 5), (5,)), ((2, 1, 5), (3, 1)), ((1,), (2, 3)), ((0, 3), (1, 3)),
             ((7,), ()))
    for name, f in (("add", torch.add), ("sub", torch.sub), ("mul", torch.mul)):
        for i, (a, b) in enumerate(sizes):
            case(f"{name}_{i}", "ops." + name, lambda input, other: f(input, other),
                 {"input": values(*a, seed=40 + i), "other": values(*b, seed=50 + i)})
    case("lerp", "ops.lerp", lambda input, end: torch.lerp(input, end, 0.3),
         {"input": values(3, 5, seed=60), "end": values(3, 5, seed=61)}, {"weight": 0.3})
    case("scale", "ops.scale", lambda input: input * 0.3611, {"input": values(3, 5, seed=62)},
         {"factor": 0.3611})
    case("shift", "ops.shift", lambda input: input + 0.1159, {"input": values(3, 5, seed=63)},
         {"offset": 0.1159})
    for b, l, n in ((2, 3, 5), (1, 1, 1), (2, 7, 64)):
        x, scale, shift = values(b, l, n, seed=64), values(b, n, seed=65), values(b, n, seed=66)
        case(f"modulate_{n}", "ops.modulate",
             lambda input, scale, shift: input * (1 + scale[:, None]) + shift[:, None],
             {"input": x, "scale": scale, "shift": shift})
        case(f"add_gated_{n}", "ops.add_gated", lambda input, gate, value: input + gate.unsqueeze(1) * value,
             {"input": x, "gate": scale, "value": values(b, l, n, seed=67)})
    for size in ((3, 5), (1,), (7, 131)):
        x = values(*size, seed=68)
        case(f"sum_{x.numel()}", "ops.sum", lambda input: input.sum(), {"input": x})
        case(f"mean_{x.numel()}", "ops.mean", lambda input: input.mean(), {"input": x})


def rotated(input, cos, sin):
    if input.dtype == torch.float32:
        return apply_rotary_emb(input, (cos, sin))
    real, imaginary = input.unflatten(-1, (-1, 2)).unbind(-1)
    return input * cos + torch.stack([-imaginary, real], -1).flatten(3) * sin


def positions():
    for b, h, l, d in ((2, 3, 5, 8), (1, 1, 1, 2), (1, 2, 7, 16)):
        case(f"rotate_{d}", "ops.rotate", rotated,
             {"input": values(b, h, l, d, seed=70), "cos": values(l, d, seed=71), "sin": values(l, d, seed=72)},
             note="tables of any numbers: each of them counts")
    ids = torch.tensor([[0, 0, 0], [0, 1, 2], [3, 40, 511], [512, 7, 1]])
    dims, tensors = (4, 6, 6), {"in.ids": ids}
    for prefix, dtype in (("out.", torch.float32), ("truth.", torch.float64)):
        parts = [get_1d_rotary_pos_embed(dim, ids[:, i].double(), repeat_interleave_real=True, use_real=True,
                                         freqs_dtype=torch.float64) for i, dim in enumerate(dims)]
        if dtype == torch.float64:  # diffusers ends in float32
            parts = [(a.cos(), a.sin()) for a in
                     ((ids[:, i].double()[:, None] * 10000.0 ** (-torch.arange(0, dim, 2).double() / dim))
                      .repeat_interleave(2, 1) for i, dim in enumerate(dims))]
        tensors[prefix + "cos"] = torch.cat([p[0] for p in parts], 1).to(dtype).contiguous()
        tensors[prefix + "sin"] = torch.cat([p[1] for p in parts], 1).to(dtype).contiguous()
    save_file(tensors, os.path.join(FOLDER, "rope_tables.safetensors"), {
        "touchstone.case": "1", "module": "ops.rope_tables", "forward": '["ids"]', "note": "",
        "settings": json.dumps({"axes_dim": dims, "theta": 10000}), "made_with": base.MADE_WITH})
    for name, dim, flip, shift in (("even", 16, True, 0), ("odd", 9, False, 1), ("two", 2, False, 0)):
        def embed(timesteps):
            if timesteps.dtype == torch.float32:
                return get_timestep_embedding(timesteps, dim, flip, shift)
            half = dim // 2
            w = torch.exp(-torch.arange(half, dtype=torch.float64)
                          * torch.log(torch.tensor(10000.0, dtype=torch.float64)) / (half - shift))
            a = timesteps[:, None] * w
            both = (a.cos(), a.sin()) if flip else (a.sin(), a.cos())
            return F.pad(torch.cat(both, 1), (0, dim % 2))
        case("sinusoid_" + name, "ops.sinusoid", embed, {"timesteps": torch.tensor([0.0, 0.5, 1.0, 3.0])},
             {"embedding_dim": dim, "flip_sin_to_cos": flip, "downscale_freq_shift": shift},
             "small times: the published float angles are right to a float")


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    norms()
    activations()
    arithmetic()
    positions()
