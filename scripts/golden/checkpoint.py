"""Makes data/checkpoints/tiny: a whole FluxFillPipeline folder with random weights, written by
diffusers and transformers, and beside it tiny-lora.safetensors, written by PEFT's state dict.

The tokenizers are those of data/goldens/tiny-a (see data/goldens/README.md).
Usage: checkpoint.py TOKENIZERS_FOLDER OUT_FOLDER OUT_LORA
"""
import shutil
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, FluxTransformer2DModel
from peft import LoraConfig, get_peft_model_state_dict
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, T5Config, T5EncoderModel

tokenizers, out, lora_out = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
torch.manual_seed(20100311)

transformer = FluxTransformer2DModel(
    patch_size=1, in_channels=384, out_channels=64, num_layers=2, num_single_layers=3,
    attention_head_dim=16, num_attention_heads=3, joint_attention_dim=40,
    pooled_projection_dim=28, guidance_embeds=True, axes_dims_rope=(4, 6, 6))
vae = AutoencoderKL(
    in_channels=3, out_channels=3, down_block_types=("DownEncoderBlock2D",) * 4,
    up_block_types=("UpDecoderBlock2D",) * 4, block_out_channels=(8, 16, 24, 24),
    layers_per_block=1, latent_channels=16, norm_num_groups=4, sample_size=64,
    scaling_factor=0.3611, shift_factor=0.1159, use_quant_conv=False, use_post_quant_conv=False)
clip = CLIPTextModel(CLIPTextConfig(
    vocab_size=1014, hidden_size=28, intermediate_size=112, num_hidden_layers=2,
    num_attention_heads=2, max_position_embeddings=77, hidden_act="quick_gelu", projection_dim=28,
    eos_token_id=2, bos_token_id=0, pad_token_id=1))
t5 = T5EncoderModel(T5Config(
    vocab_size=1104, d_model=40, d_kv=8, d_ff=80, num_layers=2, num_heads=5,
    feed_forward_proj="gated-gelu", dropout_rate=0.1, use_cache=False, is_encoder_decoder=False))

# Zero biases and unit norms would hide mistakes: every one-dimensional parameter gets noise.
for model in (transformer, vae, clip, t5):
    for p in model.parameters():
        if p.dim() == 1:
            p.data += 0.05 * torch.randn_like(p)

transformer.save_pretrained(out / "transformer")
vae.save_pretrained(out / "vae")
clip.save_pretrained(out / "text_encoder")
t5.save_pretrained(out / "text_encoder_2")
FlowMatchEulerDiscreteScheduler(
    num_train_timesteps=1000, shift=3.0, use_dynamic_shifting=True, base_shift=0.5,
    max_shift=1.15, base_image_seq_len=256, max_image_seq_len=4096).save_pretrained(out / "scheduler")
for name in ("tokenizer", "tokenizer_2"):
    shutil.copytree(tokenizers / name, out / name, dirs_exist_ok=True)
shutil.copy(tokenizers / "model_index.json", out / "model_index.json")

pattern = (r"(x_embedder|transformer_blocks\.\d+\.(norm1\.linear|attn\.to_q|attn\.to_k|attn\.to_v|"
           r"attn\.to_out\.0|ff\.net\.2)|single_transformer_blocks\.\d+\.(norm\.linear|proj_mlp|"
           r"proj_out|attn\.to_q|attn\.to_k|attn\.to_v))")
transformer.add_adapter(LoraConfig(r=4, lora_alpha=4, target_modules=pattern,
                                   init_lora_weights="gaussian"))
state = get_peft_model_state_dict(transformer)
for name, value in state.items():
    if "lora_B" in name:
        state[name] = 0.05 * torch.randn_like(value)
save_file({f"transformer.{k}": v.contiguous() for k, v in state.items()}, lora_out)
