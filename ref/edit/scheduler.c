/* scheduler.c: flow matching with a shifted schedule, and Euler's method.
 *
 *     sigma_i  = linspace(1, 1/n, n)
 *     mu       = line through (base_tokens, base_shift) and (max_tokens, max_shift), at L tokens
 *     sigma'   = e^mu / (e^mu + 1/sigma - 1),  and a 0 at the end
 *     x       += (sigma'_{i+1} - sigma'_i) v
 *
 * Source:   Esser et al. 2024, section 5.3.2; diffusers FlowMatchEulerDiscreteScheduler,
 *           calculate_shift
 * Pitfalls: the published program works in float32: linspace in double is rounded before the shift,
 *           e^mu is rounded, and the time that the model sees is float32(float32(1000 sigma) / 1000);
 *           max_shift comes from the configuration (1.15), not from diffusers' default argument
 * Test:     tests/edit/test_scheduler.c           Golden: scheduler/sigmas.json */
#include "ref/edit/scheduler.h"

#include "ref/base/mathf.h"
#include "ref/io/json.h"
#include "ref/ops/ops.h"

static void refuse_others(ts_ctx *ctx, const json_t *config, const char *label)
{
    static const char *const keys[] = {"use_karras_sigmas", "use_exponential_sigmas",
                                       "use_beta_sigmas", "invert_sigmas"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (json_is_true(json_object_get(config, keys[i])))
            ts_fail(ctx, TS_ERROR_UNSUPPORTED, "%s: %s is not implemented", label, keys[i]);
    if (json_is_number(json_object_get(config, "shift_terminal")))
        ts_fail(ctx, TS_ERROR_UNSUPPORTED, "%s: shift_terminal is not implemented", label);
}

ts_status ts_scheduler_read(ts_ctx *ctx, ts_scheduler *s, const json_t *config, const char *label)
{
    if (!json_is_object(config))
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: expected a JSON object", label);
    refuse_others(ctx, config, label);
    *s = (ts_scheduler){
        .train_timesteps = ts_json_int(ctx, config, label, "num_train_timesteps", 1000),
        .shift = ts_json_real(ctx, config, label, "shift", 1.0),
        .dynamic = ts_json_bool(ctx, config, label, "use_dynamic_shifting", false),
        .base_shift = ts_json_real(ctx, config, label, "base_shift", 0.5),
        .max_shift = ts_json_real(ctx, config, label, "max_shift", 1.15),
        .base_tokens = ts_json_int(ctx, config, label, "base_image_seq_len", 256),
        .max_tokens = ts_json_int(ctx, config, label, "max_image_seq_len", 4096),
    };
    if (!ctx->status &&
        (s->train_timesteps < 1 || s->base_tokens < 0 || s->max_tokens <= s->base_tokens))
        ts_fail(ctx, TS_ERROR_FORMAT,
                "%s: expected num_train_timesteps above 0 and max_image_seq_len above "
                "base_image_seq_len, which is not negative",
                label);
    if (!ctx->status && !(s->shift > 0.0))
        ts_fail(ctx, TS_ERROR_FORMAT, "%s: shift is %g, expected more than 0", label, s->shift);
    return ctx->status;
}

enum { MAX_MU = 64 }; /* e^mu is a float, and 0 < sigma' <= 1 */

double ts_scheduler_mu(const ts_scheduler *s, int64_t image_tokens)
{
    const double slope =
        (s->max_shift - s->base_shift) / (double)(s->max_tokens - s->base_tokens);
    return (double)image_tokens * slope + (s->base_shift - slope * (double)s->base_tokens);
}

static double shifted(const ts_scheduler *s, double sigma, double mu, bool f32)
{
    if (!s->dynamic) {
        if (!f32)
            return s->shift * sigma / (1.0 + (s->shift - 1.0) * sigma);
        const float shift = (float)s->shift, less = (float)(s->shift - 1.0), t = (float)sigma;
        return (double)(shift * t / (1.0f + less * t));
    }
    if (!f32) {
        const double e = ts_exp(mu);
        return e / (e + (1.0 / sigma - 1.0));
    }
    const float e = (float)ts_exp(mu), inverse = 1.0f / (float)sigma;
    return (double)(e / (e + (inverse - 1.0f)));
}

ts_status ts_scheduler_sigmas(ts_ctx *ctx, double *sigma, const ts_scheduler *s, int64_t steps,
                              double mu, bool f32)
{
    if (steps < 1 || steps > TS_MAX_STEPS)
        return ts_fail(ctx, TS_ERROR_USAGE, "%lld steps: expected 1 to %d", (long long)steps,
                       TS_MAX_STEPS);
    if (s->dynamic && !(mu >= -MAX_MU && mu <= MAX_MU))
        return ts_fail(ctx, TS_ERROR_USAGE, "a schedule shifted by %g: expected %d to %d", mu,
                       -MAX_MU, MAX_MU);
    const double last = 1.0 / (double)steps;
    const double step = steps > 1 ? (last - 1.0) / (double)(steps - 1) : 0.0;
    for (int64_t i = 0; i < steps; i++) {
        /* NumPy's linspace: the first value plus i steps, and the last value exactly. */
        double t = i + 1 == steps ? (steps > 1 ? last : 1.0) : 1.0 + (double)i * step;
        if (f32)
            t = (double)(float)t;
        sigma[i] = shifted(s, t, mu, f32);
    }
    sigma[steps] = 0.0;
    return TS_OK;
}

double ts_scheduler_model_time(const ts_scheduler *s, double sigma, bool f32)
{
    if (!f32)
        return sigma;
    const float t = (float)sigma * (float)s->train_timesteps;
    return (double)(t / 1000.0f);
}

ts_tensor ts_euler_step(ts_ctx *ctx, ts_tensor x, ts_tensor v, double sigma, double next)
{
    double step = next - sigma;
    if (ctx->compute == TS_F32)
        step = (double)(float)step;
    return ts_add(ctx, x, ts_scale(ctx, v, step));
}
