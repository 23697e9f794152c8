/* entries.c: passes over whole vectors, in pieces shared by threads. See entries.h.
 * Test: tests/topk/test_entries.c */
#include "ref/topk/entries.h"

#include "ref/base/par.h"
#include "ref/topk/draw.h"
#include "ref/topk/keys.h"

#include <math.h>
#include <string.h>

enum { PIECE = 1 << 15, ROOM = PIECE / 8, FEW = 2048, SMALL = 1 << 20 };

static int64_t pieces_of(int64_t n)
{
    return (n + PIECE - 1) / PIECE;
}

static const char *at(const void *x, ts_dtype dtype, int64_t i)
{
    return (const char *)x + (size_t)i * ts_dtype_size(dtype);
}

ts_entries ts_entries_of(ts_tensor x)
{
    return (ts_entries){.x = x.data, .dtype = x.dtype, .n = ts_numel(x)};
}

/* Collecting. ---------------------------------------------------------------------------------- */

typedef struct {
    const ts_passes *passes;
    ts_tensor x;
    uint64_t bound;
    double *sum;    /* of every block, or NULL */
    uint64_t *most; /* of every piece */
    int64_t *count; /* of every piece: entries >= bound */
    int64_t room;   /* a piece's share of values and indices */
    char *values;
    uint32_t *indices;
} collection;

static void collect_piece(void *arg, int64_t first, int64_t last)
{
    collection *c = arg;
    const int64_t piece = first / PIECE;
    const size_t wide = ts_dtype_size(c->x.dtype);
    c->most[piece] = 0;
    c->count[piece] = 0;
    for (int64_t i = first; i < last; i += TS_SUM_BLOCK) {
        const int64_t n = i + TS_SUM_BLOCK < last ? TS_SUM_BLOCK : last - i;
        const char *x = at(c->x.data, c->x.dtype, i);
        if (c->sum) {
            uint64_t most;
            c->passes->total(x, n, &c->sum[i / TS_SUM_BLOCK], &most);
            c->most[piece] = most > c->most[piece] ? most : c->most[piece];
        }
        if (c->bound == UINT64_MAX)
            continue;
        const int64_t used = c->count[piece] < c->room ? c->count[piece] : c->room;
        const int64_t place = piece * c->room + used;
        c->count[piece] += c->passes->filter(c->values + (size_t)place * wide,
                                             c->indices + place, c->room - used, x, n, (uint32_t)i,
                                             c->bound);
    }
}

/* The pieces' entries side by side. A piece that had no room for all of its own is read again. */
static ts_status join(ts_ctx *ctx, ts_entries *pool, const collection *c)
{
    const int64_t n = ts_numel(c->x), pieces = pieces_of(n);
    const size_t wide = ts_dtype_size(c->x.dtype);
    int64_t count = 0;
    for (int64_t p = 0; p < pieces; p++)
        count += c->count[p];
    char *values = ts_take(ctx, (size_t)count * wide);
    uint32_t *map = ts_take(ctx, (size_t)count * sizeof *map);
    if (ctx->status)
        return ctx->status;
    *pool = (ts_entries){.x = values, .dtype = c->x.dtype, .n = count, .map = map, .bound = c->bound,
                         .most = pool->most};
    for (int64_t p = 0; p < pieces; p++) {
        const int64_t first = p * PIECE, more = c->count[p];
        if (more > c->room) {
            c->passes->filter(values, map, more, at(c->x.data, c->x.dtype, first),
                              first + PIECE < n ? PIECE : n - first, (uint32_t)first, c->bound);
        } else {
            memcpy(values, c->values + (size_t)(p * c->room) * wide, (size_t)more * wide);
            memcpy(map, c->indices + p * c->room, (size_t)more * sizeof *map);
        }
        values += (size_t)more * wide;
        map += more;
    }
    return ctx->status;
}

static ts_status refuse(ts_ctx *ctx, ts_tensor x)
{
    const ts_passes *passes = ts_passes_of(x.dtype);
    for (int64_t i = 0; i < ts_numel(x); i++)
        if (passes->key(x.data, i) >= ts_key_infinity(x.dtype))
            return ts_fail(ctx, TS_ERROR_UNSUPPORTED,
                           "topk: nonfinite value %g at index %lld: nothing is selected",
                           ts_load(x.data, x.dtype, i), (long long)i);
    return ts_fail(ctx, TS_ERROR_UNSUPPORTED,
                   "topk: nonfinite sum of %lld magnitudes: nothing is selected",
                   (long long)ts_numel(x));
}

static void add_up(ts_total *total, const collection *c)
{
    const int64_t n = ts_numel(c->x);
    *total = (ts_total){0};
    for (int64_t b = 0; b < (n + TS_SUM_BLOCK - 1) / TS_SUM_BLOCK; b++)
        total->sum += c->sum[b];
    for (int64_t p = 0; p < pieces_of(n); p++)
        total->most = c->most[p] > total->most ? c->most[p] : total->most;
}

ts_status ts_entries_collect(ts_ctx *ctx, ts_entries *pool, ts_total *total, ts_tensor x, uint64_t bound)
{
    const int64_t n = ts_numel(x), pieces = pieces_of(n), blocks = n / TS_SUM_BLOCK + 1;
    const bool filtered = bound != UINT64_MAX;
    collection c = {.passes = ts_passes_of(x.dtype), .x = x, .bound = bound,
                    .room = !filtered ? 0 : n < ROOM ? n : ROOM};
    *pool = ts_entries_of(x);
    if (ctx->status)
        return ctx->status;
    c.sum = total ? ts_take(ctx, (size_t)blocks * sizeof *c.sum) : NULL;
    c.most = ts_take(ctx, (size_t)pieces * sizeof *c.most);
    c.count = ts_take(ctx, (size_t)pieces * sizeof *c.count);
    c.values = ts_take(ctx, (size_t)(pieces * c.room) * ts_dtype_size(x.dtype));
    c.indices = ts_take(ctx, (size_t)(pieces * c.room) * sizeof *c.indices);
    if (!ctx->status) {
        ts_par_threads(ctx->threads);
        ts_par_for(n, PIECE, collect_piece, &c);
        if (total) {
            add_up(total, &c);
            pool->most = total->most;
        }
        if (total && (total->most >= ts_key_infinity(x.dtype) || !isfinite(total->sum)))
            refuse(ctx, x);
        else if (filtered)
            join(ctx, pool, &c);
    }
    return ctx->status;
}

/* The largest. --------------------------------------------------------------------------------- */

typedef struct {
    const ts_passes *passes;
    const ts_entries *pool;
    uint64_t *most; /* of every piece */
} maximum;

static void most_of_piece(void *arg, int64_t first, int64_t last)
{
    maximum *m = arg;
    m->most[first / PIECE] = m->passes->most(at(m->pool->x, m->pool->dtype, first), last - first);
}

static uint64_t most_of(ts_ctx *ctx, const ts_entries *pool)
{
    const ts_scope scope = ts_scope_open(ctx);
    const size_t pieces = (size_t)pieces_of(pool->n);
    maximum m = {ts_passes_of(pool->dtype), pool, ts_take(ctx, pieces * sizeof *m.most)};
    uint64_t most = 0;
    if (m.most) {
        ts_par_threads(ctx->threads);
        ts_par_for(pool->n, PIECE, most_of_piece, &m);
        for (size_t p = 0; p < pieces; p++)
            most = m.most[p] > most ? m.most[p] : most;
    }
    ts_scope_close(ctx, scope, NULL, 0);
    return most;
}

/* The k-th largest. ---------------------------------------------------------------------------- */

typedef struct {
    const ts_passes *passes;
    const ts_entries *pool;
    uint64_t first; /* the keys that are counted begin here, */
    int shift;      /* and a bin holds 1 << shift of them */
    uint32_t (*count)[TS_BINS]; /* of every piece */
} counting;

static void count_piece(void *arg, int64_t first, int64_t last)
{
    counting *c = arg;
    uint32_t *count = c->count[first / PIECE];
    memset(count, 0, TS_BINS * sizeof *count);
    c->passes->histogram(count, at(c->pool->x, c->pool->dtype, first), last - first, c->first,
                         c->shift);
}

/* Keys from the smallest that there can be to the largest, in TS_BINS bins: the k-th largest lies in one
 * of them, which is divided anew until its keys are few, or all the same. */
static uint64_t kth_by_bins(ts_ctx *ctx, const ts_entries *pool, int64_t k)
{
    const int64_t pieces = pieces_of(pool->n);
    counting c = {.passes = ts_passes_of(pool->dtype), .pool = pool, .first = pool->bound};
    uint64_t width = (pool->most ? pool->most : most_of(ctx, pool)) - pool->bound;
    c.count = ts_take(ctx, (size_t)pieces * sizeof *c.count);
    if (!c.count)
        return 0;
    ts_par_threads(ctx->threads);
    while (width > 0) {
        for (c.shift = 0; width >> c.shift >= TS_BINS;)
            c.shift++;
        ts_par_for(pool->n, PIECE, count_piece, &c);
        int64_t in_bin[TS_BINS] = {0};
        for (int64_t p = 0; p < pieces; p++)
            for (int b = 0; b < TS_BINS; b++)
                in_bin[b] += c.count[p][b];
        int bin = (int)(width >> c.shift); /* keys beyond it were counted in the round before */
        for (; bin > 0 && in_bin[bin] < k; bin--)
            k -= in_bin[bin];
        c.first += (uint64_t)bin << c.shift;
        width = ((uint64_t)1 << c.shift) - 1;
        if (in_bin[bin] <= FEW && pool->n <= SMALL) {
            uint64_t keys[FEW];
            return ts_keys_kth(keys, c.passes->between(keys, pool->x, pool->n, c.first, width), k);
        }
    }
    return c.first;
}

uint64_t ts_entries_kth(ts_ctx *ctx, const ts_entries *pool, int64_t k)
{
    const ts_passes *passes = ts_passes_of(pool->dtype);
    uint64_t keys[FEW];
    if (ctx->status)
        return 0;
    if (pool->n > FEW)
        return kth_by_bins(ctx, pool, k);
    for (int64_t i = 0; i < pool->n; i++)
        keys[i] = passes->key(pool->x, i);
    return ts_keys_kth(keys, pool->n, k);
}

/* Guessing. ------------------------------------------------------------------------------------ */

/* Lines of 16 neighbours, one somewhere in each of up to 2048 equal parts of x. */
uint64_t ts_entries_guess(ts_ctx *ctx, ts_tensor x, int64_t k)
{
    enum { LINE = 16, LINES = 2048 };
    const int64_t n = ts_numel(x), lines = n / 1024 < LINES ? n / 1024 : LINES;
    const int64_t part = lines ? n / lines : 0, many = lines * LINE;
    /* Five standard deviations and a tenth more: neighbours are not independent. */
    const double expected = n ? (double)many * (double)k / (double)n : 0.0;
    const double rank = 1.1 * expected + 5.0 * sqrt(expected) + 8.0;
    if (lines < 128 || rank > (double)many / 8)
        return UINT64_MAX;
    const size_t line_bytes = LINE * ts_dtype_size(x.dtype);
    char *sample = ts_take(ctx, (size_t)lines * line_bytes);
    for (int64_t line = 0; sample && line < lines; line++) {
        const int64_t within = ts_draw_below(ts_splitmix64(0, (uint64_t)line), part - LINE);
        memcpy(sample + (size_t)line * line_bytes, at(x.data, x.dtype, line * part + within),
               line_bytes);
    }
    const ts_entries pool = {.x = sample, .dtype = x.dtype, .n = many};
    const uint64_t bound = sample ? ts_entries_kth(ctx, &pool, (int64_t)rank) : 0;
    return bound > 0 ? bound : UINT64_MAX;
}

/* Surveying and emitting. ---------------------------------------------------------------------- */

typedef struct {
    const ts_passes *passes;
    const ts_entries *pool;
    uint64_t high, low;
    ts_survey *survey; /* of every piece */
    ts_emission *emission;
} dealing;

static void survey_piece(void *arg, int64_t first, int64_t last)
{
    dealing *d = arg;
    d->passes->survey(&d->survey[first / PIECE], at(d->pool->x, d->pool->dtype, first),
                      last - first, d->high, d->low);
}

static bool surveyed(ts_ctx *ctx, dealing *d)
{
    d->survey = ts_take(ctx, (size_t)pieces_of(d->pool->n) * sizeof *d->survey);
    if (!d->survey)
        return false;
    ts_par_threads(ctx->threads);
    ts_par_for(d->pool->n, PIECE, survey_piece, d);
    return true;
}

ts_survey ts_entries_survey(ts_ctx *ctx, const ts_entries *pool, uint64_t high, uint64_t low)
{
    dealing d = {.passes = ts_passes_of(pool->dtype), .pool = pool, .high = high, .low = low};
    ts_survey all = {.smallest = UINT64_MAX};
    if (!surveyed(ctx, &d))
        return all;
    for (int64_t p = 0; p < pieces_of(pool->n); p++) {
        const ts_survey *s = &d.survey[p];
        all.high += s->high;
        all.low += s->low;
        all.any_below |= s->any_below;
        all.smallest = s->smallest < all.smallest ? s->smallest : all.smallest;
        all.largest = s->largest > all.largest ? s->largest : all.largest;
    }
    return all;
}

static void emit_piece(void *arg, int64_t first, int64_t last)
{
    dealing *d = arg;
    d->passes->emit(&d->emission[first / PIECE], at(d->pool->x, d->pool->dtype, first),
                    last - first);
}

ts_status ts_entries_emit(ts_ctx *ctx, ts_sparse *out, const ts_entries *pool, uint64_t high, uint64_t low,
                       int64_t start, int64_t taken)
{
    dealing d = {.passes = ts_passes_of(pool->dtype), .pool = pool, .high = high, .low = low};
    const int64_t pieces = pieces_of(pool->n);
    int64_t highs = 0, lows = 0, all_high = 0, all_low = 0;
    d.emission = ts_take(ctx, (size_t)pieces * sizeof *d.emission);
    if (!surveyed(ctx, &d) || ctx->status)
        return ctx->status;
    for (int64_t p = 0; p < pieces; p++) {
        all_high += d.survey[p].high;
        all_low += d.survey[p].low;
    }
    for (int64_t p = 0; p < pieces; p++) {
        d.emission[p] = (ts_emission){
            .high = high, .low = low, .indices = out->indices, .values = out->values.data,
            .map = pool->map ? pool->map + p * PIECE : NULL, .base = (uint32_t)(p * PIECE),
            .at_high = highs, .band = lows - highs, .slice = all_high, .start = start,
            .taken = taken, .length = all_low - all_high};
        highs += d.survey[p].high;
        lows += d.survey[p].low;
    }
    ts_par_for(pool->n, PIECE, emit_piece, &d);
    return ctx->status;
}

/* One thing alone. ----------------------------------------------------------------------------- */

uint64_t ts_entries_most(ts_ctx *ctx, ts_tensor x)
{
    const ts_entries all = ts_entries_of(x);
    return most_of(ctx, &all);
}

ts_status ts_entries_finite(ts_ctx *ctx, ts_tensor x)
{
    if (!ctx->status && ts_entries_most(ctx, x) >= ts_key_infinity(x.dtype))
        refuse(ctx, x);
    return ctx->status;
}
