/* generate.c: a language model writes on.
 *
 *     p_k = exp(z_k / temperature) / sum over the `top` largest z;    token: the first k for which
 *     the sum of p up to k exceeds u
 *
 * Source:   Fan et al. 2018, section 5 (top-k sampling)
 * Pitfalls: ties to the lower index; nothing is kept from token to token: each is a whole pass
 * Test:     tests/models/test_generate.c */
#include "ref/base/mathf.h"
#include "ref/base/rng.h"
#include "ref/models/lm.h"

#include <math.h>

static int64_t likeliest(const double *z, int64_t n)
{
    int64_t best = 0;
    for (int64_t k = 1; k < n; k++)
        best = z[k] > z[best] ? k : best;
    return best;
}

/* How many stand before k, from the largest down: all of larger value, and equals of lower index. */
static int64_t place(const double *z, int64_t n, int64_t k)
{
    int64_t before = 0;
    for (int64_t i = 0; i < n; i++)
        before += z[i] > z[k] || (z[i] == z[k] && i < k);
    return before;
}

int64_t ts_lm_choose(ts_ctx *ctx, const double *logits, int64_t n, ts_lm_choice how, double u)
{
    if (ctx->status)
        return 0;
    for (int64_t k = 0; k < n; k++)
        if (isnan(logits[k])) {
            ts_fail(ctx, TS_ERROR_MISMATCH, "logit %lld is not a number", (long long)k);
            return 0;
        }
    const int64_t best = likeliest(logits, n);
    if (how.temperature == 0.0)
        return best;
    const ts_arena_mark mark = ts_arena_here(&ctx->arena);
    double *weight = ts_take(ctx, (size_t)n * sizeof *weight);
    double sum = 0.0;
    for (int64_t k = 0; k < n && weight; k++) {
        const bool among = how.top < 1 || how.top >= n || place(logits, n, k) < how.top;
        weight[k] = among ? ts_exp((logits[k] - logits[best]) / how.temperature) : 0.0;
        sum += weight[k];
    }
    int64_t chosen = best;
    double passed = 0.0;
    for (int64_t k = 0; k < n && weight; k++) {
        passed += weight[k];
        if (passed > u * sum) {
            chosen = k;
            break;
        }
    }
    ts_arena_return(&ctx->arena, mark);
    return chosen;
}

/* Logits of the token after ids[0 .. n), as doubles in the arena. */
static const double *logits_after(ts_ctx *ctx, ts_pass *pass, const ts_lm_config *config,
                                  int64_t *ids, int64_t n)
{
    const int64_t seen = n < config->context ? n : config->context;
    const ts_tensor window = ts_tensor_of(ids + n - seen, TS_I64, 2, (int64_t[]){1, seen});
    const ts_tensor all = ts_lm_forward(ctx, pass, config, window);
    double *last = ts_take(ctx, (size_t)config->vocabulary * sizeof *last);
    for (int64_t k = 0; k < config->vocabulary && !ctx->status; k++)
        last[k] = ts_load(all.data, all.dtype, (seen - 1) * config->vocabulary + k);
    return ctx->status ? NULL : last;
}

ts_status ts_lm_generate(ts_ctx *ctx, ts_pass *pass, const ts_lm_config *config, int64_t *ids,
                         int64_t given, int64_t total, ts_lm_choice how)
{
    if (!ctx->status && (given < 1 || !(how.temperature >= 0.0)))
        ts_fail(ctx, TS_ERROR_USAGE, "writing on needs a first token and a temperature of 0 or more");
    for (int64_t n = given; n < total && !ctx->status; n++) {
        const ts_arena_mark mark = ts_arena_here(&ctx->arena);
        double u;
        ts_philox_uniform_f64(&u, how.seed, 0, (uint64_t)n, 1);
        const double *logits = logits_after(ctx, pass, config, ids, n);
        if (logits)
            ids[n] = ts_lm_choose(ctx, logits, config->vocabulary, how, u);
        ts_arena_return(&ctx->arena, mark);
    }
    return ctx->status;
}
