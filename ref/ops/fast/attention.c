/* attention.c: plain/attention.c in blocks of queries (walking back: also of keys), the same bits.
 *
 * A thread holds the scores of TS_ATTENTION_ROWS queries against all keys, never L x L of them. Each
 * sum receives its terms in plain's order; pairs that do not exist add an exact 0, which changes no
 * bit. Only 0 times an infinity or a NaN would: where the other factor holds one, the sum goes pair
 * by pair as plain's does. */
#include "ref/base/clones.h"
#include "ref/base/mathf.h"
#include "ref/base/par.h"
#include "ref/ops/bias.h"
#include "ref/ops/fast/gemm.h"
#include "ref/ops/kernels.h"

#include <string.h>

enum { M, Z, D, ROW, ROWS = TS_ATTENTION_ROWS }; /* rows: plain/attention.c */

/* A block of a head in work: its rows are queries, or keys when walking back to them. */
typedef struct {
    const ts_attention_args *s;
    int64_t head;        /* batch heads + head */
    int64_t first, rows; /* of the block */
    int64_t length;      /* of what the rows are held against */
    bool keys;           /* rows are keys */
    double *p, *ds, *c;  /* scratch: (rows, length) twice, (rows, width) */
} block;

static block block_of(const ts_attention_args *s, int64_t piece, bool keys)
{
    const int64_t n = keys ? s->lk : s->lq, blocks = (n + ROWS - 1) / ROWS;
    block k = {.s = s, .head = piece / blocks, .first = piece % blocks * ROWS,
               .length = keys ? s->lq : s->lk, .keys = keys};
    k.rows = k.first + ROWS < n ? ROWS : n - k.first;
    k.p = (double *)(void *)((char *)s->scratch + ts_par_self() * s->scratch_bytes);
    k.ds = k.p + ROWS * k.length;
    k.c = k.ds + ROWS * k.length;
    return k;
}

static const real *rows_of(const void *data, int64_t head, int64_t length, int64_t width)
{
    return (const real *)data + head * length * width;
}

static void *cleared(double *c, int64_t n)
{
    return memset(c, 0, (size_t)n * sizeof *c);
}

/* to (rows, length) = sums over c of x_rc y_jc, x from the block's first row on. */
static void dots(double *to, const block *k, const real *x, const real *y, int64_t width)
{
    cleared(to, k->rows * k->length);
    ts_add_product(to, k->length, ts_factor_of(x + k->first * width, width, 1),
                   ts_factor_of(y, width, 1), k->rows, width, k->length);
}

static bool all_finite(const real *x, int64_t n)
{
    bool finite = true;
    for (int64_t i = 0; i < n; i++)
        finite = finite && isfinite(x[i]);
    return finite;
}

/* c (rows, width) = sums over j of weight_rj x_jc, without the pairs where p is `gone`; p NULL: x is
 * known to be finite. */
static void weigh(const block *k, const double *weight, const double *p, double gone, const real *x,
                  int64_t width)
{
    cleared(k->c, k->rows * width);
    if (!p || all_finite(x, k->length * width)) {
        ts_add_product(k->c, width,
                       (ts_factor){.data = weight, .side = k->length, .along = 1},
                       ts_factor_of(x, 1, width), k->rows, k->length, width);
        return;
    }
    for (int64_t r = 0; r < k->rows; r++)
        for (int64_t j = 0; j < k->length; j++)
            for (int64_t c = 0; c < width && p[r * k->length + j] != gone; c++)
                k->c[r * width + c] += weight[r * k->length + j] * (double)x[j * width + c];
}

static void store(real *to, const block *k, int64_t width, double factor)
{
    for (int64_t i = 0; i < k->rows * width; i++)
        to[i] = (real)(factor * k->c[i]);
}

static bool has_bias(const ts_attention_args *s)
{
    return s->causal || s->segments > 0 || s->allow || s->mask;
}

/* p = scale p + bias for one row of the block. */
static void finish_scores(const block *k, int64_t r)
{
    const ts_attention_args *s = k->s;
    double *p = k->p + r * k->length;
    const int64_t batch = k->head / s->heads, head = k->head % s->heads, at = k->first + r;
    if (!has_bias(s)) {
        for (int64_t j = 0; j < k->length; j++)
            p[j] = p[j] * s->scale + 0.0;
        return;
    }
    for (int64_t j = 0; j < k->length; j++) {
        const double bias = k->keys ? pair_bias(s, batch, head, j, at)
                                    : pair_bias(s, batch, head, at, j);
        p[j] = bias == (double)-INFINITY ? (double)-INFINITY : p[j] * s->scale + bias;
    }
}

/* The order of comparisons does not matter: lanes side by side. */
TS_CLONES
static double greatest(const double *p, int64_t n)
{
    enum { LANES = 8 };
    double max[LANES];
    for (int i = 0; i < LANES; i++)
        max[i] = (double)-INFINITY;
    int64_t j = 0;
    for (; j + LANES <= n; j += LANES)
        for (int i = 0; i < LANES; i++)
            max[i] = p[j + i] > max[i] ? p[j + i] : max[i];
    for (; j < n; j++)
        max[0] = p[j] > max[0] ? p[j] : max[0];
    for (int i = 1; i < LANES; i++)
        max[0] = max[i] > max[0] ? max[i] : max[0];
    return max[0];
}

TS_CLONES
static void exponentials(double *p, int64_t n, double max)
{
    const double shift = max == (double)-INFINITY ? 0.0 : max;
    for (int64_t j = 0; j < n; j++)
        p[j] = ts_exp(p[j] - shift);
}

/* sum_r = sum_j x_rj y_rj (y NULL: of x alone): eight rows side by side, each in order. */
static void row_sums(double *sum, const block *k, const double *x, const double *y)
{
    memset(sum, 0, ROWS * sizeof *sum);
    for (int64_t r = 0; r < k->rows; r += 8) {
        const int64_t n = r + 8 < k->rows ? 8 : k->rows - r;
        for (int64_t j = 0; j < k->length; j++)
            for (int64_t i = r; i < r + n; i++) {
                const int64_t at = i * k->length + j;
                sum[i] += y ? x[at] * y[at] : x[at];
            }
    }
}

typedef struct {
    real *to, *also;
    double *rows;
    const double *known; /* rows, when they are only read */
    const real *dy;
    const ts_attention_args *s;
} job;

static void forward_block(const job *work, const block *k)
{
    const ts_attention_args *s = work->s;
    const real *v = rows_of(s->v, k->head, s->lk, s->dv);
    double z[ROWS], *rows = work->rows + (k->head * s->lq + k->first) * ROW;
    const bool finite = all_finite(v, s->lk * s->dv);
    dots(k->p, k, rows_of(s->q, k->head, s->lq, s->d), rows_of(s->k, k->head, s->lk, s->d), s->d);
    for (int64_t r = 0; r < k->rows; r++) {
        double *p = k->p + r * s->lk;
        finish_scores(k, r);
        if (!finite)
            memcpy(k->ds + r * s->lk, p, (size_t)s->lk * sizeof *p);
        rows[r * ROW + M] = greatest(p, s->lk);
        exponentials(p, s->lk, rows[r * ROW + M]);
    }
    row_sums(z, k, k->p, NULL);
    weigh(k, k->p, finite ? NULL : k->ds, (double)-INFINITY, v, s->dv);
    real *y = work->to + (k->head * s->lq + k->first) * s->dv;
    for (int64_t r = 0; r < k->rows; r++) {
        rows[r * ROW + Z] = z[r];
        for (int64_t c = 0; c < s->dv; c++)
            y[r * s->dv + c] = z[r] == 0 ? 0 : (real)(k->c[r * s->dv + c] / z[r]);
    }
}

static void forward_piece(void *arg, int64_t first, int64_t last)
{
    const job *work = arg;
    for (int64_t piece = first; piece < last; piece++) {
        const block k = block_of(work->s, piece, false);
        forward_block(work, &k);
    }
}

static int64_t pieces(const ts_attention_args *s, int64_t length)
{
    return s->batch * s->heads * ((length + ROWS - 1) / ROWS);
}

void TS_NAME(attention_forward)(real *y, double *rows, const ts_attention_args *s)
{
    ts_par_for(pieces(s, s->lq), 1, forward_piece, &(job){.to = y, .rows = rows, .s = s});
}

/* p: scores of queries down the block, to probabilities; 0 where the pair does not exist. */
static void query_probabilities(const block *k, const double *rows)
{
    for (int64_t r = 0; r < k->rows; r++) {
        double *p = k->p + r * k->length;
        const double z = rows[r * ROW + Z];
        finish_scores(k, r);
        exponentials(p, k->length, rows[r * ROW + M]);
        for (int64_t j = 0; j < k->length; j++)
            p[j] = z == 0 ? 0.0 : p[j] / z;
    }
}

/* The same with queries across the block. */
TS_CLONES
static void shift_all(double *p, const double *max, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        p[i] = ts_exp(p[i] - (max[i * ROW] == (double)-INFINITY ? 0.0 : max[i * ROW]));
}

static void key_probabilities(const block *k, const double *rows)
{
    for (int64_t r = 0; r < k->rows; r++) {
        double *p = k->p + r * k->length;
        finish_scores(k, r);
        shift_all(p, rows + M, k->length);
        for (int64_t i = 0; i < k->length; i++)
            p[i] = rows[i * ROW + Z] == 0 ? 0.0 : p[i] / rows[i * ROW + Z];
    }
}

/* Pairs of weight 0 have no pull. */
static void drop_gone(const block *k)
{
    for (int64_t i = 0; i < k->rows * k->length; i++)
        k->ds[i] = k->p[i] == 0 ? 0.0 : k->ds[i];
}

static void query_block(const job *work, const block *k)
{
    const ts_attention_args *s = work->s;
    const real *keys = rows_of(s->k, k->head, s->lk, s->d);
    double sum[ROWS], *rows = work->rows + (k->head * s->lq + k->first) * ROW;
    dots(k->p, k, rows_of(s->q, k->head, s->lq, s->d), keys, s->d);
    dots(k->ds, k, rows_of(work->dy, k->head, s->lq, s->dv), rows_of(s->v, k->head, s->lk, s->dv),
         s->dv);
    query_probabilities(k, rows);
    drop_gone(k);
    row_sums(sum, k, k->p, k->ds);
    for (int64_t r = 0; r < k->rows; r++) {
        rows[r * ROW + D] = sum[r];
        for (int64_t at = r * s->lk; at < (r + 1) * s->lk; at++)
            k->ds[at] = k->p[at] == 0 ? 0.0 : k->p[at] * (k->ds[at] - sum[r]);
    }
    if (!work->to)
        return;
    weigh(k, k->ds, k->p, 0.0, keys, s->d);
    store(work->to + (k->head * s->lq + k->first) * s->d, k, s->d, s->scale);
}

static void query_piece(void *arg, int64_t first, int64_t last)
{
    const job *work = arg;
    for (int64_t piece = first; piece < last; piece++) {
        const block k = block_of(work->s, piece, false);
        query_block(work, &k);
    }
}

void TS_NAME(attention_backward_query)(real *dq, double *rows, const real *dy,
                                       const ts_attention_args *s)
{
    ts_par_for(pieces(s, s->lq), 1, query_piece,
               &(job){.to = dq, .rows = rows, .dy = dy, .s = s});
}

static void key_block(const job *work, const block *k)
{
    const ts_attention_args *s = work->s;
    const real *q = rows_of(s->q, k->head, s->lq, s->d);
    const real *dy = rows_of(work->dy, k->head, s->lq, s->dv);
    const double *rows = work->known + k->head * s->lq * ROW;
    dots(k->p, k, rows_of(s->k, k->head, s->lk, s->d), q, s->d);
    dots(k->ds, k, rows_of(s->v, k->head, s->lk, s->dv), dy, s->dv);
    key_probabilities(k, rows);
    for (int64_t r = 0; r < k->rows; r++)
        for (int64_t i = 0; i < s->lq; i++) {
            const int64_t at = r * s->lq + i;
            k->ds[at] = k->p[at] == 0 ? 0.0 : k->p[at] * (k->ds[at] - rows[i * ROW + D]);
        }
    if (work->to) {
        weigh(k, k->ds, k->p, 0.0, q, s->d);
        store(work->to + (k->head * s->lk + k->first) * s->d, k, s->d, s->scale);
    }
    if (work->also) {
        weigh(k, k->p, k->p, 0.0, dy, s->dv);
        store(work->also + (k->head * s->lk + k->first) * s->dv, k, s->dv, 1.0);
    }
}

static void key_piece(void *arg, int64_t first, int64_t last)
{
    const job *work = arg;
    for (int64_t piece = first; piece < last; piece++) {
        const block k = block_of(work->s, piece, true);
        key_block(work, &k);
    }
}

void TS_NAME(attention_backward_key)(real *dk, real *dv, const real *dy, const double *rows,
                                     const ts_attention_args *s)
{
    ts_par_for(pieces(s, s->lk), 1, key_piece,
               &(job){.to = dk, .also = dv, .known = rows, .dy = dy, .s = s});
}
