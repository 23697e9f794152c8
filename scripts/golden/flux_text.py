"""FLUX-Text's transformer in plain torch, from its published equations: a second implementation that
shares no code with the library, and cases of it on data/checkpoints/tiny with adapters of several
kinds.

    python scripts/golden/flux_text.py --validate CASE...   its truths against cases that hold some
    python scripts/golden/flux_text.py [data/goldens/transformer]

In double it is the truth; in float32 it stands for an honest program (out.*).
"""
import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from record import Case, values

DATA = Path(__file__).resolve().parents[2] / "data"


class Network:
    """Weights by PyTorch's names in one arithmetic, an adapter, and the options."""

    def __init__(self, folder, dtype, lora=None, alpha=None, **options):
        folder = Path(folder)
        self.config = json.loads((folder / "config.json").read_text())
        self.w = {}
        for part in sorted(folder.glob("*.safetensors")):
            self.w.update(load_file(part))
        self.w = {k: v.to(dtype) for k, v in self.w.items()}
        self.dtype, self.lora = dtype, {}
        for key, value in (load_file(lora) if lora else {}).items():
            name = key.removeprefix("transformer.").replace(".default", "")
            self.lora[name] = value.to(dtype)
        self.alpha = alpha
        self.o = {"latent_lora": False, "union_cond_attn": True, "add_cond_attn": False,
                  "c_factor": 1.0, "c_t": 0.0, "use_byt5_embeds": False, "base_ratio": 0.6}
        self.o.update(options)

    def linear(self, x, name, adapter=False):
        y = x @ self.w[name + ".weight"].T + self.w[name + ".bias"]
        down = self.lora.get(name + ".lora_A.weight")
        if adapter and down is not None:
            rank = down.shape[0]
            alpha = self.lora.get(name + ".alpha")
            alpha = float(alpha) if alpha is not None else self.alpha or rank
            y = y + (x @ down.T) @ self.lora[name + ".lora_B.weight"].T * (alpha / rank)
        return y

    def rms(self, x, name):
        return x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-6) * self.w[name + ".weight"]

    @staticmethod
    def norm(x):
        x = x - x.mean(-1, keepdim=True)
        return x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-6)

    # Embeddings. ------------------------------------------------------------------------------

    def sinusoid(self, t):
        i = torch.arange(128, dtype=torch.float64)
        a = t[:, None].double() * torch.exp(-math.log(10000.0) * i / 128)[None]
        return torch.cat([a.cos(), a.sin()], -1).to(self.dtype)

    def embedder(self, x, name):
        h = F.silu(self.linear(x, f"time_text_embed.{name}.linear_1"))
        return self.linear(h, f"time_text_embed.{name}.linear_2")

    def time(self, t, guidance, pooled):
        y = self.embedder(self.sinusoid(t * 1000), "timestep_embedder")
        if self.config["guidance_embeds"]:
            y = y + self.embedder(self.sinusoid(guidance * 1000), "guidance_embedder")
        return y + self.embedder(pooled, "text_embedder")

    def rope(self, ids):
        dims = self.config["axes_dims_rope"]
        a = [ids.double()[:, k, None] / 10000.0 ** (torch.arange(0, d, 2).double() / d)
             for k, d in enumerate(dims)]
        a = torch.cat(a, -1).repeat_interleave(2, -1)
        return a.cos().to(self.dtype), a.sin().to(self.dtype)

    @staticmethod
    def turn(x, rope):
        other = torch.stack([-x[..., 1::2], x[..., 0::2]], -1).flatten(-2)
        return x * rope[0] + other * rope[1]

    # Blocks. Streams are dictionaries: x, temb, rope, lora, text, glyph. ------------------------

    def heads(self, n, s, p, names):
        h = self.config["num_attention_heads"]
        q, k, v = (self.linear(n, f"{p}.attn.{m}", s["lora"]) for m in names[:3])
        q, k, v = (y.unflatten(-1, (h, -1)).transpose(1, 2) for y in (q, k, v))
        if not s.get("glyph"):
            q, k = self.rms(q, f"{p}.attn.{names[3]}"), self.rms(k, f"{p}.attn.{names[4]}")
        return self.turn(q, s["rope"]), self.turn(k, s["rope"]), v

    def mask_of_condition(self, length, last):
        """Additive, between the last positions and all others; a factor overwrites a mask."""
        c = float(np.float32(self.o["c_factor"]))
        if last == 0 or (c == 1 and self.o["union_cond_attn"]):
            return None
        tail = torch.arange(length) >= length - last
        apart = tail[:, None] != tail[None, :]
        between = math.log(c) if c != 1 else -math.inf
        return torch.zeros(length, length, dtype=self.dtype).masked_fill(apart, between)

    def attend(self, each, condition, region=None):
        q, k, v = (torch.cat([e[i] for e in each], 2) for i in range(3))
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
        bias = self.mask_of_condition(q.shape[2], condition)
        a = (scores if bias is None else scores + bias).softmax(-1) @ v
        if self.o["use_byt5_embeds"]:
            s = scores
            if region is not None:
                s = scores.masked_fill(region == 0, -math.inf) if region.dtype == torch.uint8 \
                    else scores + region
            r = float(self.o["base_ratio"])
            a = r * a + (1 - r) * (s.softmax(-1) @ v)
        a = a.transpose(1, 2).flatten(2)
        return a.split([e[0].shape[2] for e in each], 1)

    def double_block(self, i, streams, condition, region):
        p = f"transformer_blocks.{i}"
        names = {False: ("to_q", "to_k", "to_v", "norm_q", "norm_k"),
                 True: ("add_q_proj", "add_k_proj", "add_v_proj", "norm_added_q", "norm_added_k")}
        six, n = [], []
        for s in streams:
            tail = "_context" if s["text"] else ""
            m = self.linear(F.silu(s["temb"]), f"{p}.norm1{tail}.linear", s["lora"])
            six.append([y[:, None] for y in m.chunk(6, -1)])
            n.append(self.norm(s["x"]) * (1 + six[-1][1]) + six[-1][0])
        a = self.attend([self.heads(y, s, p, names[s["text"]]) for y, s in zip(n, streams)],
                        condition, region)
        a = [self.linear(y, f"{p}.attn." + ("to_add_out" if s["text"] else "to_out.0"), s["lora"])
             for y, s in zip(a, streams)]
        for j, (s, m) in enumerate(zip(streams, six)):
            tail = "_context" if s["text"] else ""
            x = (n[j] if s.get("glyph") else s["x"]) + m[2] * a[j]
            if j == 1 and self.o["add_cond_attn"] and len(streams) > 2:
                x = x + six[2][2] * a[2]
            h = self.norm(x) * (1 + m[4]) + m[3]
            h = F.gelu(self.linear(h, f"{p}.ff{tail}.net.0.proj", s["lora"]), approximate="tanh")
            h = self.linear(h, f"{p}.ff{tail}.net.2", s["lora"])
            s["x"] = (s["x"] if s.get("glyph") else x) + m[5] * h

    def single_block(self, i, streams, condition):
        p = f"single_transformer_blocks.{i}"
        names = ("to_q", "to_k", "to_v", "norm_q", "norm_k")
        n, gates, mlp = [], [], []
        for s in streams:
            shift, scale, gate = (y[:, None] for y in self.linear(
                F.silu(s["temb"]), f"{p}.norm.linear", s["lora"]).chunk(3, -1))
            n.append(self.norm(s["x"]) * (1 + scale) + shift)
            gates.append(gate)
            mlp.append(F.gelu(self.linear(n[-1], f"{p}.proj_mlp", s["lora"]), approximate="tanh"))
        a = self.attend_single([self.heads(y, s, p, names) for y, s in zip(n, streams)], condition)
        for s, g, y, h in zip(streams, gates, a, mlp):
            s["x"] = s["x"] + g * self.linear(torch.cat([y, h], -1), f"{p}.proj_out", s["lora"])

    def attend_single(self, each, condition):
        glyph, self.o["use_byt5_embeds"] = self.o["use_byt5_embeds"], False
        a = self.attend(each, condition)
        self.o["use_byt5_embeds"] = glyph
        return a

    def __call__(self, hidden_states, encoder_hidden_states, pooled_projections, timestep, img_ids,
                 txt_ids, guidance=None, condition_latents=None, condition_ids=None,
                 condition_type_ids=None, byt5_embeds=None, byt5_region_attn_mask=None):
        latent = self.o["latent_lora"]
        temb = self.time(timestep, guidance, pooled_projections)
        cond_temb = self.time(torch.full_like(timestep, self.o["c_t"]), guidance,
                              pooled_projections)
        rope = self.rope(torch.cat([txt_ids, img_ids]))
        t = encoder_hidden_states.shape[1]
        text = {"x": self.linear(encoder_hidden_states, "context_embedder"), "temb": temb,
                "rope": (rope[0][:t], rope[1][:t]), "lora": False, "text": True}
        image = {"x": self.linear(hidden_states, "x_embedder", latent), "temb": temb,
                 "rope": (rope[0][t:], rope[1][t:]), "lora": latent, "text": False}
        streams, m = [text, image], 0
        if condition_latents is not None:
            m = condition_latents.shape[1]
            streams.append({"x": self.linear(condition_latents, "x_embedder", True),
                            "temb": cond_temb, "rope": self.rope(condition_ids), "lora": True,
                            "text": False})
        if self.o["use_byt5_embeds"]:
            zero = torch.zeros(byt5_embeds.shape[1], len(self.config["axes_dims_rope"]))
            streams.append({"x": byt5_embeds, "temb": cond_temb, "rope": self.rope(zero),
                            "lora": False, "text": True, "glyph": True})
        for i in range(self.config["num_layers"]):
            self.double_block(i, streams, m, byt5_region_attn_mask)
        both = {"x": torch.cat([text["x"], image["x"]], 1), "temb": temb, "rope": rope,
                "lora": latent, "text": False}
        streams = [both] + streams[2:3]
        for i in range(self.config["num_single_layers"]):
            self.single_block(i, streams, m)
        scale, shift = self.linear(F.silu(temb), "norm_out.linear").chunk(2, -1)
        y = self.norm(both["x"][:, t:]) * (1 + scale[:, None]) + shift[:, None]
        return self.linear(y, "proj_out")


OPTIONS = ("latent_lora", "union_cond_attn", "add_cond_attn", "c_factor", "c_t", "use_byt5_embeds")


def validate(path):
    with safe_open(path, "pt") as f:
        meta, t = f.metadata(), {k: f.get_tensor(k) for k in f.keys()}
    settings, at = json.loads(meta["settings"]), Path(path).parent
    options = {k: settings[k] for k in OPTIONS if k in settings}
    options.update(settings.get("mask_para") or {})
    lora = at / meta["lora"] if "lora" in meta and settings.get("lora") is not False else None
    net = Network(at / meta["checkpoint"], torch.float64, lora, settings.get("lora_alpha"),
                  **options)
    given = {k[3:]: v.double() if v.is_floating_point() else v
             for k, v in t.items() if k.startswith("in.") and not k.startswith("in.cotangent")}
    for p in (leaves := [v for k, v in given.items() if v.is_floating_point()]):
        p.requires_grad_(True)
    for p in net.lora.values():
        p.requires_grad_(True)
    y = net(**given)
    far = (y - t["truth.sample"]).abs().max().item()
    grads = 0.0
    if "in.cotangent" in t:
        (y * t["in.cotangent"].double()).sum().backward()
        for k, v in t.items():
            if k.startswith("truth.grad."):
                name = k[11:].removeprefix("transformer.")
                g = given[name].grad if name in given else net.lora[name].grad
                grads = max(grads, ((g - v).abs().max() / v.abs().max()).item())
    print(f"{path}: {far:.1e}, gradients {grads:.1e}")
    return max(far, grads)


# Cases. -----------------------------------------------------------------------------------------

def adapter(path, g, rank, name, dtype=torch.float32, alpha=None, keep=lambda module: True):
    """An adapter with another spelling, rank, type or choice of modules than the checkpoint's."""
    out = {}
    for key, value in load_file(DATA / "checkpoints/tiny-lora.safetensors").items():
        module, what = key.removeprefix("transformer.").split(".lora_")
        if not keep(module):
            continue
        size = (rank, value.shape[1]) if what[0] == "A" else (value.shape[0], rank)
        out[name(module, what[0])] = values(g, *size, scale=0.1).to(dtype)
        if alpha:
            out[f"{module}.alpha"] = torch.tensor(alpha)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(out, path)


def grid(h, w, axes=3, row=0.0, column=0.0):
    ids = torch.zeros(h * w, axes)
    ids[:, -2] = row + torch.arange(h * w) // w
    ids[:, -1] = column + torch.arange(h * w) % w
    return ids


def small_checkpoint(folder, g, dtype, shards, **changes):
    """A checkpoint of other dimensions, random; written in parts with an index when shards > 1."""
    from diffusers import FluxTransformer2DModel
    config = dict(patch_size=1, in_channels=12, num_layers=1, num_single_layers=1,
                  attention_head_dim=8, num_attention_heads=2, joint_attention_dim=10,
                  pooled_projection_dim=6, guidance_embeds=False, axes_dims_rope=(2, 2, 4))
    torch.manual_seed(7)
    model = FluxTransformer2DModel(**{**config, **changes})
    for p in model.parameters():
        p.data += 0.05 * values(g, *p.shape)
    model.to(dtype).save_pretrained(folder, max_shard_size="20KB" if shards > 1 else "10GB")


def case(out, name, g, *, folder="../../checkpoints/tiny/transformer", lora=None, settings=None,
         batch=1, image=(2, 2), text=3, condition=None, glyph=0, region=None, grads=False, note="",
         **ids):
    settings = dict(settings or {})
    at = (out / folder).resolve()
    config = json.loads((at / "config.json").read_text())
    axes, width = len(config["axes_dims_rope"]), config["num_attention_heads"] * config[
        "attention_head_dim"]
    tokens = image[0] * image[1]
    given = {"hidden_states": values(g, batch, tokens, config["in_channels"]),
             "encoder_hidden_states": values(g, batch, text, config["joint_attention_dim"]),
             "pooled_projections": values(g, batch, config["pooled_projection_dim"]),
             "timestep": torch.rand(batch, generator=g),
             "img_ids": grid(*image, axes, **ids), "txt_ids": torch.zeros(text, axes)}
    if config["guidance_embeds"]:
        given["guidance"] = 1 + 9 * torch.rand(batch, generator=g)
    if condition:
        m = condition[0] * condition[1]
        given["condition_latents"] = values(g, batch, m, config["in_channels"])
        given["condition_ids"] = grid(*condition, axes)
    if glyph:
        given["byt5_embeds"] = values(g, batch, glyph, width)
        n = text + tokens + m + glyph
        if region == "boolean":
            mask = (torch.rand(batch, 1, n, n, generator=g) < 0.6).to(torch.uint8)
            mask[..., range(n), range(n)] = 1
            given["byt5_region_attn_mask"] = mask
        elif region == "float":
            given["byt5_region_attn_mask"] = values(g, 1, 1, n, n)
    options = {k: settings[k] for k in OPTIONS if k in settings}
    options.update(settings.get("mask_para") or {})
    nets = {d: Network(at, d, out / lora if lora else None, settings.get("lora_alpha"), **options)
            for d in (torch.float32, torch.float64)}
    c = Case(out / f"{name}.safetensors", "flux_text.transformer", given, checkpoint=folder,
             lora=lora, settings=settings, note=note)

    def parameters(dtype):
        net = nets[dtype]
        small = {k: v for k, v in net.w.items() if v.numel() <= 300}
        return {k: v for k, v in {**small, **net.lora}.items() if v.requires_grad}

    for net in nets.values():
        for k, v in {**net.w, **net.lora}.items():
            v.requires_grad_(grads and not k.endswith(".alpha"))
    cotangent = {"sample": values(g, batch, tokens, config["out_channels"] or config[
        "in_channels"])} if grads else None
    c.run(lambda d, x: {"sample": nets[d](**x)}, given, parameters, None, cotangent)
    c.save()


def main(out):
    def g(seed):
        return torch.Generator().manual_seed(seed)

    def plain(module, what):
        return f"{module}.lora_{what}.weight"

    def default(module, what):
        return f"transformer.{module}.lora_{what}.default.weight"

    adapter(out / "adapters/rank2_alpha3.safetensors", g(1), 2, plain, alpha=3.0)
    adapter(out / "adapters/rank8_f16_default.safetensors", g(2), 8, default, torch.float16)
    adapter(out / "adapters/attention_bf16.safetensors", g(3), 1, plain, torch.bfloat16,
            keep=lambda module: ".attn." in module and module[0] == "s")
    small_checkpoint(out / "bf16_parts", g(4), torch.bfloat16, 3)
    small_checkpoint(out / "f16_single", g(5), torch.float16, 1, num_layers=0, num_single_layers=2,
                     guidance_embeds=True, axes_dims_rope=(4, 4), out_channels=5)
    small_checkpoint(out / "double_only", g(6), torch.float32, 1, num_layers=2,
                     num_single_layers=0, num_attention_heads=1)
    case(out, "n_batch3_alpha_keys", g(10), lora="adapters/rank2_alpha3.safetensors", batch=3,
         condition=(2, 2), grads=True, note="keys without prefix, alpha 3 of rank 2 in the file")
    case(out, "o_one_token", g(11), lora="adapters/rank8_f16_default.safetensors", image=(1, 1),
         text=1, condition=(1, 1), settings={"latent_lora": True, "lora_alpha": 2.0}, grads=True,
         note="one token a stream; keys with .default, halves; alpha 2 of rank 8 by the settings")
    case(out, "p_union_false_small", g(12), lora="adapters/attention_bf16.safetensors",
         image=(3, 2), condition=(1, 2), settings={"union_cond_attn": False}, text=9,
         note="fewer condition tokens than image tokens; adapter of the single blocks' attention")
    case(out, "q_scale_add_latent", g(13), lora="../../checkpoints/tiny-lora.safetensors",
         condition=(2, 2), batch=2, grads=True,
         settings={"c_factor": 0.35, "add_cond_attn": True, "latent_lora": True, "c_t": 0.25,
                   "lora_alpha": 7.5}, note="four options at once")
    case(out, "r_glyph_two_pictures", g(14), lora="../../checkpoints/tiny-lora.safetensors",
         condition=(2, 2), batch=2, glyph=3, region="boolean",
         settings={"use_byt5_embeds": True, "mask_para": {"base_ratio": 0.3}, "c_factor": 2.0},
         note="a region mask for each picture; the factor acts on the last positions")
    case(out, "s_glyph_float_mask", g(15), lora="../../checkpoints/tiny-lora.safetensors",
         condition=(2, 2), glyph=5, region="float", grads=True,
         settings={"use_byt5_embeds": True, "union_cond_attn": False}, note="additive mask")
    case(out, "t_glyph_without_mask", g(16), condition=(2, 2), glyph=2, text=2,
         settings={"use_byt5_embeds": True, "lora": False, "mask_para": {"base_ratio": 1.0}})
    case(out, "u_far_ids", g(17), image=(2, 3), row=-3.5, column=4000.25, condition=(2, 3),
         note="negative, fractional and far positions")
    case(out, "v_bf16_parts", g(18), folder="bf16_parts", image=(4, 5), text=17, condition=(4, 5),
         batch=2, grads=True, note="weights in bf16 in several files; no guidance")
    case(out, "w_f16_single", g(19), folder="f16_single", image=(3, 3), condition=(2, 3),
         grads=True, note="halves, no double block, two axes, five channels out")
    case(out, "x_double_only", g(20), folder="double_only", image=(2, 7), text=5, grads=True,
         note="one head, no single block, no condition")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--validate"]:
        sys.exit(max(validate(p) for p in sys.argv[2:]) > 1e-9)
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "goldens/transformer")
