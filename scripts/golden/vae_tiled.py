"""Makes data/goldens/vae/tiled_encode.safetensors and tiled_decode.safetensors with diffusers' own
tiling (AutoencoderKL.enable_tiling; tiles of sample_size pixels, a quarter overlapping).

Usage: vae_tiled.py CHECKPOINT_VAE_FOLDER OUT_FOLDER CHECKPOINT_AS_SEEN_FROM_THE_CASE
"""
import json
import sys

import diffusers
import torch
from diffusers import AutoencoderKL
from safetensors.torch import save_file

folder, out, seen = sys.argv[1:4]
torch.set_num_threads(1)
torch.manual_seed(5)
vae = AutoencoderKL.from_pretrained(folder).eval()
vae.enable_tiling()
exact = AutoencoderKL.from_pretrained(folder).double().eval()
exact.enable_tiling()
meta = {"touchstone.case": "1", "checkpoint": seen,
        "settings": json.dumps({"tile": vae.config.sample_size}),
        "made_with": json.dumps({"diffusers": diffusers.__version__, "torch": torch.__version__})}

with torch.no_grad():
    x = torch.rand(1, 3, 72, 80) * 2 - 1
    a, b = vae.encode(x).latent_dist, exact.encode(x.double()).latent_dist
    save_file({"in.x": x, "out.mean": a.mean, "out.logvar": a.logvar,
               "truth.mean": b.mean, "truth.logvar": b.logvar},
              f"{out}/tiled_encode.safetensors",
              {**meta, "module": "vae.encode", "forward": json.dumps(["x"]),
               "note": "a picture of several tiles, the last of each row and column cut"})
    z = torch.randn(1, 16, 9, 10)
    save_file({"in.z": z, "out.sample": vae.decode(z).sample,
               "truth.sample": exact.decode(z.double()).sample},
              f"{out}/tiled_decode.safetensors",
              {**meta, "module": "vae.decode", "forward": json.dumps(["z"]),
               "note": "latents of several tiles, the last of each row and column cut"})
