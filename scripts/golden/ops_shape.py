"""Golden cases of views, joins, look-up, resizing, pooling, packing and losses.

    python scripts/golden/ops_shape.py [data/goldens/ops]

Each case is one safetensors file: in.*, out.* (torch in float32), truth.* (the same in float64),
grad.* and truth.grad.* for the cotangent in.cotangent.output. Nothing here shares code with the
library: torch and transformers compute.
"""
import json
import os
import sys

import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file
from transformers.models.t5.modeling_t5 import T5Attention

FOLDER = sys.argv[1] if len(sys.argv) > 1 else "data/goldens/ops"
MADE_WITH = json.dumps({"torch": torch.__version__, "transformers": transformers.__version__,
                        "script": "scripts/golden/ops_shape.py"})
torch.set_num_threads(1)


def values(*size, seed=0, scale=1.0):
    return torch.randn(size, generator=torch.Generator().manual_seed(seed)) * scale


def case(name, module, function, inputs, settings=None, note=""):
    """Runs function(**inputs) in both precisions, with gradients of every float input."""
    tensors, found = {}, {}
    for key, value in inputs.items():
        tensors["in." + key] = value.contiguous()
    for dtype, prefix, grads in ((torch.float32, "out.", "grad."),
                                 (torch.float64, "truth.", "truth.grad.")):
        given = {k: v.to(dtype).clone().requires_grad_(True) if v.is_floating_point() else v
                 for k, v in inputs.items()}
        y = function(**given)
        if "in.cotangent.output" not in tensors:
            tensors["in.cotangent.output"] = values(*y.shape, seed=99)
        (y * tensors["in.cotangent.output"].to(dtype)).sum().backward()
        tensors[prefix + "output"] = y.detach().contiguous()
        for key, value in given.items():
            if value.is_floating_point():
                tensors[grads + key] = value.grad.contiguous()
        found[prefix] = y.detach().double()
    apart = (found["out."] - found["truth."]).abs()
    apart = apart[torch.isfinite(apart)]
    save_file(tensors, os.path.join(FOLDER, name + ".safetensors"), {
        "touchstone.case": "1", "module": module, "settings": json.dumps(settings or {}),
        "forward": json.dumps(list(inputs)), "made_with": MADE_WITH, "note": note})
    print(f"{name:28s} {module:20s} {apart.max().item() if apart.numel() else 0.0:.1e}")


def pack(x):
    b, c, h, w = x.shape
    x = x.view(b, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5)
    return x.reshape(b, (h // 2) * (w // 2), c * 4)


def unpack(x, h, w):
    b, _, d = x.shape
    x = x.view(b, h // 2, w // 2, d // 4, 2, 2).permute(0, 3, 1, 4, 2, 5)
    return x.reshape(b, d // 4, h, w)


def relative_bias(weight, lq, lk, both, most):
    ids = T5Attention._relative_position_bucket(
        torch.arange(lk)[None, :] - torch.arange(lq)[:, None], both, weight.shape[0], most)
    return F.embedding(ids, weight).permute(2, 0, 1)[None]


def views():
    x = values(2, 3, 5, seed=1)
    case("slice", "ops.slice", lambda input: input.narrow(2, 1, 3), {"input": x},
         {"dim": 2, "start": 1, "length": 3})
    case("slice_none", "ops.slice", lambda input: input.narrow(1, 3, 0), {"input": x},
         {"dim": 1, "start": 3, "length": 0}, "an empty part")
    case("permute", "ops.permute", lambda input: input.permute(2, 0, 1), {"input": x},
         {"dims": [2, 0, 1]})
    case("transpose", "ops.transpose", lambda input: input.transpose(0, -1), {"input": x},
         {"dim0": 0, "dim1": -1})
    case("reshape", "ops.reshape", lambda input: input.reshape(5, -1, 2), {"input": x},
         {"shape": [5, -1, 2]})
    case("split_heads", "ops.split_heads", lambda input: input.view(2, 3, 5, 2).transpose(1, 2),
         {"input": values(2, 3, 10, seed=2)}, {"heads": 5})
    case("merge_heads", "ops.merge_heads", lambda input: input.transpose(1, 2).flatten(2),
         {"input": values(2, 5, 3, 2, seed=3)})
    parts = {f"tensors.{i}": values(2, n, 3, seed=4 + i) for i, n in enumerate((1, 7, 0, 2))}
    case("concat", "ops.concat", lambda **k: torch.cat(list(k.values()), 1), parts, {"dim": 1})
    case("pack", "ops.pack", lambda input: pack(input), {"input": values(2, 3, 4, 6, seed=5)})
    case("unpack", "ops.unpack", lambda input: unpack(input, 4, 6),
         {"input": values(2, 6, 12, seed=6)}, {"height": 4, "width": 6})


def tables():
    ids = torch.tensor([[0, 4, 4, 1], [6, 0, 4, 2]])
    case("embedding", "ops.embedding", lambda input, weight: F.embedding(input, weight),
         {"input": ids, "weight": values(7, 5, seed=7)}, note="ids that occur again, or never")
    case("embedding_none", "ops.embedding", lambda input, weight: F.embedding(input, weight),
         {"input": ids[:0], "weight": values(7, 5, seed=7)}, note="no ids")
    for name, lq, lk, both in (("relative_bias", 17, 23, True), ("relative_bias_past", 31, 5, False)):
        case(name, "ops.relative_bias",
             lambda weight: relative_bias(weight, lq, lk, both, 20), {"weight": values(8, 3, seed=8)},
             {"query_length": lq, "key_length": lk, "bidirectional": both, "max_distance": 20})


def pictures():
    x = values(2, 3, 5, 7, seed=10)
    for h, w in ((10, 14), (3, 11), (1, 1), (13, 2)):
        case(f"resize_nearest_{h}x{w}", "ops.resize_nearest",
             lambda input: F.interpolate(input, size=(h, w)), {"input": x}, {"size": [h, w]})
        for align in (False, True):
            case(f"resize_bilinear_{h}x{w}{'_aligned' * align}", "ops.resize_bilinear",
                 lambda input: F.interpolate(input, size=(h, w), mode="bilinear",
                                             align_corners=align),
                 {"input": x}, {"size": [h, w], "align_corners": align})
    for n in (1, 5, 19):
        case(f"resize_linear_{n}", "ops.resize_linear",
             lambda input: F.interpolate(input, size=n, mode="linear"),
             {"input": values(2, 3, 7, seed=11)}, {"size": n})
    shapes = (("", (2, 2), None, (0, 0)), ("_padded", (3, 2), (2, 1), (1, 1)),
              ("_wide", (1, 5), (3, 2), (0, 2)))
    for end, kernel, stride, padding in shapes:
        settings = {"kernel_size": list(kernel), "padding": list(padding)}
        if stride:
            settings["stride"] = list(stride)
        case("max_pool" + end, "ops.max_pool",
             lambda input: F.max_pool2d(input, kernel, stride, padding), {"input": x}, settings)
        for whole in (True, False):
            case(f"avg_pool{end}{'' if whole else '_inside'}", "ops.avg_pool",
                 lambda input: F.avg_pool2d(input, kernel, stride, padding,
                                            count_include_pad=whole),
                 {"input": x}, settings | {"count_include_pad": whole})
    same = torch.tensor([1.0, 2.0])[torch.randint(0, 2, (1, 1, 6, 6), generator=torch.Generator().manual_seed(3))]
    case("max_pool_ties", "ops.max_pool", lambda input: F.max_pool2d(input, 3, 1),
         {"input": same}, {"kernel_size": [3, 3], "stride": [1, 1]}, "the first of equal values")


def losses():
    a, b = values(3, 5, seed=20), values(3, 5, seed=21)
    case("mse", "ops.mse", lambda input, target: F.mse_loss(input, target),
         {"input": a, "target": b})
    case("mse_weight", "ops.mse",
         lambda input, target, weight: F.mse_loss(weight * input, weight * target),
         {"input": a, "target": b, "weight": values(3, 1, seed=22)}, note="the weight is squared")
    case("cross_entropy", "ops.cross_entropy",
         lambda input, target: F.cross_entropy(input, target),
         {"input": values(7, 11, seed=23, scale=4.0), "target": torch.arange(7) * 3 % 11})
    case("cross_entropy_one", "ops.cross_entropy",
         lambda input, target: F.cross_entropy(input, target),
         {"input": values(1, 1, seed=24), "target": torch.zeros(1, dtype=torch.int64)})
    log_p = values(9, 5, 6, seed=25, scale=2.0).log_softmax(-1)
    labels = torch.tensor([[1, 1, 2, 2], [3, 4, 5, 1], [2, 1, 1, 1], [5, 5, 5, 1], [4, 1, 1, 1]])
    inputs = {"log_probs": log_p, "targets": labels, "input_lengths": torch.tensor([9, 7, 5, 6, 1]),
              "target_lengths": torch.tensor([4, 3, 0, 3, 1])}
    for name, blank, zero in (("ctc", 0, False), ("ctc_zero_infinity", 0, True)):
        given = dict(inputs)
        if zero:
            given["input_lengths"] = torch.tensor([5, 7, 5, 4, 1])  # too short for labels 0 and 3
        case(name, "ops.ctc",
             lambda log_probs, targets, input_lengths, target_lengths: F.ctc_loss(
                 log_probs, targets, input_lengths, target_lengths, blank, "none", zero), given,
             {"blank": blank, "zero_infinity": zero},
             "repeated symbols, an empty label, lengths of their own")
    given = dict(inputs, targets=labels - 1)
    case("ctc_last_blank", "ops.ctc",
         lambda log_probs, targets, input_lengths, target_lengths: F.ctc_loss(
             log_probs, targets, input_lengths, target_lengths, 5, "none", False), given,
         {"blank": 5, "zero_infinity": False}, "the blank is the last class")


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    views()
    tables()
    pictures()
    losses()
