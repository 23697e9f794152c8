/* attention.c: plain/attention.c in blocks on OpenBLAS: attention_blocks.h with scores in the
 * storage's type. The way forward makes exponentials in that type, too, and leaves values that are not finite,
 * where a weight of zero does not make a zero, to fast. */
#include "ref/ops/blas/exponentials.h"
#include "ref/ops/blas/gemm.h"
#include "ref/ops/kernels.h"

typedef real cell;
enum { ROWS = TS_ATTENTION_ROWS * (int)(sizeof(double) / sizeof(real)) };

static void score_all(real *c, const real *x, const real *y, int64_t rows, int64_t width,
                      int64_t length)
{
    TS_GEMM(c, length, (ts_matrix){x, width, false}, (ts_matrix){y, width, true}, rows, width,
            length, false);
}

static void weighted(real *c, const real *weight, const real *x, int64_t rows, int64_t length,
                     int64_t width)
{
    TS_GEMM(c, width, (ts_matrix){weight, length, false}, (ts_matrix){x, width, false}, rows,
            length, width, false);
}

#define OWN_FORWARD
#define each_block ts_blas_for
#include "ref/ops/attention_blocks.h"

static void forward_block(const job *work, const block *k)
{
    const ts_attention_args *s = work->s;
    const int64_t at = k->head * s->lq + k->first;
    real *y = work->to + at * s->dv;
    dots(k->p, k, rows_of(s->q, k->head, s->lq, s->d), rows_of(s->k, k->head, s->lk, s->d), s->d);
    for (int64_t r = 0; r < k->rows; r++) {
        double *kept = work->rows + (at + r) * ROW;
        if (has_bias(s))
            finish_scores(k, r);
        kept[M] = (double)row_weights(k->p + r * s->lk, s->lk, has_bias(s) ? 1 : (real)s->scale,
                                      &kept[Z]);
    }
    weighted(y, k->p, rows_of(s->v, k->head, s->lk, s->dv), k->rows, s->lk, s->dv);
    for (int64_t r = 0; r < k->rows; r++) {
        const double z = work->rows[(at + r) * ROW + Z];
        for (int64_t c = 0; c < s->dv; c++)
            y[r * s->dv + c] = z == 0 ? 0 : (real)((double)y[r * s->dv + c] / z);
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
    if (!all_finite(s->v, s->batch * s->heads * s->lk * s->dv))
        TS_FAST(attention_forward)(y, rows, s);
    else
        each_block(pieces(s, s->lq), 1, forward_piece, &(job){.to = y, .rows = rows, .s = s});
}
