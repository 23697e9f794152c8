/* attention_blocks.h: attention in blocks of queries (walking back: also of keys).
 *
 * A thread holds the scores of ROWS queries against all keys, never L x L of them. The file that
 * includes this says in what numbers and how products are made:
 *
 *     cell            type of scores and weights: double in fast, the storage's in blas
 *     ROWS            queries or keys in a block
 *     each_block      ts_par_for, or blas's
 *     score_all       c (rows, length)  = sums over c of x_rc y_jc
 *     weighted        c (rows, width)   = sums over j of weight_rj x_jc
 *     OWN_FORWARD     defined where the file has its own attention_forward
 *
 * With double cells every sum receives its terms in plain's order. Pairs that do not exist add an
 * exact 0, which changes no bit. Only 0 times an infinity or a NaN would: where the other factor
 * holds one, the sum goes pair by pair as plain's does. */
#ifndef TS_OPS_ATTENTION_BLOCKS_H
#define TS_OPS_ATTENTION_BLOCKS_H

#include "ref/base/clones.h"
#include "ref/base/mathf.h"
#include "ref/base/par.h"
#include "ref/ops/bias.h"

#include <string.h>

enum { M, Z, D, ROW }; /* what `rows` holds of a query: plain/attention.c */

/* A block of a head in work: its rows are queries, or keys when walking back to them. */
typedef struct {
    const ts_attention_args *s;
    int64_t head;        /* batch heads + head */
    int64_t first, rows; /* of the block */
    int64_t length;      /* of what the rows are held against */
    bool keys;           /* rows are keys */
    cell *p, *ds, *c;    /* scratch: (rows, length) twice, (rows, width) */
} block;

static block block_of(const ts_attention_args *s, int64_t piece, bool keys)
{
    const int64_t n = keys ? s->lk : s->lq, blocks = (n + ROWS - 1) / ROWS;
    block k = {.s = s, .head = piece / blocks, .first = piece % blocks * ROWS,
               .length = keys ? s->lq : s->lk, .keys = keys};
    k.rows = k.first + ROWS < n ? ROWS : n - k.first;
    k.p = (cell *)(void *)((char *)s->scratch + ts_par_self() * s->scratch_bytes);
    k.ds = k.p + ROWS * k.length;
    k.c = k.ds + ROWS * k.length;
    return k;
}

static const real *rows_of(const void *data, int64_t head, int64_t length, int64_t width)
{
    return (const real *)data + head * length * width;
}

/* c (rows, length): x from the block's first row on against all of y. */
static void dots(cell *c, const block *k, const real *x, const real *y, int64_t width)
{
    score_all(c, x + k->first * width, y, k->rows, width, k->length);
}

/* 0 times a number is 0, but not of infinities and NaN. */
TS_CLONES
static bool all_finite(const real *x, int64_t n)
{
    enum { LANES = 16 };
    real lost[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++)
            lost[j] += 0 * x[i + j];
    for (; i < n; i++)
        lost[0] += 0 * x[i];
    bool finite = true;
    for (int j = 0; j < LANES; j++)
        finite = finite && lost[j] == 0;
    return finite;
}

/* c (rows, width) = sums over j of weight_rj x_jc, without the pairs where p is `gone`; p NULL: x
 * is known to be finite. */
static void weigh(const block *k, const cell *weight, const cell *p, cell gone, const real *x,
                  int64_t width)
{
    if (!p || all_finite(x, k->length * width)) {
        weighted(k->c, weight, x, k->rows, k->length, width);
        return;
    }
    for (int64_t i = 0; i < k->rows * width; i++) {
        const int64_t at = i / width * k->length;
        double sum = 0.0;
        for (int64_t j = 0; j < k->length; j++)
            if (p[at + j] != gone)
                sum += (double)weight[at + j] * (double)x[j * width + i % width];
        k->c[i] = (cell)sum;
    }
}

static void store(real *to, const block *k, int64_t width, double factor)
{
    for (int64_t i = 0; i < k->rows * width; i++)
        to[i] = (real)(factor * (double)k->c[i]);
}

/* What is added to scores first .. first + n of row r: pair_bias of bias.h for a piece of a row. */
static void row_bias(double *bias, const block *k, int64_t r, int64_t first, int64_t n)
{
    const ts_attention_args *s = k->s;
    const int64_t *stride = s->mask_stride, row = k->first + r;
    const int64_t across = stride[k->keys ? 2 : 3], down = stride[k->keys ? 3 : 2];
    const int64_t at = k->head / s->heads * stride[0] + k->head % s->heads * stride[1] +
                       row * down + first * across;
    const int own = segment_of(s, row);
    int other = segment_of(s, first);
    for (int64_t j = 0; j < n; j++) {
        while (other + 1 < s->segments && first + j >= s->start[other + 1])
            other++;
        bias[j] = s->segments > 0 ? s->between[k->keys ? other : own][k->keys ? own : other] : 0.0;
    }
    for (int64_t j = 0; j < n && s->mask; j++)
        bias[j] += (double)((const real *)s->mask)[at + j * across];
    for (int64_t j = 0; j < n && s->allow; j++)
        bias[j] = s->allow[at + j * across] ? bias[j] : (double)-INFINITY;
    for (int64_t j = 0; j < n && s->causal; j++)
        bias[j] = (k->keys ? row > first + j : first + j > row) ? (double)-INFINITY : bias[j];
}

static bool has_bias(const ts_attention_args *s)
{
    return s->causal || s->segments > 0 || s->allow || s->mask;
}

TS_CLONES
static void scale_and_add(cell *p, double scale, const double *bias, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const cell sum = (cell)((double)p[i] * scale + bias[i]);
        p[i] = bias[i] == (double)-INFINITY ? (cell)-INFINITY : sum;
    }
}

/* p = scale p + bias for one row of the block. */
static void finish_scores(const block *k, int64_t r)
{
    enum { PIECE = 256 };
    double bias[PIECE] = {0};
    const double scale = k->s->scale;
    for (int64_t j = 0; j < k->length; j += PIECE) {
        const int64_t n = j + PIECE < k->length ? PIECE : k->length - j;
        cell *p = k->p + r * k->length + j;
        if (has_bias(k->s))
            row_bias(bias, k, r, j, n);
        scale_and_add(p, scale, bias, n);
    }
}

TS_CLONES
static void exponentials(cell *p, int64_t n, double max)
{
    const double shift = max == (double)-INFINITY ? 0.0 : max;
    for (int64_t j = 0; j < n; j++)
        p[j] = (cell)ts_exp((double)p[j] - shift);
}

/* sum_r = sum_j x_rj y_rj (y NULL: of x alone): eight rows side by side, each in order. */
static void row_sums(double *sum, const block *k, const cell *x, const cell *y)
{
    memset(sum, 0, ROWS * sizeof *sum);
    for (int64_t r = 0; r < k->rows; r += 8) {
        const int64_t n = r + 8 < k->rows ? 8 : k->rows - r;
        for (int64_t j = 0; j < k->length; j++)
            for (int64_t i = r; i < r + n; i++) {
                const int64_t at = i * k->length + j;
                sum[i] += y ? (double)x[at] * (double)y[at] : (double)x[at];
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

static int64_t pieces(const ts_attention_args *s, int64_t length)
{
    return s->batch * s->heads * ((length + ROWS - 1) / ROWS);
}

#if !defined(OWN_FORWARD)
/* The order of comparisons does not matter: lanes side by side. */
TS_CLONES
static double greatest(const cell *p, int64_t n)
{
    enum { LANES = 8 };
    cell max[LANES];
    for (int i = 0; i < LANES; i++)
        max[i] = (cell)-INFINITY;
    int64_t j = 0;
    for (; j + LANES <= n; j += LANES)
        for (int i = 0; i < LANES; i++)
            max[i] = p[j + i] > max[i] ? p[j + i] : max[i];
    for (; j < n; j++)
        max[0] = p[j] > max[0] ? p[j] : max[0];
    for (int i = 1; i < LANES; i++)
        max[0] = max[i] > max[0] ? max[i] : max[0];
    return (double)max[0];
}

static void forward_block(const job *work, const block *k)
{
    const ts_attention_args *s = work->s;
    const real *v = rows_of(s->v, k->head, s->lk, s->dv);
    double z[ROWS], *rows = work->rows + (k->head * s->lq + k->first) * ROW;
    const bool finite = all_finite(v, s->lk * s->dv);
    dots(k->p, k, rows_of(s->q, k->head, s->lq, s->d), rows_of(s->k, k->head, s->lk, s->d), s->d);
    for (int64_t r = 0; r < k->rows; r++) {
        cell *p = k->p + r * s->lk;
        finish_scores(k, r);
        if (!finite)
            memcpy(k->ds + r * s->lk, p, (size_t)s->lk * sizeof *p);
        rows[r * ROW + M] = greatest(p, s->lk);
        exponentials(p, s->lk, rows[r * ROW + M]);
    }
    row_sums(z, k, k->p, NULL);
    weigh(k, k->p, finite ? NULL : k->ds, (cell)-INFINITY, v, s->dv);
    real *y = work->to + (k->head * s->lq + k->first) * s->dv;
    for (int64_t r = 0; r < k->rows; r++) {
        rows[r * ROW + Z] = z[r];
        for (int64_t c = 0; c < s->dv; c++)
            y[r * s->dv + c] = z[r] == 0 ? 0 : (real)((double)k->c[r * s->dv + c] / z[r]);
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

void TS_NAME(attention_forward)(real *y, double *rows, const ts_attention_args *s)
{
    each_block(pieces(s, s->lq), 1, forward_piece, &(job){.to = y, .rows = rows, .s = s});
}
#endif

/* p: scores of queries down the block, to probabilities; 0 where the pair does not exist. */
static void query_probabilities(const block *k, const double *rows)
{
    for (int64_t r = 0; r < k->rows; r++) {
        cell *p = k->p + r * k->length;
        const double z = rows[r * ROW + Z];
        finish_scores(k, r);
        exponentials(p, k->length, rows[r * ROW + M]);
        for (int64_t j = 0; j < k->length; j++)
            p[j] = z == 0 ? 0 : (cell)((double)p[j] / z);
    }
}

/* The same with queries across the block: each has a maximum of its own. */
TS_CLONES
static void shift_all(cell *p, const double *max, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const double m = max[i * ROW];
        p[i] = (cell)ts_exp((double)p[i] - (m == (double)-INFINITY ? 0.0 : m));
    }
}

static void key_probabilities(const block *k, const double *rows)
{
    for (int64_t r = 0; r < k->rows; r++) {
        cell *p = k->p + r * k->length;
        finish_scores(k, r);
        shift_all(p, rows + M, k->length);
        for (int64_t i = 0; i < k->length; i++)
            p[i] = rows[i * ROW + Z] == 0 ? 0 : (cell)((double)p[i] / rows[i * ROW + Z]);
    }
}

/* Pairs of weight 0 have no pull. */
static void drop_gone(const block *k)
{
    for (int64_t i = 0; i < k->rows * k->length; i++)
        k->ds[i] = k->p[i] == 0 ? 0 : k->ds[i];
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
            k->ds[at] = k->p[at] == 0
                            ? 0
                            : (cell)((double)k->p[at] * ((double)k->ds[at] - sum[r]));
    }
    if (!work->to)
        return;
    weigh(k, k->ds, k->p, 0, keys, s->d);
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
    each_block(pieces(s, s->lq), 1, query_piece,
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
            const double pull = (double)k->ds[at] - rows[i * ROW + D];
            k->ds[at] = k->p[at] == 0 ? 0 : (cell)((double)k->p[at] * pull);
        }
    if (work->to) {
        weigh(k, k->ds, k->p, 0, q, s->d);
        store(work->to + (k->head * s->lk + k->first) * s->d, k, s->d, s->scale);
    }
    if (work->also) {
        weigh(k, k->p, k->p, 0, dy, s->dv);
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
    each_block(pieces(s, s->lk), 1, key_piece,
               &(job){.to = dk, .also = dv, .known = rows, .dy = dy, .s = s});
}

#endif
