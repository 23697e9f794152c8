/* fm.c: factorisation machine, on features or on fields.
 *
 *     y_n = b + sum over i of x_i w_i + sum over pairs i < j of <v_i, v_j> x_i x_j
 *
 * Source:       Rendle 2010, eq. 1 and lemma 3.1. (Field level: the pairs are those of the fields'
 *               summed vectors e_f, with weights 1, as DeepFM's implementations have it; the same
 *               where every field holds at most one value.)
 * Substitution, features: with S = sum x_i v_i (k numbers) and Q = sum |x_i v_i|^2,
 *                   sum over pairs = (|S|^2 - Q) / 2
 *               message_r = (S_r, t_r), t_r = l_r - Q_r / 2;  m = k + 1.  top = b + t + |S|^2 / 2
 * Substitution, fields: message_r = (vec E_r, l_r);  m = F k + 1
 *               top = b + l + (|sum_f e_f|^2 - sum_f |e_f|^2) / 2
 * Proof:        |S|^2 = sum over all i, j of <x_i v_i, x_j v_j> = twice the pairs + Q. S, Q and l are
 *               sums over features, of which each has one owner; l and Q / 2 are only needed
 *               together, so they share a number.
 * Backward:     d = dL/dy_n:  dL/dv_i = sum over n of d x_i (S_n - x_i v_i), local: every rank has S
 * Pitfalls:     |S|^2 - Q cancels where features are few: sums in double. A feature that stands twice
 *               in a sample is a pair with itself.
 * Test:         tests/des/test_fm.c                          Golden: des/fm_* */
#include "ref/des/operator.h"

static int64_t width(const ts_des_part *p)
{
    return p->level == TS_FM_FIELD ? p->shard->fields * p->k + 1 : p->k + 1;
}

static ts_tensor message(const ts_des_part *p)
{
    ts_ctx *ctx = p->comm->ctx;
    const ts_tensor l = ts_des_linear_part(p);
    if (p->level == TS_FM_FIELD)
        return ts_concat(ctx, (ts_tensor[]){ts_des_embedded(p), l}, 2, 1);
    const ts_tensor t = ts_add(ctx, l, ts_des_total(ctx, ts_des_squares(p), -0.5));
    return ts_concat(ctx, (ts_tensor[]){ts_des_sums(p), t}, 2, 1);
}

/* e (samples, F, k): (|sum_f e_f|^2 - sum_f |e_f|^2) / 2, as the total of its k parts. */
ts_tensor ts_des_fm_pairs(ts_ctx *ctx, ts_tensor e)
{
    return ts_des_total(ctx, ts_des_bi_pairs(ctx, e), 1.0);
}

static ts_tensor top(const ts_des_part *p, ts_tensor sum)
{
    ts_ctx *ctx = p->comm->ctx;
    const int64_t n = width(p) - 1;
    const ts_tensor s = ts_des_columns(ctx, sum, 0, n), t = ts_des_columns(ctx, sum, n, 1);
    const int64_t deep[3] = {p->shard->samples, p->shard->fields, p->k};
    const ts_tensor pairs = p->level == TS_FM_FIELD
                                ? ts_des_fm_pairs(ctx, ts_reshape(ctx, s, 3, deep))
                                : ts_des_total(ctx, ts_mul(ctx, s, s), 0.5);
    return ts_des_logit(ctx, ts_add(ctx, t, pairs), p->bias);
}

const ts_des_operator ts_des_fm = {"fm", width, message, top, NULL, NULL};
