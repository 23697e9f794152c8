/* conv2d.c: plain/conv2d.c on OpenBLAS.
 *
 * Each product has the picture seen through the kernel's taps as a factor. A block of it, DEPTH
 * taps of PIXELS pixels, is laid out in a thread's scratch when needed; the whole is never held.
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

/* What tap k = (plane, u, v) sees of `count` pixels that lie in one row: those from first up to
 * last look inside the picture, pixel q of them at x[at + across q]. */
typedef struct {
    int64_t count, first, last, at;
} run;

/* The run that begins at `pixel`, of n pixels at most. */
static run run_of(const ts_conv_shape *s, int64_t k, int64_t pixel, int64_t n)
{
    const int64_t v = k % s->kw, u = k / s->kw % s->kh, plane = k / s->kw / s->kh;
    const int64_t p = pixel / s->out_w, q = pixel % s->out_w;
    const int64_t row = p * s->down + u - s->top, column = q * s->across + v - s->left;
    run r = {.count = shorter(n, s->out_w - q), .at = (plane * s->h + row) * s->w + column};
    if (row < 0 || row >= s->h)
        return r; /* none inside: first = last = 0 */
    r.first = column < 0 ? shorter((-column + s->across - 1) / s->across, r.count) : 0;
    r.last = column >= s->w ? 0 : shorter((s->w - 1 - column) / s->across + 1, r.count);
    r.last = r.last < r.first ? r.first : r.last;
    return r;
}

/* taps (depth, n): x through taps k .. k + depth at pixels pixel .. pixel + n. */
static void look(real *taps, const real *x, const ts_conv_shape *s, int64_t k, int64_t depth,
                 int64_t pixel, int64_t n)
{
    for (int64_t i = 0; i < depth; i++, taps += n)
        for (int64_t done = 0; done < n;) {
            const run r = run_of(s, k + i, pixel + done, n - done);
            real *to = taps + done;
            for (int64_t q = 0; q < r.first; q++)
                to[q] = 0;
            if (s->across == 1 && r.first < r.last)
                memcpy(to + r.first, x + r.at + r.first, (size_t)(r.last - r.first) * sizeof *to);
            else
                for (int64_t q = r.first; q < r.last; q++)
                    to[q] = x[r.at + q * s->across];
            for (int64_t q = r.last; q < r.count; q++)
                to[q] = 0;
            done += r.count;
        }
}

/* The way back: dx receives what flowed into each tap. */
static void unlook(real *dx, const real *taps, const ts_conv_shape *s, int64_t k, int64_t depth,
                   int64_t pixel, int64_t n)
{
    for (int64_t i = 0; i < depth; i++, taps += n)
        for (int64_t done = 0; done < n;) {
            const run r = run_of(s, k + i, pixel + done, n - done);
            for (int64_t q = r.first; q < r.last; q++)
                dx[r.at + q * s->across] += taps[done + q];
            done += r.count;
        }
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
            look(taps, x, s, at, depth, pixel, n);
            TS_GEMM(y, area, (ts_matrix){w + at, k, false}, (ts_matrix){taps, n, false}, s->o,
                    depth, n, at > 0);
        }
        for (int64_t o = 0; o < s->o && work->b; o++)
            for (int64_t j = 0; j < n; j++)
                y[o * area + j] += work->b[group * s->o + o];
    }
}

void TS_NAME(conv2d_forward)(real *y, const real *x, const real *w, const real *b,
                             const ts_conv_shape *s)
{
    const int64_t blocks = (s->out_h * s->out_w + PIXELS - 1) / PIXELS;
#if TS_REAL_BITS == 32
    if (ts_conv_stripes(y, x, w, b, s))
        return;
#endif
    ts_blas_for(s->batch * s->groups * blocks, 1, forward_piece, &(job){y, x, w, b, s});
}

/* Channels whose gradient one piece computes: their taps fill the scratch. */
static int64_t channels_at_once(const ts_conv_shape *s)
{
    const int64_t n = DEPTH / (s->kh * s->kw);
    return n > 1 ? n : 1;
}

static void input_piece(void *arg, int64_t first, int64_t last)
{
    const job *work = arg;
    const ts_conv_shape *s = work->s;
    const int64_t some = channels_at_once(s), blocks = (s->c + some - 1) / some;
    const int64_t area = s->out_h * s->out_w, taps = s->kh * s->kw, k = s->c * taps;
    for (int64_t piece = first; piece < last; piece++) {
        const int64_t pair = piece / blocks, group = pair % s->groups, c = piece % blocks * some;
        const int64_t depth = shorter(s->c - c, some) * taps;
        const real *w = work->w + group * s->o * k + c * taps;
        real *flow = scratch(s), *dx = work->to + (pair * s->c + c) * s->h * s->w;
        memset(dx, 0, (size_t)(depth / taps * s->h * s->w) * sizeof *dx);
        for (int64_t pixel = 0; pixel < area; pixel += PIXELS) {
            const int64_t n = shorter(area - pixel, PIXELS);
            const real *dy = work->from + pair * s->o * area + pixel;
            TS_GEMM(flow, n, (ts_matrix){w, k, true}, (ts_matrix){dy, area, false}, depth, s->o, n,
                    false);
            unlook(dx, flow, s, 0, depth, pixel, n);
        }
    }
}

void TS_NAME(conv2d_backward_input)(real *dx, const real *dy, const real *w,
                                    const ts_conv_shape *s)
{
    const int64_t some = channels_at_once(s);
    ts_blas_for(s->batch * s->groups * ((s->c + some - 1) / some), 1, input_piece,
                &(job){dx, dy, w, NULL, s});
}

static void weight_piece(void *arg, int64_t first, int64_t last)
{
    const job *work = arg;
    const ts_conv_shape *s = work->s;
    const int64_t area = s->out_h * s->out_w, k = s->c * s->kh * s->kw;
    const int64_t blocks = (k + DEPTH - 1) / DEPTH;
    for (int64_t piece = first; piece < last; piece++) {
        const int64_t group = piece / blocks, tap = piece % blocks * DEPTH;
        const int64_t depth = shorter(k - tap, DEPTH);
        real *taps = scratch(s), *dw = work->to + group * s->o * k + tap;
        for (int64_t o = 0; o < s->o; o++)
            memset(dw + o * k, 0, (size_t)depth * sizeof *dw);
        for (int64_t picture = 0; picture < s->batch; picture++) {
            const int64_t pair = picture * s->groups + group;
            for (int64_t pixel = 0; pixel < area; pixel += PIXELS) {
                const int64_t n = shorter(area - pixel, PIXELS);
                look(taps, work->from + pair * s->c * s->h * s->w, s, tap, depth, pixel, n);
                TS_GEMM(dw, k, (ts_matrix){work->w + pair * s->o * area + pixel, area, false},
                        (ts_matrix){taps, n, true}, s->o, n, depth, true);
            }
        }
    }
}

/* The bias's gradient is a sum, not a product: in double, as everywhere. */
void TS_NAME(conv2d_backward_weight)(real *dw, real *db, const real *dy, const real *x,
                                     const ts_conv_shape *s)
{
    const int64_t blocks = (s->c * s->kh * s->kw + DEPTH - 1) / DEPTH;
    const int64_t filters = s->groups * s->o, area = s->out_h * s->out_w;
    if (dw)
        ts_blas_for(s->groups * blocks, 1, weight_piece, &(job){dw, x, dy, NULL, s});
    for (int64_t filter = 0; filter < filters && db; filter++) {
        accumulator sum = {0};
        for (int64_t bpq = 0; bpq < s->batch * area; bpq++)
            accumulate(&sum, (wide)dy[(bpq / area * filters + filter) * area + bpq % area]);
        db[filter] = (real)total(&sum);
    }
}
