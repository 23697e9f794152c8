"""Autoencoders and text encoders of other shapes than the bundled checkpoint's, by diffusers and
transformers: levels, layers, 1x1 convolutions around the latents, no attention in the middle, other
activations, end tokens, buckets, weights in bf16 in several files; gradients of inputs and of the
smaller parameters.

    python scripts/golden/variants.py [data/goldens]
"""
import copy
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from transformers import CLIPTextConfig, CLIPTextModel, T5Config, T5EncoderModel

from record import Case, values

ROOT = Path(sys.argv[1]) if len(sys.argv) > 1 else \
    Path(__file__).resolve().parents[2] / "data/goldens"
generator = torch.Generator().manual_seed(5)


def noisy(model):
    """Zero biases and unit norms would hide mistakes."""
    for p in model.parameters():
        if p.dim() == 1:
            p.data += 0.05 * values(generator, *p.shape)
    return model.eval()


def case(model, module, folder, name, checkpoint, inputs, call, most=300):
    models = {torch.float32: model, torch.float64: copy.deepcopy(model).double()}
    with torch.no_grad():
        shapes = {k: v.shape for k, v in call(model, inputs).items()}
    c = Case(ROOT / folder / f"{name}.safetensors", module, inputs, checkpoint=checkpoint)
    small = [k for k, p in model.named_parameters() if p.numel() <= most]
    c.run(lambda dtype, given: call(models[dtype], given), inputs,
          lambda dtype: {k: models[dtype].get_parameter(k) for k in small}, None,
          {k: values(generator, *shape) for k, shape in shapes.items()})
    c.save()


def encode(model, given):
    q = model.encode(given["x"]).latent_dist
    return {"mean": q.mean, "logvar": q.logvar}


def decode(model, given):
    return {"sample": model.decode(given["z"]).sample}


def clip(model, given):
    y = model(given["input_ids"])
    return {"last_hidden_state": y.last_hidden_state, "pooler_output": y.pooler_output}


def t5(model, given):
    return {"last_hidden_state": model(**given).last_hidden_state}


def autoencoder(name, channels, h, w, dtype=torch.float32, **config):
    levels = len(channels)
    model = noisy(AutoencoderKL(
        in_channels=3, out_channels=3, latent_channels=4, norm_num_groups=2, sample_size=32,
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels, block_out_channels=channels, **config))
    model.to(dtype).save_pretrained(ROOT / "vae" / name)
    model.float()
    case(model, "vae.encode", "vae", f"{name}_encode", name,
         {"x": values(generator, 2, 3, h << (levels - 1), w << (levels - 1))}, encode)
    case(model, "vae.decode", "vae", f"{name}_decode", name,
         {"z": values(generator, 3, 4, h, w)}, decode)


def clip_encoder(name, end, **config):
    model = noisy(CLIPTextModel(CLIPTextConfig(
        **{"vocab_size": 60, "hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 2,
           "num_attention_heads": 4, "max_position_embeddings": 20, **config},
        eos_token_id=end, bos_token_id=56, attn_implementation="eager")))
    model.save_pretrained(ROOT / "text" / name)
    ids = torch.randint(4, 50, (3, 13), generator=generator)
    for row, place in enumerate((4, 12, 7)):
        ids[row, place] = 57
    ids[0, 9] = 57
    ids[2, 10] = 58 if end == 57 else 57
    case(model, "text.clip", "text", name, name, {"input_ids": ids}, clip)


def t5_encoder(name, dtype=torch.float32, parts=False, **config):
    model = noisy(T5EncoderModel(T5Config(
        vocab_size=50, d_model=12, d_kv=5, d_ff=20, num_layers=2, num_heads=3, use_cache=False,
        is_encoder_decoder=False, **config)))
    model.to(dtype).save_pretrained(ROOT / "text" / name,
                                    max_shard_size="5KB" if parts else "5GB")
    model.float()
    ids = torch.randint(0, 50, (2, 41), generator=generator)
    mask = torch.ones(2, 41, dtype=torch.long)
    mask[1, 7:] = 0
    case(model, "text.t5", "text", name, name, {"input_ids": ids, "attention_mask": mask}, t5)
    case(model, "text.t5", "text", f"{name}_one", name, {"input_ids": ids[:, :1]}, t5)


torch.manual_seed(6)
autoencoder("three_levels", (4, 6, 8), 5, 7, layers_per_block=2)
autoencoder("no_attention", (4, 8), 3, 5, layers_per_block=1, mid_block_add_attention=False,
            use_quant_conv=False, use_post_quant_conv=False)
autoencoder("one_level_f16", (4,), 5, 3, torch.float16, layers_per_block=1)
clip_encoder("clip_gelu_end57", 57, hidden_act="gelu", layer_norm_eps=1e-3)
clip_encoder("clip_one_head_end2", 2, hidden_act="quick_gelu", num_attention_heads=1)
t5_encoder("t5_relu", feed_forward_proj="relu")
t5_encoder("t5_buckets8_bf16", torch.bfloat16, True, feed_forward_proj="gated-gelu",
           relative_attention_num_buckets=8, relative_attention_max_distance=20,
           layer_norm_epsilon=1e-4)
