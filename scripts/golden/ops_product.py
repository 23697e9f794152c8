"""Golden cases of linear, matmul, convolution and attention.

    python scripts/golden/ops_product.py [data/goldens/ops]

As ops_shape.py, but for attention, which has up to three outputs: 0, bool and float. torch computes.
"""
import json
import os

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

import ops_shape as base
from ops_shape import FOLDER, case, values

base.MADE_WITH = json.dumps({"torch": torch.__version__, "script": "scripts/golden/ops_product.py"})


def linear():
    for rows, k, n in ((3, 5, 4), (1, 1, 1), (0, 3, 2), (2, 0, 3), (7, 131, 13), (65, 17, 33)):
        case(f"linear_{rows}x{k}x{n}", "ops.linear", lambda input, weight, bias: F.linear(input, weight, bias),
             {"input": values(rows, k, seed=1), "weight": values(n, k, seed=2), "bias": values(n, seed=3)})
    case("linear_bare", "ops.linear", lambda input, weight: F.linear(input, weight),
         {"input": values(2, 3, 19, seed=4), "weight": values(23, 19, seed=5)}, note="three axes, no bias")
    case("linear_vector", "ops.linear", lambda input, weight: F.linear(input, weight),
         {"input": values(11, seed=6), "weight": values(3, 11, seed=7)}, note="one axis")
    case("linear_whole", "ops.linear", lambda input, weight, bias: F.linear(input, weight, bias),
         {"input": values(5, 37, seed=8, scale=9).round(), "weight": values(7, 37, seed=9, scale=9).round(),
          "bias": values(7, seed=10, scale=9).round()}, note="integers: every sum is exact")


def matmul():
    for i, (a, b) in enumerate((((2, 3, 5), (2, 5, 4)), ((2, 2, 3, 5), (5, 4)), ((1, 1), (1, 1)), ((3, 0), (0, 2)),
                                ((2, 0, 3), (2, 3, 4)), ((3, 7, 67), (3, 67, 17)))):
        case(f"matmul_{i}", "ops.matmul", lambda input, other: input @ other,
             {"input": values(*a, seed=11 + i), "other": values(*b, seed=21 + i)})


def conv2d():
    cases = {
        "3x3": ((2, 3, 7, 5), (4, 3, 3, 3), {"padding": 1}),
        "1x1": ((1, 5, 3, 4), (2, 5, 1, 1), {}),
        "one": ((1, 1, 1, 1), (1, 1, 1, 1), {}),
        "down": ((1, 4, 6, 8), (3, 4, 3, 3), {"stride": 2, "padding": [0, 1, 0, 1]}),
        "uneven": ((2, 2, 7, 9), (3, 2, 3, 2), {"stride": [3, 2], "padding": [2, 0, 1, 3]}),
        "groups": ((2, 6, 5, 7), (9, 2, 3, 3), {"padding": [1, 2], "groups": 3}),
        "depthwise": ((1, 7, 5, 5), (7, 1, 5, 5), {"padding": 2, "groups": 7}),
        "wide": ((1, 17, 13, 11), (19, 17, 3, 3), {"padding": 1}),
        "no_batch": ((0, 2, 3, 3), (2, 2, 3, 3), {"padding": 1}),
        "taps_as_large": ((1, 2, 4, 3), (2, 2, 4, 3), {}),
    }
    for name, (x, w, settings) in cases.items():
        padding = settings.get("padding", 0)
        sides = padding if isinstance(padding, list) else [padding] * 4
        sides = sides if len(sides) == 4 else [sides[1], sides[1], sides[0], sides[0]]
        stride, groups = settings.get("stride", 1), settings.get("groups", 1)

        def convolution(input, weight, bias=None):
            return F.conv2d(F.pad(input, sides), weight, bias, stride, 0, 1, groups)
        inputs = {"input": values(*x, seed=31), "weight": values(*w, seed=32)}
        if name != "uneven":
            inputs["bias"] = values(w[0], seed=33)
        case("conv2d_" + name, "ops.conv2d", convolution, inputs, settings)


def attend(query, key, value, scale, seen, added):
    """softmax(scale q k^T + added) v over the pairs that are seen; 0 for a query without any."""
    bias = torch.zeros(query.shape[:3] + (key.shape[2],), dtype=query.dtype)
    if added is not None:
        bias = bias + added
    if seen is not None:
        bias = bias.masked_fill(~seen, -torch.inf)
    empty = torch.isneginf(bias).all(-1, keepdim=True)
    bias = bias.masked_fill(empty, 0.0)
    y = F.scaled_dot_product_attention(query, key, value, bias, scale=scale)
    return y.masked_fill(empty, 0.0)


def attention_case(name, q, lk, dv, settings=None, mask_bool=None, mask_float=None, note=""):
    settings, tensors = settings or {}, {}
    b, h, lq, d = q
    inputs = {"query": values(*q, seed=41), "key": values(b, h, lk, d, seed=42), "value": values(b, h, lk, dv, seed=43)}
    if mask_bool is not None:
        inputs["mask_bool"] = mask_bool
    if mask_float is not None:
        inputs["mask_float"] = mask_float
    tensors.update({"in." + k: v.contiguous() for k, v in inputs.items()})
    fixed, seen = None, None
    if "segments" in settings:
        ends = torch.tensor(settings["segments"])
        part = torch.bucketize(torch.arange(lq), ends[1:], right=True)
        table = torch.tensor([[-torch.inf if x is None else x for x in row] for row in settings["between"]],
                             dtype=torch.float64)
        fixed = table[part][:, part]
    if settings.get("is_causal"):
        seen = torch.ones(lq, lk, dtype=torch.bool).tril()
    for dtype, out, grad in ((torch.float32, "out.", "grad."), (torch.float64, "truth.", "truth.grad.")):
        given = {k: v.to(dtype).clone().requires_grad_(True) if v.is_floating_point() else v.bool()
                 for k, v in inputs.items()}
        scale = settings.get("scale", d ** -0.5)
        base_bias = None if fixed is None else fixed.to(dtype)
        allowed, added = given.get("mask_bool"), given.get("mask_float")
        runs = {"0": (seen, base_bias)}
        if allowed is not None:
            runs["bool"] = (allowed if seen is None else seen & allowed, base_bias)
        if added is not None:
            runs["float"] = (seen, added if base_bias is None else added + base_bias)
        total = 0.0
        for i, (key, (may, bias)) in enumerate(runs.items()):
            y = attend(given["query"], given["key"], given["value"], scale, may, bias)
            cotangent = tensors.setdefault("in.cotangent." + key, values(*y.shape, seed=90 + i))
            total = total + (y * cotangent.to(dtype)).sum()
            tensors[out + key] = y.detach().contiguous()
        total.backward()
        for key, value in given.items():
            if value.is_floating_point():
                tensors[grad + key] = value.grad.contiguous()
    save_file(tensors, os.path.join(FOLDER, name + ".safetensors"), {
        "touchstone.case": "1", "module": "ops.attention", "settings": json.dumps(settings),
        "forward": json.dumps(list(inputs)), "made_with": base.MADE_WITH, "note": note})
    print(name)


def attention():
    def some(*size, seed):
        return (values(*size, seed=seed) > -0.3).to(torch.uint8)
    attention_case("attention_1", (1, 1, 1, 1), 1, 1)
    attention_case("attention_masks", (2, 2, 7, 5), 9, 3, mask_bool=some(2, 1, 7, 9, seed=50),
                   mask_float=values(7, 9, seed=51))
    full = some(1, 2, 5, 11, seed=52)
    full[:, :, 2] = 0
    added = values(1, 1, 5, 11, seed=53)
    added[..., 3:] = -torch.inf
    added[:, :, 4] = -torch.inf
    attention_case("attention_empty_rows", (2, 2, 5, 4), 11, 4, mask_bool=full, mask_float=added,
                   note="query 2 (bool) and 4 (float) see nothing: 0, and no gradient")
    attention_case("attention_broadcast", (2, 3, 4, 8), 6, 5, mask_bool=some(2, 1, 1, 6, seed=54),
                   mask_float=values(1, 3, 4, 1, seed=55), settings={"scale": 0.5})
    attention_case("attention_causal", (1, 2, 6, 4), 6, 4, settings={"is_causal": True, "scale": 1.0},
                   mask_float=values(1, 2, 6, 6, seed=56))
    attention_case("attention_segments", (1, 2, 9, 4), 9, 4, settings={
        "segments": [0, 2, 5, 9], "between": [[0, 0.5, None], [0.5, 0, -0.7], [None, 0.25, 0]]},
        mask_bool=some(9, 9, seed=57))
    attention_case("attention_long", (1, 2, 67, 16), 131, 8)
    attention_case("attention_sharp", (1, 1, 4, 16), 5, 3, settings={"scale": 30.0}, note="almost one-hot")


os.makedirs(FOLDER, exist_ok=True)
linear()
matmul()
conv2d()
attention()
