/* attention.c: each query takes a weighted mean of the values.
 *
 *     s_ij = scale sum_c q_ic k_jc + bias_ij
 *     y_ic = sum_j p_ij v_jc,     p_ij = exp(s_ij - m_i) / z_i,     m_i = max_j s_ij,
 *                                 z_i = sum_j exp(s_ij - m_i)
 *
 * Source:   Vaswani et al. 2017, eq. (1); torch.nn.functional.scaled_dot_product_attention
 * Shapes:   product.h; y, dy (batch, heads, lq, dv); rows (batch, heads, lq, 3): m, z and, filled
 *           by the walk back, D
 * Pitfalls: a key whose score is -infinity (masked out: bias.h) does not exist for its query: not
 *           even a NaN there reaches the result. A query without keys has y = 0, z = 0, and no
 *           gradient flows through it (torch gives NaN).
 * Test:     tests/ops/test_attention.c       Golden: ops/attention */
#include "ref/base/mathf.h"
#include "ref/ops/bias.h"
#include "ref/ops/kernels.h"

enum { M, Z, D, ROW }; /* what `rows` holds of a query */

/* The place of a query or key: batch, head, and its number in them. */
typedef struct {
    int64_t batch, head, i;
} place;

static place place_of(const ts_attention_args *s, int64_t row, int64_t length)
{
    return (place){row / length / s->heads, row / length % s->heads, row % length};
}

static int64_t key_row(const ts_attention_args *s, place of, int64_t j)
{
    return (of.batch * s->heads + of.head) * s->lk + j;
}

static int64_t query_row(const ts_attention_args *s, place of, int64_t i)
{
    return (of.batch * s->heads + of.head) * s->lq + i;
}

static wide dot(const real *a, const real *b, int64_t n)
{
    accumulator sum = {0};
    for (int64_t c = 0; c < n; c++)
        accumulate(&sum, (wide)a[c] * (wide)b[c]);
    return total(&sum);
}

/* s_ij */
static wide score(const ts_attention_args *s, place query, int64_t j)
{
    const wide bias = pair_bias(s, query.batch, query.head, query.i, j);
    if (bias == (wide)-INFINITY)
        return bias;
    const real *q = (const real *)s->q + query_row(s, query, query.i) * s->d;
    const real *k = (const real *)s->k + key_row(s, query, j) * s->d;
    return dot(q, k, s->d) * (wide)s->scale + bias;
}

/* p_ij z_i of a score that exists. */
static wide weight(wide score, wide max)
{
    return (wide)ts_exp((double)(score - (max == (wide)-INFINITY ? 0 : max)));
}

void TS_NAME(attention_forward)(real *y, double *rows, const ts_attention_args *s)
{
    wide *p = s->scratch; /* a row of scores, then of weights */
    for (int64_t row = 0; row < s->batch * s->heads * s->lq; row++) {
        const place at = place_of(s, row, s->lq);
        const real *v = (const real *)s->v + key_row(s, at, 0) * s->dv;
        wide max = -(wide)INFINITY;
        for (int64_t j = 0; j < s->lk; j++) {
            p[j] = score(s, at, j);
            max = p[j] > max ? p[j] : max;
        }
        accumulator z = {0};
        for (int64_t j = 0; j < s->lk; j++) {
            p[j] = p[j] == (wide)-INFINITY ? -1 : weight(p[j], max); /* -1: no such key */
            if (p[j] != -1)
                accumulate(&z, p[j]);
        }
        for (int64_t c = 0; c < s->dv; c++) {
            accumulator sum = {0};
            for (int64_t j = 0; j < s->lk; j++)
                if (p[j] != -1)
                    accumulate(&sum, p[j] * (wide)v[j * s->dv + c]);
            y[row * s->dv + c] = total(&z) == 0 ? 0 : (real)(total(&sum) / total(&z));
        }
        rows[row * ROW + M] = (double)max;
        rows[row * ROW + Z] = (double)total(&z);
    }
}

/* p_ij; 0 where the pair does not exist. */
static wide probability(const ts_attention_args *s, const double *row, place query, int64_t j)
{
    const wide sij = score(s, query, j);
    return sij == (wide)-INFINITY ? 0 : weight(sij, (wide)row[M]) / (wide)row[Z];
}

/* dL/dp_ij = sum_c dy_ic v_jc */
static wide pull(const ts_attention_args *s, const real *dy, place query, int64_t j)
{
    return dot(dy + query_row(s, query, query.i) * s->dv,
               (const real *)s->v + key_row(s, query, j) * s->dv, s->dv);
}

/* D_i = sum_j p_ij dL/dp_ij,      dL/ds_ij = p_ij (dL/dp_ij - D_i)
 * dL/dq_ic = scale sum_j dL/ds_ij k_jc */
void TS_NAME(attention_backward_query)(real *dq, double *rows, const real *dy,
                                       const ts_attention_args *s)
{
    wide *p = s->scratch, *ds = p + s->lk;
    for (int64_t row = 0; row < s->batch * s->heads * s->lq; row++) {
        const place at = place_of(s, row, s->lq);
        const real *k = (const real *)s->k + key_row(s, at, 0) * s->d;
        accumulator sum = {0};
        for (int64_t j = 0; j < s->lk; j++) {
            p[j] = probability(s, rows + row * ROW, at, j);
            ds[j] = p[j] == 0 ? 0 : pull(s, dy, at, j);
            if (p[j] != 0)
                accumulate(&sum, p[j] * ds[j]);
        }
        rows[row * ROW + D] = (double)total(&sum);
        for (int64_t j = 0; j < s->lk; j++)
            ds[j] = p[j] == 0 ? 0 : p[j] * (ds[j] - total(&sum));
        for (int64_t c = 0; c < s->d && dq; c++) {
            accumulator flow = {0};
            for (int64_t j = 0; j < s->lk; j++)
                if (p[j] != 0)
                    accumulate(&flow, ds[j] * (wide)k[j * s->d + c]);
            dq[row * s->d + c] = (real)((wide)s->scale * total(&flow));
        }
    }
}

/* dL/dk_jc = scale sum_i dL/ds_ij q_ic,      dL/dv_jc = sum_i p_ij dy_ic      (queries in order) */
void TS_NAME(attention_backward_key)(real *dk, real *dv, const real *dy, const double *rows,
                                     const ts_attention_args *s)
{
    wide *p = s->scratch, *ds = p + s->lq; /* a column of them */
    for (int64_t key = 0; key < s->batch * s->heads * s->lk; key++) {
        place at = place_of(s, key, s->lk);
        const int64_t j = at.i, first = query_row(s, at, 0);
        for (at.i = 0; at.i < s->lq; at.i++) {
            const double *row = rows + (first + at.i) * ROW;
            p[at.i] = probability(s, row, at, j);
            ds[at.i] = p[at.i] == 0 ? 0 : p[at.i] * (pull(s, dy, at, j) - (wide)row[D]);
        }
        for (int64_t c = 0; c < s->d && dk; c++) {
            accumulator sum = {0};
            for (int64_t i = 0; i < s->lq; i++)
                if (p[i] != 0)
                    accumulate(&sum, ds[i] * (wide)((const real *)s->q)[(first + i) * s->d + c]);
            dk[key * s->d + c] = (real)((wide)s->scale * total(&sum));
        }
        for (int64_t c = 0; c < s->dv && dv; c++) {
            accumulator sum = {0};
            for (int64_t i = 0; i < s->lq; i++)
                if (p[i] != 0)
                    accumulate(&sum, p[i] * (wide)dy[(first + i) * s->dv + c]);
            dv[key * s->dv + c] = (real)total(&sum);
        }
    }
}

/* First and last + 1 of the places along an axis that share element `at` of the mask there. */
static void shared(int64_t range[2], const ts_attention_args *s, int axis, int64_t at)
{
    const int64_t size[4] = {s->batch, s->heads, s->lq, s->lk};
    range[0] = s->mask_size[axis] == 1 ? 0 : at;
    range[1] = s->mask_size[axis] == 1 ? size[axis] : at + 1;
}

/* dL/dmask = sum of dL/ds_ij over all (batch, head, i, j) that share the element, in that order. */
void TS_NAME(attention_backward_mask)(real *dmask, const real *dy, const double *rows,
                                      const ts_attention_args *s)
{
    const int64_t *n = s->mask_size;
    for (int64_t e = 0; e < n[0] * n[1] * n[2] * n[3]; e++) {
        int64_t b[2], h[2], i[2], j[2];
        shared(b, s, 0, e / n[3] / n[2] / n[1]);
        shared(h, s, 1, e / n[3] / n[2] % n[1]);
        shared(i, s, 2, e / n[3] % n[2]);
        shared(j, s, 3, e % n[3]);
        accumulator sum = {0};
        for (int64_t at = 0; at < (b[1] - b[0]) * (h[1] - h[0]) * (i[1] - i[0]); at++) {
            const place query = {b[0] + at / (i[1] - i[0]) / (h[1] - h[0]),
                                 h[0] + at / (i[1] - i[0]) % (h[1] - h[0]),
                                 i[0] + at % (i[1] - i[0])};
            const double *row = rows + query_row(s, query, query.i) * ROW;
            for (int64_t key = j[0]; key < j[1]; key++) {
                const wide p = probability(s, row, query, key);
                if (p != 0)
                    accumulate(&sum, p * (pull(s, dy, query, key) - (wide)row[D]));
            }
        }
        dmask[e] = (real)total(&sum);
    }
}

#if defined(TS_GAUGES)
/* A weight below the smallest normal float, 2^-126, may be lost by honest programs and processors:
 * here in units of a float's rounding. */
static const double faint = 0x1p-102;

static double off(const double *g, int64_t i)
{
    return g ? g[i] : 0.0;
}

static double size_of(const real *x, const double *g, int64_t i)
{
    return fabs((double)x[i]) + off(g, i);
}

/* G_ij: how far the score may be off: scale sum_c |q_ic| |k_jc| + |bias_ij|, and what comes from
 * inputs that are off themselves. */
static double score_gauge(const ts_attention_args *s, place query, int64_t j)
{
    const int64_t iq = query_row(s, query, query.i) * s->d, ik = key_row(s, query, j) * s->d;
    const real *q = (const real *)s->q + iq, *k = (const real *)s->k + ik;
    double sum = 0.0;
    for (int64_t c = 0; c < s->d; c++)
        sum += size_of(q, s->gq ? s->gq + iq : NULL, c) * size_of(k, s->gk ? s->gk + ik : NULL, c);
    const int64_t *stride = s->mask_stride;
    const int64_t at = query.batch * stride[0] + query.head * stride[1] + query.i * stride[2] +
                       j * stride[3];
    return fabs(s->scale) * sum + off(s->mask ? s->gmask : NULL, at) +
           fabs((double)pair_bias(s, query.batch, query.head, query.i, j));
}

/* 1 + G_ij + sum_j p_ij G_ij for the keys j of a query, 0 where there is none: how far p_ij may be
 * off, relative to itself. p_ij is filled, too. */
static void weight_gauges(double *e, double *p, const double *row, const ts_attention_args *s,
                          place query)
{
    double mean = 0.0;
    for (int64_t j = 0; j < s->lk; j++) {
        p[j] = (double)probability(s, row, query, j);
        e[j] = p[j] == 0 ? 0.0 : score_gauge(s, query, j);
        mean += p[j] * e[j];
    }
    for (int64_t j = 0; j < s->lk; j++)
        e[j] = p[j] == 0 ? 0.0 : 1.0 + e[j] + mean;
}

/* g_ic = sum_j p_ij |v_jc| (1 + G_ij + sum_j p_ij G_ij) */
void TS_NAME(attention_gauge)(double *g, const double *rows, const ts_attention_args *s)
{
    double *p = s->scratch, *e = p + s->lk;
    for (int64_t row = 0; row < s->batch * s->heads * s->lq; row++) {
        const place at = place_of(s, row, s->lq);
        const int64_t v = key_row(s, at, 0) * s->dv;
        weight_gauges(e, p, rows + row * ROW, s, at);
        for (int64_t c = 0; c < s->dv; c++) {
            double sum = 0.0;
            for (int64_t j = 0; j < s->lk; j++)
                if (p[j] != 0)
                    sum += (p[j] * e[j] + faint) * size_of(s->v, s->gv, v + j * s->dv + c);
            g[row * s->dv + c] = sum;
        }
    }
}

/* sum_c |dy_ic| |v_jc| */
static double pull_gauge(const ts_attention_args *s, const real *dy, const double *gdy,
                         place query, int64_t j)
{
    const int64_t at = query_row(s, query, query.i) * s->dv, v = key_row(s, query, j) * s->dv;
    double sum = 0.0;
    for (int64_t c = 0; c < s->dv; c++)
        sum += size_of(dy, gdy, at + c) * size_of(s->v, s->gv, v + c);
    return sum;
}

/* What one query adds to the gauges, given e, p (weight_gauges) and ds, the gauge of dL/ds. */
static void spread(double *const g[4], const ts_attention_args *s, place at, const real *dy,
                   const double *gdy)
{
    const double *p = s->scratch, *e = p + s->lk, *ds = e + s->lk;
    const int64_t iq = query_row(s, at, at.i), *stride = s->mask_stride;
    for (int64_t j = 0; j < s->lk; j++) {
        const int64_t ik = key_row(s, at, j);
        if (p[j] == 0)
            continue;
        for (int64_t c = 0; c < s->d && g[0]; c++)
            g[0][iq * s->d + c] += fabs(s->scale) * ds[j] * size_of(s->k, s->gk, ik * s->d + c);
        for (int64_t c = 0; c < s->d && g[1]; c++)
            g[1][ik * s->d + c] += fabs(s->scale) * ds[j] * size_of(s->q, s->gq, iq * s->d + c);
        for (int64_t c = 0; c < s->dv && g[2]; c++)
            g[2][ik * s->dv + c] +=
                (p[j] * e[j] + faint) * size_of(dy, gdy, iq * s->dv + c);
        if (g[3])
            g[3][at.batch * stride[0] + at.head * stride[1] + at.i * stride[2] + j * stride[3]] +=
                ds[j];
    }
}

static void clear(double *g, int64_t n)
{
    for (int64_t i = 0; i < n && g; i++)
        g[i] = 0.0;
}

/* The walk back with every minus made plus, e_ij = 1 + G_ij + sum_j p_ij G_ij, A_ij = sum_c |dy_ic|
 * |v_jc|: dL/ds_ij = p_ij (dL/dp_ij - D_i) may be off by
 *     p_ij (1 + e_ij) (A_ij + sum_j p_ij (1 + e_ij) A_ij).
 * g: for q, k, v, mask, each may be NULL. */
void TS_NAME(attention_backward_gauge)(double *const g[4], const real *dy, const double *gdy,
                                       const double *rows, const ts_attention_args *s)
{
    double *p = s->scratch, *e = p + s->lk, *ds = e + s->lk;
    const int64_t heads = s->batch * s->heads, *n = s->mask_size;
    clear(g[0], heads * s->lq * s->d);
    clear(g[1], heads * s->lk * s->d);
    clear(g[2], heads * s->lk * s->dv);
    clear(g[3], n[0] * n[1] * n[2] * n[3]);
    for (int64_t row = 0; row < heads * s->lq; row++) {
        const place at = place_of(s, row, s->lq);
        double sum = 0.0;
        weight_gauges(e, p, rows + row * ROW, s, at);
        for (int64_t j = 0; j < s->lk; j++) {
            ds[j] = p[j] == 0 ? 0.0 : pull_gauge(s, dy, gdy, at, j);
            sum += p[j] * (1.0 + e[j]) * ds[j];
        }
        for (int64_t j = 0; j < s->lk; j++)
            ds[j] = p[j] == 0 ? 0.0 : (p[j] * (1.0 + e[j]) + faint) * (ds[j] + sum);
        spread(g, s, at, dy, gdy);
    }
}
#endif
