/* modules.c: the edit, its schedule and its preparation of pictures, run by name.
 * Test: tests/edit/test_modules.c                Golden: edit/, scheduler/ */
#include "ref/edit/modules.h"

#include "ref/base/trace.h"
#include "ref/dit/modules.h"
#include "ref/edit/noise.h"
#include "ref/edit/pipeline.h"
#include "ref/edit/pixels.h"
#include "ref/edit/resample.h"
#include "ref/io/json.h"
#include "ref/ops/dispatch.h"
#include "ref/text/prompt_encoder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A picture among the inputs: U8 (H, W) or (H, W, C). */
static ts_pixels pixels_input(ts_ctx *ctx, const ts_call *call, const char *name, int64_t channels)
{
    const ts_tensor t = ts_laid_out(ctx, ts_call_input(ctx, call, name));
    const int64_t own = t.rank == 3 ? t.size[2] : 1;
    if (ctx->status)
        return (ts_pixels){.data = NULL};
    if (t.dtype != TS_U8 || t.rank < 2 || t.rank > 3 || own != channels) {
        char shape[TS_SHAPE_TEXT];
        ts_fail(ctx, TS_ERROR_SHAPE, "%s: %s: expected a picture (H, W%s) U8, got %s", call->module,
                name, channels > 1 ? ", 3" : "", ts_shape_text(shape, t));
        return (ts_pixels){.data = NULL};
    }
    return (ts_pixels){t.data, t.size[0], t.size[1], own};
}

/* Numbers as a tensor; the f32 schedule holds values that a float can. */
static ts_tensor numbers(ts_ctx *ctx, const double *value, int64_t count)
{
    const ts_tensor t = ts_new(ctx, ctx->compute, 1, &count);
    for (int64_t i = 0; t.data && i < count; i++)
        ts_store(t.data, t.dtype, i, value[i]);
    return t;
}

/* The picture of an edit as bytes (H, W, 3). */
static ts_tensor bytes_of(ts_ctx *ctx, ts_tensor image)
{
    if (ctx->status)
        return (ts_tensor){0};
    const ts_tensor u = ts_new(ctx, TS_U8, 3, (int64_t[]){image.size[2], image.size[3], 3});
    if (u.data)
        ts_pixels_of(ctx, u.data, image);
    return u;
}

static void give_results(ts_ctx *ctx, ts_call *call, const ts_edit *edit, const ts_edit_result *r)
{
    ts_call_output(ctx, call, "image", r->image);
    ts_call_output(ctx, call, "image_u8", bytes_of(ctx, r->image));
    for (int64_t i = 0; i < edit->steps && !ctx->status; i++) {
        char name[32];
        snprintf(name, sizeof name, "latents.%lld", (long long)i);
        ts_call_output(ctx, call, name, r->latents[i]);
    }
    ts_call_output(ctx, call, "pooled_prompt_embeds", edit->prompt.pooled_prompt_embeds);
    ts_call_output(ctx, call, "prompt_embeds", edit->prompt.prompt_embeds);
    if (!ctx->status) {
        ts_call_output(ctx, call, "sigmas", numbers(ctx, r->sigmas, edit->steps + 1));
        ts_call_output(ctx, call, "timesteps", numbers(ctx, r->timesteps, edit->steps));
    }
}

/* Pictures of the call at the size that its settings name; a glyph picture keeps its own. */
static void pictures(ts_ctx *ctx, const ts_call *call, ts_edit *edit, bool condition)
{
    const ts_pixels image = pixels_input(ctx, call, "image", 3),
                    mask = pixels_input(ctx, call, "mask", 1);
    const int64_t h = ts_call_int(ctx, call, "height", image.height),
                  w = ts_call_int(ctx, call, "width", image.width);
    if (ctx->status)
        return;
    if (h != image.height || w != image.width || h != mask.height || w != mask.width) {
        ts_fail(ctx, TS_ERROR_SHAPE,
                "%s: image (%lld x %lld) and mask (%lld x %lld) must have the size %lld x %lld",
                call->module, (long long)image.width, (long long)image.height,
                (long long)mask.width, (long long)mask.height, (long long)w, (long long)h);
        return;
    }
    edit->pictures.picture = ts_pixels_signed(ctx, image, false);
    edit->pictures.mask = ts_pixels_mask(ctx, mask);
    edit->pictures.tile = ts_call_int(ctx, call, "tile", 0);
    if (condition)
        edit->pictures.glyph = ts_pixels_signed(ctx, pixels_input(ctx, call, "glyph", 3), true);
}

/* Noises that the call brings; those that it does not are drawn from its seed, in order. */
static void noises(ts_ctx *ctx, const ts_call *call, ts_edit *edit, bool condition)
{
    const ts_edit_pictures *p = &edit->pictures;
    if (ctx->status)
        return;
    ts_edit_noise n = {
        .latents = ts_call_optional(call, condition ? "latents" : "noise.0"),
        .glyph = ts_call_optional(call, "posterior_noise.0"),
        .masked = ts_call_optional(call, condition ? "posterior_noise.1" : "noise.1"),
    };
    if (ts_is_empty(n.latents) || ts_is_empty(n.masked) || (condition && ts_is_empty(n.glyph)))
        ts_edit_noise_draw(ctx, &n, (uint64_t)ts_call_int(ctx, call, "seed", 0),
                           ts_noise_stream_named(ctx, ts_call_text(ctx, call, "rng", "torch")),
                           p->picture, p->glyph);
    if (n.latents.rank == 4)
        n.latents = ts_pack(ctx, n.latents);
    edit->latents = n.latents;
    edit->pictures.glyph_noise = n.glyph;
    edit->pictures.masked_noise = n.masked;
}

static ts_status run_pipeline(ts_ctx *ctx, ts_call *call, bool condition, double guidance,
                              int64_t steps)
{
    ts_pipeline p = {.dit = NULL};
    ts_edit edit = {
        .steps = ts_call_int(ctx, call, "num_inference_steps", steps),
        .guidance = ts_call_real(ctx, call, "guidance_scale", guidance),
        .options = ts_call_dit_options(ctx, call),
    };
    ts_edit_result r = {.keep_latents = true};
    const json_t *lora = ts_call_json(call, "lora");
    if (!call->checkpoint)
        ts_fail(ctx, TS_ERROR_USAGE, "%s: needs --checkpoint", call->module);
    if (!ctx->status)
        ts_pipeline_open(ctx, &p, call->checkpoint, json_is_false(lora) ? NULL : call->lora,
                         ts_call_real(ctx, call, "lora_alpha", 0.0));
    const char *prompt = ts_call_text(ctx, call, "prompt", "");
    ts_prompt_config words = {
        .max_sequence_length = ts_call_int(ctx, call, "max_sequence_length", 512),
    };
    ts_clean_named(ctx, &words.clean, ts_call_text(ctx, call, "clean", "fast"));
    ts_trace_restart(ctx->trace, "prompt.");
    if (!ctx->status)
        ts_encode_prompt(ctx, &edit.prompt, call->checkpoint, prompt, (int64_t)strlen(prompt),
                         &words);
    pictures(ctx, call, &edit, condition);
    noises(ctx, call, &edit, condition);
    if (!ctx->status && !ts_edit_run(ctx, &r, &p, &edit))
        give_results(ctx, call, &edit, &r);
    ts_pipeline_close(&p);
    return ctx->status;
}

static ts_status run_generate_fill(ts_ctx *ctx, ts_call *call)
{
    return run_pipeline(ctx, call, true, 3.5, 28);
}

static ts_status run_fill_pipeline(ts_ctx *ctx, ts_call *call)
{
    return run_pipeline(ctx, call, false, 30.0, 50);
}

/* What the pipeline makes of pictures that do not have the wanted size. */
static ts_status run_preprocess(ts_ctx *ctx, ts_call *call)
{
    const ts_pixels image = pixels_input(ctx, call, "image", 3),
                    mask = pixels_input(ctx, call, "mask", 1),
                    glyph = pixels_input(ctx, call, "glyph", 3);
    const int64_t h = ts_call_int(ctx, call, "height", image.height / 16 * 16),
                  w = ts_call_int(ctx, call, "width", image.width / 16 * 16);
    const int64_t colour[3] = {h, w, 3}, grey[2] = {h, w};
    const ts_tensor lanczos = ts_new(ctx, TS_U8, 3, colour), bicubic = ts_new(ctx, TS_U8, 3, colour),
                    near = ts_new(ctx, TS_U8, 3, colour), l = ts_new(ctx, TS_U8, 2, grey),
                    m = ts_new(ctx, TS_U8, 2, grey);
    if (ctx->status ||
        ts_resample(ctx, lanczos.data, h, w, image.data, image.height, image.width, 3,
                    TS_LANCZOS) ||
        ts_resample(ctx, bicubic.data, h, w, image.data, image.height, image.width, 3, TS_BICUBIC))
        return ctx->status;
    ts_pixels_grey(l.data, (ts_pixels){lanczos.data, h, w, 3});
    ts_pixels_nearest(near.data, h, w, glyph);
    ts_pixels_nearest(m.data, h, w, mask);
    ts_call_output(ctx, call, "bicubic_u8", bicubic);
    ts_call_output(ctx, call, "lanczos_u8", lanczos);
    ts_call_output(ctx, call, "image",
                   ts_pixels_signed(ctx, (ts_pixels){lanczos.data, h, w, 3}, false));
    ts_call_output(ctx, call, "glyph_from_array",
                   ts_pixels_signed(ctx, (ts_pixels){near.data, h, w, 3}, true));
    ts_call_output(ctx, call, "mask_from_array", ts_pixels_mask(ctx, (ts_pixels){m.data, h, w, 1}));
    ts_call_output(ctx, call, "mask_from_rgb", ts_pixels_mask(ctx, (ts_pixels){l.data, h, w, 1}));
    return ctx->status;
}

/* jansson says by a result that is not 0 that it had no memory (a number is never NaN here). Values
 * given to it are gone in any case. */
static void given(ts_ctx *ctx, int failed)
{
    if (failed)
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the schedule");
}

static json_t *reals(ts_ctx *ctx, const double *value, int64_t count)
{
    json_t *list = json_array();
    for (int64_t i = 0; i < count && !ctx->status; i++)
        given(ctx, json_array_append_new(list, json_real(value[i])));
    return list;
}

/* A list of numbers of the row; how many there are, at most MAX_VALUES. */
enum { MAX_VALUES = 64 };

static int64_t numbers_of(ts_ctx *ctx, const json_t *list, const char *name, float *out)
{
    const size_t n = json_array_size(list);
    if (!json_is_array(list) || n > MAX_VALUES) {
        ts_fail(ctx, TS_ERROR_FORMAT, "euler.%s: expected a list of at most %d numbers", name,
                MAX_VALUES);
        return 0;
    }
    for (size_t k = 0; k < n; k++) {
        const json_t *item = json_array_get(list, k);
        out[k] = (float)json_number_value(item);
        if (!json_is_number(item))
            ts_fail(ctx, TS_ERROR_FORMAT, "euler.%s: expected numbers", name);
    }
    return (int64_t)n;
}

/* x before and after each step, where the model's output is y x: in float32. */
static json_t *euler(ts_ctx *ctx, const json_t *row, const double *sigma, int64_t steps)
{
    const json_t *of = json_object_get(row, "euler");
    float x[MAX_VALUES], y[MAX_VALUES];
    double wide[MAX_VALUES];
    const int64_t n = numbers_of(ctx, json_object_get(of, "x0"), "x0", x);
    if (numbers_of(ctx, json_object_get(of, "y"), "y", y) != n && !ctx->status)
        ts_fail(ctx, TS_ERROR_FORMAT, "euler: x0 and y must be lists of the same length");
    json_t *result = json_deep_copy(of), *all = json_array();
    for (int64_t i = 0; i <= steps && !ctx->status; i++) {
        const float dt = i ? (float)sigma[i] - (float)sigma[i - 1] : 0.0f;
        for (int64_t k = 0; k < n; k++) {
            x[k] += dt * (y[k] * x[k]);
            wide[k] = (double)x[k];
            if (!isfinite(wide[k]))
                ts_fail(ctx, TS_ERROR_USAGE, "euler: step %lld leaves float32", (long long)i);
        }
        if (!ctx->status)
            given(ctx, json_array_append_new(all, reals(ctx, wide, n)));
    }
    given(ctx, json_object_set_new(result, "x", all));
    return result;
}

static void put(ts_ctx *ctx, json_t *answer, const char *key, json_t *value)
{
    given(ctx, json_object_set_new(answer, key, value));
}

static json_t *scheduled(ts_ctx *ctx, const json_t *row, const char *module)
{
    ts_scheduler s = {.train_timesteps = 1000};
    const int64_t n = ts_json_int(ctx, row, module, "num_inference_steps", 0),
                  tokens = ts_json_int(ctx, row, module, "image_tokens", 0);
    double *sigma = ts_take(ctx, 3 * (TS_MAX_STEPS + 1) * sizeof *sigma);
    if (ctx->status || ts_scheduler_read(ctx, &s, json_object_get(row, "config"), module))
        return NULL;
    double *exact = sigma + TS_MAX_STEPS + 1, *time = exact + TS_MAX_STEPS + 1;
    const double mu = ts_scheduler_mu(&s, tokens);
    if (ts_scheduler_sigmas(ctx, sigma, &s, n, mu, true) ||
        ts_scheduler_sigmas(ctx, exact, &s, n, mu, false))
        return NULL;
    json_t *answer = json_object();
    put(ctx, answer, "mu", json_real(mu));
    put(ctx, answer, "sigmas", reals(ctx, sigma, n + 1));
    put(ctx, answer, "truth_sigmas", reals(ctx, exact, n + 1));
    for (int64_t i = 0; i < n; i++)
        time[i] = (double)((float)sigma[i] * (float)s.train_timesteps);
    put(ctx, answer, "timesteps", reals(ctx, time, n));
    for (int64_t i = 0; i < n; i++)
        time[i] = (double)((float)ts_scheduler_model_time(&s, sigma[i], true) * 1000.0f);
    put(ctx, answer, "model_timestep_times_1000", reals(ctx, time, n));
    if (json_object_get(row, "euler"))
        put(ctx, answer, "euler", euler(ctx, row, sigma, n));
    return answer;
}

static ts_status run_scheduler(ts_ctx *ctx, ts_call *call)
{
    call->answer = json_array();
    for (size_t i = 0; i < json_array_size(call->rows) && !ctx->status; i++) {
        const ts_scope scope = ts_scope_open(ctx);
        json_t *answer = scheduled(ctx, json_array_get(call->rows, i), call->module);
        if (answer)
            given(ctx, json_array_append_new(call->answer, answer));
        ts_scope_close(ctx, scope, NULL, 0);
    }
    return ctx->status;
}

#define COMMON                                                                                     \
    "prompt clean max_sequence_length num_inference_steps guidance_scale height width tile seed "  \
    "rng mu lora lora_alpha lora_rank sinusoid output_type generator "
#define FLUX_TEXT                                                                                  \
    COMMON "condition_scale c_factor union_cond_attn add_cond_attn latent_lora c_t "               \
           "condition_type position_delta"
#define RESULTS                                                                                    \
    "image (1, 3, H, W); image_u8 (H, W, 3); latents.* (1, N, 64); pooled_prompt_embeds (1, P); "  \
    "prompt_embeds (1, T, C); sigmas (n+1); timesteps (n)"

const ts_module ts_edit_modules[] = {
    {"flux_text.generate_fill",
     "image (H, W, 3) U8; mask (H, W) U8; glyph (h, w, 3) U8; [latents (1, N, 64)]; "
     "[posterior_noise.0 (1, 16, h/8, w/8)]; [posterior_noise.1 (1, 16, H/8, W/8)]",
     RESULTS, FLUX_TEXT, "the whole edit of FLUX-Text; noise that is not given is drawn",
     run_generate_fill},
    {"flux.fill_pipeline",
     "image (H, W, 3) U8; mask (H, W) U8; [noise.0 (1, 16, H/8, W/8)]; [noise.1 (1, 16, H/8, W/8)]",
     RESULTS, COMMON, "diffusers' FluxFillPipeline, without condition", run_fill_pipeline},
    {"flux.scheduler", "rows: image_tokens, num_inference_steps, config, [euler x0, y]",
     "rows: mu, sigmas, timesteps, model_timestep_times_1000, truth_sigmas, euler", "",
     "the shifted flow-matching schedule and Euler's steps", run_scheduler},
    {"edit.preprocess", "image (H, W, 3) U8; mask (H, W) U8; glyph (H, W, 3) U8",
     "bicubic_u8; lanczos_u8; image; glyph_from_array; mask_from_array; mask_from_rgb",
     "height width", "resizing and mapping of pictures, masks and glyph pictures", run_preprocess},
    {0},
};
