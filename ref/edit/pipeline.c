/* pipeline.c: the edit.
 *
 *     x_0 = noise;   v_i = transformer([x_i | z_masked | mask], condition, text; sigma_i, guidance)
 *     x_{i+1} = x_i + (sigma_{i+1} - sigma_i) v_i;   picture = decoder(x_n / scale + shift)
 *
 * Source:   FLUX-Text, generate_fill; diffusers FluxFillPipeline
 * Shapes:   pipeline.h
 * Pitfalls: the condition does not change from step to step, but it is run through the transformer
 *           in each; its own time is c_t = 0; guidance is an input of the model, not two passes
 * Test:     tests/edit/test_pipeline.c            Golden: edit/ */
#include "ref/edit/pipeline.h"

#include "ref/base/trace.h"
#include "ref/io/file.h"
#include "ref/io/json.h"

#include <stdio.h>

static void read_scheduler(ts_ctx *ctx, ts_scheduler *s, const char *folder)
{
    char *path = ts_path_member(ctx, folder, "scheduler/scheduler_config.json");
    json_t *config = path ? ts_json_read_object(ctx, path) : NULL;
    if (config)
        ts_scheduler_read(ctx, s, config, path);
    json_decref(config);
    ts_free(path);
}

ts_status ts_pipeline_open(ts_ctx *ctx, ts_pipeline *p, const char *folder, const char *lora,
                           double lora_alpha)
{
    *p = (ts_pipeline){.dit = NULL};
    read_scheduler(ctx, &p->scheduler, folder);
    p->transformer_weights = ctx->status ? NULL : ts_weights_open(ctx, folder, "transformer");
    p->vae_weights = ctx->status ? NULL : ts_weights_open(ctx, folder, "vae");
    if (lora && !ctx->status) {
        p->lora_weights = ts_weights_open_file(ctx, lora);
        p->lora = ctx->status ? NULL : ts_lora_open(ctx, p->lora_weights, lora_alpha);
    }
    p->dit = ctx->status ? NULL : ts_dit_open(ctx, p->transformer_weights, p->lora);
    p->vae = ctx->status ? NULL : ts_vae_open(ctx, p->vae_weights);
    if (ctx->status)
        ts_pipeline_close(p);
    return ctx->status;
}

void ts_pipeline_close(ts_pipeline *p)
{
    ts_vae_close(p->vae);
    ts_dit_close(p->dit);
    ts_lora_close(p->lora);
    ts_weights_close(p->lora_weights);
    ts_weights_close(p->vae_weights);
    ts_weights_close(p->transformer_weights);
    *p = (ts_pipeline){.dit = NULL};
}

static ts_tensor one_number(ts_ctx *ctx, double value)
{
    const int64_t one = 1;
    const ts_tensor t = ts_new(ctx, ctx->compute, 1, &one);
    if (t.data)
        ts_store(t.data, t.dtype, 0, value);
    return t;
}

static ts_status schedule(ts_ctx *ctx, ts_edit_result *out, const ts_pipeline *p,
                          const ts_edit *edit)
{
    const int64_t n = edit->steps;
    if (n < 1 || n > TS_MAX_STEPS)
        return ts_fail(ctx, TS_ERROR_USAGE, "%lld steps: expected 1 to %d", (long long)n,
                       TS_MAX_STEPS);
    /* In float32, and in the double run that copies the published angles, as published. */
    const bool f32 = ctx->compute == TS_F32 || ctx->sinusoid_f32;
    const double mu = ts_scheduler_mu(&p->scheduler, edit->latents.size[1]);
    out->sigmas = ts_take(ctx, (size_t)(n + 1) * sizeof *out->sigmas);
    out->timesteps = ts_take(ctx, (size_t)n * sizeof *out->timesteps);
    out->latents = ts_take(ctx, (size_t)n * sizeof *out->latents);
    if (ctx->status || ts_scheduler_sigmas(ctx, out->sigmas, &p->scheduler, n, mu, f32))
        return ctx->status;
    for (int64_t i = 0; i < n; i++) {
        const double t = out->sigmas[i] * (double)p->scheduler.train_timesteps;
        out->timesteps[i] = f32 ? (double)(float)t : t;
        out->latents[i] = (ts_tensor){0};
    }
    return TS_OK;
}

static ts_tensor velocity(ts_ctx *ctx, const ts_pipeline *p, const ts_edit *edit,
                          const ts_edit_tokens *tokens, ts_tensor x, double time, int64_t step)
{
    const ts_tensor parts[2] = {x, tokens->image};
    const ts_dit_inputs in = {
        .hidden_states = ts_concat(ctx, parts, 2, 2),
        .encoder_hidden_states = edit->prompt.prompt_embeds,
        .pooled_projections = edit->prompt.pooled_prompt_embeds,
        .timestep = one_number(ctx, time),
        .guidance = p->dit->config.guidance ? one_number(ctx, edit->guidance) : (ts_tensor){0},
        .img_ids = tokens->img_ids,
        .txt_ids = edit->prompt.text_ids,
        .condition_latents = tokens->condition,
        .condition_ids = tokens->condition_ids,
    };
    char prefix[32];
    snprintf(prefix, sizeof prefix, "step.%lld.", (long long)step);
    ts_trace_restart(ctx->trace, prefix);
    if (step == 0)
        ts_traced(ctx, in.hidden_states, "hidden_states.0");
    const ts_tensor v = ts_transformer(ctx, p->dit, &in, &edit->options);
    return ts_traced(ctx, v, "noise_pred.%lld", (long long)step);
}

ts_tensor ts_edit_decode(ts_ctx *ctx, const ts_pipeline *p, ts_tensor latents, int64_t height,
                         int64_t width, int64_t tile)
{
    const ts_tensor z = ts_latents_unscaled(
        ctx, p->vae, ts_unpack(ctx, latents, height / p->vae->factor, width / p->vae->factor));
    ts_trace_restart(ctx->trace, "vae.");
    ts_traced(ctx, z, "decoder_input");
    return tile ? ts_vae_decode_tiled(ctx, p->vae, z, tile) : ts_vae_decode(ctx, p->vae, z);
}

/* The new latents move to where the scope begins: with one scope for all steps memory does not grow
 * with their number. */
static ts_tensor step(ts_ctx *ctx, const ts_pipeline *p, const ts_edit *edit,
                      const ts_edit_tokens *tokens, ts_tensor x, const ts_edit_result *out,
                      int64_t i, ts_scope scope)
{
    const bool f32 = ctx->compute == TS_F32 || ctx->sinusoid_f32;
    const double sigma = out->sigmas[i];
    const double time = ts_scheduler_model_time(&p->scheduler, sigma, f32);
    const ts_tensor v = velocity(ctx, p, edit, tokens, x, time, i);
    if (edit->preview && !ctx->status)
        edit->preview(edit->preview_arg, ctx, i, ts_euler_step(ctx, x, v, sigma, 0.0));
    x = ts_euler_step(ctx, x, v, sigma, out->sigmas[i + 1]);
    ts_scope_close(ctx, scope, (ts_tensor *const[]){&x}, 1);
    return x;
}

static ts_status check_parts(ts_ctx *ctx, const ts_pipeline *p, const ts_edit *edit)
{
    const int64_t tokens = edit->pictures.picture.size[2] * edit->pictures.picture.size[3] / 256;
    const int64_t latent = p->dit->config.out_channels;
    if (p->dit->config.in_channels != 2 * latent + 256)
        return ts_fail(ctx, TS_ERROR_UNSUPPORTED,
                       "%s: in_channels is %lld: a Fill transformer has %lld (latents, masked "
                       "latents, mask)",
                       ts_weights_label(p->transformer_weights),
                       (long long)p->dit->config.in_channels, (long long)(2 * latent + 256));
    return ts_expect(ctx, edit->latents, "latents", 3, (int64_t[]){1, tokens, latent});
}

ts_status ts_edit_run(ts_ctx *ctx, ts_edit_result *out, const ts_pipeline *p, const ts_edit *edit)
{
    ts_edit_tokens tokens;
    if (ctx->status || check_parts(ctx, p, edit) || schedule(ctx, out, p, edit))
        return ctx->status;
    ts_tell(ctx, "encoding the picture", 0, 0);
    ts_trace_restart(ctx->trace, "vae.");
    ts_edit_tokens_of(ctx, &tokens, p->vae, &edit->pictures);
    ts_traced(ctx, tokens.condition, "condition_latents");
    ts_traced(ctx, tokens.condition_ids, "condition_ids");

    ts_tensor x = edit->latents;
    ts_scope scope = ts_scope_open(ctx);
    for (int64_t i = 0; i < edit->steps && !ctx->status; i++) {
        ts_tell(ctx, "step", i, edit->steps);
        x = step(ctx, p, edit, &tokens, x, out, i, scope);
        if (out->keep_latents) {
            out->latents[i] = x;
            scope = ts_scope_open(ctx);
        }
    }
    ts_tell(ctx, "step", edit->steps, edit->steps);
    ts_tell(ctx, "decoding the picture", 0, 0);
    out->image = ts_edit_decode(ctx, p, x, edit->pictures.picture.size[2],
                                edit->pictures.picture.size[3], edit->pictures.tile);
    return ctx->status;
}
