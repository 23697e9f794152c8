/* density.c: k = max(1, floor(d rho)), exactly.
 *
 * In doubles 0.29 * 100 is 28.999999999999996 and k would be 28: a density is a fraction of whole
 * numbers here. Warm-up of the density: Lin, Han, Mao, Wang, Dally: Deep gradient compression (2018).
 * Test: tests/topk/test_density.c */
#include "ref/topk/density.h"

#include "ref/base/mathf.h"

#include <math.h>
#include <string.h>

ts_status ts_density_check(ts_ctx *ctx, ts_density x)
{
    if (x.den < 1 || x.den > TS_DENSITY_LIMIT || x.num < 0 || x.num > x.den)
        return ts_fail(ctx, TS_ERROR_USAGE,
                       "topk: the density %lld/%lld is not a fraction of [0, 1] with at most %d below",
                       (long long)x.num, (long long)x.den, TS_DENSITY_LIMIT);
    return ctx->status;
}

/* The digits at *text, at most what fits: false when there are none, or too many. */
static bool digits(const char **text, int64_t *value, int64_t *scale)
{
    const char *begin = *text;
    for (; **text >= '0' && **text <= '9'; (*text)++) {
        if (*value > TS_DENSITY_LIMIT || *scale > TS_DENSITY_LIMIT)
            return false;
        *value = *value * 10 + (**text - '0');
        *scale *= 10;
    }
    return *text > begin;
}

/* "e-3": the denominator grows, "e+1": the numerator. */
static bool exponent(const char **text, ts_density *x)
{
    int64_t power = 0, unused = 1;
    if (**text != 'e' && **text != 'E')
        return true;
    (*text)++;
    const bool negative = **text == '-';
    *text += **text == '-' || **text == '+';
    if (!digits(text, &power, &unused) || power > 9 || x->num > TS_DENSITY_LIMIT ||
        x->den > TS_DENSITY_LIMIT)
        return false;
    for (; power > 0; power--)
        *(negative ? &x->den : &x->num) *= 10;
    return true;
}

static bool parse(const char *text, ts_density *x)
{
    int64_t scale = 1, unused = 1;
    *x = (ts_density){0, 1};
    if (!digits(&text, &x->num, &unused) && *text != '.')
        return false;
    if (*text == '/') {
        text++;
        x->den = 0;
        return digits(&text, &x->den, &unused) && !*text;
    }
    if (*text == '.') {
        text++;
        if (!digits(&text, &x->num, &scale))
            return false;
        x->den = scale;
    }
    return exponent(&text, x) && !*text;
}

static int64_t common(int64_t a, int64_t b)
{
    while (b) {
        const int64_t r = a % b;
        a = b;
        b = r;
    }
    return a;
}

ts_status ts_density_parse(ts_ctx *ctx, ts_density *density, const char *text)
{
    if (!parse(text, density) || density->den < 1)
        return ts_fail(ctx, TS_ERROR_USAGE,
                       "topk: the density \"%.40s\" is no fraction: 0.01, 1e-3, 1/16", text);
    const int64_t by = common(density->num, density->den);
    density->num /= by;
    density->den /= by;
    return ts_density_check(ctx, *density);
}

int64_t ts_density_k(ts_density x, int64_t d)
{
    if (d <= 0)
        return 0;
    const int64_t k = d / x.den * x.num + d % x.den * x.num / x.den;
    return k > 1 ? k : 1;
}

static bool below(ts_density a, ts_density b)
{
    return a.num * b.den < b.num * a.den;
}

ts_density ts_density_at(ts_density base, ts_warmup warmup, int64_t epochs, int64_t e)
{
    static const ts_density published[] = {{1, 4}, {1, 16}, {1, 64}, {1, 250}, {1, 1000}};
    ts_density x = base;
    if (e < 0 || e >= epochs)
        return base;
    if (warmup == TS_WARMUP_EXPONENTIAL) {
        const double rho = ts_pow((double)base.num / (double)base.den,
                                  (double)(e + 1) / (double)(epochs + 1));
        x = (ts_density){(int64_t)floor(rho * TS_DENSITY_LIMIT + 0.5), TS_DENSITY_LIMIT};
    } else if (warmup == TS_WARMUP_PUBLISHED && e < 5) {
        x = published[e];
    }
    return below(x, base) ? base : x;
}
