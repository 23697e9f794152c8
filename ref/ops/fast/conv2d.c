/* conv2d.c: plain/conv2d.c in blocks, the same bits.
 *
 * Each product is one of matrices whose second factor, the picture seen through the kernel's taps,
 * is never laid out: a block of it is made from the picture, already packed, when it is needed.
 *
 *     forward   y (o, pixels)      = w (o, cuv)        taps (cuv, pixels)
 *     input     dx (c, pixels)     = w (c, ouv)        spread taps (ouv, pixels of x)
 *     weight    dw (o, cuv)        = dy (o, pixels)    taps (pixels, cuv) */
#include "ref/base/clones.h"
#include "ref/base/par.h"
#include "ref/ops/fast/gemm.h"
#include "ref/ops/kernels.h"

#include <string.h>

enum { PIXELS = TS_CONV_COLUMNS };
_Static_assert((int)PIXELS == (int)TS_BLOCK_COLUMNS, "a block of pixels is packed at once");

/* What taps look at: planes of `from` (from_h x from_w), for pixels of a picture `width` wide. */
typedef struct {
    const real *from;
    int64_t from_h, from_w, width;
    int64_t kh, kw, down, right, top, left;
    bool spread; /* the walk back: pixel (i, j) looks at (i + top - u) / down, if that is whole */
} view;

static int64_t seen_at(int64_t at, int64_t u, int64_t pad, int64_t stride, int64_t n, bool spread)
{
    if (!spread) {
        const int64_t to = at * stride + u - pad;
        return to >= 0 && to < n ? to : -1;
    }
    const int64_t far = at + pad - u;
    return far >= 0 && far % stride == 0 && far / stride < n ? far / stride : -1;
}

TS_CLONES
static void widen(double *to, const real *from, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        to[i] = (double)from[i];
}

static int64_t between(int64_t at, int64_t low, int64_t high)
{
    return at < low ? low : at > high ? high : at;
}

/* What `count` pixels of a row, from column `first` on, see through a tap's column v of a row of
 * `from`. With a stride of one that is a stretch of the row, and zeros where it ends. */
static void see(double *line, const view *s, const real *row, int64_t v, int64_t first,
                int64_t count)
{
    if (s->right == 1) {
        const int64_t at = first + (s->spread ? s->left - v : v - s->left);
        const int64_t begin = between(-at, 0, count), end = between(s->from_w - at, begin, count);
        memset(line, 0, (size_t)begin * sizeof *line);
        if (begin < end)
            widen(line + begin, row + at + begin, end - begin);
        memset(line + end, 0, (size_t)(count - end) * sizeof *line);
        return;
    }
    for (int64_t q = 0; q < count; q++) {
        const int64_t j = seen_at(first + q, v, s->left, s->right, s->from_w, s->spread);
        line[q] = j < 0 ? 0.0 : (double)row[j];
    }
}

/* What n pixels from `pixel` on see through tap (plane, u, v) = k: line[0 .. n). */
static void tap_line(double *line, const view *s, int64_t k, int64_t pixel, int64_t n)
{
    const int64_t v = k % s->kw, u = k / s->kw % s->kh;
    const real *plane = s->from + k / s->kw / s->kh * s->from_h * s->from_w;
    for (int64_t done = 0; done < n;) {
        const int64_t row = (pixel + done) / s->width, first = (pixel + done) % s->width;
        const int64_t count = first + n - done < s->width ? n - done : s->width - first;
        const int64_t i = seen_at(row, u, s->top, s->down, s->from_h, s->spread);
        if (i < 0)
            memset(line + done, 0, (size_t)count * sizeof *line);
        else
            see(line + done, s, plane + i * s->from_w, v, first, count);
        done += count;
    }
}

static view taps(const ts_conv_shape *s, const real *x)
{
    return (view){x, s->h, s->w, s->out_w, s->kh, s->kw, s->down, s->across, s->top, s->left,
                  false};
}

/* Taps k .. k + depth for `n` pixels, packed as the second factor of a product over taps. */
static void pack_taps(double *packed, const view *s, int64_t k, int64_t depth, int64_t pixel,
                      int64_t n)
{
    double line[PIXELS];
    memset(line, 0, sizeof line);
    for (int64_t i = 0; i < depth; i++) {
        tap_line(line, s, k + i, pixel, n);
        for (int64_t j = 0; j < n; j += TS_PANEL_COLUMNS)
            memcpy(packed + ts_packed_at(depth, i, j), line + j, TS_PANEL_COLUMNS * sizeof *line);
    }
}

/* The same block as the second factor of a product over pixels. */
static void pack_pixels(double *packed, const view *s, int64_t k, int64_t taps, int64_t pixel,
                        int64_t depth)
{
    double line[PIXELS];
    memset(packed, 0, (size_t)(depth * TS_BLOCK_COLUMNS) * sizeof *packed);
    for (int64_t j = 0; j < taps; j++) {
        tap_line(line, s, k + j, pixel, depth);
        for (int64_t i = 0; i < depth; i++)
            packed[ts_packed_at(depth, i, j)] = line[i];
    }
}

/* One job for each direction: pieces are (pair of picture and group, block of columns). */
typedef struct {
    real *to;
    const real *from, *w, *b;
    const ts_conv_shape *s;
} job;

static double *scratch(const ts_conv_shape *s, int64_t rows)
{
    double *c = (double *)(void *)((char *)s->scratch + ts_par_self() * s->scratch_bytes);
    memset(c, 0, (size_t)(rows * PIXELS) * sizeof *c);
    return c;
}

static void add_taps(double *c, ts_factor a, const view *look, int64_t rows, int64_t k,
                     int64_t pixel, int64_t n)
{
    double packed[TS_BLOCK];
    for (int64_t at = 0; at < k; at += TS_BLOCK_K) {
        const int64_t depth = at + TS_BLOCK_K < k ? TS_BLOCK_K : k - at;
        pack_taps(packed, look, at, depth, pixel, n);
        ts_add_packed(c, PIXELS, a, at, packed, rows, depth, n);
    }
}

static void forward_piece(void *arg, int64_t first, int64_t last)
{
    const job *work = arg;
    const ts_conv_shape *s = work->s;
    const int64_t area = s->out_h * s->out_w, blocks = (area + PIXELS - 1) / PIXELS;
    for (int64_t piece = first; piece < last; piece++) {
        const int64_t pair = piece / blocks, group = pair % s->groups;
        const int64_t pixel = piece % blocks * PIXELS;
        const int64_t n = pixel + PIXELS < area ? PIXELS : area - pixel;
        const int64_t k = s->c * s->kh * s->kw;
        const view look = taps(s, work->from + pair * s->c * s->h * s->w);
        double *c = scratch(s, s->o);
        add_taps(c, ts_factor_of(work->w + group * s->o * k, k, 1), &look, s->o, k, pixel, n);
        for (int64_t o = 0; o < s->o; o++)
            for (int64_t j = 0; j < n; j++)
                work->to[(pair * s->o + o) * area + pixel + j] =
                    (real)(c[o * PIXELS + j] +
                           (work->b ? (double)work->b[group * s->o + o] : 0));
    }
}

void TS_NAME(conv2d_forward)(real *y, const real *x, const real *w, const real *b,
                             const ts_conv_shape *s)
{
    const int64_t blocks = (s->out_h * s->out_w + PIXELS - 1) / PIXELS;
    ts_par_for(s->batch * s->groups * blocks, 1, forward_piece, &(job){y, x, w, b, s});
}

static void input_piece(void *arg, int64_t first, int64_t last)
{
    const job *work = arg;
    const ts_conv_shape *s = work->s;
    const int64_t area = s->h * s->w, blocks = (area + PIXELS - 1) / PIXELS;
    const int64_t taps = s->kh * s->kw;
    for (int64_t piece = first; piece < last; piece++) {
        const int64_t pair = piece / blocks, group = pair % s->groups;
        const int64_t pixel = piece % blocks * PIXELS;
        const int64_t n = pixel + PIXELS < area ? PIXELS : area - pixel;
        const view look = {work->from + pair * s->o * s->out_h * s->out_w, s->out_h, s->out_w, s->w,
                           s->kh, s->kw, s->down, s->across, s->top, s->left, true};
        ts_factor a = ts_factor_of(work->w + group * s->o * s->c * taps, taps, 1);
        a.group = taps;
        a.far = s->c * taps;
        double *c = scratch(s, s->c);
        add_taps(c, a, &look, s->c, s->o * taps, pixel, n);
        for (int64_t i = 0; i < s->c; i++)
            for (int64_t j = 0; j < n; j++)
                work->to[(pair * s->c + i) * area + pixel + j] = (real)c[i * PIXELS + j];
    }
}

void TS_NAME(conv2d_backward_input)(real *dx, const real *dy, const real *w,
                                    const ts_conv_shape *s)
{
    const int64_t blocks = (s->h * s->w + PIXELS - 1) / PIXELS;
    ts_par_for(s->batch * s->groups * blocks, 1, input_piece, &(job){dx, dy, w, NULL, s});
}

/* Pieces are (group, block of taps); pictures and their pixels follow one another in each sum. */
static void weight_piece(void *arg, int64_t first, int64_t last)
{
    const job *work = arg;
    const ts_conv_shape *s = work->s;
    double packed[TS_BLOCK];
    const int64_t k = s->c * s->kh * s->kw, blocks = (k + PIXELS - 1) / PIXELS;
    const int64_t area = s->out_h * s->out_w;
    for (int64_t piece = first; piece < last; piece++) {
        const int64_t group = piece / blocks, tap = piece % blocks * PIXELS;
        const int64_t n = tap + PIXELS < k ? PIXELS : k - tap;
        double *c = scratch(s, s->o);
        for (int64_t picture = 0; picture < s->batch; picture++) {
            const int64_t pair = picture * s->groups + group;
            const view look = taps(s, work->from + pair * s->c * s->h * s->w);
            const ts_factor a = ts_factor_of(work->w + pair * s->o * area, area, 1);
            for (int64_t at = 0; at < area; at += TS_BLOCK_K) {
                const int64_t depth = at + TS_BLOCK_K < area ? TS_BLOCK_K : area - at;
                pack_pixels(packed, &look, tap, n, at, depth);
                ts_add_packed(c, PIXELS, a, at, packed, s->o, depth, n);
            }
        }
        for (int64_t o = 0; o < s->o; o++)
            for (int64_t j = 0; j < n; j++)
                work->to[(group * s->o + o) * k + tap + j] = (real)c[o * PIXELS + j];
    }
}

static void bias_piece(void *arg, int64_t first, int64_t last)
{
    const job *work = arg;
    const ts_conv_shape *s = work->s;
    const int64_t filters = s->groups * s->o, area = s->out_h * s->out_w;
    for (int64_t filter = first; filter < last; filter++) {
        double sum = 0.0;
        for (int64_t picture = 0; picture < s->batch; picture++)
            for (int64_t at = 0; at < area; at++)
                sum += (double)work->from[(picture * filters + filter) * area + at];
        work->to[filter] = (real)sum;
    }
}

void TS_NAME(conv2d_backward_weight)(real *dw, real *db, const real *dy, const real *x,
                                     const ts_conv_shape *s)
{
    const int64_t blocks = (s->c * s->kh * s->kw + PIXELS - 1) / PIXELS;
    if (dw)
        ts_par_for(s->groups * blocks, 1, weight_piece, &(job){dw, x, dy, NULL, s});
    if (db)
        ts_par_for(s->groups * s->o, 1, bias_piece, &(job){db, dy, NULL, NULL, s});
}
