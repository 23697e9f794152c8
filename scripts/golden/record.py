"""What the generators of module cases share: a program run in float32 and in double throughout,
every module's output recorded by hooks, gradients of every parameter and float input, one file.

"Double throughout" means that the islands of float32 inside PyTorch modules (variances of RMS norms,
rotary tables and their application, T5's softmax, the timestep's sinusoid) are made double too:
inside `wide()` every conversion to float32 is one to float64. `wide(sinusoid=False)` leaves the
sinusoid as published.
"""
import contextlib
import inspect
import json
from pathlib import Path

import diffusers
import peft
import torch
import transformers
from diffusers.models import embeddings
from safetensors.torch import save_file
from torch.overrides import TorchFunctionMode

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)

MADE_WITH = {"torch": torch.__version__, "diffusers": diffusers.__version__,
             "transformers": transformers.__version__, "peft": peft.__version__}


class Wide(TorchFunctionMode):
    """Every float32 that is asked for becomes float64."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = {k: torch.float64 if v is torch.float32 else v for k, v in (kwargs or {}).items()}
        if func is torch.Tensor.float:
            return args[0].double()
        args = tuple(torch.float64 if a is torch.float32 else a for a in args)
        return func(*args, **kwargs)


@contextlib.contextmanager
def wide(sinusoid=True):
    published = embeddings.get_timestep_embedding

    def narrow(timesteps, *args, **kwargs):
        with torch.overrides._pop_mode_temporarily():
            return published(timesteps.float(), *args, **kwargs).double()

    if not sinusoid:
        embeddings.get_timestep_embedding = narrow
    torch.set_default_dtype(torch.float64)
    try:
        with Wide():
            yield
    finally:
        torch.set_default_dtype(torch.float32)
        embeddings.get_timestep_embedding = published


def tensors_of(value, name):
    """The tensors of a module's result under the names of the trace."""
    if hasattr(value, "to_tuple"):
        value = value.to_tuple()
    if torch.is_tensor(value):
        yield name, value
    elif isinstance(value, (tuple, list)):
        for i, v in enumerate(value):
            if torch.is_tensor(v):
                yield f"{name}.{i}", v


def record(model, prefix=""):
    """Hooks on every module below `model`; returns what they fill, and a function to remove them."""
    seen, calls, hooks = {}, {}, []

    def hook(name):
        def remember(_, __, output):
            calls[name] = calls.get(name, 0) + 1
            again = f"@{calls[name]}" if calls[name] > 1 else ""
            for key, tensor in tensors_of(output, f"{name}{again}.output"):
                seen[key] = tensor.detach().clone()
        return remember

    for name, module in model.named_modules():
        if name:
            hooks.append(module.register_forward_hook(hook(prefix + name)))
    return seen, lambda: [h.remove() for h in hooks]


def inputs_of(model):
    """Arguments of every module's first call, by the names in its forward."""
    seen, hooks = {}, []

    def hook(name):
        def remember(module, args, kwargs):
            if name in seen:
                return
            bound = dict(inspect.signature(module.forward).bind(*args, **kwargs).arguments)
            bound.update(bound.pop("cross_attention_kwargs", {}))
            seen[name] = {k: v for k, v in bound.items() if v is not None}
        return remember

    for name, module in model.named_modules():
        if name:
            hooks.append(module.register_forward_pre_hook(hook(name), with_kwargs=True))
    return seen, lambda: [h.remove() for h in hooks]


def flat(arguments):
    """{"image_rotary_emb": (a, b)} becomes {"image_rotary_emb.0": a, ...}; the rest is dropped."""
    out = {}
    for key, value in arguments.items():
        if torch.is_tensor(value):
            out[key] = value
        elif isinstance(value, (tuple, list)):
            out.update({f"{key}.{i}": v for i, v in enumerate(value) if torch.is_tensor(v)})
    return out


def is_label(name):
    """Positions are labels, whatever their type: nothing flows into them."""
    return name.split(".")[-1].endswith("ids")


def values(generator, *size, scale=1.0):
    return torch.randn(size, generator=generator) * scale


class Case:
    """Tensors and metadata of one case, filled from runs and saved."""

    def __init__(self, path, module, inputs, *, checkpoint=None, lora=None, settings=None, note=""):
        self.path, self.tensors = Path(path), {}
        self.meta = {"touchstone.case": "1", "module": module, "note": note,
                     "settings": json.dumps(settings or {}), "forward": json.dumps(list(inputs)),
                     "made_with": json.dumps({**MADE_WITH, "script": self.script()})}
        if checkpoint:
            self.meta["checkpoint"] = checkpoint
        if lora:
            self.meta["lora"] = lora
        self.settings = dict(settings or {})
        for name, value in inputs.items():
            self.put(f"in.{name}", value)

    @staticmethod
    def script():
        import sys
        return "scripts/golden/" + Path(sys.argv[0]).name

    def put(self, name, tensor):
        tensor = tensor.detach()
        if tensor.dtype == torch.bool:
            tensor = tensor.to(torch.uint8)
        self.tensors[name] = tensor.contiguous().clone()

    def run(self, function, inputs, parameters, outputs, cotangents=None, kinds=("out", "truth")):
        """function(dtype, inputs) -> {name: tensor} in float32 and in double (and with the published
        sinusoid); gradients of sum(output * cotangent) for inputs and parameters(dtype)."""
        self.gradients, zeros = {}, set()
        for kind in kinds:
            dtype = torch.float32 if kind == "out" else torch.float64
            given = {k: v.to(dtype).clone().requires_grad_(bool(cotangents) and not is_label(k))
                     if v.is_floating_point() else v for k, v in inputs.items()}
            scope = contextlib.nullcontext() if kind == "out" else wide(kind == "truth")
            with scope, torch.set_grad_enabled(bool(cotangents)):
                result = function(dtype, given)
                if cotangents:
                    sum((result[k] * c.to(dtype)).sum() for k, c in cotangents.items()).backward()
            for name in outputs or result:
                self.put(f"{kind}.{name}", result[name])
            grads = "grad." if kind == "out" else "truth.grad."
            every = {k: v for k, v in given.items() if v.requires_grad}
            every.update(parameters(dtype))
            for name, p in every.items() if cotangents else ():
                if kind == "truth_sin32":
                    pass
                elif p.grad is None:
                    zeros.add(name)
                elif p.grad.any():  # zeros by cancellation are left out: roundings may remain
                    self.put(grads + name, p.grad)
                p.grad = None
        if cotangents:
            for name, c in cotangents.items():
                self.put(f"in.cotangent.{name}", c)
            if zeros:
                self.settings["zero_gradients"] = sorted(zeros)

    def trace(self, seen, only=None):
        for name, tensor in seen.items():
            if tensor.is_floating_point() and (only is None or only(name)):
                self.put(f"trace.{name}", tensor)

    def save(self):
        self.meta["settings"] = json.dumps(self.settings)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        save_file(self.tensors, self.path, self.meta)
        print(f"{self.path}  {self.path.stat().st_size / 1024:.0f} KB  {self.distance():.1e}")

    def distance(self):
        far = 0.0
        for name, truth in self.tensors.items():
            if name.startswith("truth.") and not name.startswith("truth.grad."):
                out = self.tensors.get("out." + name[6:])
                if out is not None and truth.numel():
                    far = max(far, (out.double() - truth).abs().max().item())
        return far
