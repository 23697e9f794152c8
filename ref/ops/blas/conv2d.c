/* conv2d.c: plain/conv2d.c on OpenBLAS.
 *
 * Each product has the picture seen through the kernel's taps as a factor. A block of it, DEPTH
 * taps of PIXELS pixels, is laid out in a thread's scratch when needed; the whole is never held. Small
 * pictures are worked on side by side; where a tap sees all pixels in order nothing is laid out.
 *
 *     forward   y (o, pixels)     += w (o, cuv)          taps (cuv, pixels)
 *     weight    dw (o, cuv)       += dy (o, pixels)      taps (cuv, pixels)^T
 *     input     taps (cuv, pixels) = w (o, cuv)^T        dy (o, pixels),  then added to dx where
 *                                                        each tap looked
 *
 * In floats, forward, _stripes.c is faster where it can be used. */
#include "ref/base/par.h"
#include "ref/ops/blas/gemm.h"
#include "ref/ops/blas/stripes.h"
#include "ref/ops/kernels.h"

#include <string.h>

enum { PIXELS = TS_CONV_PIXELS, DEPTH = TS_CONV_DEPTH };

typedef struct {
    real *to;
    const real *from, *w, *b;
    const ts_conv_shape *s;
} job;

static real *scratch(const ts_conv_shape *s)
{
    return (real *)(void *)((char *)s->scratch + ts_par_self() * s->scratch_bytes);
}

static int64_t shorter(int64_t n, int64_t limit)
{
    return n < limit ? n : limit;
}

/* Tap k = (plane, u, v): the pixels of output row p look at row p down + row, from column on. */
typedef struct {
    int64_t plane, row, column;
} tap;

static tap tap_of(const ts_conv_shape *s, int64_t k)
{
    return (tap){k / s->kw / s->kh, k / s->kw % s->kh - s->top, k % s->kw - s->left};
}

/* What a tap sees of `count` pixels that lie in one row: those from first up to last look inside
 * the picture, pixel q of them at x[at + across q]. */
typedef struct {
    int64_t count, first, last, at;
} run;

/* The run that begins at pixel (p, q), of n pixels at most. */
static run run_of(const ts_conv_shape *s, tap t, int64_t p, int64_t q, int64_t n)
{
    const int64_t row = p * s->down + t.row, column = q * s->across + t.column;
    run r = {.count = shorter(n, s->out_w - q), .at = (t.plane * s->h + row) * s->w + column};
    if (row < 0 || row >= s->h)
        return r; /* none inside: first = last = 0 */
    r.first = column < 0 ? shorter((-column + s->across - 1) / s->across, r.count) : 0;
    if (column < s->w) {
        const int64_t room = s->w - 1 - column;
        r.last = shorter((s->across == 1 ? room : room / s->across) + 1, r.count);
    }
    r.last = r.last < r.first ? r.first : r.last;
    return r;
}

/* Every pixel is seen by one tap alone, in order: taps are the picture's own planes. */
static bool sees_itself(const ts_conv_shape *s)
{
    return s->kh == 1 && s->kw == 1 && s->down == 1 && s->across == 1 && s->top == 0 &&
           s->left == 0 && s->out_h == s->h && s->out_w == s->w;
}

/* taps (depth, n; rows ld apart): x through taps k .. k + depth at pixels pixel .. pixel + n. */
static void look(real *taps, int64_t ld, const real *x, const ts_conv_shape *s, int64_t k,
                 int64_t depth, int64_t pixel, int64_t n)
{
    const bool itself = sees_itself(s);
    for (int64_t i = 0; i < depth; i++, taps += ld) {
        const tap t = tap_of(s, k + i);
        int64_t p = pixel / s->out_w, q = pixel % s->out_w;
        if (itself)
            memcpy(taps, x + t.plane * s->h * s->w + pixel, (size_t)n * sizeof *taps);
        for (int64_t done = 0; done < n && !itself; p++, q = 0) {
            const run r = run_of(s, t, p, q, n - done);
            real *to = taps + done;
            for (int64_t j = 0; j < r.first; j++)
                to[j] = 0;
            if (s->across == 1)
                for (int64_t j = r.first; j < r.last; j++)
                    to[j] = x[r.at + j];
            else
                for (int64_t j = r.first; j < r.last; j++)
                    to[j] = x[r.at + j * s->across];
            for (int64_t j = r.last; j < r.count; j++)
                to[j] = 0;
            done += r.count;
        }
    }
}

/* The way back: dx receives what flowed into each tap. */
static void unlook(real *dx, const real *taps, int64_t ld, const ts_conv_shape *s, int64_t depth,
                   int64_t pixel, int64_t n)
{
    for (int64_t i = 0; i < depth; i++, taps += ld) {
        const tap t = tap_of(s, i);
        int64_t p = pixel / s->out_w, q = pixel % s->out_w;
        for (int64_t done = 0; done < n; p++, q = 0) {
            const run r = run_of(s, t, p, q, n - done);
            if (s->across == 1)
                for (int64_t j = r.first; j < r.last; j++)
                    dx[r.at + j] += taps[done + j];
            else
                for (int64_t j = r.first; j < r.last; j++)
                    dx[r.at + j * s->across] += taps[done + j];
            done += r.count;
        }
    }
}

/* Small pictures are worked on several at a time, side by side, as products with few
 * columns are slow: `pictures` of them, in `groups` that are as even as can be. */
typedef struct {
    int64_t pictures, groups;
} crowd;

static crowd crowd_of(const ts_conv_shape *s)
{
    const int64_t area = s->out_h * s->out_w, most = area < PIXELS ? PIXELS / area : 1;
    const int64_t groups = (s->batch + most - 1) / most;
    return (crowd){(s->batch + groups - 1) / groups, groups};
}

/* Taps that the scratch has room for; behind them results or dy of pictures side by side. */
static int64_t deepest(const ts_conv_shape *s)
{
    return s->kh * s->kw > DEPTH ? s->kh * s->kw : DEPTH;
}

static void forward_piece(void *arg, int64_t first, int64_t last)
{
    const job *work = arg;
    const ts_conv_shape *s = work->s;
    const int64_t area = s->out_h * s->out_w, blocks = (area + PIXELS - 1) / PIXELS;
    const int64_t k = s->c * s->kh * s->kw;
    for (int64_t piece = first; piece < last; piece++) {
        const int64_t pair = piece / blocks, group = pair % s->groups;
        const int64_t pixel = piece % blocks * PIXELS, n = shorter(area - pixel, PIXELS);
        const real *x = work->from + pair * s->c * s->h * s->w, *w = work->w + group * s->o * k;
        real *taps = scratch(s), *y = work->to + pair * s->o * area + pixel;
        for (int64_t at = 0; at < k || at == 0; at += DEPTH) {
            const int64_t depth = shorter(k - at, DEPTH);
            look(taps, n, x, s, at, depth, pixel, n);
            TS_GEMM(y, area, (ts_matrix){w + at, k, false}, (ts_matrix){taps, n, false}, s->o,
                    depth, n, at > 0);
        }
        for (int64_t o = 0; o < s->o && work->b; o++)
            for (int64_t j = 0; j < n; j++)
                y[o * area + j] += work->b[group * s->o + o];
    }
}

/* Filters that one piece computes for pictures side by side. */
static int64_t filters_at_once(const ts_conv_shape *s, int64_t most)
{
    const int64_t half = (s->o + 1) / 2;
    return half < 32 ? 32 : shorter(half, most);
}

enum { FILTERS = 256, GRADIENT_FILTERS = 128 };

/* Small pictures: y of some filters of several pictures, from their taps side by side. */
static void crowd_piece(void *arg, int64_t first, int64_t last)
{
    const job *work = arg;
    const ts_conv_shape *s = work->s;
    const crowd some = crowd_of(s);
    const int64_t filters = filters_at_once(s, FILTERS), parts = (s->o + filters - 1) / filters;
    const int64_t area = s->out_h * s->out_w, k = s->c * s->kh * s->kw;
    const int64_t next = s->groups * s->c * s->h * s->w;
    real *taps = scratch(s), *side = taps + deepest(s) * PIXELS;
    for (int64_t piece = first; piece < last; piece++) {
        const int64_t group = piece / parts % s->groups, o = group * s->o + piece % parts * filters;
        const int64_t picture = piece / parts / s->groups * some.pictures;
        const int64_t pictures = shorter(s->batch - picture, some.pictures), n = pictures * area;
        const int64_t rows = shorter((group + 1) * s->o - o, filters);
        for (int64_t at = 0; (at < k || at == 0) && n > 0; at += DEPTH) {
            const int64_t depth = shorter(k - at, DEPTH);
            for (int64_t i = 0; i < pictures; i++)
                look(taps + i * area, n,
                     work->from + (picture + i) * next + group * s->c * s->h * s->w, s, at, depth, 0,
                     area);
            TS_GEMM(side, n, (ts_matrix){work->w + o * k + at, k, false},
                    (ts_matrix){taps, n, false}, rows, depth, n, at > 0);
        }
        for (int64_t row = 0; row < rows; row++)
            for (int64_t i = 0; i < pictures; i++) {
                real *y = work->to + ((picture + i) * s->groups * s->o + o + row) * area;
                for (int64_t j = 0; j < area; j++)
                    y[j] = side[row * n + i * area + j] + (work->b ? work->b[o + row] : 0);
            }
    }
}

void TS_NAME(conv2d_forward)(real *y, const real *x, const real *w, const real *b,
                             const ts_conv_shape *s)
{
    const int64_t blocks = (s->out_h * s->out_w + PIXELS - 1) / PIXELS;
    const int64_t parts = (s->o + filters_at_once(s, FILTERS) - 1) / filters_at_once(s, FILTERS);
    if (crowd_of(s).pictures > 1) {
        ts_blas_for(crowd_of(s).groups * s->groups * parts, 1, crowd_piece, &(job){y, x, w, b, s});
        return;
    }
#if TS_REAL_BITS == 32
    if (ts_conv_stripes(y, x, w, b, s))
        return;
#endif
    ts_blas_for(s->batch * s->groups * blocks, 1, forward_piece, &(job){y, x, w, b, s});
}

/* Rows of dy (`rows` planes from `plane` on of `pictures` pictures) side by side at a time. */
static void gather(real *to, const real *dy, const ts_conv_shape *s, int64_t plane, int64_t rows,
                   int64_t pictures)
{
    const int64_t area = s->out_h * s->out_w, next = s->groups * s->o * area;
    for (int64_t row = 0; row < rows; row++)
        for (int64_t picture = 0; picture < pictures; picture++, to += area)
            memcpy(to, dy + picture * next + (plane + row) * area, (size_t)area * sizeof *to);
}

/* Channels whose gradient one piece computes: their taps fill the scratch. */
static int64_t channels_at_once(const ts_conv_shape *s)
{
    const int64_t n = DEPTH / (s->kh * s->kw);
    return n > 1 ? n : 1;
}

/* dx of `depth` taps from channel c on, of one picture (or several small ones, side by side). */
static void input_block(const job *work, int64_t picture, int64_t pictures, int64_t group,
                        int64_t c, int64_t depth)
{
    const ts_conv_shape *s = work->s;
    const int64_t area = s->out_h * s->out_w, taps = s->kh * s->kw, k = s->c * taps;
    const int64_t next = s->groups * s->c * s->h * s->w, all = pictures * area;
    const real *w = work->w + group * s->o * k + c * taps;
    const real *dy = work->from + (picture * s->groups + group) * s->o * area;
    real *dx = work->to + ((picture * s->groups + group) * s->c + c) * s->h * s->w;
    real *flow = scratch(s), *side = flow + deepest(s) * PIXELS;
    if (sees_itself(s) && pictures == 1) {
        TS_GEMM(dx, area, (ts_matrix){w, k, true}, (ts_matrix){dy, area, false}, depth, s->o, area,
                false);
        return;
    }
    if (pictures > 1)
        gather(side, work->from + picture * s->groups * s->o * area, s, group * s->o, s->o,
               pictures);
    for (int64_t i = 0; i < pictures; i++)
        memset(dx + i * next, 0, (size_t)(depth / taps * s->h * s->w) * sizeof *dx);
    for (int64_t pixel = 0; pixel < all; pixel += PIXELS) {
        const int64_t n = shorter(all - pixel, PIXELS);
        TS_GEMM(flow, n, (ts_matrix){w, k, true},
                (ts_matrix){pictures > 1 ? side : dy + pixel, all, false}, depth, s->o, n, false);
        for (int64_t i = 0; i < pictures; i++)
            unlook(dx + i * next, flow + i * area, n, s, depth, pixel, pictures > 1 ? area : n);
    }
}

static void input_piece(void *arg, int64_t first, int64_t last)
{
    const job *work = arg;
    const ts_conv_shape *s = work->s;
    const crowd some = crowd_of(s);
    const int64_t channels = channels_at_once(s), blocks = (s->c + channels - 1) / channels;
    for (int64_t piece = first; piece < last; piece++) {
        const int64_t c = piece % blocks * channels, pair = piece / blocks;
        const int64_t picture = pair / s->groups * some.pictures;
        const int64_t pictures = shorter(s->batch - picture, some.pictures);
        if (pictures > 0)
            input_block(work, picture, pictures, pair % s->groups, c,
                        shorter(s->c - c, channels) * s->kh * s->kw);
    }
}

void TS_NAME(conv2d_backward_input)(real *dx, const real *dy, const real *w,
                                    const ts_conv_shape *s)
{
    const int64_t channels = channels_at_once(s);
    ts_blas_for(crowd_of(s).groups * s->groups * ((s->c + channels - 1) / channels), 1, input_piece,
                &(job){dx, dy, w, NULL, s});
}

/* dw (rows, depth) from filter `o` and tap `k` on receives its share of some pictures. */
static void weight_block(const job *work, int64_t picture, int64_t pictures, int64_t group,
                         const int64_t o[2], const int64_t k[2])
{
    const ts_conv_shape *s = work->s;
    const int64_t area = s->out_h * s->out_w, all = pictures * area, width = s->c * s->kh * s->kw;
    const int64_t plane = s->groups * s->c * s->h * s->w, rows = o[1], depth = k[1];
    const real *x = work->from + (picture * s->groups + group) * s->c * s->h * s->w;
    const real *dy = work->w + ((picture * s->groups + group) * s->o + o[0]) * area;
    real *taps = scratch(s), *side = taps + deepest(s) * PIXELS;
    real *dw = work->to + (group * s->o + o[0]) * width + k[0];
    if (sees_itself(s) && pictures == 1) {
        TS_GEMM(dw, width, (ts_matrix){dy, area, false}, (ts_matrix){x + k[0] * area, area, true},
                rows, area, depth, true);
        return;
    }
    if (pictures > 1)
        gather(side, work->w + picture * s->groups * s->o * area, s, group * s->o + o[0], rows,
               pictures);
    for (int64_t pixel = 0; pixel < all; pixel += PIXELS) {
        const int64_t n = shorter(all - pixel, PIXELS);
        for (int64_t i = 0; i < pictures; i++)
            look(taps + i * area, n, x + i * plane, s, k[0], depth, pixel, pictures > 1 ? area : n);
        TS_GEMM(dw, width, (ts_matrix){pictures > 1 ? side : dy + pixel, all, false},
                (ts_matrix){taps, n, true}, rows, n, depth, true);
    }
}

static void weight_piece(void *arg, int64_t first, int64_t last)
{
    const job *work = arg;
    const ts_conv_shape *s = work->s;
    const crowd some = crowd_of(s);
    const int64_t width = s->c * s->kh * s->kw, blocks = (width + DEPTH - 1) / DEPTH;
    const int64_t filters = filters_at_once(s, GRADIENT_FILTERS);
    const int64_t parts = (s->o + filters - 1) / filters;
    for (int64_t piece = first; piece < last; piece++) {
        const int64_t group = piece / parts / blocks, k = piece % blocks * DEPTH;
        const int64_t o = piece / blocks % parts * filters;
        const int64_t rows[2] = {o, shorter(s->o - o, filters)};
        const int64_t taps[2] = {k, shorter(width - k, DEPTH)};
        real *dw = work->to + (group * s->o + o) * width + k;
        for (int64_t row = 0; row < rows[1]; row++)
            memset(dw + row * width, 0, (size_t)taps[1] * sizeof *dw);
        for (int64_t at = 0; at < s->batch; at += some.pictures)
            weight_block(work, at, shorter(s->batch - at, some.pictures), group, rows, taps);
    }
}

/* The bias's gradient is a sum, not a product: in double, as everywhere. */
void TS_NAME(conv2d_backward_weight)(real *dw, real *db, const real *dy, const real *x,
                                     const ts_conv_shape *s)
{
    const int64_t blocks = (s->c * s->kh * s->kw + DEPTH - 1) / DEPTH;
    const int64_t parts = (s->o + filters_at_once(s, GRADIENT_FILTERS) - 1) /
                          filters_at_once(s, GRADIENT_FILTERS);
    const int64_t filters = s->groups * s->o, area = s->out_h * s->out_w;
    if (dw)
        ts_blas_for(s->groups * blocks * parts, 1, weight_piece, &(job){dw, x, dy, NULL, s});
    for (int64_t filter = 0; filter < filters && db; filter++) {
        accumulator sum = {0};
        for (int64_t bpq = 0; bpq < s->batch * area; bpq++)
            accumulate(&sum, (wide)dy[(bpq / area * filters + filter) * area + bpq % area]);
        db[filter] = (real)total(&sum);
    }
}
